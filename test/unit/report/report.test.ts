import { describe, expect, test } from 'vitest';
import { gatherFacts } from '../../../src/engine/facts/gather-facts.ts';
import { type AbsPath, absPath, isBelow } from '../../../src/model/brand.ts';
import type { Json } from '../../../src/model/canonical.ts';
import type { Comparison } from '../../../src/model/change.ts';
import type { EngineFacts } from '../../../src/model/facts.ts';
import type { FileStat, HostReader, Mount } from '../../../src/model/host.ts';
import { type Observed, present } from '../../../src/model/state.ts';
import type { ReportSubject } from '../../../src/model/remediation.ts';
import { report } from '../../../src/resources/report/index.ts';
import { type FakeHost, fakeReader } from '../../helpers/fake-reader.ts';
import { evidenceOf, GROUP, PASSWD, sceneHost } from '../file-access/scene.ts';

interface Told {
  readonly files?: NonNullable<FakeHost['files']>;
  readonly more?: Partial<FakeHost>;
  readonly engine?: Partial<EngineFacts>;
  readonly parameters?: Readonly<Record<string, Json>>;
}

async function tell(
  about: ReportSubject,
  { files = {}, more = {}, engine = {}, parameters = {} }: Told = {},
): Promise<Comparison> {
  const host = withDevices(fakeReader(sceneHost(files, more)), more.mounts ?? []);
  const facts = await gatherFacts(host);
  const known = { ...facts, engine: { ...facts.engine, ...engine } };
  const context = { facts: known, parameters, willExist: new Set<AbsPath>(), manual: ['by hand'] };
  const [assessment] = await report.assess({ type: 'report', about }, context, host);
  if (assessment === undefined) {
    throw new Error('nothing was told');
  }
  return assessment.comparison;
}

/** Every mount point is on a device of its own, but for a folder that is mounted onto itself. */
function withDevices(host: HostReader, mounts: readonly Mount[]): HostReader {
  const device = (path: AbsPath): string =>
    mounts
      .filter(({ mountPoint, source }) => source !== 'itself' && isBelow(path, mountPoint))
      .map(({ mountPoint }) => mountPoint)
      .sort()
      .at(-1) ?? '/';
  const stat = (path: AbsPath): Observed<FileStat> => {
    const found = host.stat(path);
    return found.status === 'present' ? present({ ...found.value, dev: device(path) }) : found;
  };
  return { ...host, stat };
}

const contains = (text: string): string => expect.stringContaining(text) as string;
const mount = (mountPoint: string, ...options: readonly string[]): Mount => ({
  mountPoint: absPath(mountPoint),
  fsType: 'ext4',
  source: '/dev/sdb1',
  options,
});

describe('the mount point of the data root', () => {
  const graph = { imageStore: 'graph-driver' } as const;

  test('passes where the folder itself is one', async () => {
    const comparison = await tell('data-root-mount', {
      engine: graph,
      more: { mounts: [mount('/', 'rw'), mount('/var/lib/docker', 'rw')] },
    });
    expect(comparison.verdict).toBe('pass');
    expect(evidenceOf(comparison)['/proc/self/mountinfo file system of its own at /var/lib/docker']).toBe(
      'ext4 on /dev/sdb1',
    );
  });

  test('a file system further up does not count', async () => {
    expect(
      await tell('data-root-mount', { engine: graph, more: { mounts: [mount('/', 'rw'), mount('/var', 'rw')] } }),
    ).toMatchObject({
      verdict: 'manual',
      reason: '/var/lib/docker is not a file system of its own',
      steps: ['by hand'],
    });
  });

  test('neither does a folder that dockerd mounted onto itself', async () => {
    const itself = { ...mount('/var/lib/docker', 'rw'), source: 'itself' };
    expect(
      (await tell('data-root-mount', { engine: graph, more: { mounts: [mount('/', 'rw'), itself] } })).verdict,
    ).toBe('manual');
  });

  test('images of containerd need theirs too', async () => {
    const containerd = { imageStore: 'containerd', containerdRoot: absPath('/var/lib/containerd') } as const;
    const one = { mounts: [mount('/var/lib/docker', 'rw')] };
    const both = { mounts: [...one.mounts, mount('/var/lib/containerd', 'rw')] };
    expect(await tell('data-root-mount', { engine: containerd, more: one })).toMatchObject({
      verdict: 'manual',
      reason: contains('/var/lib/containerd is not'),
    });
    expect((await tell('data-root-mount', { engine: containerd, more: both })).verdict).toBe('pass');
  });

  test('with user namespaces the folder above counts', async () => {
    const engine = { ...graph, dataRoot: absPath('/var/lib/docker/231072.231072') };
    expect(
      (await tell('data-root-mount', { engine, more: { mounts: [mount('/var/lib/docker', 'rw')] } })).verdict,
    ).toBe('pass');
  });

  test.each(['noexec', 'nosuid', 'nodev'])('%s there is a conflict, not a gain', async (option) => {
    const comparison = await tell('data-root-mount', {
      engine: graph,
      more: { mounts: [mount('/var/lib/docker', 'rw', option)] },
    });
    expect(comparison).toMatchObject({ verdict: 'manual', reason: contains(option) });
  });
});

