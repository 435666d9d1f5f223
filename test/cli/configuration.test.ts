import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { SETTINGS } from '../../src/model/config.ts';
import { Plan } from '../../src/model/plan.ts';
import { expectAnswer } from '../helpers/answers.ts';
import { expectError } from '../helpers/error-shape.ts';
import { planOf } from '../helpers/plan-of.ts';
import { harden } from '../helpers/program.ts';
import { DOCKER_CE } from '../fixtures/hosts/trees.ts';
import { canOwn, plantTree, treeChanges } from '../helpers/tree.ts';

const folder = mkdtempSync(join(tmpdir(), 'harden-config-'));
chmodSync(folder, 0o755);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SAMPLE = ['--from', join(import.meta.dirname, '../../snapshots/hosts/debian-13-sample.json')];

/** A file of this text in a folder of its own; its path. */
function file(name: string, text: string): string {
  const path = join(mkdtempSync(join(folder, 'case-')), name);
  chmodSync(dirname(path), 0o755);
  writeFileSync(path, text);
  return path;
}

const config = (body: string): string => file('c.json5', `{\n  schema: 'urn:harden:config:1',\n${body}}\n`);

describe('--config', () => {
  test('says what options would, and an option says otherwise', async () => {
    const path = config("  profile: 'cis-docker-1.6.0/L1',\n  format: 'json',\n  exclude: ['icc-disabled'],\n");
    const { code, stdout, stderr } = await harden(['plan', ...SAMPLE, '--config', path]);
    expect(code, stderr).toBe(0);
    const plan = Plan.parse(JSON.parse(stdout));
    expect(plan.content.profile).toBe('cis-docker-1.6.0/L1');
    expect(plan.selection.exclude).toEqual([]);
    expect(plan.selection.leftOut).toContainEqual({ control: 'icc-disabled', id: '2.2', by: path });
    const other = await harden(['plan', ...SAMPLE, '--config', path, '-p', 'cis-docker-1.8.0/L1', '--format', 'text']);
    expect(other.stdout).toMatch(/^harden plan .* cis-docker-1\.8\.0\/L1/);
    const byVariable = await harden(['plan', ...SAMPLE], { env: { HARDEN_CONFIG: path } });
    expect(Plan.parse(JSON.parse(byVariable.stdout)).digest).toBe(plan.digest);
  });

  test('gives a value to a control that was left to a person', async () => {
    const path = config("  parameters: { 'userns-remap': 'default' },\n");
    const choice = ['-p', 'cis-docker-1.8.0/L2', '-c', 'userns-remap'];
    const [without, withIt] = [
      await planOf([...SAMPLE, ...choice]),
      await planOf([...SAMPLE, ...choice, '--config', path]),
    ];
    expect(without.content.parameters).toEqual({});
    expect(withIt.content.parameters).toEqual({ 'userns-remap': 'default' });
    expect(without.digest).not.toBe(withIt.digest);
  });

  test.each<readonly [string, () => string, string, readonly string[]]>([
    [
      'an unknown key',
      () => config("  maxrisk: 'low',\n"),
      'H2040',
      ['line 3, column 3', 'did you mean "maxRisk"?', '^'],
    ],
    [
      'several mistakes',
      () => config("  yes: true,\n  width: 'x',\n"),
      'H2040',
      [':3:3: unknown key "yes"', ':4:10: "width"'],
    ],
    ['text that is no JSON5', () => file('c.json5', '{ schema'), 'H2040', ['not JSON5']],
    ['a folder', () => folder, 'H1001', ['cannot be read']],
    ['nothing there', () => '/nowhere/c.json5', 'H1001', ['cannot be read']],
    [
      'a control that is not there',
      () => config("  exclude: ['2.99'],\n"),
      'H2042',
      [':3: there is no control "2.99"'],
    ],
  ])('with %s: exit 65 for plan, apply and verify, nothing written', async (_what, make, id, says) => {
    const path = make();
    for (const command of [
      ['plan', ...SAMPLE],
      ['verify', '--root', '/'],
      ['apply', '--root', '/', '--yes'],
    ]) {
      expectError(await harden([...command, '--config', path]), { code: 65, id, says });
    }
  });

  test('without a file is wrong usage', async () => {
    expectError(await harden(['plan', '--config']), { code: 64, id: 'H0071', says: ['harden doctor --config'] });
  });
});

