import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { DOCKER_CE } from '../fixtures/hosts/trees.ts';
import { HARDEN, harden } from '../helpers/program.ts';
import { atTerminal, CTRL_C, ENTER, type Typed } from '../helpers/pseudo-terminal.ts';
import { canOwn, plantTree, type Tree, treeChanges } from '../helpers/tree.ts';

/** The open question with nothing typed yet, at the end of what is shown: a redraw while typing, or of an answered one, is not it. */
const QUESTION = /all \/ none \/ diff N \(none\)\s*$/;

function applyAt(tree: Tree, typed: readonly Typed[], more = '', env: Readonly<Record<string, string>> = {}) {
  return atTerminal(`${HARDEN} apply --root ${tree.root} ${more} > ${tree.outside}/stdout`, typed, { env });
}

describe.runIf(canOwn())('the question of apply, at a terminal', () => {
  test.each([
    ['Enter alone', [{ after: QUESTION, keys: ENTER }]],
    ['none', [{ after: QUESTION, keys: `none${ENTER}` }]],
    ['the first letter of none', [{ after: QUESTION, keys: `N${ENTER}` }]],
    ['three times something else', ['yes', 'ok', '1'].map((word) => ({ after: QUESTION, keys: `${word}${ENTER}` }))],
  ])('%s declines: 3, and nothing changed', async (_what, typed) => {
    using tree = plantTree(DOCKER_CE);
    const before = tree.state();
    const { code, shown } = await applyAt(tree, typed);
    expect(code, shown).toBe(3);
    expect(readFileSync(`${tree.outside}/stdout`, 'utf8')).toBe('Declined. Nothing was changed.\n');
    expect(treeChanges(before, tree.state())).toEqual([]);
  });

  test.each([
    ['Ctrl-C', CTRL_C, 130],
    ['the end of input', '\u0004', null],
  ])('%s at the question changes nothing', async (_what, keys, wanted) => {
    using tree = plantTree(DOCKER_CE);
    const before = tree.state();
    const { code, shown } = await applyAt(tree, [{ after: QUESTION, keys }], '', {});
    if (wanted !== null) {
      expect(code, shown).toBe(wanted);
      expect(shown).toContain('Nothing was changed.');
      expect(shown).toContain('H0130');
    }
    expect(code).not.toBe(0);
    expect(treeChanges(before, tree.state())).toEqual([]);
  });

  test('all approves; the plan and the question are on standard error, the result alone on standard output', async () => {
    using tree = plantTree(DOCKER_CE);
    const before = tree.state();
    const { code, shown } = await applyAt(tree, [{ after: QUESTION, keys: `all${ENTER}` }]);
    expect(code, shown).toBe(0);
    expect(shown).toContain('NO INTERRUPTION');
    const result = readFileSync(`${tree.outside}/stdout`, 'utf8');
    expect(result).toContain('Undo any time: sudo harden rollback');
    expect(result).not.toContain('all / none');
    expect(treeChanges(before, tree.state())).not.toEqual([]);
    expect((await harden(['rollback', '--root', tree.root, '--yes', '--max-risk', 'high'])).code).toBe(0);
    expect(treeChanges(before, tree.state())).toEqual([]);
  });

  test('diff N shows the change and asks again', async () => {
    using tree = plantTree(DOCKER_CE);
    const { code, shown } = await applyAt(tree, [
      { after: QUESTION, keys: `diff 1${ENTER}` },
      { after: QUESTION, keys: `none${ENTER}` },
    ]);
    expect(code, shown).toBe(3);
  });

  test.each([
    ['--no-input', '--no-input', {}],
    ['HARDEN_NO_INPUT=1', '', { HARDEN_NO_INPUT: '1' }],
    ['CI=true', '', { CI: 'true' }],
    ['--json', '--json', {}],
  ])('%s: never asks, refuses with 4 and the command that would approve', async (_what, more, env) => {
    using tree = plantTree(DOCKER_CE);
    const before = tree.state();
    const { code, shown } = await applyAt(tree, [], more, env);
    expect(code, shown).toBe(4);
    expect(shown.replaceAll(/\s+/g, ' ')).toContain(
      'approval is needed, and there is no terminal to ask on. Nothing was changed.',
    );
    expect(shown.replaceAll(/\s+/g, ' ')).toContain('harden apply --yes --max-risk');
    expect(treeChanges(before, tree.state())).toEqual([]);
  });

  test('rollback asks too', async () => {
    using tree = plantTree(DOCKER_CE);
    expect((await harden(['apply', '--root', tree.root, '-c', '3.2', '--yes'])).code).toBe(0);
    const before = tree.state();
    const { code, shown } = await atTerminal(`${HARDEN} rollback --root ${tree.root}`, [
      { after: /yes \/ no/, keys: ENTER },
    ]);
    expect(code, shown).toBe(3);
    expect(treeChanges(before, tree.state())).toEqual([]);
    const done = await atTerminal(`${HARDEN} rollback --root ${tree.root}`, [
      { after: /yes \/ no/, keys: `yes${ENTER}` },
    ]);
    expect(done.code, done.shown).toBe(0);
  });
});
