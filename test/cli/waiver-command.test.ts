import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { expectError } from '../helpers/error-shape.ts';
import { HARDEN, harden } from '../helpers/program.ts';
import { atTerminal, CTRL_C, CTRL_D, ENTER, HANG_UP, type Typed } from '../helpers/pseudo-terminal.ts';

import { FROM, day, entry, fileOf, plan, verdictOf } from '../helpers/waiver-files.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'harden-waivers-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function waivers(...entries: readonly string[]): string {
  const file = join(folder, 'w.json5');
  writeFileSync(file, fileOf(...entries));
  return file;
}

describe('harden waiver', () => {
  const add = (...more: readonly string[]) =>
    harden([
      'waiver',
      'add',
      '--dir',
      folder,
      '-c',
      '2.2',
      '--reason',
      'OPS-311',
      '--owner',
      'ops',
      '--until',
      day(60),
      ...more,
    ]);

  test('add writes a file that is taken, list shows it, remove takes it away', async () => {
    const added = await add('--host', 'sample', '--host', 'web-*', '--only-while', 'daemon.json#/icc=null');
    const file = join(folder, 'icc-disabled.json5');
    expect(added).toMatchObject({ code: 0, stderr: '' });
    expect(added.stdout.split('\n')[0]).toBe(`${file}: icc-disabled is waived until ${day(60)}.`);
    expect(statSync(file).mode & 0o7777).toBe(0o644);
    expect(readdirSync(folder)).toEqual(['icc-disabled.json5']);
    expect(readFileSync(file, 'utf8')).toContain('host: ["sample","web-*"],');
    expect(verdictOf((await plan(...FROM, '--waivers', folder)).plan, '2.2')).toBe('waived');

    const listed = await harden(['waiver', 'list', ...FROM, '--waivers', folder], { env: { COLUMNS: '80' } });
    expect(listed).toMatchObject({ code: 0, stderr: '' });
    expect(listed.stdout).toContain(`until ${day(60)} (60 days)   sample, web-*   ops\n`);
    const json = await harden(['waiver', 'list', '--json', ...FROM, '--waivers', folder]);
    expect(JSON.parse(json.stdout)).toMatchObject({
      schema: 'urn:harden:waivers:1',
      host: 'sample',
      waivers: [{ id: 'icc-disabled@sample,web-*', daysLeft: 60, state: 'counts', place: `${file}:5` }],
    });
    expect(await harden(['waiver', 'check', ...FROM, '--waivers', folder])).toMatchObject({
      code: 0,
      stdout: '1 waiver, all in order.\n',
    });

    const before = readFileSync(file, 'utf8');
    expectError(await add('--host', 'web-*,sample'), { code: 64, id: 'H2035', says: [`${file}:5`] });
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect(await add('--host', 'db-*')).toMatchObject({ code: 0 });
    expectError(await harden(['waiver', 'remove', '2.2', '--dir', folder]), {
      code: 64,
      id: 'H2035',
      says: ['2 waivers are for 2.2'],
    });
    expect(await harden(['waiver', 'remove', '2.2', '--dir', folder, '--host', 'sample,web-*'])).toMatchObject({
      code: 0,
    });
    expect(readdirSync(folder)).toEqual(['icc-disabled-2.json5']);
  });

  test('remove leaves everything else in a file as it is', async () => {
    const file = join(folder, 'site.json5');
    const text = `// ours\n${fileOf(entry('2.2', day(60)), `// why\n    ${entry('2.16', day(60))}`)}`;
    writeFileSync(file, text);
    chmodSync(file, 0o640);
    const { code, stdout } = await harden(['waiver', 'remove', 'icc-disabled', '--dir', folder]);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `${file}: the waiver of 2.2 is taken out. 2.2 counts again.\n`,
    });
    expect(readFileSync(file, 'utf8')).toBe(text.replace(`    ${entry('2.2', day(60))},\n`, ''));
    expect(statSync(file).mode & 0o7777).toBe(0o640);
  });

  test('check names what is over, for others, not needed, or ends soon', async () => {
    waivers(
      entry('2.2', day(-1)),
      entry('2.16', day(30)),
      entry('3.2', day(60)),
      entry('2.15', day(60), ", host: 'db-*'"),
    );
    const { code, stdout } = await harden(['waiver', 'check', '--json', ...FROM, '--waivers', folder]);
    expect(code).toBe(2);
    const { remarks } = JSON.parse(stdout) as { readonly remarks: readonly { readonly kind: string }[] };
    expect(remarks.map(({ kind }) => kind)).toEqual(['over', 'ends-soon', 'unneeded', 'other-host']);
    waivers(entry('nope', day(5)), entry('2.2', 'soon'));
    expectError(await harden(['waiver', 'check', ...FROM, '--waivers', folder]), { code: 65, id: 'H2030', says: [] });
  });

  test.each<readonly [string, readonly string[], string]>([
    ['nothing but a control', ['-c', '2.2'], 'a waiver needs --reason, --owner, --until too'],
    [
      'a control there is not',
      ['-c', 'icc-disbled', '--reason', 'r', '--owner', 'o', '--until', day(5)],
      'did you mean "icc-disabled"',
    ],
    [
      'an end in the past of its beginning',
      ['-c', '2.2', '--reason', 'r', '--owner', 'o', '--until', day(5), '--from', day(6)],
      'is before "from"',
    ],
    [
      'a condition without a value',
      ['-c', '2.2', '--reason', 'r', '--owner', 'o', '--until', day(5), '--only-while', 'daemon.json#/icc'],
      '--only-while takes PLACE=VALUE',
    ],
  ])('add refuses %s and writes nothing', async (_what, args, says) => {
    expectError(await harden(['waiver', 'add', '--dir', folder, ...args]), { code: 64, id: 'H2034', says: [says] });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a second level that is not there', async () => {
    expectError(await harden(['waiver', 'ad']), { code: 64, id: 'H0064', says: ['add'] });
  });
});

