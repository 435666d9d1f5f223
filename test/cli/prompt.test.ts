import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { DOCKER_CE } from '../fixtures/hosts/trees.ts';
import { HARDEN, harden } from '../helpers/program.ts';
import { atTerminal, CTRL_C, CTRL_D, ENTER, type TerminalOptions, type Typed } from '../helpers/pseudo-terminal.ts';
import { canOwn, plantTree, type Tree, treeChanges } from '../helpers/tree.ts';

/** The open question with nothing typed yet, at the end of what is shown: a redraw while typing, or of an answered one, is not it. */
const QUESTION = /explain N \(none\)\s*$/;

function applyAt(tree: Tree, typed: readonly Typed[], more = '', options: TerminalOptions = {}) {
  return atTerminal(`${HARDEN} apply --root ${tree.root} ${more} > ${tree.outside}/stdout`, typed, options);
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
    ['Ctrl-C', CTRL_C, 130, 'H0130'],
    ['the end of input', CTRL_D, 3, 'Apply to'],
  ])('%s at the question changes nothing', async (_what, keys, wanted, said) => {
    using tree = plantTree(DOCKER_CE);
    const before = tree.state();
    const { code, shown } = await applyAt(tree, [{ after: QUESTION, keys }]);
    expect(code, shown).toBe(wanted);
    expect(shown).toContain(said);
    expect(treeChanges(before, tree.state())).toEqual([]);
  });

  test.each([40, 80, 120])('at %i columns no line of the plan or the question is too long', async (columns) => {
    using tree = plantTree(DOCKER_CE);
    const { code, shown } = await applyAt(tree, [{ after: /\(none\)\s*$/, keys: `none${ENTER}` }], '', { columns });
    expect(code, shown).toBe(3);
    const width = Math.min(100, columns);
    // What is typed is drawn again and again into the line of the question.
    const drawn = shown.slice(0, shown.indexOf('Apply to'));
    const long = drawn.split('\n').filter((line) => line.length > width && line.trim().includes(' '));
    expect(long.filter((line) => !line.includes('/etc/') && !line.includes('/usr/'))).toEqual([]);
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

  test('diff N shows what happens to the file, explain N all about the change, and the question comes again', async () => {
    using tree = plantTree(DOCKER_CE);
    const before = tree.state();
    const { code, shown } = await applyAt(
      tree,
      [
        { after: QUESTION, keys: `diff 1${ENTER}` },
        { after: QUESTION, keys: `explain 1${ENTER}` },
        { after: QUESTION, keys: `diff 99${ENTER}` },
        { after: QUESTION, keys: `none${ENTER}` },
      ],
      '-c 2.2',
    );
    expect(code, shown).toBe(3);
    expect(shown).toContain('+++ /etc/docker/daemon.json');
    expect(shown).toContain('+    "icc": false');
    expect(shown).toContain('TO UNDO IT');
    expect(shown).toContain('There is no change 99; they are 1 to 1.');
    expect(treeChanges(before, tree.state())).toEqual([]);
  });

  test('a secret in the file is masked in the diff', async () => {
    using tree = plantTree({
      ...DOCKER_CE,
      '/etc/docker/daemon.json': '{\n  "log-opts": { "splunk-token": "hunter2hunter2" }\n}\n',
    });
    const { shown } = await applyAt(
      tree,
      [
        { after: QUESTION, keys: `diff${ENTER}` },
        { after: QUESTION, keys: `none${ENTER}` },
      ],
      '-c 2.2',
    );
    expect(shown).toContain('<redacted>');
    expect(shown).not.toContain('hunter2');
  });

  test.each([
    ['--no-input', '--no-input', {}, '--no-input says that nobody is asked'],
    ['HARDEN_NO_INPUT=1', '', { HARDEN_NO_INPUT: '1' }, 'HARDEN_NO_INPUT says that nobody is asked'],
    ['CI=true', '', { CI: 'true' }, 'CI is set, which says that nobody is asked'],
    ['--json', '--json', {}, 'with JSON on standard output nobody is asked'],
  ])('%s: never asks, refuses with 4, why, and the command that would approve', async (_what, more, env, why) => {
    using tree = plantTree(DOCKER_CE);
    const before = tree.state();
    const { code, shown } = await applyAt(tree, [], more, { env });
    expect(code, shown).toBe(4);
    expect(shown.replaceAll(/\s+/g, ' ')).toContain(`approval is needed, and ${why}. Nothing was changed.`);
    expect(shown.replaceAll(/\s+/g, ' ')).toMatch(/a class of plans: harden apply .*--yes --max-risk/);
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
