import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Plan } from '../../src/model/plan.ts';
import { sealPlan } from '../../src/plan/seal.ts';
import { DOCKER_CE, RED_HAT } from '../fixtures/hosts/trees.ts';
import { expectError } from '../helpers/error-shape.ts';
import { planOf, reasonFor, verdicts } from '../helpers/plan-of.ts';
import { HARDEN, PLAIN_ENV, harden, run } from '../helpers/program.ts';
import { canOwn, plantTree, type Tree, treeChanges } from '../helpers/tree.ts';

type PlanCase = readonly [what: string, make: () => string, code: number, id: string, ...says: string[]];

const FILE = '/etc/docker/daemon.json';
const YES = ['--yes', '--max-risk', 'high', '--max-impact', 'restart'];

describe.runIf(canOwn())('a daemon.json nobody can judge', () => {
  test.each<readonly [what: string, text: string, ...says: string[]]>([
    [
      'a trailing comma',
      '{\n  "icc": true,\n}\n',
      `${FILE} line 3, column 1`,
      'a comma before } is not allowed',
      '3 | }',
    ],
    ['a comment', '{ // of the site\n}\n', `${FILE} line 1, column 3`, 'comments are not allowed'],
    ['a comma that is missing', '{\n  "log-level": "info"\n  "icc": true\n}\n', `${FILE} line 3, column 3`],
    ['an array at the top', '[{"icc": true}]\n', `${FILE} line 1, column 1`, 'an object { … } is needed'],
    ['a number at the top', '42\n', `${FILE} line 1, column 1`],
    ['a key twice', '{"labels": ["a=b"],\n "labels": []}\n', 'labels stands twice'],
    ['a wrong type', '{\n  "icc": "no"\n}\n', `${FILE}, line 2: icc must be true or false`, 'dockerd would not start'],
    [
      'a key this engine does not know',
      '{\n  "no-such-key": 1\n}\n',
      'Engine 28.5.2 does not know the key no-such-key',
    ],
    ['10 MB', `{"labels": ["${'x'.repeat(10 * 1024 * 1024)}"]}`, 'larger than 1 MiB'],
    ['bytes that are no UTF-8', '{"a": "\u0000"}', FILE],
  ])('%s: apply refuses, plan and verify go on', async (_what, text, ...says) => {
    using tree = plantTree({ ...DOCKER_CE, [FILE]: text });
    const before = tree.state();
    const refused = await harden(['apply', '--root', tree.root, ...YES]);
    expectError(refused, {
      code: 65,
      id: 'H1102',
      says: [
        'a configuration file of this host is broken',
        'nothing was changed',
        ...says,
        'Correct it, then: harden plan',
      ],
    });
    const plan = await planOf(['--root', tree.root]);
    expect(verdicts(plan)['live-restore']).toBe('error');
    expect(plan.changes.some(({ address }) => address.startsWith('daemon-option:'))).toBe(false);
    const verified = await harden(['verify', '--root', tree.root, '-c', 'live-restore']);
    expect(verified.code).toBe(8);
    const isPlaced = /daemon\.json, line \d+, column \d+:/.test(verified.stdout.replaceAll(/\s+/g, ' '));
    const told = verified.stderr.replaceAll(/\s+/g, ' ');
    expect(told.includes('broken, so what stands in it was not judged')).toBe(isPlaced);
    expect(/ Correct it, then: harden plan --root \S+ -c live-restore H1102/.test(told)).toBe(isPlaced);
    expect(says.some((one) => one.startsWith(`${FILE} line`)) && !told.includes('^')).toBe(false);
    expect(treeChanges(before, tree.state())).toEqual([]);

    const rest = await harden(['apply', '--root', tree.root, '-c', '3.2', ...YES]);
    expect(rest.code, rest.stderr).toBe(0);
  });

  test.each([
    ['a byte order mark', '\uFEFF{"log-driver": "local"}\n'],
    ['no content', ''],
    ['only white space', '\n \n'],
    ['an empty object', '{}'],
  ])('%s is no mistake: applied, and back to the byte', async (_what, text) => {
    using tree = plantTree({ ...DOCKER_CE, [FILE]: text });
    const before = tree.state();
    const applied = await harden(['apply', '--root', tree.root, '-c', 'icc-disabled', ...YES]);
    expect(applied.code, applied.stderr).toBe(0);
    expect(JSON.parse(tree.read(FILE))).toMatchObject({ icc: false });
    expect((await harden(['rollback', '--root', tree.root, ...YES])).code).toBe(0);
    expect(treeChanges(before, tree.state())).toEqual([]);
  });

  test('a key that is also a flag: named with both places, never written', async () => {
    using tree = plantTree({
      ...RED_HAT,
      [FILE]: '{"icc": true}\n',
      '/etc/sysconfig/docker': "OPTIONS='--icc=true'\n",
    });
    const before = tree.state();
    const plan = await planOf(['--root', tree.root, '-c', 'icc-disabled']);
    expect(verdicts(plan)['icc-disabled']).toBe('fail');
    expect(reasonFor(plan, 'icc-disabled')).toContain(`stands in ${FILE} and as the flag --icc`);
    expect((await harden(['apply', '--root', tree.root, '-c', 'icc-disabled', ...YES])).code).toBe(0);
    expect(treeChanges(before, tree.state())).toEqual([]);
  });
});

