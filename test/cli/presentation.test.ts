import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DOCKER_CE } from '../fixtures/hosts/trees.ts';
import { HARDEN, harden } from '../helpers/program.ts';
import { atTerminal, ENTER } from '../helpers/pseudo-terminal.ts';
import { canOwn, plantTree, treeChanges } from '../helpers/tree.ts';

const SAMPLE = join(import.meta.dirname, '../../snapshots/hosts/debian-13-sample.json');
const GOLDEN = join(import.meta.dirname, '../golden/layout');
const YES = ['--yes', '--max-risk', 'high', '--max-impact', 'restart'];

async function planText(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const { code, stdout, stderr } = await harden(['plan', '--from', SAMPLE, ...args], { env });
  expect(code, stderr).toBe(0);
  return stdout;
}

describe('how a plan is shown', () => {
  test.each<readonly [string, readonly string[]]>([
    ['section', ['--group-by', 'section']],
    ['severity', ['--group-by', 'severity']],
    ['file', ['--group-by', 'file']],
    ['full', ['--full', '--show-pass']],
  ])('%s', async (name, args) => {
    const text = await planText(args);
    await expect(text).toMatchFileSnapshot(join(GOLDEN, `${name}.txt`));
    const exact = text.indexOf('EXACT DIFFERENCES');
    const lines = (exact < 0 ? text : text.slice(0, exact)).split('\n');
    expect(lines.filter((line) => line.length > 80 && line.trim().includes(' '))).toEqual([]);
  });

  test('every change stands under exactly one heading, whatever they are grouped by', async () => {
    const titles = (text: string): readonly string[] =>
      [...text.matchAll(/^ ?\d+ [! ][+~-] .{30}/gm)].map(([line]) => line).sort();
    const usual = titles(await planText([]));
    expect(usual.length).toBeGreaterThan(3);
    for (const by of ['section', 'severity', 'file']) {
      expect(titles(await planText(['--group-by', by]))).toEqual(usual);
    }
  });

  test.each<readonly [string, Readonly<Record<string, string>>, boolean]>([
    ['--color never', { FORCE_COLOR: '1' }, false],
    ['--color always', { NO_COLOR: '1' }, true],
    ['', { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
    ['', { FORCE_COLOR: '1' }, true],
    ['', { CI: 'true' }, false],
    ['', {}, false],
  ])('colour of a pipe with "%s" and %j: %s', async (args, env, wanted) => {
    const text = await planText(
      args.split(' ').filter((word) => word !== ''),
      env,
    );
    expect(text.includes('\u001B[')).toBe(wanted);
  });

  test('arrows are drawn where the locale is one of UTF-8, and nowhere else', async () => {
    expect(await planText([], { LC_ALL: 'de_DE.UTF-8' })).toContain('\u2192');
    expect(await planText([], { LC_ALL: 'C' })).not.toContain('\u2192');
    expect(await planText(['--ascii'], { LC_ALL: 'C.UTF-8' })).not.toContain('\u2192');
    expect(await planText(['--accessible'], { LC_ALL: 'C.UTF-8' })).toMatch(/\) becomes /);
  });
});

describe('wrong wishes', () => {
  test.each([
    [['--group-by', 'colour'], 'effect, section, severity, file'],
    [['--width', 'wide'], '--width takes a number of columns'],
    [['--width', '0'], '--width takes a number of columns'],
    [['--width', '-3'], '--width'],
    [['--width'], 'needs a value'],
    [['--color', 'red'], 'auto, always, never'],
    [['--quiet', '--verbose'], 'exclude each other'],
    [['--full=yes'], '--full takes no value'],
    [['--accesible'], '--accessible'],
  ])('%j is exit 64, and nothing is printed', async (args, said) => {
    const { code, stdout, stderr } = await harden(['plan', '--from', SAMPLE, ...args]);
    expect(code, stderr).toBe(64);
    expect(stdout).toBe('');
    expect(stderr.replaceAll(/\s+/g, ' ')).toContain(said);
  });
});

describe.runIf(canOwn())('progress', () => {
  test('quiet says nothing but the result, verbose also what begins', async () => {
    using tree = plantTree(DOCKER_CE);
    const before = tree.state();
    const quiet = await harden(['apply', '--root', tree.root, '-c', '2.2', ...YES, '-q']);
    expect(quiet).toMatchObject({ code: 0, stderr: '' });
    expect(quiet.stdout).toContain('Undo any time');
    expect((await harden(['rollback', '--root', tree.root, ...YES])).code).toBe(0);
    expect(treeChanges(before, tree.state())).toEqual([]);
    const verbose = await harden(['apply', '--root', tree.root, '-c', '2.2', ...YES, '-v']);
    expect(verbose.stderr).toMatch(/\.\. +1\/\d+ +write[\s\S]*ok +1\/\d+ +write/);
  });

  test('a plan file is asked about in short: counts, effects and warnings, not every line again', async () => {
    using tree = plantTree(DOCKER_CE);
    const file = `${tree.outside}/plan.json`;
    expect((await harden(['plan', '--root', tree.root, '-o', file])).code).toBe(0);
    const { code, shown } = await atTerminal(`${HARDEN} apply --root ${tree.root} ${file}`, [
      { after: /explain\s+N\s+\(none\)\s*$/, keys: ENTER },
    ]);
    expect(code, shown).toBe(3);
    expect(shown).toMatch(/\d+ to fix/);
    expect(shown).toContain('Applying all of them');
    expect(shown).not.toContain('NO INTERRUPTION');
  });
});

describe.runIf(canOwn())('a pager', () => {
  const shown = '/paged';
  const paged = async (args: string, env: Readonly<Record<string, string>> = {}): Promise<string> => {
    using tree = plantTree({});
    const pager = `${tree.outside}/pager`;
    writeFileSync(pager, `#!/bin/sh\ncat > ${tree.outside}${shown}\n`, { mode: 0o755 });
    writeFileSync(`${tree.outside}${shown}`, '');
    const { code } = await atTerminal(`${HARDEN} plan --from ${SAMPLE} ${args}`, [], { env: { PAGER: pager, ...env } });
    expect(code).toBe(0);
    return readFileSync(`${tree.outside}${shown}`, 'utf8');
  };

  test('shows what is longer than the screen, with its colours', async () => {
    const text = await paged('');
    expect(text).toContain('harden plan');
    expect(text).toContain('\u001B[');
  });

  test.each([
    ['--no-pager', {}],
    ['--accessible', {}],
    ['--json', {}],
    ['', { CI: 'true' }],
    ['', { TERM: 'dumb' }],
    ['| cat', {}],
    ['-c 2.2', {}],
  ])('is not used with "%s" and %j', async (args, env) => {
    expect(await paged(args, env)).toBe('');
  });

  test('that is not there is no harm', async () => {
    const { code, shown: text } = await atTerminal(`${HARDEN} plan --from ${SAMPLE}`, [], {
      env: { PAGER: '/nowhere/pager' },
    });
    expect(code).toBe(0);
    expect(text).toContain('NOT CHANGED BY HARDEN');
  });
});
