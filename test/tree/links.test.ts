import { linkSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { DOCKER_CE } from '../fixtures/hosts/trees.ts';
import { planOf, verdicts } from '../helpers/plan-of.ts';
import { harden } from '../helpers/program.ts';
import { canOwn, plantTree, stateOf, treeChanges, type Tree } from '../helpers/tree.ts';

const ALL = ['--yes', '--max-risk', 'high', '--max-impact', 'restart'];
const WITHOUT_FILE = Object.fromEntries(
  Object.entries(DOCKER_CE).filter(([path]) => path !== '/etc/docker/daemon.json' && path !== '/etc/docker'),
);
/** What an attack would like to be written: it stands beside the tree, as the machine's own files do. */
const PRIZE = '{"icc": true, "secret-of-the-machine": 1}\n';

function withPrize(tree: Tree): Tree {
  mkdirSync(`${tree.outside}/machine/docker`, { recursive: true });
  writeFileSync(`${tree.outside}/machine/daemon.json`, PRIZE);
  writeFileSync(`${tree.outside}/machine/docker/daemon.json`, PRIZE);
  return tree;
}

function machine(tree: Tree) {
  return stateOf(`${tree.outside}/machine`);
}

describe.runIf(canOwn())('links that would lead out of the folder', () => {
  test.each([
    ['daemon.json climbs out', '/etc/docker/daemon.json', '../../../machine/daemon.json'],
    ['daemon.json is an absolute path of the machine', '/etc/docker/daemon.json', 'OUTSIDE/machine/daemon.json'],
    ['/etc/docker climbs out', '/etc/docker', '../../../../../../../../../../machine/docker'],
    ['/etc/docker is a folder of the machine', '/etc/docker', 'OUTSIDE/machine/docker'],
    ['/etc/docker goes through /proc', '/etc/docker', '/proc/self/cwd'],
    ['the folder of rules is one of the machine', '/etc/audit/rules.d', 'OUTSIDE/machine/docker'],
    ['a unit is a file of the machine', '/usr/lib/systemd/system/docker.service', 'OUTSIDE/machine/daemon.json'],
    ['our own state is a folder of the machine', '/var/lib/harden', 'OUTSIDE/machine/docker'],
    ['the way to our state leads out', '/var/lib', '../../machine'],
  ])('%s', async (_what, path, link) => {
    const rest =
      path === '/var/lib'
        ? Object.entries(WITHOUT_FILE).filter(([name]) => !name.startsWith('/var/lib'))
        : Object.entries(WITHOUT_FILE);
    const files = Object.fromEntries(rest.filter(([name]) => !name.startsWith(`${path}/`)));
    using tree = withPrize(plantTree(files));
    tree.plant({ [path]: { link: link.replace('OUTSIDE', tree.outside) } });
    const before = machine(tree);

    const plan = await harden(['plan', '--json', '--root', tree.root]);
    expect(plan.code, plan.stderr).toBe(0);
    expect(plan.stdout).not.toContain('secret-of-the-machine');
    const applied = await harden(['apply', '--root', tree.root, ...ALL]);
    // Done below the folder or refused, never outside.
    expect([0, 5, 7, 65, 73, 77], applied.stderr + applied.stdout).toContain(applied.code);
    expect(treeChanges(before, machine(tree))).toEqual([]);
    await harden(['rollback', '--root', tree.root, ...ALL]);
    expect(treeChanges(before, machine(tree))).toEqual([]);
  });

  test('a link that stays inside is followed to the file it means', async () => {
    using tree = plantTree({
      ...WITHOUT_FILE,
      '/srv/site/daemon.json': '{}\n',
      '/etc/docker/daemon.json': { link: '/srv/site/daemon.json' },
    });
    const before = tree.state();
    const applied = await harden(['apply', '--root', tree.root, '-c', '2.16', ...ALL]);
    expect(applied.code, applied.stderr + applied.stdout).toBe(0);
    expect(treeChanges(before, tree.state()).map((line) => line.split(':')[0])).toEqual(['/srv/site/daemon.json']);
    expect((await harden(['rollback', '--root', tree.root, ...ALL])).code).toBe(0);
    expect(treeChanges(before, tree.state())).toEqual([]);
  });

  test('a folder exchanged for a link after the plan: the plan no longer applies', async () => {
    using tree = withPrize(plantTree(DOCKER_CE));
    const before = machine(tree);
    const file = `${tree.outside}/plan.json`;
    expect((await harden(['plan', '--root', tree.root, '-c', '2.2', '-o', file])).code).toBe(0);
    rmSync(tree.at('/etc/docker'), { recursive: true });
    symlinkSync(`${tree.outside}/machine/docker`, tree.at('/etc/docker'));
    const applied = await harden(['apply', file, '--root', tree.root, ...ALL]);
    expect(applied.code, applied.stdout).not.toBe(0);
    expect(applied.stderr).toContain('Nothing was changed');
    expect(treeChanges(before, machine(tree))).toEqual([]);
  });

  test('a folder exchanged for a link before the rollback: nothing behind it is touched, whatever its bytes', async () => {
    using tree = withPrize(plantTree(DOCKER_CE));
    expect((await harden(['apply', '--root', tree.root, '-c', '2.2', ...ALL])).code).toBe(0);
    // The very bytes that harden wrote, so that only the place tells them from its own.
    writeFileSync(`${tree.outside}/machine/docker/daemon.json`, tree.read('/etc/docker/daemon.json'));
    const before = machine(tree);
    renameSync(tree.at('/etc/docker'), tree.at('/etc/docker.away'));
    symlinkSync(`${tree.outside}/machine/docker`, tree.at('/etc/docker'));
    await harden(['rollback', '--root', tree.root, ...ALL]);
    expect(treeChanges(before, machine(tree))).toEqual([]);
    expect(tree.read('/etc/docker.away/daemon.json')).toContain('icc');
  });

  test('a second name of a file outside keeps its access and its content', async () => {
    using tree = withPrize(plantTree({ ...WITHOUT_FILE, '/etc/docker': { type: 'directory' } }));
    linkSync(`${tree.outside}/machine/daemon.json`, tree.at('/etc/docker/daemon.json'));
    const content = '{"icc": true}\n';
    writeFileSync(`${tree.outside}/machine/daemon.json`, content, { mode: 0o666 });
    const before = machine(tree);
    const plan = await planOf(['--root', tree.root, '-p', 'cis-docker-1.8.0/L2']);
    expect(plan.changes.filter(({ address }) => address.startsWith('file-access:/etc/docker/daemon.json'))).toEqual([]);
    await harden(['apply', '--root', tree.root, ...ALL]);
    // The number of names may fall: the tree's own name got a file of its own.
    const names = (state: Readonly<Record<string, string>>) => JSON.stringify(state).replaceAll(/links \d/g, '');
    expect(names(machine(tree))).toBe(names(before));
  });
});

describe.runIf(canOwn())('folders that others can change', () => {
  test('access of files in them is left to a person', async () => {
    using tree = plantTree({ ...DOCKER_CE, '/usr/lib/systemd/system': { type: 'directory', mode: 0o777 } });
    const plan = await planOf(['--root', tree.root]);
    expect(verdicts(plan)['docker-service-mode']).toBe('fail');
    expect(plan.changes.some(({ address }) => address.includes('docker.service'))).toBe(false);
  });

  test.each(['fifo', 'directory', 'character-device'] as const)(
    'daemon.json is a %s: said, not waited for',
    async (type) => {
      using tree = plantTree({ ...WITHOUT_FILE, '/etc/docker/daemon.json': { type } });
      const before = tree.state();
      const plan = await planOf(['--root', tree.root, '-c', 'icc-disabled'], { timeoutMs: 10_000 });
      expect(verdicts(plan)['icc-disabled']).toBe('not-checked');
      expect(treeChanges(before, tree.state())).toEqual([]);
    },
  );
});

describe.runIf(canOwn())('a folder of one’s own, without root', () => {
  const NOBODY = 65_534;

  test('plan, apply, second plan and rollback work; what is not theirs is not touched', async () => {
    using tree = plantTree(
      { ...DOCKER_CE, '/etc/audit/rules.d/99-of-root.rules': { type: 'file', uid: 0, gid: 0, mode: 0o644, text: '' } },
      NOBODY,
    );
    const before = tree.state();
    const as = { uid: NOBODY };
    const planned = await planOf(['--root', tree.root], as);
    expect(planned.changes.length).toBeGreaterThan(0);
    const applied = await harden(['apply', '--root', tree.root, ...ALL], as);
    expect(applied.code, applied.stderr + applied.stdout).toBe(0);
    expect((await planOf(['--root', tree.root], as)).changes).toEqual([]);
    const back = await harden(['rollback', '--root', tree.root, ...ALL], as);
    expect(back.code, back.stderr + back.stdout).toBe(0);
    expect(treeChanges(before, tree.state())).toEqual([]);
  });

  test("root's own folder is looked at, but not changed", async () => {
    using tree = plantTree(DOCKER_CE);
    const before = tree.state();
    expect((await harden(['plan', '--root', tree.root], { uid: NOBODY })).code).toBe(0);
    const applied = await harden(['apply', '--root', tree.root, ...ALL], { uid: NOBODY });
    expect(applied.code).toBe(77);
    expect(applied.stderr.replaceAll(/\s+/g, ' ')).toContain('Nothing was changed.');
    expect(treeChanges(before, tree.state())).toEqual([]);
  });
});
