import { spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DOCKER_CE } from '../fixtures/hosts/trees.ts';
import { expectError } from '../helpers/error-shape.ts';
import { HARDEN, PLAIN_ENV, harden, run } from '../helpers/program.ts';
import { canOwn, plantTree, type Tree, treeChanges } from '../helpers/tree.ts';

/** Node makes it by itself, before the program has a say. */
const CACHE = join(tmpdir(), `harden-compile-cache-${process.pid}`);
afterAll(() => rmSync(CACHE, { recursive: true, force: true }));

const YES = ['--yes', '--max-risk', 'high', '--max-impact', 'restart'];
const OPERATOR = 4711;
const STRANGER = 4712;

describe.runIf(canOwn())('an environment that steers the program', () => {
  let tree: Tree;
  beforeAll(() => {
    tree = plantTree(DOCKER_CE);
  });
  afterAll(() => tree[Symbol.dispose]());

  test.each([
    ['LD_PRELOAD', '/nonexistent/libeatmydata.so'],
    ['LD_LIBRARY_PATH', '/nonexistent'],
    ['NODE_OPTIONS', '--require /nonexistent.cjs'],
    ['NODE_COMPILE_CACHE', CACHE],
    ['OPENSSL_CONF', '/nonexistent/openssl.cnf'],
  ])('%s: what changes something refuses, and says how to run it', async (name, value) => {
    const before = tree.state();
    for (const verb of ['apply', 'rollback', 'recover']) {
      const refused = await harden([verb, '--root', tree.root, ...YES], { env: { [name]: value } });
      const own = refused.stderr.replaceAll(/^ERROR: ld\.so: .*\n/gm, '');
      expectError(
        { ...refused, stderr: own },
        {
          code: 64,
          id: 'H0078',
          says: [`${name} is set`, `sudo env -u ${name} harden ${verb} --root ${tree.root}`],
        },
      );
    }
    expect(treeChanges(before, tree.state())).toEqual([]);
    expect(existsSync(tree.at('/var/lib/harden'))).toBe(false);
  });

  test('the executable does not obey NODE_OPTIONS either', async () => {
    const script = join(tree.outside, 'evil.cjs');
    writeFileSync(script, `require('node:fs').writeFileSync(${JSON.stringify(`${tree.outside}/ran`)}, '')`);
    const env = { NODE_OPTIONS: `--require ${script}` };
    expect((await harden(['plan', '--root', tree.root], { env })).code).toBe(0);
    expect(existsSync(`${tree.outside}/ran`)).toBe(false);
  });

  test('what only reads goes on, and says on standard error what may bend it', async () => {
    const plan = await harden(['plan', '--json', '--root', tree.root], { env: { LD_LIBRARY_PATH: '/nonexistent' } });
    expect(plan.code).toBe(0);
    expect(plan.stderr).toContain('LD_LIBRARY_PATH is set and can bend what is seen here');
    expect(JSON.parse(plan.stdout)).toMatchObject({ schema: 'urn:harden:plan:1' });
  });
});