describe.runIf(canOwn())('a folder of audit rules that does not load', () => {
  test.each([
    ['a bad line', { type: 'file', text: '-w /etc/passwd -p wa\n-w nonsense -q\n' } as const, '40-bad.rules line 2'],
    ['a FIFO', { type: 'fifo' } as const, '40-bad.rules'],
    ['a link to nowhere', { link: '/nowhere' } as const, '40-bad.rules'],
    ['a folder', { type: 'directory' } as const, '40-bad.rules'],
  ])('%s: named with its place, no rule is written behind it', async (_what, entry, place) => {
    using tree = plantTree({ ...DOCKER_CE, '/etc/audit/rules.d/40-bad.rules': entry });
    const before = tree.state();
    const plan = await planOf(['--root', tree.root, '-c', '1.1.3'], { timeoutMs: 10_000 });
    expect(verdicts(plan)['audit-dockerd']).toBe('fail');
    expect(reasonFor(plan, 'audit-dockerd')).toContain(place);
    expect((await harden(['apply', '--root', tree.root, '-c', '1.1.3', ...YES])).code).toBe(0);
    expect(treeChanges(before, tree.state())).toEqual([]);
  });
});

describe.runIf(canOwn())('a plan file', () => {
  let tree: Tree;
  let text: string;
  let plan: Plan;
  beforeAll(async () => {
    tree = plantTree(DOCKER_CE);
    text = (await harden(['plan', '--json', '--root', tree.root])).stdout;
    plan = Plan.parse(JSON.parse(text));
  });
  afterAll(() => tree[Symbol.dispose]());

  const sealed = (change: (plan: Plan) => object): string => {
    const { id: _id, digest: _digest, ...rest } = { ...plan, ...change(plan) };
    return JSON.stringify(sealPlan(rest));
  };
  const cases: readonly PlanCase[] = [
    ['empty', () => '', 65, 'H1020', 'is empty'],
    ['truncated', () => text.slice(0, 2000), 65, 'H1020', 'is not whole JSON', /line \d+, column \d+/.source],
    ['no JSON at all', () => 'apply everything\n', 65, 'H1020', 'is not whole JSON', 'line 1, column'],
    ['something else', () => '{"schema": "urn:other:1"}', 65, 'H1020', 'is not a plan of harden'],
    ['a list', () => '[]', 65, 'H1020', 'is not a plan of harden'],
    [
      'one member missing',
      () => JSON.stringify({ ...plan, effects: undefined }),
      65,
      'H1020',
      'is not a whole plan',
      'effects',
    ],
    [
      'a member nobody knows',
      () => JSON.stringify({ ...plan, approve: true }),
      65,
      'H1020',
      'is not a whole plan',
      'approve',
    ],
    ['edited', () => text.replace('"risk": "high"', '"risk": "low"'), 65, 'H1020', 'was changed after it was made'],
    ['edited in what it would write', () => text.replace('-p rwxa', '-p r'), 65, 'H1020', 'digest does not fit'],
    [
      'of a newer minor version',
      () => JSON.stringify({ ...plan, schemaMinor: 99 }),
      5,
      'H1021',
      'made by a newer harden',
    ],
    [
      'of a newer major version',
      () => JSON.stringify({ ...plan, schema: 'urn:harden:plan:2' }),
      5,
      'H1021',
      'made by a newer harden',
    ],
    [
      'of another host',
      () => sealed(({ host }) => ({ host: { ...host, idHmac: 'f'.repeat(64), name: 'db-07' } })),
      5,
      'H4003',
      'made for another host (db-07)',
    ],
    [
      'of other content',
      () => sealed(({ content }) => ({ content: { ...content, digest: `sha256:${'0'.repeat(64)}` } })),
      5,
      'H4003',
      'other remediations or another profile',
    ],
    [
      'expired',
      () => sealed(() => ({ expiresAt: '2020-01-01T00:00:00.000Z' })),
      5,
      'H4003',
      'the plan expired at 2020-01-01',
    ],
    [
      'stale in one item',
      () =>
        sealed(({ changes }) => ({
          changes: changes.map((change, index) => (index === 0 ? { ...change, fingerprint: '0'.repeat(64) } : change)),
        })),
      5,
      'H4003',
      'not as planned any more',
      'moved since: ',
    ],
    [
      'with a path that climbs',
      () =>
        sealed(({ changes }) => ({
          changes: changes.map((change, index) =>
            index === 0
              ? {
                  ...change,
                  address: 'daemon-option:icc',
                  target: { type: 'daemon-option', file: '/etc/../../x', key: 'icc' },
                }
              : change,
          ),
        })),
      5,
      'H4003',
      'moved since: ',
    ],
  ];
  for (const [what, make, code, id, ...says] of cases) {
    test(`${what}: said, and nothing is written`, async () => {
      const before = tree.state();
      const file = `${tree.outside}/plan.json`;
      writeFileSync(file, make());
      const result = await harden(['apply', file, '--root', tree.root, ...YES]);
      expectError(result, { code, id, says: says.map((one) => (one.includes('\\d') ? new RegExp(one) : one)) });
      expect(treeChanges(before, tree.state())).toEqual([]);
    });
  }

  test.each([
    ['one that is not there', '/no/such/plan.json', 'no such file or folder'],
    ['a folder', '/etc', 'it is a folder'],
    ['a device without end', '/dev/zero', 'more than'],
  ])('%s', async (_what, file, says) => {
    const result = await harden(['apply', file, '--root', tree.root, ...YES], { timeoutMs: 20_000 });
    expectError(result, { code: 65, id: 'H1001', says: [file, says] });
  });

  test('the same file is good where nothing moved', async () => {
    const file = `${tree.outside}/good.json`;
    expect((await harden(['plan', '--root', tree.root, '-o', file])).code).toBe(0);
    const { code, stderr } = await harden(['apply', file, '--root', tree.root, '--dry-run']);
    expect(code, stderr).toBe(0);
  });
});