describe.runIf(canOwn())('what may be done', () => {
  test('a ceiling of the configuration stops --yes, an option lifts it; a file that others may write changes nothing', async () => {
    using tree = plantTree(DOCKER_CE);
    const before = tree.state();
    const path = config("  maxRisk: 'low',\n  maxImpact: 'none',\n");
    const words = ['apply', '--root', tree.root, '-c', 'icc-disabled', '--yes', '--config', path];
    const refused = await harden(words);
    expect(refused.code, refused.stderr).toBe(4);
    expect(refused.stderr).toContain('risk low, impact none');
    chmodSync(path, 0o666);
    expectError(await harden(words), { code: 65, id: 'H1002', says: ['may be written to by everybody'] });
    chmodSync(path, 0o644);
    expect(treeChanges(before, tree.state())).toEqual([]);
    const applied = await harden([...words, '--max-risk', 'high', '--max-impact', 'restart']);
    expect(applied.code, applied.stderr).toBe(0);
  });

  test('requireSignature takes nothing that was not signed, until an option says otherwise', async () => {
    using tree = plantTree(DOCKER_CE);
    const before = tree.state();
    const path = config("  requireSignature: true,\n  maxRisk: 'high',\n  maxImpact: 'restart',\n");
    const words = ['apply', '--root', tree.root, '-c', 'icc-disabled', '--yes', '--config', path];
    const refused = await harden(words);
    expect(refused.code, refused.stderr).toBe(65);
    expect(refused.stderr).toContain('sign');
    expect(treeChanges(before, tree.state())).toEqual([]);
    expect((await harden([...words, '--no-require-signature'])).code).toBe(0);
  });

  test('what only a running machine has is no hindrance for a folder', async () => {
    using tree = plantTree(DOCKER_CE);
    const path = config(
      "  confirmWithin: '5m',\n  health: ['/etc/harden/more.json5'],\n  maxRisk: 'high',\n  maxImpact: 'restart',\n",
    );
    const { code, stderr } = await harden([
      'apply',
      '--root',
      tree.root,
      '-c',
      'icc-disabled',
      '--yes',
      '--config',
      path,
    ]);
    expect(code, stderr).toBe(0);
    expect(stderr).not.toContain('health checks');
  });

  test('the command a plan ends with names the configuration again', async () => {
    using tree = plantTree(DOCKER_CE);
    const path = config('');
    const { stdout } = await harden(['plan', '--root', tree.root, '-c', 'icc-disabled', '--config', path]);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      `sudo harden apply -c icc-disabled --root ${tree.root} --config ${path}`,
    );
  });

  test('the way back does without a broken configuration, and says so', async () => {
    using tree = plantTree(DOCKER_CE);
    const before = tree.state();
    const ceilings = ['--yes', '--max-risk', 'high', '--max-impact', 'restart'];
    expect((await harden(['apply', '--root', tree.root, '-c', 'icc-disabled', ...ceilings])).code).toBe(0);
    const broken = config('  nonsense: 1,\n');
    const back = await harden(['rollback', '--root', tree.root, ...ceilings], { env: { HARDEN_CONFIG: broken } });
    expect(back.code, back.stderr).toBe(0);
    expect(back.stderr).toContain('goes on without it');
    expect(treeChanges(before, tree.state())).toEqual([]);
  });

  test('HARDEN_ROOT and HARDEN_STATE_DIR say where', async () => {
    using tree = plantTree(DOCKER_CE);
    const plan = await harden(['plan', '--json'], { env: { HARDEN_ROOT: tree.root } });
    expect(JSON.parse(plan.stdout)).toMatchObject({ source: { type: 'root' } });
    const wrong = await harden(['snapshot', 'list'], { env: { HARDEN_ROOT: tree.root, HARDEN_STATE_DIR: 'relative' } });
    expectError(wrong, { code: 64, id: 'H0066', says: ['takes an absolute path'] });
  });
});

