import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { DOCKER_CE } from '../fixtures/hosts/trees.ts';
import { expectError } from '../helpers/error-shape.ts';
import { harden } from '../helpers/program.ts';
import { canOwn, plantTree, treeChanges } from '../helpers/tree.ts';

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

describe('a plan from a recording', () => {
  test('takes waivers of a file or a folder, and tells of those that end or are not needed', async () => {
    const file = waivers(entry('2.2', day(200)), entry('2.16', day(5)), entry('3.2', day(60)), entry('2.15', day(-1)));
    const whole = await plan(...FROM, '--waivers', file);
    expect([verdictOf(whole.plan, '2.2'), verdictOf(whole.plan, '2.16'), verdictOf(whole.plan, '2.15')]).toEqual([
      'waived',
      'waived',
      'fail',
    ]);
    expect(whole.plan.changes.some(({ controls }) => controls.includes('icc-disabled'))).toBe(false);
    expect(whole.stderr.split('\n')).toEqual([
      `harden: the waiver of 2.16 (ops) ends on ${day(5)}: 5 days.`,
      'harden: the waiver of 3.2 can be removed: what it is for passes.',
      '',
    ]);
    const again = await plan(...FROM, '--waivers', folder, '--waivers', file);
    expect(again.plan.digest).toBe(whole.plan.digest);
    const graced = await plan(...FROM, '--waivers', folder, '--waiver-grace', '2d');
    expect(verdictOf(graced.plan, '2.15')).toBe('waived');
    expect(graced.plan.warnings.join()).toContain(`ended on ${day(-1)}, taken until`);
    const chosen = await plan(...FROM, '-c', '2.2', '--waivers', folder);
    expect([chosen.stderr, chosen.plan.changes]).toEqual(['', []]);
  });

  test('plans nothing on top of a change that is not made', async () => {
    const trixie = ['--from', FROM[1]?.replace('debian-13-sample', 'debian-trixie') ?? '', '-p', 'cis-docker-1.8.0/L2'];
    const audited = (all: Plan) => all.controls.find(({ slug }) => slug === 'audit-daemon-json')?.verdict;
    expect(audited((await plan(...trixie)).plan)).toBe('fail');
    const without = await plan(...trixie, '--waivers', waivers(entry('2.*', day(60))));
    expect(audited(without.plan)).toBe('not-applicable');
    expect(without.plan.changes.filter(({ address }) => address.includes('daemon.json'))).toEqual([]);
  });

  test('explain shows a waived control as waived, with reason, owner and end', async () => {
    const file = waivers(entry('2.2', day(60), ", approvedBy: 'ciso'"), entry('2.15', day(-1)));
    const { code, stdout } = await harden(['explain', '2.2', ...FROM, '--waivers', file]);
    expect(code).toBe(0);
    expect(stdout).toContain(`WAIVED\n  until ${day(60)} (60 days): R of 2.2\n  owner: ops, approved by ciso\n`);
    expect(stdout).toContain('  waived: icc is true, the default');
    expect(stdout).not.toContain('WHAT WOULD BE CHANGED');
    const over = await harden(['explain', '2.15', ...FROM, '--waivers', file]);
    expect(over.stdout).toContain(`not any more: that of 2.15 (ops) ended on ${day(-1)}`);
    expect(over.stdout).toContain('WHAT WOULD BE CHANGED');
  });

  test('says it in every report', async () => {
    waivers(entry('2.2', day(200)));
    const kinds = ['md', 'html', 'sarif', 'junit', 'csv', 'xccdf', 'oscal'];
    const { code } = await harden([
      'plan',
      ...FROM,
      ...['--waivers', folder],
      ...kinds.flatMap((kind) => ['--report', `${kind}:${join(folder, kind)}`]),
    ]);
    expect(code).toBe(0);
    for (const kind of kinds) {
      const text = readFileSync(join(folder, kind), 'utf8');
      expect({ kind, reason: text.includes('R of 2.2'), until: text.includes(day(200)) }).toEqual({
        kind,
        reason: true,
        until: true,
      });
    }
  });

  test.each<readonly [string, (file: string) => void, readonly string[]]>([
    ['a file that is not there', (file) => rmSync(file), ['H1001', 'cannot be read']],
    [
      'an unknown control',
      (file) => writeFileSync(file, fileOf(entry('icc-disbled', day(5)))),
      ['H2030', 'line 4, column', 'did you mean "icc-disabled"'],
    ],
    [
      'an unknown key',
      (file) => writeFileSync(file, fileOf(entry('2.2', day(5), ", untill: 'x'"))),
      ['H2030', 'did you mean "until"'],
    ],
    ['an end too far away', (file) => writeFileSync(file, fileOf(entry('2.2', day(367)))), ['H2030', 'at most 365']],
    ['no JSON5', (file) => writeFileSync(file, '{ schema: '), ['H2030', 'not JSON5']],
    [
      'another schema',
      (file) => writeFileSync(file, '{ schema: "urn:harden:health:1", waivers: [] }'),
      ['H2030', 'urn:harden:waiver:1'],
    ],
  ])('is refused with %s', async (_what, spoil, [id = '', ...says]) => {
    const file = waivers(entry('2.2', day(5)));
    spoil(file);
    const output = join(folder, 'plan.json');
    expectError(await harden(['plan', ...FROM, '--waivers', file, '-o', output]), { code: 65, id, says });
    expect(existsSync(output)).toBe(false);
  });

  test.each<readonly [string, readonly string[], number, string]>([
    ['a folder without any', ['--waivers', '/proc/self/task'], 65, 'H2033'],
    ['a grace that is none', ['--waiver-grace', 'soon'], 64, 'H0065'],
    ['a grace too long', ['--waiver-grace', '31d'], 64, 'H0076'],
    ['no value', ['--waivers'], 64, 'H0064'],
  ])('is refused with %s', async (_what, args, code, id) => {
    expectError(await harden(['plan', ...FROM, ...args]), { code, id, says: [] });
  });
});