const PROFILE = "name: 'site', title: 'of the site', benchmark: 'cis-docker-1.8.0', level: 1";

describe('a profile file', () => {
  test.each<readonly [what: string, text: string, ...says: string[]]>([
    ['not JSON5', '{ name: ', '1'],
    ['a member missing', '{}', '"benchmark" is missing', '"level" is missing'],
    ['an unknown key', `{\n  ${PROFILE},\n  exclud: ['2.2'],\n}`, 'line 3, column 3', 'did you mean "exclude"'],
    ['an unknown benchmark', "{ name: 'site', title: 'x', benchmark: 'cis-docker-9.9.9', level: 1 }", 'benchmark'],
    ['an unknown control', `{ ${PROFILE}, exclude: ['icc-disabld'] }`, 'did you mean "icc-disabled"'],
    ['an unknown parameter', `{ ${PROFILE}, parameters: { 'no-such-parameter': 1 } }`, 'no-such-parameter'],
    ['a list', '[]', 'line 1, column 1'],
    ['empty', '', 'site.json5'],
  ])('%s', async (_what, text, ...says) => {
    using tree = plantTree({});
    const file = `${tree.outside}/site.json5`;
    writeFileSync(file, text);
    const result = await harden(['plan', '-p', file, '--root', tree.root]);
    expectError(result, { code: 65, id: /^H\d{4}$/, says: ['site.json5', ...says] });
  });
});

describe('a recording', () => {
  test.each<readonly [what: string, text: string]>([
    ['empty', ''],
    ['not JSON', 'host: web-01\n'],
    ['something else', '{"schema": "urn:harden:plan:1"}'],
    ['of a newer version', '{"schema": "urn:harden:recording:99"}'],
  ])('%s, from a file and from standard input', async (_what, text) => {
    using tree = plantTree({});
    const file = `${tree.outside}/recording.json`;
    writeFileSync(file, text);
    for (const result of [
      await harden(['plan', '--from', file]),
      await harden(['plan', '--from', '-'], { input: text }),
    ]) {
      expect([5, 65]).toContain(result.code);
      expectError(result, { code: result.code ?? 0, id: /^H\d{4}$/, says: [] });
    }
  });
});

