import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { commandsIn } from '../../src/cli/command-table.ts';
import { programTable } from '../../src/cli/main.ts';
import { EXIT } from '../../src/model/errors.ts';
import { DOCKER_CE } from '../fixtures/hosts/trees.ts';
import { documents } from '../helpers/documents.ts';
import { HARDEN, harden, type ProgramResult, run } from '../helpers/program.ts';
import { canOwn, plantTree, type Tree, treeChanges } from '../helpers/tree.ts';
import { EXIT_TABLE, type ExitRow } from './exit-table.ts';

const ROOT = join(import.meta.dirname, '../..');
const ALL = ['-p', 'cis-docker-1.8.0/L2', '--yes', '--max-risk', 'high'];
/** System calls that fail as on a bad disk, from one call on. */
type Faults = readonly (readonly [calls: string, when: string])[];

const LINK = 'link,linkat';
const CHMOD = 'chmod,fchmod,fchmodat';

const PROGRAM = await programTable();
const LEAVES = commandsIn(PROGRAM)
  .filter(({ commands }) => commands.length === 0)
  .map(({ path }) => path.join(' '));

const TABLE: readonly ExitRow[] = [
  ...EXIT_TABLE,
  {
    command: 'apply',
    code: EXIT.rolledBack,
    what: 'a step that fails',
    says: '',
    act: async (tree) => {
      const result = await faulty(tree, [[LINK, String((await callsBeforeTheFirstChange(tree, LINK)) + 2)]]);
      expect(result.stdout).toMatch(/did not succeed/);
      return { ...result, stderr: '' };
    },
  },
  {
    command: 'apply',
    code: EXIT.cannotWriteOutput,
    what: 'no snapshot to be had',
    says: 'harden: ',
    act: (tree) => faulty(tree, [['rename,renameat,renameat2', '1+']]),
  },
];
/** Codes that need a real host: the test that meets them, and how it says so. */
const ELSEWHERE: Readonly<Record<number, readonly [file: string, words: string]>> = {
  [EXIT.dockerUnreachable]: ['real/bad-input.test.ts', 'expect(apply.code, apply.stderr).toBe(69)'],
  [EXIT.needsAttention]: ['cli/exit-codes.test.ts', "'7: a step that fails, and a way back that fails too"],
};
/** Takes nothing but a machine that runs, so that all else is shown on real hosts. */
const LIVE_ONLY = ['confirm'];

describe.runIf(canOwn())('exit codes', () => {
  test.each(TABLE.map((row) => [row.command, row.code, row.what, row] as const))(
    '%s: %i, %s',
    { timeout: 60_000 },
    async (_command, code, _what, { act, says, changes }) => {
      using tree = plantTree(DOCKER_CE);
      const before = tree.state();
      const result = await act(tree);
      expect(result.code, result.stderr + result.stdout).toBe(code);
      const lines = result.stderr.split('\n');
      // A plan that is carried out without a question is told before what becomes of it.
      const first =
        lines.find((line) => lines[0]?.startsWith('harden apply ') !== true || line.startsWith('harden: ')) ?? '';
      expect(first).toMatch(says === '' ? /^$/ : says);
      if (code >= EXIT.usage && code < EXIT.interrupted) {
        expect(first).toMatch(/^harden: /);
      }
      if (changes === undefined) {
        expect(treeChanges(before, tree.state())).toEqual([]);
      }
    },
  );

  test.each(LEAVES)('%s: 64 for an option it does not have', async (words) => {
    const needed = commandsIn(PROGRAM).find(({ path }) => path.join(' ') === words)?.positionals ?? [];
    const args = needed.filter(({ required }) => required).map(({ choices }) => choices[0] ?? 'x');
    args.push(...(words === 'snapshot export' ? ['-o', 'x'] : []));
    const { code, stdout, stderr } = await harden([...words.split(' '), ...args, '--nope']);
    expect({ code, stdout }).toEqual({ code: EXIT.usage, stdout: '' });
    expect(stderr.split('\n')[0]).toMatch(
      new RegExp(`^harden: harden ${words} has no option --nope\\. Nothing was (?:changed|done|planned)\\.$`),
    );
  });

  test(
    '7: a step that fails, and a way back that fails too; the next command ends it',
    { timeout: 120_000 },
    async () => {
      for (let from = 1; from < 30; from += 1) {
        using tree = plantTree(DOCKER_CE);
        const before = tree.state();
        const links = await callsBeforeTheFirstChange(tree, LINK);
        const chmods = await callsBeforeTheFirstChange(tree, CHMOD);
        const result = await faulty(tree, [
          [LINK, String(links + 2)],
          [CHMOD, `${chmods + from}+`],
        ]);
        expect([EXIT.rolledBack, EXIT.needsAttention, EXIT.cannotWriteOutput]).toContain(result.code);
        if (result.code !== EXIT.needsAttention) {
          expect(treeChanges(before, tree.state())).toEqual([]);
          continue;
        }
        expect(result.stdout).toContain('Not everything is as before');
        expect(result.stdout).toContain('sudo harden recover');
        expect((await harden(['recover', '--root', tree.root])).code).toBe(EXIT.ok);
        expect(treeChanges(before, tree.state())).toEqual([]);
        return;
      }
      expect.unreachable('no fault hit the way back');
    },
  );
});

