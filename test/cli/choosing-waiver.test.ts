import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
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
import { day, entry, fileOf } from '../helpers/waiver-files.ts';

const QUESTION = /Apply to[^?]*\?[^?]*explain\s+N\s+\(none\)\s*$/;
const WITH_WAIVER = /and waive 1 control\?[^?]*explain\s+N\s+\(none\)\s*$/;
const LIST = /q back\s*$/;
const REASON = /Why do you live with it\?\s*$/;
const OWNER = /Who answers for it\?\s*$/;
const UNTIL = /at most 365\s+days\s+away\):\s*$/;
const UNTIL_DAY = day(60);

const choose: Typed = { after: QUESTION, keys: `select${ENTER}` };
const given: readonly Typed[] = [
  { after: LIST, keys: 'w' },
  { after: REASON, keys: `flows over docker0, OPS-311${ENTER}` },
  { after: OWNER, keys: `shop@example.org${ENTER}` },
  { after: UNTIL, keys: `${UNTIL_DAY}${ENTER}` },
];
/** The list comes back after it. */
const WAIVED = new RegExp(`\\[w\\][\\s\\S]*now 1 of 2[\\s\\S]*waived until ${UNTIL_DAY}[\\s\\S]*q back\\s*$`);

interface Site extends Tree {
  /** The waivers that go with the folder. */
  readonly waivers: string;
}

function plantSite(): Site {
  const tree = plantTree(DOCKER_CE);
  const waivers = `${tree.outside}/waivers.d`;
  mkdirSync(waivers);
  writeFileSync(`${waivers}/old.json5`, fileOf(entry('3.1', day(-3))));
  return Object.assign(tree, { waivers });
}

function applyAt(site: Site, typed: readonly Typed[], more = '', options: TerminalOptions = {}) {
  const command = `${HARDEN} apply --root ${site.root} -c 2.2,2.16 --waivers ${site.waivers} ${more} > ${site.outside}/stdout`;
  return atTerminal(command, typed, { timeoutMs: 30_000, ...options });
}

/** The waivers somebody wrote; only the one that was there at first where nobody did. */
function filesOf({ waivers }: Site): readonly string[] {
  return readdirSync(waivers).sort();
}

const settingsIn = (site: Site): unknown => JSON.parse(readFileSync(`${site.root}/etc/docker/daemon.json`, 'utf8'));

