import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { DOCKER_CE } from '../fixtures/hosts/trees.ts';
import { HARDEN, harden } from '../helpers/program.ts';
import {
  atTerminal,
  CTRL_C,
  CTRL_D,
  ENTER,
  HANG_UP,
  type TerminalOptions,
  type Typed,
} from '../helpers/pseudo-terminal.ts';
import { canOwn, plantTree, type Tree, treeChanges } from '../helpers/tree.ts';

const QUESTION = /Apply to[^?]*\?[^?]*explain\s+N\s+\(none\)\s*$/;
const PART = /Apply these[^?]*\?[^?]*explain\s+N\s+\(none\)\s*$/;
const LIST = /q back\s*$/;
const TWO = '-c 2.2,2.16';

function applyAt(tree: Tree, typed: readonly Typed[], more = TWO, options: TerminalOptions = {}) {
  return atTerminal(`${HARDEN} apply --root ${tree.root} ${more} > ${tree.outside}/stdout`, typed, {
    timeoutMs: 20_000,
    ...options,
  });
}

function settingsIn(tree: Tree): unknown {
  return JSON.parse(readFileSync(`${tree.root}/etc/docker/daemon.json`, 'utf8'));
}

const choose: Typed = { after: QUESTION, keys: `select${ENTER}` };

describe.runIf(canOwn())('choosing changes in the list', () => {
  test('what was left out is not done, and said at the end to go on failing', async () => {
    using tree = plantTree(DOCKER_CE);
    const { code, shown } = await applyAt(tree, [
      choose,
      { after: LIST, keys: ' ' },
      { after: /now 1 of 2 changes/, keys: ENTER },
      { after: PART, keys: `these${ENTER}` },
    ]);
    expect(code, shown).toBe(0);
    expect(settingsIn(tree)).toMatchObject({ 'live-restore': true });
    expect(settingsIn(tree)).not.toHaveProperty('icc');
    expect(readFileSync(`${tree.outside}/stdout`, 'utf8')).toContain('still failing: 2.2 (your choice)');
  });

  test('the plan that is kept has a digest of its own', async () => {
    using tree = plantTree(DOCKER_CE);
    const whole = await harden(['plan', '--root', tree.root, '-c', '2.2,2.16', '--json']);
    const { code, shown } = await applyAt(
      tree,
      [choose, { after: LIST, keys: ' ' }, { after: /now 1 of 2/, keys: ENTER }, { after: PART, keys: `t${ENTER}` }],
      `${TWO} -o ${tree.outside}/result.json`,
    );
    expect(code, shown).toBe(0);
    const { plan } = JSON.parse(readFileSync(`${tree.outside}/result.json`, 'utf8')) as {
      readonly plan: { readonly digest: string; readonly changes: readonly unknown[] };
    };
    expect(plan.changes).toHaveLength(1);
    expect(plan.digest).not.toBe((JSON.parse(whole.stdout) as { readonly digest: string }).digest);
  });

  test('arrows move, d and e look into the change under the cursor and come back with the choice as it was', async () => {
    using tree = plantTree(DOCKER_CE);
    const before = tree.state();
    const { code, shown } = await applyAt(tree, [
      choose,
      { after: LIST, keys: ' ' },
      { after: /now 1 of 2/, keys: '\u001B[B' },
      { after: />[^\n]*live-restore/, keys: 'd' },
      { after: /now 1 of 2[\s\S]*q back\s*$/, keys: 'e' },
      { after: /TO UNDO IT[\s\S]*now 1 of 2[\s\S]*q back\s*$/, keys: 'q' },
      { after: QUESTION, keys: `none${ENTER}` },
    ]);
    expect(code, shown).toBe(3);
    expect(shown).toContain('"live-restore": true');
    expect(treeChanges(before, tree.state())).toEqual([]);
  });

  test('/ filters, a takes or leaves what is seen; with nothing chosen all of it is asked about again', async () => {
    using tree = plantTree(DOCKER_CE);
    const { code, shown } = await applyAt(tree, [
      choose,
      { after: LIST, keys: '/' },
      { after: /\/_/, keys: 'icc' },
      { after: /\/icc_/, keys: ENTER },
      { after: /\/icc {3}/, keys: 'a' },
      { after: /now 1 of 2/, keys: '/' },
      { after: /\/_/, keys: ENTER },
      { after: LIST, keys: 'g' },
      { after: /now 2 of 2/, keys: 'g' },
      { after: /nothing is chosen/, keys: ENTER },
      { after: QUESTION, keys: `none${ENTER}` },
    ]);
    expect(code, shown).toBe(3);
    expect(shown).toContain('Nothing is chosen; this is all of it again.');
  });

  test.each([
    ['Ctrl-C', CTRL_C, 130],
    ['the end of input', CTRL_D, 3],
  ])('%s in the list changes nothing', async (_what, keys, wanted) => {
    using tree = plantTree(DOCKER_CE);
    const before = tree.state();
    const { code, shown } = await applyAt(tree, [choose, { after: LIST, keys }]);
    expect(code, shown).toBe(wanted);
    expect(treeChanges(before, tree.state())).toEqual([]);
  });
});