describe.runIf(canOwn())('the folder for snapshots', () => {
  const spoil: readonly (readonly [what: string, spoil: (tree: Tree) => void, ...says: string[]])[] = [
    [
      'readable by others',
      (tree) => {
        mkdirSync(tree.at('/var/lib/harden'), { recursive: true });
        chmodSync(tree.at('/var/lib/harden'), 0o755);
      },
      'can be read by others (mode 0755)',
      'chmod 0700 /var/lib/harden',
    ],
    [
      'a symbolic link',
      (tree) => {
        mkdirSync(`${tree.outside}/elsewhere`);
        mkdirSync(tree.at('/var/lib'), { recursive: true });
        symlinkSync(`${tree.outside}/elsewhere`, tree.at('/var/lib/harden'));
      },
      'is a symbolic link',
    ],
    ['a file', (tree) => tree.plant({ '/var/lib/harden': 'x' }), 'is not a folder'],
    [
      'of somebody else',
      (tree) => tree.plant({ '/var/lib/harden': { type: 'directory', mode: 0o700, uid: 1000, gid: 1000 } }),
      '/var/lib/harden',
    ],
    [
      'below a folder others can change',
      (tree) => {
        tree.plant({ '/var/lib/x': '' });
        chmodSync(tree.at('/var/lib'), 0o777);
      },
      '/var/lib',
    ],
  ];
  for (const [what, make, ...says] of spoil) {
    test(`${what}: refused before anything is kept in it`, async () => {
      using tree = plantTree(DOCKER_CE);
      make(tree);
      const before = tree.state();
      const result = await harden(['apply', '--root', tree.root, ...YES]);
      expectError(result, { code: 77, id: 'H2101', says: ['Nothing was changed', ...says] });
      expect(treeChanges(before, tree.state())).toEqual([]);
    });
  }

  test('on a tmpfs: refused, unless it is accepted knowingly', async () => {
    using tree = plantTree(DOCKER_CE);
    const before = tree.state();
    const script = 'mkdir "$1/state" && mount -t tmpfs none "$1/state" && chmod 700 "$1/state" && shift && exec "$@"';
    const on = (args: readonly string[]) =>
      run('unshare', ['--mount', 'sh', '-c', script, 'sh', tree.outside, HARDEN, ...args]);
    const state = `${tree.outside}/state`;
    const refused = await on(['apply', '--root', tree.root, '--state-dir', state, ...YES]);
    expectError(refused, { code: 65, id: 'H2102', says: ['is on tmpfs', '--accept-volatile-state'] });
    expect(treeChanges(before, tree.state())).toEqual([]);
  });

  test('a relative one is a usage error, a missing one is made with mode 0700', async () => {
    using tree = plantTree(DOCKER_CE);
    expectError(await harden(['apply', '--root', tree.root, '--state-dir', 'x', ...YES]), {
      code: 64,
      id: 'H0066',
      says: ['--state-dir takes an absolute path'],
    });
    const dir = `${tree.outside}/state`;
    expect((await harden(['apply', '--root', tree.root, '--state-dir', dir, '-c', '3.2', ...YES])).code).toBe(0);
    expect((await run('stat', ['-c', '%a', dir])).stdout).toBe('700\n');
    expect((await harden(['snapshot', 'list', '--root', tree.root, '--state-dir', dir])).stdout).toContain('1 change');
  });
});

describe.runIf(canOwn())('another run holds the lock', () => {
  test.each(['apply', 'rollback', 'recover'])('%s ends with 9 and names who; plan goes on', async (verb) => {
    using tree = plantTree(DOCKER_CE);
    expect((await harden(['apply', '--root', tree.root, '-c', '3.2', ...YES])).code).toBe(0);
    const before = tree.state();
    const lock = tree.at('/var/lib/harden/lock');
    const holder = spawn('flock', [lock, 'sh', '-c', 'echo held; cat'], { stdio: 'pipe' });
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    try {
      const result = await harden([verb, '--root', tree.root, ...YES]);
      expectError(result, {
        code: 9,
        id: 'H2104',
        says: ['Another run is at work', 'Nothing was changed', 'Wait until it has ended'],
      });
      await planOf(['--root', tree.root]);
      expect(treeChanges(before, tree.state())).toEqual([]);
    } finally {
      holder.stdin.end();
      await new Promise((resolve) => holder.once('exit', resolve));
    }
    expect(readFileSync(lock, 'utf8')).toMatch(/^\d+ apply /);
  });
});