describe.runIf(canOwn())('w in the list turns a change into a waiver', () => {
  test('it is written with the yes, as harden waiver add would, and its change is not made', async () => {
    using site = plantSite();
    const { code, shown } = await applyAt(
      site,
      [choose, ...given, { after: WAIVED, keys: ENTER }, { after: WITH_WAIVER, keys: `these${ENTER}` }],
      `-o ${site.outside}/result.json`,
    );
    expect(code, shown).toBe(0);
    expect(settingsIn(site)).toMatchObject({ 'live-restore': true });
    expect(settingsIn(site)).not.toHaveProperty('icc');
    expect(filesOf(site)).toEqual(['icc-disabled.json5', 'old.json5']);
    const file = readFileSync(`${site.waivers}/icc-disabled.json5`, 'utf8');
    expect(file).toMatch(/^\/\/ Written by harden waiver add, /);
    expect(file).toContain('reason: "flows over docker0, OPS-311"');
    const said = readFileSync(`${site.outside}/stdout`, 'utf8').replaceAll(/\s+/g, ' ');
    expect(said).toContain(`Waived until ${UNTIL_DAY}: icc-disabled (${site.waivers}/icc-disabled.json5)`);
    expect(said).not.toContain('still failing');

    const result = JSON.parse(readFileSync(`${site.outside}/result.json`, 'utf8')) as {
      readonly plan: { readonly waivers: { readonly taken: readonly unknown[] } };
    };
    expect(result).toMatchObject({ waiversGiven: [{ control: 'icc-disabled', until: UNTIL_DAY }] });
    expect(result.plan.waivers.taken).toMatchObject([
      { control: 'icc-disabled', found: 'fail', reason: 'flows over docker0, OPS-311', owner: 'shop@example.org' },
    ]);
    const after = ['--root', site.root, '--waivers', site.waivers];
    const again = await harden(['plan', ...after, '-c', '2.2,2.16']);
    expect(again.stdout).toContain('1 waived');
    expect(again.stdout).not.toContain('Next:');
    const removed = await harden(['waiver', 'remove', 'icc-disabled', '--dir', site.waivers]);
    expect(removed.code, removed.stderr).toBe(0);
    expect(filesOf(site)).toEqual(['old.json5']);
  });

  test('answers that cannot be taken are explained and asked again', async () => {
    using site = plantSite();
    const { code, shown } = await applyAt(site, [
      choose,
      { after: LIST, keys: 'w' },
      { after: REASON, keys: ENTER },
      { after: /Not taken: a waiver needs this\.[\s\S]*Why do you live with it\?\s*$/, keys: `r${ENTER}` },
      { after: OWNER, keys: `${'o'.repeat(201)}${ENTER}` },
      { after: /Not taken: it must be at most 200 characters long\.[\s\S]*for it\?\s*$/, keys: `ops${ENTER}` },
      { after: UNTIL, keys: `next year${ENTER}` },
      { after: /Not taken: it must be a day, as[\s\S]*away\):\s*$/, keys: `${day(-1)}${ENTER}` },
      { after: /Not taken:[^.]*is over already[\s\S]*away\):\s*$/, keys: `${UNTIL_DAY}${ENTER}` },
      { after: WAIVED, keys: 'q' },
      { after: QUESTION, keys: `none${ENTER}` },
    ]);
    expect(code, shown).toBe(3);
    expect(filesOf(site)).toEqual(['old.json5']);
  });

  test.each([
    ['three of them', ['x', 'y', day(400)]],
    ['the word back', ['back']],
  ])('%s lead back to the list without a waiver', async (_what, answers) => {
    using site = plantSite();
    const before = site.state();
    const { code, shown } = await applyAt(site, [
      choose,
      ...given.slice(0, 3),
      ...answers.map((keys) => ({ after: UNTIL, keys: `${keys}${ENTER}` })),
      { after: /now 2 of 2[\s\S]*not waived[\s\S]*q back\s*$/, keys: 'q' },
      { after: QUESTION, keys: `none${ENTER}` },
    ]);
    expect(code, shown).toBe(3);
    expect(filesOf(site)).toEqual(['old.json5']);
    expect(treeChanges(before, site.state())).toEqual([]);
  });

  test('space takes the change again, and its waiver goes', async () => {
    using site = plantSite();
    const { code, shown } = await applyAt(site, [
      choose,
      ...given,
      { after: WAIVED, keys: ' ' },
      { after: /now 2 of 2[\s\S]*waived no more: change 1[\s\S]*q back\s*$/, keys: ENTER },
      { after: QUESTION, keys: `all${ENTER}` },
    ]);
    expect(code, shown).toBe(0);
    expect(settingsIn(site)).toMatchObject({ icc: false });
    expect(filesOf(site)).toEqual(['old.json5']);
  });

  test('where every change is waived or left, only the waivers are written', async () => {
    using site = plantSite();
    const before = site.state();
    const { code, shown } = await applyAt(site, [
      choose,
      ...given,
      { after: WAIVED, keys: 'a' },
      { after: /nothing is chosen[\s\S]*q back\s*$/, keys: ENTER },
      { after: /Change nothing and waive 1 control\?[^?]*\(none\)\s*$/, keys: `waive${ENTER}` },
    ]);
    expect(code, shown).toBe(0);
    expect(treeChanges(before, site.state())).toEqual([]);
    expect(filesOf(site)).toEqual(['icc-disabled.json5', 'old.json5']);
    const said = readFileSync(`${site.outside}/stdout`, 'utf8');
    expect(said).toContain('still failing: 2.16 (your choice)');
    expect(said).toContain('Nothing else was changed.');
  });
});