describe.runIf(canOwn())('a file somebody else may have written', () => {
  let tree: Tree;
  let plan: string;
  let folder: string;
  beforeAll(async () => {
    tree = plantTree(DOCKER_CE);
    folder = join(tree.outside, 'plans');
    mkdirSync(folder, { mode: 0o755 });
    plan = join(folder, 'plan.json');
    const made = await harden(['plan', '--root', tree.root, '-c', '3.2', '-o', plan]);
    expect(made.code, made.stderr).toBe(0);
  });
  afterAll(() => tree[Symbol.dispose]());

  const withAccess = (path: string, mode: number, uid: number, work: () => Promise<void>): Promise<void> => {
    chownSync(path, uid, uid);
    chmodSync(path, mode);
    return work().finally(() => {
      chownSync(path, 0, 0);
      chmodSync(path, path === folder ? 0o755 : 0o600);
    });
  };
  const dryRun = (file: string, env: Readonly<Record<string, string>> = {}) =>
    harden(['apply', file, '--root', tree.root, '--dry-run', ...YES], { env });

  test.each([
    ['may be written to by everybody', 0o666, 0],
    [`belongs to user ${STRANGER}`, 0o600, STRANGER],
  ])('a plan that %s is not applied', async (words, mode, uid) => {
    await withAccess(plan, mode, uid, async () => {
      const refused = await dryRun(plan);
      expectError(refused, { code: 65, id: 'H1002', says: [plan, words, 'Nothing was changed'] });
    });
  });

  test.each([
    ['may be written to by everybody', 0o777, 0],
    [`belongs to user ${STRANGER}`, 0o755, STRANGER],
  ])('a plan in a folder that %s is not applied', async (words, mode, uid) => {
    await withAccess(folder, mode, uid, async () => {
      expectError(await dryRun(plan), { code: 65, id: 'H1002', says: [folder, words] });
    });
  });

  test('a name a shell would read as more than a name is quoted in the command that is proposed', async () => {
    const odd = join(folder, 'plan;touch x;.json');
    copyFileSync(plan, odd);
    await withAccess(odd, 0o666, 0, async () => {
      const { stderr } = await dryRun(odd);
      expect(stderr.replaceAll(/\s+/g, ' ')).toContain(`install -m 0600 '${odd}' /root/`);
    });
    rmSync(odd);
  });

  test('one of the person behind sudo, in her own folder, is', async () => {
    await withAccess(folder, 0o755, OPERATOR, () =>
      withAccess(plan, 0o644, OPERATOR, async () => {
        const result = await dryRun(plan, { SUDO_UID: String(OPERATOR) });
        expect(result.code, result.stderr).toBe(0);
        expectError(await dryRun(plan), { code: 65, id: 'H1002', says: [`belongs to user ${OPERATOR}`] });
      }),
    );
  });

  test('a pipe is the caller’s own', async () => {
    await withAccess(plan, 0o666, STRANGER, async () => {
      const script = 'plan=$1; shift; cat "$plan" | "$@"';
      const command = [HARDEN, 'apply', '/dev/stdin', '--root', tree.root, '--dry-run', ...YES];
      const result = await run('sh', ['-c', script, 'sh', plan, ...command]);
      expect(result.code, result.stderr).toBe(0);
    });
  });

  test('a profile is held to the same, and only where something is changed', async () => {
    const profile = join(folder, 'site.json5');
    writeFileSync(
      profile,
      `{ name: 'site', title: 'Of the site', benchmark: 'cis-docker-1.8.0', level: 1, include: ['3.2'] }`,
      { mode: 0o600 },
    );
    const looked = await harden(['plan', '--root', tree.root, '-p', profile]);
    chmodSync(profile, 0o666);
    expect((await harden(['plan', '--root', tree.root, '-p', profile])).code).toBe(looked.code);
    expectError(await harden(['apply', '--root', tree.root, '-p', profile, '--dry-run', ...YES]), {
      code: 65,
      id: 'H1002',
      says: [profile, 'may be written to by everybody'],
    });
  });

  test('a file of waivers is not judged by where others may write to it; a plan shows what it would do', async () => {
    const waivers = join(folder, 'waivers.json5');
    const entry = "{ control: '3.2', reason: 'r', owner: 'o', until: '2026-12-31', from: '2026-11-01' }";
    writeFileSync(waivers, `{ schema: 'urn:harden:waiver:1', waivers: [${entry}] }`, { mode: 0o600 });
    const args = ['--root', tree.root, '-c', '3.2', '--waivers', waivers];
    const closed = await harden(['verify', ...args]);
    expect(closed.stderr).not.toContain('H1002');
    chmodSync(waivers, 0o666);
    expect((await harden(['plan', ...args])).code).toBe(0);
    expectError(await harden(['verify', ...args]), {
      code: 65,
      id: 'H1002',
      says: [`${waivers} is not used to judge this host`, 'Nothing was verified'],
    });
  });

  test('a baseline silences findings as a waiver does, and is held to the same', async () => {
    const baseline = join(folder, 'baseline.json');
    const args = ['verify', '--root', tree.root, '-c', '3.*'];
    expect((await harden([...args, '-o', baseline])).code).toBe(2);
    expect((await harden([...args, '--baseline', baseline])).code).toBe(0);
    for (const [mode, uid] of [
      [0o666, 0],
      [0o644, STRANGER],
    ] as const) {
      await withAccess(baseline, mode, uid, async () => {
        expectError(await harden([...args, '--baseline', baseline]), {
          code: 65,
          id: 'H1002',
          says: [`${baseline} is not used to judge this host`, 'Nothing was verified'],
        });
      });
    }
    await withAccess(folder, 0o777, 0, async () => {
      expectError(await harden([...args, '--baseline', baseline]), { code: 65, id: 'H1002', says: [folder] });
    });
  });

  test('a plan whose life was made longer is refused', async () => {
    const longer = join(folder, 'longer.json');
    const text = readFileSync(plan, 'utf8');
    writeFileSync(longer, text.replace(/"expiresAt": "\d{4}/, '"expiresAt": "2099'), { mode: 0o600 });
    expectError(await dryRun(longer), { code: 65, id: 'H1020', says: ['was changed after it was made'] });
  });
});

describe.runIf(canOwn())('a current folder that was removed', () => {
  const from = (tree: Tree, ...args: readonly string[]) =>
    run('sh', ['-c', 'mkdir gone && cd gone && rmdir ../gone && exec "$@"', 'sh', HARDEN, ...args], {
      cwd: tree.outside,
    });

  test('is no hindrance for what needs none: an apply, and the way back', async () => {
    using tree = plantTree(DOCKER_CE);
    const before = tree.state();
    const applied = await from(tree, 'apply', '--root', tree.root, '-c', '3.2', ...YES);
    expect(applied.code, applied.stderr).toBe(0);
    const back = await from(tree, 'rollback', '--root', tree.root, ...YES);
    expect(back.code, back.stderr).toBe(0);
    expect(treeChanges(before, tree.state())).toEqual([]);
  });

  test('a name in it is one that is not there, never one of /', async () => {
    using tree = plantTree(DOCKER_CE);
    expectError(await from(tree, 'apply', 'plan.json', '--root', tree.root, ...YES), {
      code: 65,
      id: 'H1001',
      says: ['plan.json cannot be read'],
    });
    expectError(await from(tree, 'plan', '--root', '.'), { code: 64, id: 'H1034', says: [] });
    expect((await from(tree, 'plan', '--root', tree.root, '-o', 'plan.json')).code).toBe(73);
  });
});

describe.runIf(canOwn())('a run that keeps nothing', () => {
  test.each([
    ['is not consented to', ['apply'], 4],
    ['has nothing to do', ['apply', '-c', '1.1.1', ...YES], 0],
    ['is dry', ['apply', '--dry-run', ...YES], 0],
    ['recovers nothing', ['recover'], 0],
    ['finds no snapshot', ['rollback', ...YES], 64],
  ])('leaves no state folder where it %s', async (_what, args, code) => {
    using tree = plantTree(DOCKER_CE);
    const before = readdirSync(tree.at('/var/lib'));
    const result = await harden([...args, '--root', tree.root]);
    expect(result.code, result.stderr).toBe(code);
    expect(readdirSync(tree.at('/var/lib'))).toEqual(before);
  });
});

describe.runIf(canOwn())('the way back', () => {
  test('is rehearsed before anything is changed, in a dry run too', async () => {
    using tree = plantTree(DOCKER_CE);
    const before = tree.state();
    const dry = await harden(['apply', '--root', tree.root, '-c', '2.15', '--dry-run', ...YES]);
    expect(dry.stderr).toMatch(/the way back was tried: \d objects?, rehearsed, \d+ bytes?/);
    expect(treeChanges(before, tree.state())).toEqual([]);
    const applied = await harden(['apply', '--root', tree.root, '-c', '2.15', ...YES]);
    expect(applied.stderr).toMatch(/Snapshot [0-9a-f]{8}: \d objects?, rehearsed, \d+ bytes? {3}\d steps? to take/);
    const back = await harden(['rollback', '--root', tree.root, ...YES]);
    expect(back.stderr).toMatch(/Snapshot [0-9a-f]{8}: \d objects?, rehearsed/);
    expect(treeChanges(before, tree.state())).toEqual([]);
  });

  test('one snapshot that cannot be read does not hide the others', async () => {
    using tree = plantTree(DOCKER_CE);
    const ids: string[] = [];
    for (const control of ['3.2', '2.15']) {
      const applied = await harden(['apply', '--root', tree.root, '-c', control, '--json', ...YES]);
      ids.push((JSON.parse(applied.stdout) as { snapshot: string }).snapshot);
    }
    const [first = '', second = ''] = ids;
    for (const name of ['manifest.json', 'journal']) {
      writeFileSync(tree.at(`/var/lib/harden/snapshots/${first}/${name}`), 'garbage');
    }
    const list = await harden(['snapshot', 'list', '--root', tree.root]);
    expect(list.code).toBe(7);
    expect(list.stdout).toContain(second);
    expect(list.stdout).toContain(`! snapshot ${first}: `);
  });

  test('that somebody made impossible can be given up, with all records kept', { timeout: 90_000 }, async () => {
    using tree = plantTree(DOCKER_CE);
    await killedAfterFirstStep(tree);
    const [id = ''] = readdirSync(tree.at('/var/lib/harden/tx'));
    expect(id).toMatch(/^[0-9a-f]+$/);
    const hidden = (await run('find', [tree.root, '-name', `.harden-${id}-*`])).stdout.trim().split('\n');
    const changed = [
      ...new Set(hidden.filter((path) => !path.includes('/var/lib/harden/')).map((path) => join(path, '..'))),
    ];
    expect(changed.length).toBeGreaterThan(0);
    await run('chattr', ['+i', ...changed]);
    try {
      const stuck = await harden(['recover', '--root', tree.root]);
      expect(stuck.code, stuck.stdout).toBe(7);
      expect((await harden(['apply', '--root', tree.root, '-c', '3.2', ...YES])).code).toBe(7);
      const givenUp = await harden(['recover', '--root', tree.root, '--give-up', id]);
      expect(givenUp.code, givenUp.stderr).toBe(7);
      expect(givenUp.stdout).toContain(`Run ${id} was given up`);
      expect(givenUp.stdout).toContain('not put back: ');
      expect(readdirSync(tree.at(`/var/lib/harden/conflicts/${id}/transaction`)).sort()).toEqual([
        'blobs',
        'journal',
        'manifest.json',
      ]);
      expect((await harden(['recover', '--root', tree.root])).code).toBe(0);
    } finally {
      await run('chattr', ['-i', ...changed]);
    }
    await run('mv', [tree.at(`/var/lib/harden/conflicts/${id}/transaction`), tree.at(`/var/lib/harden/tx/${id}`)]);
    const back = await harden(['recover', '--root', tree.root]);
    expect(back.code, back.stdout).toBe(0);
    expect(back.stdout).toContain('the state before it is back');
  });
});

/** Killed without a chance to say goodbye, with most of its work still to do. */
function killedAfterFirstStep(tree: Tree): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(HARDEN, ['apply', '--root', tree.root, '-c', '1.*', '-c', '2.*', ...YES], {
      env: PLAIN_ENV,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (/^ *ok +1\//m.test(said)) {
        child.kill('SIGKILL');
      }
    });
    child.once('exit', (code, signal) =>
      signal === 'SIGKILL' ? resolve() : reject(new Error(`ended by itself with ${String(code)}: ${said}`)),
    );
  });
}
