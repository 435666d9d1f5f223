import { existsSync, readFileSync, rmSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { DOCKER_CE } from '../fixtures/hosts/trees.ts';
import { HARDEN, harden } from '../helpers/program.ts';
import { atTerminal, CTRL_C, CTRL_D, ENTER, HANG_UP, type Typed } from '../helpers/pseudo-terminal.ts';
import { canOwn, plantTree, type Tree, treeChanges } from '../helpers/tree.ts';

const DRAWN = /Put all of it back\?[^?]*explain\s+N\s+\(no\)\s*$/;
/** The signal and the end of the input come together; either is a no. */
const GONE = [143, 3] as const;
const READ = /Enter alone means no\.\s*$/;

interface Ended {
  readonly code: number;
  readonly shown: string;
  /** What became different in the folder, its own state left out. */
  readonly changes: readonly string[];
  readonly snapshots: readonly string[];
}

async function appliedTree(): Promise<Tree> {
  const tree = plantTree(DOCKER_CE);
  const { code, stderr } = await harden(['apply', '--root', tree.root, '-c', '2.2,3.2', '--yes', '--max-risk', 'high']);
  expect(code, stderr).toBe(0);
  return tree;
}

/** Answers a rollback, or what `verb` says; the exit code is that of harden, also where the terminal is gone. */
async function answered(tree: Tree, typed: readonly Typed[], more = '', verb = 'rollback'): Promise<Ended> {
  const before = tree.state();
  const code = `${tree.outside}/code`;
  // The shell outlives what is typed, and what it starts does not ignore it.
  const command = `trap : INT; trap : HUP; ${HARDEN} ${verb} --root ${tree.root} ${more}; echo $? > ${code}`;
  const { shown } = await atTerminal(command, typed, { timeoutMs: 20_000 });
  await expect
    .poll(() => existsSync(code) && readFileSync(code, 'utf8').trim(), { timeout: 10_000, message: shown })
    .toMatch(/^\d+$/);
  const listed = await harden(['snapshot', 'list', '--root', tree.root, '--json']);
  const { snapshots } = JSON.parse(listed.stdout) as { readonly snapshots: readonly { readonly id: string }[] };
  return {
    code: Number(readFileSync(code, 'utf8')),
    shown: shown.replaceAll(/\s+/g, ' '),
    changes: treeChanges(before, tree.state()),
    snapshots: snapshots.map(({ id }) => id),
  };
}

const words = (after: RegExp, ...answers: readonly string[]): readonly Typed[] =>
  answers.map((word) => ({ after, keys: `${word}${ENTER}` }));

describe.runIf(canOwn())('the question of rollback, at a terminal', () => {
  test.each<readonly [string, readonly Typed[], number | typeof GONE, string]>([
    [
      'three times something else',
      words(DRAWN, 'ok', 'all', '1'),
      3,
      'Not understood. Type one of: yes, no, diff N, explain N',
    ],
    ['Ctrl-C', [{ after: DRAWN, keys: CTRL_C }], 130, 'stopped by SIGINT at the question. Nothing was changed.'],
    [
      'Ctrl-C twice',
      [{ after: DRAWN, keys: CTRL_C + CTRL_C }],
      130,
      'stopped by SIGINT at the question. Nothing was changed.',
    ],
    ['the end of input', [{ after: DRAWN, keys: CTRL_D }], 3, 'Declined. Nothing was changed.'],
    ['a terminal that goes away', [{ after: DRAWN, keys: HANG_UP }], GONE, ''],
  ])('%s puts nothing back, and the snapshot is there still', async (_what, typed, code, said) => {
    using tree = await appliedTree();
    const ended = await answered(tree, typed);
    expect([code].flat(), ended.shown).toContain(ended.code);
    expect(ended.changes).toEqual([]);
    expect(ended.shown).toContain(said);
    expect(ended.snapshots).toHaveLength(1);
    const done = await answered(tree, words(DRAWN, 'yes'));
    expect(done.code, done.shown).toBe(0);
    expect(done.changes).not.toEqual([]);
  });

  test.each<readonly [string, readonly Typed[], number | typeof GONE, string]>([
    ['three times something else', words(READ, 'ok', '9', 'all'), 3, 'Declined. Nothing was changed.'],
    ['Ctrl-C', [{ after: READ, keys: CTRL_C }], 130, 'stopped by SIGINT at the question. Nothing was changed.'],
    ['Ctrl-C twice', [{ after: READ, keys: CTRL_C + CTRL_C }], 130, 'Nothing was changed.'],
    ['the end of input', [{ after: READ, keys: CTRL_D }], 3, 'Declined. Nothing was changed.'],
    ['a terminal that goes away', [{ after: READ, keys: HANG_UP }], GONE, ''],
  ])('--accessible: %s puts nothing back', async (_what, typed, code, said) => {
    using tree = await appliedTree();
    const ended = await answered(tree, typed, '--accessible');
    expect([code].flat(), ended.shown).toContain(ended.code);
    expect(ended.changes).toEqual([]);
    expect(ended.shown).toContain(said);
    expect(ended.snapshots).toHaveLength(1);
  });
});

describe.runIf(canOwn())('the question of snapshot prune, at a terminal', () => {
  const DELETE = /Delete them\? {2}yes \/ no\s+\(no\)\s*$/;
  const ways = (after: RegExp): readonly (readonly [string, readonly Typed[], number | typeof GONE, string])[] => [
    ['Enter alone', [{ after, keys: ENTER }], 3, 'Declined. Nothing was deleted.'],
    ['three times something else', words(after, 'ok', 'all', '9'), 3, 'Not understood. Type one of: yes, no'],
    ['Ctrl-C', [{ after, keys: CTRL_C }], 130, 'stopped by SIGINT at the question. Nothing was changed.'],
    ['Ctrl-C twice', [{ after, keys: CTRL_C + CTRL_C }], 130, 'Nothing was changed.'],
    ['the end of input', [{ after, keys: CTRL_D }], 3, 'Declined. Nothing was deleted.'],
    ['a terminal that goes away', [{ after, keys: HANG_UP }], GONE, ''],
  ];
  test.each([
    ['', DELETE],
    ['--accessible', READ],
  ])('%s: nothing but a yes deletes', async (more, question) => {
    using tree = await appliedTree();
    const yes = ['rollback', '--root', tree.root, '--yes', '--max-risk', 'high'];
    expect((await harden(yes)).code).toBe(0);
    for (const [what, typed, code, said] of ways(question)) {
      const ended = await answered(tree, typed, more, 'snapshot prune');
      expect([code].flat(), `${what}: ${ended.shown}`).toContain(ended.code);
      expect(ended.shown, what).toContain(said);
      expect(ended.snapshots, what).toHaveLength(2);
      rmSync(`${tree.outside}/code`);
    }
    const done = await answered(tree, words(question, 'yes'), more, 'snapshot prune');
    expect(done.code, done.shown).toBe(0);
    expect(done).toMatchObject({ snapshots: [], changes: [] });
  });
});
