import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { HARDEN, harden } from '../helpers/program.ts';
import { atTerminal } from '../helpers/pseudo-terminal.ts';

const HOSTS = join(import.meta.dirname, '../../snapshots/hosts');
const GOLDEN = join(import.meta.dirname, '../golden/terminal');
const NAMES = readdirSync(HOSTS)
  .filter((name) => name.endsWith('.json'))
  .map((name) => name.replace('.json', ''));

type Variables = Readonly<Record<string, string>>;

/** How a plan is shown where: options, variables, and the most columns a line may have. Wider than 100 is never used. */
const LAYOUTS: readonly (readonly [name: string, args: readonly string[], most: number])[] = [
  ['40', ['--width', '40'], 40],
  ['80', ['--width', '80'], 80],
  ['120', ['--width', '120'], 100],
  ['colour', ['--width', '80', '--color', 'always'], 80],
  ['ascii', ['--width', '80', '--ascii'], 80],
  ['accessible', ['--width', '80', '--accessible'], 80],
];

/** What has to look the same as a plan at 80 columns that nothing is said about. */
const PLAIN: readonly (readonly [what: string, args: readonly string[], env: Variables])[] = [
  ['piped', [], {}],
  ['piped, of a terminal with colours', [], { TERM: 'xterm-256color' }],
  ['--color never', ['--color', 'never'], { FORCE_COLOR: '1' }],
  ['NO_COLOR', [], { NO_COLOR: '1', FORCE_COLOR: '1' }],
  ['CI', [], { CI: 'true' }],
  ['COLUMNS', [], { COLUMNS: '80' }],
];

const COLOUR = /\u001B\[\d+(?:;\d+)*m/g;

async function planText(host: string, args: readonly string[], env: Variables = {}): Promise<string> {
  const { code, stdout, stderr } = await harden(['plan', '--from', recording(host), ...args], { env });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  // The path of the recording stands in the command to go on with; it is that of this checkout.
  return stdout.replaceAll(recording(host), 'RECORDING');
}

function recording(host: string): string {
  return join(HOSTS, `${host}.json`);
}

describe.each(NAMES)('the plan of %s', (host) => {
  let usual: string;
  beforeAll(async () => {
    usual = await planText(host, ['--width', '80']);
  });

  test.each(LAYOUTS)('%s: as it was looked at, and inside its width', async (name, args, most) => {
    const text = await planText(host, args);
    await expect(text).toMatchFileSnapshot(join(GOLDEN, `${host}.${name}.txt`));
    const lines = text.replaceAll(COLOUR, '').split('\n');
    // One word, such as a path, is never broken.
    expect(lines.filter((line) => line.length > most && line.trim().includes(' '))).toEqual([]);
    expect(text.includes('\u001B')).toBe(name === 'colour');
  });

  test.each(PLAIN)('%s: no colour, and letter for letter the same', async (_what, args, env) => {
    expect(await planText(host, args, env)).toBe(usual);
  });

  test('colours say nothing that the words do not', async () => {
    const coloured = await planText(host, ['--width', '80', '--color', 'always']);
    expect(coloured).not.toBe(usual);
    expect(coloured.replaceAll(COLOUR, '')).toBe(usual);
  });

  test('--ascii is ASCII, with the same words', async () => {
    const text = await planText(host, ['--width', '80', '--ascii']);
    expect(text).not.toMatch(/[^\n -~]/);
    const words = (plan: string): string => plan.replaceAll('\u2192', '->').replaceAll(/\s+/g, ' ');
    expect(words(text)).toBe(words(usual));
  });

  test.each([40, 80])(
    '--accessible at %i columns: sentences without boxes, arrows and signs that stand alone',
    async (width) => {
      const text = await planText(host, ['--width', String(width), '--accessible', '--full', '--show-pass']);
      const [words = ''] = text.split('EXACT DIFFERENCES');
      expect(words).not.toMatch(/[\u2190-\u25FF]|->/);
      expect(words.split('\n').filter((line) => /^\W*[!~+?x|*-] /.test(line))).toEqual([]);
      expect(words.split('\n').filter((line) => /[-_=|~]{3,}/.test(line))).toEqual([]);
    },
  );

  test('at a terminal: its width, and colours', async () => {
    const { code, raw } = await atTerminal(`${HARDEN} plan --no-pager --from ${recording(host)}`, [], { columns: 80 });
    expect(code, raw).toBe(0);
    expect(raw).toContain('\u001B[');
    expect(raw.replaceAll(COLOUR, '').replaceAll(recording(host), 'RECORDING')).toBe(usual);
  });
});