describe('variables', () => {
  test('are heard before files', async () => {
    const path = config("  profile: 'cis-docker-1.6.0/L1',\n");
    const { stdout } = await harden(['plan', ...SAMPLE, '--config', path], {
      env: { HARDEN_PROFILE: 'cis-docker-1.7.0/L1' },
    });
    expect(stdout).toMatch(/^harden plan .* cis-docker-1\.7\.0\/L1/);
  });

  test.each([
    ['HARDEN_COLOR', 'red'],
    ['HARDEN_WIDTH', 'wide'],
    ['HARDEN_FORMAT', 'xml'],
  ])('%s=%s is refused', async (name, value) => {
    const result = await harden(['plan', ...SAMPLE], { env: { [name]: value } });
    expectError(result, { code: 64, id: 'H0072', says: [name, `unset ${name}`] });
  });

  test('that look like one of ours are told; HARDEN_YES approves nothing', async () => {
    const { code, stderr } = await harden(['plan', ...SAMPLE], {
      env: { HARDEN_PROFIL: 'x', HARDEN_YES: '1', HARDEN_TEST_REQUIRE_ALL: '1' },
    });
    expect(code).toBe(0);
    expect(stderr).toContain('HARDEN_PROFIL is set, and no variable of harden (did you mean "HARDEN_PROFILE"?)');
    expect(stderr).toContain('HARDEN_YES is set, and no variable of harden; no variable ever approves');
    expect(stderr).not.toContain('HARDEN_TEST');
  });
});

describe.runIf(canOwn())('somebody who is not root', () => {
  const home = mkdtempSync(join(folder, 'home-'));
  chmodSync(home, 0o755);
  const mine = join(home, 'harden/config.json5');
  mkdirSync(dirname(mine), { mode: 0o755 });
  const options = { uid: 65_534, env: { XDG_CONFIG_HOME: home } };
  const write = (body: string): void =>
    writeFileSync(mine, `{\n  schema: 'urn:harden:config:1',\n${body}}\n`, { mode: 0o644 });

  test('has a file of their own for how results are shown', async () => {
    write("  format: 'json',\n");
    const { code, stdout } = await harden(['plan', ...SAMPLE], options);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ schema: 'urn:harden:plan:1' });
    expect((await harden(['doctor', '--config', '--format', 'text'], options)).stdout).toContain(`${mine}:3`);
  });

  test('goes without one where HOME is that of another', async () => {
    const { code, stderr } = await harden(['plan', ...SAMPLE], { uid: 65_534, env: { HOME: '/root' } });
    expect(code, stderr).toBe(0);
    expect(stderr).not.toContain('.config');
  });

  test('cannot say in it what is wanted of a host', async () => {
    write("  profile: 'cis-docker-1.8.0/L2',\n");
    expectError(await harden(['plan', ...SAMPLE], options), {
      code: 65,
      id: 'H2040',
      says: ["is for root's configuration", '3 |'],
    });
  });
});