describe.runIf(canOwn())('standard output', () => {
  test.each([
    ['plan', ['plan']],
    ['plan --json', ['plan', '--json']],
    ['record', ['record']],
    ['help', ['plan', '--help']],
  ])('closed before %s has written: an exit code, no stack', async (_what, args) => {
    using tree = plantTree(DOCKER_CE);
    const root = args.includes('--help') ? [] : ['--root', tree.root];
    const script = '("$@"; echo "$?" >&3) | true; cat <&4 2>/dev/null';
    const { stdout, stderr } = await run('sh', [
      '-c',
      `exec 3>"${tree.outside}/code"; ${script.replace('; cat <&4 2>/dev/null', '')}`,
      'sh',
      HARDEN,
      ...args,
      ...root,
    ]);
    const code = readFileSync(`${tree.outside}/code`, 'utf8').trim();
    expect(['0', '73']).toContain(code);
    expect(stdout + stderr).not.toMatch(/EPIPE|node:|\n +at /);
  });

  test('a full device: 73, and the apply itself is done', async () => {
    using tree = plantTree(DOCKER_CE);
    const result = await run('sh', [
      '-c',
      '"$@" > /dev/full',
      'sh',
      HARDEN,
      'apply',
      '--root',
      tree.root,
      '-c',
      '3.2',
      ...YES,
    ]);
    expect(result.code, result.stderr).toBe(73);
    expect(result.stderr).toContain('H0073');
    expect((await planOf(['--root', tree.root, '-c', '3.2'])).changes).toEqual([]);
  });

  test('both outputs closed from the beginning: it still ends by itself', async () => {
    using tree = plantTree(DOCKER_CE);
    const { code } = await run('sh', ['-c', 'exec "$@" >&- 2>&-', 'sh', HARDEN, 'plan', '--root', tree.root], {
      timeoutMs: 10_000,
    });
    expect(code).not.toBeNull();
  });

  test.each([
    ['into a folder that cannot be made', '/proc/nowhere/plan.json'],
    ['onto a full device', '/dev/full'],
    ['through a link', 'LINK'],
  ])('-o %s: 73, after the plan was printed or not, and nothing else happens', async (_what, wish) => {
    using tree = plantTree(DOCKER_CE);
    writeFileSync(`${tree.outside}/target`, 'keep');
    symlinkSync(`${tree.outside}/target`, `${tree.outside}/link`);
    const file = wish === 'LINK' ? `${tree.outside}/link` : wish;
    const { code, stderr } = await harden(['plan', '--root', tree.root, '-o', file], { timeoutMs: 10_000 });
    expect(code).toBe(73);
    expect(stderr).toContain('cannot be written');
    expect(readFileSync(`${tree.outside}/target`, 'utf8')).toBe('keep');
  });
});

describe('an engine elsewhere', () => {
  test.each([
    ['DOCKER_HOST', 'tcp://192.0.2.1:2376'],
    ['DOCKER_HOST', 'ssh://root@192.0.2.1'],
    ['DOCKER_HOST', 'unix:///home/ann/.docker/desktop/docker.sock'],
    ['DOCKER_CONTEXT', 'production'],
  ])('%s=%s is refused by every command that looks at this host', async (name, value) => {
    for (const verb of ['plan', 'apply', 'verify', 'record']) {
      expectError(await harden([verb], { env: { [name]: value } }), {
        code: 64,
        id: 'H0067',
        says: [name, value, `unset DOCKER_HOST DOCKER_CONTEXT`],
      });
    }
  });

  test('a folder and a local socket are not concerned', async () => {
    using tree = plantTree({});
    const env = { DOCKER_HOST: 'tcp://192.0.2.1:2376' };
    expect((await harden(['plan', '--root', tree.root], { env })).code).toBe(0);
    expect((await harden(['plan'], { env: { DOCKER_HOST: 'unix:///var/run/docker.sock' } })).code).toBe(0);
  });
});

describe.runIf(canOwn())('without root', () => {
  test.each(['apply', 'rollback', 'recover'])('%s of this host is refused with the command to use', async (verb) => {
    expectError(await harden([verb, '--yes'], { uid: 65_534 }), {
      code: 77,
      id: 'H0077',
      says: ['needs root', 'Nothing was changed', `sudo harden ${verb}`],
    });
  });

  test('plan looks as far as it may and exits 0; what it may not see is not checked', async () => {
    const { code, stderr } = await harden(['plan'], { uid: 65_534 });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});

test('the environment of the tests has no variable that could approve anything', () => {
  expect(Object.keys(PLAIN_ENV).filter((name) => /YES|APPROVE/.test(name))).toEqual([]);
});