describe("members of the socket's group", () => {
  test('are named, by group line and by primary group, and need a decision', async () => {
    const comparison = await tell('socket-group-members', {
      files: { '/etc/passwd': `${PASSWD}ci:x:1001:106::/:/bin/sh\n` },
    });
    expect(comparison).toMatchObject({
      verdict: 'manual',
      reason: 'root in all but name: bob, ci, through group docker (106)',
    });
    expect(evidenceOf(comparison)).toMatchObject({
      '/run/docker.sock group': 'docker (106)',
      '/etc/group members of docker (106)': ['bob'],
      '/etc/passwd accounts with primary group docker (106)': ['ci'],
    });
  });

  test('nobody in it is a pass', async () => {
    expect(
      (await tell('socket-group-members', { files: { '/etc/group': 'root:x:0:\ndocker:x:106:root\n' } })).verdict,
    ).toBe('pass');
  });

  test('a list of trusted users decides, and others are named with the way out', async () => {
    expect((await tell('socket-group-members', { parameters: { 'trusted-users': ['bob'] } })).verdict).toBe('pass');
    expect(await tell('socket-group-members', { parameters: { 'trusted-users': ['bobby'] } })).toMatchObject({
      verdict: 'manual',
      steps: ['gpasswd -d bob docker', 'by hand'],
    });
  });

  test('the group is that of the socket, whatever its name', async () => {
    const files = { '/run/docker.sock': { type: 'socket', gid: 1000 }, '/etc/group': GROUP } as const;
    expect(await tell('socket-group-members', { files })).toMatchObject({
      verdict: 'manual',
      reason: contains('through group bob (1000)'),
    });
  });

  test('local files are not the whole truth beside a directory service', async () => {
    const files = { '/etc/nsswitch.conf': 'group: files sss\n', '/etc/group': 'docker:x:106:\n' };
    expect(await tell('socket-group-members', { files })).toMatchObject({
      verdict: 'manual',
      reason: contains('sss may add members'),
    });
  });
});

describe('engine and system', () => {
  test('the system is always for a person', async () => {
    expect((await tell('os-hardening')).verdict).toBe('manual');
    expect((await tell('os-hardening', { engine: { flavour: 'none' } })).verdict).toBe('manual');
  });

  test('versions are shown and never called current', async () => {
    const comparison = await tell('engine-version');
    expect(comparison.verdict).toBe('manual');
    expect(evidenceOf(comparison)).toEqual({
      'Engine API GET /version Engine': '28.5.2',
      'Engine API GET /version containerd': '1.7.27',
      'Engine API GET /version runc': '1.2.5',
    });
    const unknown = { version: undefined, containerdVersion: undefined, runcVersion: undefined };
    expect((await tell('engine-version', { engine: unknown })).verdict).toBe('not-checked');
  });

  test('rootless is what the engine says', async () => {
    expect((await tell('rootless')).verdict).toBe('manual');
    expect(
      (
        await tell('rootless', {
          engine: { info: { SecurityOptions: ['name=seccomp,profile=builtin', 'name=rootless'] } },
        })
      ).verdict,
    ).toBe('pass');
    expect((await tell('rootless', { engine: { flavour: 'rootless' } })).verdict).toBe('pass');
  });

  test.each([
    ['storage-driver-aufs', '23.0.6', 'aufs', 'manual'],
    ['storage-driver-aufs', '20.10.24', 'overlay2', 'pass'],
    ['storage-driver-aufs', '24.0.7', 'overlay2', 'not-applicable'],
    ['storage-driver-aufs', '20.10.24', undefined, 'not-checked'],
    ['storage-driver-devicemapper', '24.0.7', 'devicemapper', 'manual'],
    ['storage-driver-devicemapper', '24.0.7', 'overlay2', 'pass'],
    ['storage-driver-devicemapper', '25.0.0', 'overlay2', 'not-applicable'],
  ] as const)('%s with Engine %s and %s: %s', async (about, version, storageDriver, verdict) => {
    expect((await tell(about, { engine: { version, storageDriver } })).verdict).toBe(verdict);
  });

  test('the base device size', async () => {
    const devicemapper = { storageDriver: 'devicemapper' };
    const file = (text: string): Told['files'] => ({ '/etc/docker/daemon.json': text });
    expect((await tell('base-device-size')).verdict).toBe('not-applicable');
    expect((await tell('base-device-size', { engine: devicemapper })).verdict).toBe('pass');
    expect(
      (await tell('base-device-size', { engine: { ...devicemapper, argv: ['--storage-opt', 'dm.basesize=50G'] } }))
        .verdict,
    ).toBe('manual');
    const set = file('{"storage-opts": ["dm.fs=xfs", "dm.basesize=20G"]}');
    const told = await tell('base-device-size', { engine: devicemapper, ...(set === undefined ? {} : { files: set }) });
    expect(told.verdict).toBe('manual');
    expect(evidenceOf(told)['/etc/docker/daemon.json storage-opts dm.basesize']).toBe('dm.basesize=20G');
  });

  test('without an engine the rest does not apply', async () => {
    expect((await tell('rootless', { engine: { flavour: 'none' } })).verdict).toBe('not-applicable');
  });
});