describe('doctor', () => {
  test('--config shows every setting with who said it', async () => {
    const path = config(
      "  profile: 'cis-docker-1.6.0/L1',\n  exclude: ['2.1'],\n  parameters: { 'trusted-users': [] },\n",
    );
    const { code, stdout } = await harden(['doctor', '--config', path], {
      env: { HARDEN_WIDTH: '70', COLUMNS: '100' },
    });
    expect(code).toBe(0);
    const text = stdout.replaceAll(/\s+/g, ' ');
    expect(text).toContain(`profile cis-docker-1.6.0/L1 ${path}:3`);
    expect(text).toContain(`exclude 2.1 ${path}:4`);
    expect(text).toContain(`parameters.trusted-users [] ${path}:5`);
    expect(text).toContain('width 70 HARDEN_WIDTH');
    expect(text).toContain('maxRisk (medium) built-in');
    for (const { key } of SETTINGS) {
      expect(stdout).toMatch(new RegExp(`^${key}[ .]`, 'm'));
    }
  });

  test('--config shows what the profile says, where the configuration does not say it', async () => {
    const web = file(
      'web.json5',
      "{ name: 'web', title: 'x', benchmark: 'cis-docker-1.8.0', level: 1, exclude: ['2.3'], parameters: { 'userns-remap': 'a', 'trusted-users': ['b'] } }",
    );
    const path = config(`  profile: '${web}',\n  parameters: { 'userns-remap': 'c' },\n`);
    const text = (await harden(['doctor', '--config', path])).stdout.replaceAll(/\s+/g, ' ');
    expect(text).toContain('exclude 2.3 profile web');
    expect(text).toContain('parameters.trusted-users ["b"] profile web');
    expect(text).toContain(`parameters.userns-remap c ${path}:4`);
  });

  test('tells of a broken configuration as one of its lines, and refuses to show it', async () => {
    const env = { HARDEN_CONFIG: config('  nonsense: 1,\n') };
    const { code, stdout } = await harden(['doctor'], { env });
    expect(code).toBe(2);
    expect(stdout).toMatch(/! +configuration +the configuration has a mistake/);
    expectError(await harden(['doctor', '--config'], { env }), {
      code: 65,
      id: 'H2040',
      says: ['unknown key "nonsense"'],
    });
  });

  test('as JSON has ten topics, each with a state', async () => {
    const { stdout } = await harden(['doctor', '--json']);
    expectAnswer('settings', (await harden(['doctor', '--config', '--json'], { env: { HARDEN_WIDTH: '80' } })).stdout);
    const { examined } = expectAnswer('doctor', stdout);
    expect(new Set(examined.map(({ topic }) => topic)).size).toBeGreaterThanOrEqual(10);
    expect(examined.every(({ state }) => ['ok', 'note', 'trouble'].includes(state))).toBe(true);
  });
});

test('the page of an error code is there however broken the configuration is', async () => {
  const { code, stdout } = await harden(['explain', 'H2040', '--config', config('  nonsense: 1,\n')]);
  expect(code).toBe(0);
  expect(stdout).toContain('H2040');
});

describe('profile', () => {
  test('init writes one that can be shown and planned with, and never writes over one', async () => {
    const path = join(mkdtempSync(join(folder, 'case-')), 'web.json5');
    const made = await harden(['profile', 'init', path, '-p', 'cis-docker-1.7.0/L2']);
    expect(made.code, made.stderr).toBe(0);
    expect(statSync(path).mode & 0o777).toBe(0o644);
    expect((await harden(['profile', 'show', path])).stdout).toMatch(/^web +cis-docker-1\.7\.0, level 2/);
    expect((await planOf([...SAMPLE, '-p', path])).content).toMatchObject({ profile: 'web', level: 2 });
    const text = readFileSync(path, 'utf8');
    expectError(await harden(['profile', 'init', path]), { code: 73, id: 'H0075', says: ['cannot be made'] });
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  test.each(['web', 'we b.json5', '.json5'])('init %s: no name for a profile, nothing written', async (name) => {
    const path = join(folder, name);
    expectError(await harden(['profile', 'init', path]), { code: 64, id: 'H0079', says: ['web.json5'] });
    expect(existsSync(path)).toBe(false);
  });

  test.each([
    [['profile', 'show', 'cis-docker-1.8.0/L3'], 64, 'H2003'],
    [['profile', 'diff', 'cis-docker-1.8.0/L1', 'nothing-like-it'], 64, 'H2003'],
    [['profile', 'show', '/nowhere.json5'], 65, 'H1001'],
  ] as const)('%j is refused', async (args, code, id) => {
    expectError(await harden(args), { code, id, says: [] });
  });

  test('list and diff as JSON', async () => {
    const list = JSON.parse((await harden(['profile', 'list', '--json'])).stdout) as {
      readonly profiles: readonly unknown[];
    };
    expect(list.profiles).toHaveLength(10);
    const { stdout } = await harden(['profile', 'diff', 'cis-docker-1.6.0/L1', 'cis-docker-1.8.0/L1', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ schema: 'urn:harden:profile-difference:1', dropped: [] });
  });
});

test('every setting that names an option names one of a command that hears it', async () => {
  const help = (await Promise.all(['plan', 'apply', 'verify'].map((verb) => harden([verb, '--help']))))
    .map(({ stdout }) => stdout)
    .join('\n');
  const options = SETTINGS.flatMap((one) => ('option' in one ? [one.option] : []));
  expect(options.filter((option) => !new RegExp(`--(no-)?${option}\\b`).test(help))).toEqual([]);
});