describe.runIf(canOwn())('a terminal that goes away', () => {
  const more = `${TWO}; echo $? > `;
  test.each([
    ['at the question', '', [{ after: QUESTION, keys: HANG_UP }]],
    ['in the list', '', [choose, { after: LIST, keys: HANG_UP }]],
    [
      'after looking into a change',
      '',
      [
        { after: QUESTION, keys: `diff${ENTER}` },
        { after: QUESTION, keys: HANG_UP },
      ],
    ],
    ['at the question of --accessible', '--accessible', [{ after: /Enter alone means none/, keys: HANG_UP }]],
  ])('%s is a no: nothing is changed, and nothing goes on running', async (_what, option, typed) => {
    using tree = plantTree(DOCKER_CE);
    const before = tree.state();
    const code = `${tree.outside}/code`;
    await atTerminal(`trap '' HUP; ${HARDEN} apply --root ${tree.root} ${option} ${more}${code}`, typed, {
      timeoutMs: 20_000,
    });
    await expect
      .poll(() => existsSync(code) && readFileSync(code, 'utf8').trim(), { timeout: 10_000 })
      .toMatch(/^(143|3)$/);
    expect(treeChanges(before, tree.state())).toEqual([]);
  });
});

describe.runIf(canOwn())('--accessible: lists that are read line by line', () => {
  const ASKED = /Enter alone means none\.\s*$/;
  const NEXT = /Then press Enter\.\s*$/;

  test.each([
    ['Enter alone', ENTER],
    ['its number', `3${ENTER}`],
    ['its word', `none${ENTER}`],
  ])('%s is none: 3, and nothing changed', async (_what, keys) => {
    using tree = plantTree(DOCKER_CE);
    const before = tree.state();
    const { code, shown } = await applyAt(tree, [{ after: ASKED, keys }], `${TWO} --accessible`);
    expect(code, shown).toBe(3);
    expect(treeChanges(before, tree.state())).toEqual([]);
  });

  test('nothing on the screen is drawn again, and no sign stands without a word', async () => {
    using tree = plantTree(DOCKER_CE);
    const { code, raw } = await applyAt(
      tree,
      [{ after: ASKED, keys: `1${ENTER}` }],
      `${TWO} --accessible --color never`,
    );
    expect(code, raw).toBe(0);
    expect(raw).not.toContain('\u001B');
    expect(raw).toContain('Step 1 of');
    expect(raw).not.toMatch(/^ *[!~+?x] /m);
  });

  test('a number takes or leaves a change, and says so', async () => {
    using tree = plantTree(DOCKER_CE);
    const { code, shown } = await applyAt(
      tree,
      [
        { after: ASKED, keys: `2${ENTER}` },
        { after: NEXT, keys: `1${ENTER}` },
        { after: NEXT, keys: `diff 2${ENTER}` },
        { after: NEXT, keys: `9${ENTER}` },
        { after: NEXT, keys: `what${ENTER}` },
        { after: NEXT, keys: `done${ENTER}` },
        { after: ASKED, keys: `these${ENTER}` },
      ],
      `${TWO} --accessible`,
    );
    expect(code, shown).toBe(0);
    expect(shown).toContain('Change 1 is left out.');
    expect(shown).toContain('There is no change 9.');
    expect(shown).toContain('Not understood.');
    expect(settingsIn(tree)).not.toHaveProperty('icc');
  });

  test.each([
    ['Ctrl-C', CTRL_C, 130],
    ['the end of input', CTRL_D, 3],
  ])('%s changes nothing', async (_what, keys, wanted) => {
    using tree = plantTree(DOCKER_CE);
    const before = tree.state();
    const { code, shown } = await applyAt(tree, [{ after: ASKED, keys }], `${TWO} --accessible`);
    expect(code, shown).toBe(wanted);
    expect(treeChanges(before, tree.state())).toEqual([]);
  });
});

describe.runIf(canOwn())('what belongs together', () => {
  test('a rule for a file goes with the change that makes the file, and both are said', async () => {
    const { '/etc/docker/daemon.json': _gone, ...files } = DOCKER_CE;
    using tree = plantTree(files);
    const { code, shown } = await applyAt(
      tree,
      [
        choose,
        { after: LIST, keys: ' ' },
        { after: /also left out: change/, keys: ENTER },
        { after: QUESTION, keys: ENTER },
      ],
      '-p cis-docker-1.8.0/L2 -c 2.2,1.1.11',
    );
    expect(code, shown).toBe(3);
    expect(shown).toContain('Nothing is chosen');
  });
});