describe('the codes that are told', () => {
  const shown = new Set<number>([...TABLE.map(({ code }) => code), EXIT.usage, ...Object.keys(ELSEWHERE).map(Number)]);
  const inOrder = [...shown].sort((a, b) => a - b);

  test('the help tells those that are shown here, and no other', async () => {
    const { stdout } = await harden(['help', 'exit-codes']);
    expect([...stdout.matchAll(/^ {2}(\d+) /gm)].map(([, code]) => Number(code))).toEqual(inOrder);
  });

  test('so does the manual page', () => {
    const page = readFileSync(join(ROOT, 'dist/man/harden-exit-codes.7'), 'utf8');
    expect([...page.matchAll(/^\.(?:B|TP)\n?.*?(\d+)$/gm)].map(([, code]) => Number(code))).toEqual(inOrder);
  });

  test('no document tells another one', () => {
    const told = documents().flatMap((file) =>
      [...readFileSync(join(ROOT, file), 'utf8').matchAll(/\bexit(?: codes?)? (\d+)\b/gi)].map(([, code]) =>
        Number(code),
      ),
    );
    expect(told.length).toBeGreaterThan(5);
    expect(told.filter((code) => !shown.has(code))).toEqual([]);
  });

  test('those of elsewhere are met there', () => {
    for (const [file, words] of Object.values(ELSEWHERE)) {
      expect(readFileSync(join(ROOT, 'test', file), 'utf8')).toContain(words);
    }
  });

  test('every command is in the table, and ends well in one of its rows', () => {
    const well = new Set(TABLE.filter(({ code }) => code === EXIT.ok).map(({ command }) => command));
    expect(LEAVES.filter((words) => !well.has(words) && !LIVE_ONLY.includes(words))).toEqual([]);
    expect(TABLE.filter(({ command }) => command !== 'help' && !LEAVES.includes(command))).toEqual([]);
  });
});

test('no code of shells, timeout and container runtimes is used, and none twice', () => {
  const codes: readonly number[] = Object.values(EXIT);
  expect(new Set(codes).size).toBe(codes.length);
  expect(codes.filter((code) => code >= 124 && code <= 127)).toEqual([]);
});

test('the README tells every code but the one of a bug', () => {
  const rows = readFileSync(join(ROOT, 'README.md'), 'utf8').matchAll(/^\| *(\d+(?:[, /]+\d+)*) *\|/gm);
  const told = [...rows].flatMap(([, codes]) => (codes ?? '').split(/[, /]+/).map(Number));
  const known: readonly number[] = Object.values(EXIT);
  expect(told.filter((code) => !known.includes(code))).toEqual([]);
  expect(known.filter((code) => code !== EXIT.bug && !told.includes(code))).toEqual([]);
});

test('the process is ended from the middle of the program by a second Ctrl-C and by --timeout only', () => {
  const texts = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => ({ name, text: readFileSync(join(ROOT, 'src', name), 'utf8') }));
  const saying = (words: string): readonly string[] =>
    texts.filter(({ text }) => text.includes(words)).map(({ name }) => name);
  expect(saying('process.exit(')).toEqual(['cli/end-now.ts']);
  expect(saying("from './end-now.ts'")).toEqual(['cli/signals.ts', 'cli/time-limit.ts']);
});

/** How often a run makes these calls until all is saved and rehearsed: a dry run does no more. */
async function callsBeforeTheFirstChange(tree: Tree, calls: string): Promise<number> {
  const log = join(tree.outside, 'calls');
  const strace = ['-f', '-qq', '-e', `trace=${calls}`, '-o', log];
  const dry = await run('strace', [...strace, HARDEN, 'apply', '--dry-run', '--root', tree.root, ...ALL]);
  expect(dry.code, dry.stderr).toBe(EXIT.ok);
  return readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => / (?:f?chmod(?:at)?|link(?:at)?)\(/.test(line)).length;
}

/** An apply of everything on a disk that fails. */
function faulty(tree: Tree, faults: Faults): Promise<ProgramResult> {
  const traced = ['-e', `trace=${faults.map(([calls]) => calls).join(',')}`];
  const injected = faults.flatMap(([calls, when]) => ['-e', `inject=${calls}:error=EIO:when=${when}`]);
  return run('strace', [
    '-f',
    '-qq',
    ...traced,
    ...injected,
    '-o',
    '/dev/null',
    HARDEN,
    'apply',
    '--root',
    tree.root,
    ...ALL,
  ]);
}