describe('listeners on TCP', () => {
  const socketUnit = '/usr/lib/systemd/system/docker.socket';
  const tcp = ['-H', 'fd://', '-H', 'tcp://0.0.0.0:2376'];
  const started = (argv: readonly string[]): Partial<FakeHost> => ({
    processes: [{ name: 'dockerd', argv: ['/usr/bin/dockerd', ...argv] }],
  });
  const tls = [
    '--tlsverify',
    '--tlscacert=/etc/docker/tls/ca.pem',
    '--tlscert=/etc/docker/tls/cert.pem',
    '--tlskey=/etc/docker/tls/key.pem',
  ];
  const material = { '/etc/docker/tls/ca.pem': 'x', '/etc/docker/tls/cert.pem': 'x', '/etc/docker/tls/key.pem': 'x' };

  test('none is a pass', async () => {
    expect((await tell('tcp-listeners')).verdict).toBe('pass');
  });

  test.each([
    ['by flag', {}, started(tcp)],
    ['by flag without a scheme', {}, started(['-H', '0.0.0.0:2375'])],
    ['in daemon.json', { '/etc/docker/daemon.json': '{"hosts": ["tcp://127.0.0.1:2375"]}' }, started([])],
    ['of docker.socket', { [socketUnit]: '[Socket]\nListenStream=/run/docker.sock\nListenStream=2375\n' }, {}],
  ])('one %s without TLS is found', async (_name, files, more) => {
    expect(await tell('tcp-listeners', { files, more })).toMatchObject({
      verdict: 'manual',
      reason: contains('not asked for a certificate'),
    });
  });

  test('TLS that asks clients for a certificate passes, with all three files', async () => {
    expect((await tell('tcp-listeners', { files: material, more: started([...tcp, ...tls]) })).verdict).toBe('pass');
    const { '/etc/docker/tls/ca.pem': _ca, ...others } = material;
    expect(await tell('tcp-listeners', { files: others, more: started([...tcp, ...tls]) })).toMatchObject({
      verdict: 'manual',
      reason: contains('tls-ca'),
    });
    expect(
      (await tell('tcp-listeners', { files: material, more: started([...tcp, '--tls', ...tls.slice(1)]) })).verdict,
    ).toBe('manual');
  });

  test('what the engine itself calls open is open', async () => {
    const info = { Warnings: ['[DEPRECATION NOTICE]: API is accessible on http://0.0.0.0:2375 without encryption.'] };
    expect((await tell('tcp-listeners', { engine: { info } })).verdict).toBe('manual');
  });

  test.each([
    ['is stopped', { running: false, unreachable: 'no socket' }, 'dockerd is not running'],
    ['does not answer', { running: true, unreachable: 'no answer within 5 s' }, 'no answer within 5 s'],
  ] as const)('a daemon that %s is no pass, whatever is set', async (_, engine, why) => {
    const unknown = { verdict: 'not-checked', reason: contains(why) };
    expect(await tell('tcp-listeners', { engine })).toMatchObject(unknown);
    const verified = { files: material, more: started([...tcp, ...tls]), engine };
    expect(await tell('tcp-listeners', verified)).toMatchObject(unknown);
    expect(await tell('tcp-listeners', { more: started(tcp), engine })).toMatchObject({ verdict: 'manual' });
  });

  test('a daemon.json that cannot be read leaves it open', async () => {
    expect((await tell('tcp-listeners', { files: { '/etc/docker/daemon.json': '{' } })).verdict).toBe('not-checked');
  });
});

test('nothing is ever carried out or taken back', async () => {
  const host = fakeReader({});
  const facts = await gatherFacts(host);
  expect(await report.work([], facts, host)).toEqual({ steps: [], undoPhases: [] });
});