describe.runIf(canOwn())('a folder taken as /', () => {
  const YES = ['--yes', '--max-risk', 'high', '--max-impact', 'restart'];

  test('apply and verify see the waivers that are given, and none of the folder itself', async () => {
    using tree = plantTree({ ...DOCKER_CE, '/etc/harden/waivers.d/own.json5': fileOf(entry('*', day(60))) });
    const file = waivers(entry('2.2', day(60)));
    const at = ['--root', tree.root, '-c', '2.2,2.16'];
    expect(verdictOf((await plan(...at)).plan, '2.2')).toBe('fail');
    const applied = await harden(['apply', ...at, '--waivers', file, ...YES]);
    expect(applied.code, applied.stderr).toBe(0);
    expect(tree.read('/etc/docker/daemon.json')).not.toContain('icc');
    expect(tree.read('/etc/docker/daemon.json')).toContain('live-restore');
    expect((await harden(['verify', '--root', tree.root, '-c', '2.2'])).code).toBe(2);
    const waived = await harden(['verify', '--root', tree.root, '-c', '2.2', '--waivers', file]);
    expect({ code: waived.code, shown: waived.stdout.includes('w 2.2 ') }).toEqual({ code: 0, shown: true });
  });

  test('a plan file whose waivers have ended since is not applied', async () => {
    using tree = plantTree(DOCKER_CE);
    const file = waivers(entry('2.2', day(60)));
    const saved = join(folder, 'plan.json');
    const { stdout } = await harden(['plan', '--root', tree.root, '-c', '2.2,2.16', '--waivers', file, '-o', saved]);
    expect(stdout).toContain(`Next: sudo harden apply ${saved} --root ${tree.root} --waivers ${file}`.slice(0, 40));
    const before = tree.state();
    for (const args of [[], ['--waivers', waivers(entry('2.2', day(-1)))]]) {
      expectError(await harden(['apply', saved, '--root', tree.root, ...args, ...YES]), {
        code: 5,
        id: 'H4003',
        says: ['the waivers are not those of the plan any more', 'waived in the plan, and not now: 2.2'],
      });
    }
    expect(treeChanges(before, tree.state())).toEqual([]);
    waivers(entry('2.2', day(60)));
    expect((await harden(['apply', saved, '--root', tree.root, '--waivers', file, ...YES])).code).toBe(0);
  });

  test('a change of a plan file that is waived since is not made', async () => {
    using tree = plantTree(DOCKER_CE);
    const saved = join(folder, 'plan.json');
    await harden(['plan', '--root', tree.root, '-c', '2.2', '-o', saved]);
    expectError(
      await harden(['apply', saved, '--root', tree.root, '--waivers', waivers(entry('2.2', day(60))), ...YES]),
      {
        code: 5,
        id: 'H4003',
        says: ['to be changed in the plan, and waived now: 2.2'],
      },
    );
  });

  test('verify --baseline judges only what is worse', async () => {
    using tree = plantTree(DOCKER_CE);
    const baseline = join(folder, 'baseline.json');
    const at = ['verify', '--root', tree.root, '-c', '2.*'];
    expect((await harden([...at, '-o', baseline])).code).toBe(2);
    const same = await harden([...at, '--baseline', baseline]);
    expect(same.code, same.stdout).toBe(0);
    expect(same.stdout).toContain('AS IN THE BASELINE');
    expect(same.stdout).toContain('Not worse than the baseline.');
    tree.plant({ '/etc/docker/daemon.json': '{ "log-level": "debug" }\n' });
    const worse = await harden([...at, '--baseline', baseline]);
    expect({ code: worse.code, said: worse.stdout.includes('FAILING, NEW') }).toEqual({ code: 2, said: true });
  });

  test('a baseline of another host is refused', async () => {
    using tree = plantTree(DOCKER_CE);
    const baseline = join(folder, 'other.json');
    await harden(['plan', ...FROM, '-o', baseline]);
    expectError(await harden(['verify', '--root', tree.root, '--baseline', baseline]), {
      code: 65,
      id: 'H2015',
      says: ['it is of sample and cis-docker-1.8.0'],
    });
  });

  test.each<readonly [string, string, number, string]>([
    ['is not there', '', 65, 'H1001'],
    ['is no JSON', '{', 65, 'H1020'],
    ['is no plan', '{"schema":"urn:harden:waiver:1"}', 65, 'H1020'],
    ['is of a newer harden', '{"schema":"urn:harden:plan:2"}', 5, 'H1021'],
  ])('a baseline that %s is refused', async (_what, text, code, id) => {
    using tree = plantTree(DOCKER_CE);
    const file = join(folder, 'baseline.json');
    if (text !== '') {
      writeFileSync(file, text);
    }
    expectError(await harden(['verify', '--root', tree.root, '--baseline', file]), { code, id, says: [] });
  });
});