test('a waivers folder that cannot be made is said', async () => {
  mkdirSync(join(folder, 'x'));
  writeFileSync(join(folder, 'x/file'), '');
  expectError(
    await harden([
      'waiver',
      'add',
      '--dir',
      join(folder, 'x/file'),
      '-c',
      '2.2',
      '--reason',
      'r',
      '--owner',
      'o',
      '--until',
      day(5),
    ]),
    { code: 73, id: 'H2037', says: [] },
  );
});

describe('harden waiver add at a terminal', () => {
  const at = (typed: readonly Typed[], more = '') =>
    atTerminal(`${HARDEN} waiver add --dir ${folder} ${more} > ${folder}/stdout`, typed);
  const answers = (...keys: readonly string[]): readonly Typed[] =>
    [/pattern\):\s*$/, /live with it\?\s*$/, /answers for it\?\s*$/, /days away\):\s*$/].map((after, index) => ({
      after,
      keys: `${keys[index] ?? ''}${ENTER}`,
    }));

  test('asks for what is not given', async () => {
    const { code, shown } = await at(answers('2.2', 'The shop needs it', 'ops', day(30)));
    expect(code, shown).toBe(0);
    expect(readFileSync(join(folder, 'icc-disabled.json5'), 'utf8')).toContain('reason: "The shop needs it",');
    const [, ...rest] = answers('', 'And db too', '', day(30));
    const less = await at(rest.slice(0, 1), `-c 2.16 --owner ops --until ${day(30)}`);
    expect(less.code, less.shown).toBe(0);
    expect(readdirSync(folder)).toEqual(['icc-disabled.json5', 'live-restore.json5', 'stdout']);
  });

  test.each<readonly [string, (question: RegExp) => readonly Typed[], number]>([
    ['Ctrl-C', (after) => [{ after, keys: CTRL_C }], 130],
    ['the end of input', (after) => [{ after, keys: CTRL_D }], 64],
    ['an answer that is wrong', () => answers('nope', 'r', 'o', day(30)), 64],
    ['nothing, three times', (after) => [1, 2, 3].map(() => ({ after, keys: ENTER })), 64],
  ])('%s writes nothing', async (_what, typed, wanted) => {
    const { code, shown } = await at(typed(/pattern\):\s*$/));
    expect(code, shown).toBe(wanted);
    expect(readdirSync(folder)).toEqual(['stdout']);
  });

  test.each([
    ['at the first question', '', 0],
    ['at the second', '', 1],
    ['at the last', '', 3],
    ['at a question of --accessible', '--accessible', 0],
  ])('a terminal that goes away %s writes nothing', async (_what, more, given) => {
    const questions: readonly Typed[] =
      more === '' ? answers('2.2', 'r', 'ops', day(30)) : [{ after: /press Enter\.\s*$/, keys: '' }];
    const typed = questions.slice(0, given + 1).map((one, at) => (at === given ? { ...one, keys: HANG_UP } : one));
    const outside = mkdtempSync(join(tmpdir(), 'harden-gone-'));
    const ended = join(outside, 'code');
    await atTerminal(`trap : HUP; ${HARDEN} waiver add --dir ${folder} ${more}; echo $? > ${ended}`, typed);
    // What was not answered is missing, or the signal came first.
    await expect
      .poll(() => existsSync(ended) && readFileSync(ended, 'utf8').trim(), { timeout: 10_000 })
      .toMatch(/^(143|64)$/);
    expect(readdirSync(folder)).toEqual([]);
    rmSync(outside, { recursive: true });
  });
});