describe.runIf(canOwn())('nothing is written where the question is left', () => {
  test.each([
    ['at the reason, Ctrl-C', [...given.slice(0, 1), { after: REASON, keys: CTRL_C }], 130],
    ['at the last day, Ctrl-C', [...given.slice(0, 3), { after: UNTIL, keys: CTRL_C }], 130],
    ['at the owner, the end of input', [...given.slice(0, 2), { after: OWNER, keys: CTRL_D }], 3],
    ['in the list after it, Ctrl-C', [...given, { after: WAIVED, keys: CTRL_C }], 130],
  ])('%s', async (_what, typed, wanted) => {
    using site = plantSite();
    const before = site.state();
    const { code, shown } = await applyAt(site, [choose, ...typed]);
    expect(code, shown).toBe(wanted);
    expect(filesOf(site)).toEqual(['old.json5']);
    expect(treeChanges(before, site.state())).toEqual([]);
  });

  test('Ctrl-C twice at the question that has the waiver in it', async () => {
    using site = plantSite();
    const before = site.state();
    const { code, shown } = await applyAt(site, [
      choose,
      ...given,
      { after: WAIVED, keys: ENTER },
      { after: WITH_WAIVER, keys: `${CTRL_C}${CTRL_C}` },
    ]);
    expect(code, shown).toBe(130);
    expect(filesOf(site)).toEqual(['old.json5']);
    expect(treeChanges(before, site.state())).toEqual([]);
  });

  test.each([
    ['at the reason', given.slice(0, 1), REASON],
    ['at the question', [...given, { after: WAIVED, keys: ENTER }], WITH_WAIVER],
  ])('a terminal that goes away %s', async (_what, typed, after) => {
    using site = plantSite();
    const before = site.state();
    const ended = `${site.outside}/code`;
    const command = `trap '' HUP; ${HARDEN} apply --root ${site.root} -c 2.2,2.16 --waivers ${site.waivers}; echo $? > ${ended}`;
    await atTerminal(command, [choose, ...typed, { after, keys: HANG_UP }], { timeoutMs: 30_000 });
    await expect
      .poll(() => existsSync(ended) && readFileSync(ended, 'utf8').trim(), { timeout: 10_000 })
      .toMatch(/^(143|3)$/);
    expect(filesOf(site)).toEqual(['old.json5']);
    expect(treeChanges(before, site.state())).toEqual([]);
  });
});

describe.runIf(canOwn())('where a waiver cannot be given', () => {
  test('a folder without --waivers says how, and nothing is asked', async () => {
    using tree = plantTree(DOCKER_CE);
    const { code, shown } = await atTerminal(`${HARDEN} apply --root ${tree.root} -c 2.2,2.16`, [
      choose,
      { after: LIST, keys: 'w' },
      { after: /--waivers\s+FOLDER\.[\s\S]*not waived[\s\S]*q back\s*$/, keys: 'q' },
      { after: QUESTION, keys: `none${ENTER}` },
    ]);
    expect(code, shown).toBe(3);
    expect(shown).not.toContain('Why do you live with it');
  });
});

describe.runIf(canOwn())('--accessible', () => {
  const NEXT = /Then press Enter\.\s*$/;
  const TYPE = /Type it and press Enter\.\s*$/;

  test('waive N asks line by line', async () => {
    using site = plantSite();
    const { code, raw } = await applyAt(
      site,
      [
        { after: /Enter alone means none\.\s*$/, keys: `2${ENTER}` },
        { after: NEXT, keys: `waive 1${ENTER}` },
        { after: TYPE, keys: `r${ENTER}` },
        { after: TYPE, keys: `ops${ENTER}` },
        { after: TYPE, keys: `soon${ENTER}` },
        { after: /Not taken:[\s\S]*Type it and press Enter\.\s*$/, keys: `${UNTIL_DAY}${ENTER}` },
        { after: new RegExp(`Change 1, waived[\\s\\S]*press Enter\\.\\s*$`), keys: `done${ENTER}` },
        { after: /Enter alone means none\.\s*$/, keys: `1${ENTER}` },
      ],
      '--accessible --color never',
    );
    expect(code, raw).toBe(0);
    expect(raw).not.toContain('\u001B');
    expect(filesOf(site)).toEqual(['icc-disabled.json5', 'old.json5']);
    expect(settingsIn(site)).not.toHaveProperty('icc');
  });
});
