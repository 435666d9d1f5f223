import { describe, expect, test } from 'vitest';
import type { Json } from '../../../src/model/canonical.ts';
import type { FakeEntry } from '../../helpers/fake-reader.ts';
import { changeOf, container, INFO, judge, sampleFacts, type Scene } from './sample.ts';

/** Steps for a person: no change goes with them. */
const LEFT = expect.any(Array) as unknown;
const RANGE = 'dockremap:100000:65536\n';
const SUB = { '/etc/subuid': RANGE, '/etc/subgid': RANGE, '/etc/passwd': 'root:x:0:0::/root:/bin/sh\n' };
const userns = { key: 'userns-remap', set: true, write: { parameter: 'mapping' } } as const;
const authz = { key: 'authorization-plugins', set: true, write: { parameter: 'plugins' } } as const;
const logs = {
  key: 'log-driver',
  not: ['json-file', 'local', 'none', 'journald'],
  write: { parameter: 'target' },
} as const;
const ulimits = { key: 'default-ulimits', set: true, write: { parameter: 'limits' } } as const;
const withFiles = (more: Readonly<Record<string, FakeEntry>>): Scene => ({ more });

describe('what the site decides stays manual until it has', () => {
  test.each([userns, authz, logs, ulimits])('$key', async (desired) => {
    expect(await judge(desired, sampleFacts())).toMatchObject({ verdict: 'manual', steps: ['do it by hand'] });
  });

  test('also where a flag sets it now', async () => {
    const flagged = sampleFacts({ argv: ['--log-driver=json-file'] });
    expect((await judge(logs, flagged)).verdict).toBe('manual');
    const target = { driver: 'syslog', options: {} };
    expect(await judge(logs, flagged, {}, { target })).toMatchObject({ verdict: 'fail', steps: LEFT });
  });
});

describe('user namespaces', () => {
  const given = { mapping: 'default' };

  test('on an empty host with ranges', async () => {
    expect(changeOf(await judge(userns, sampleFacts(), withFiles(SUB), given))).toMatchObject({
      after: 'default',
      risk: 'high',
      impact: 'restart',
    });
  });

  test.each<readonly [string, Parameters<typeof sampleFacts>[0], Readonly<Record<string, FakeEntry>>, Json, string]>([
    [
      'containers and images',
      { containers: [container('web')], imageCount: 3 },
      SUB,
      'default',
      '1 containers and 3 images would be out of sight',
    ],
    [
      'containers in the host network',
      { containers: [container('mon', { networkMode: 'host' })] },
      SUB,
      'default',
      "host's network would not start: mon",
    ],
    ['a containerd image store', { imageStore: 'containerd' }, SUB, 'default', 'containerd image store'],
    ['no ranges', {}, { ...SUB, '/etc/subuid': '' }, 'default', '/etc/subuid gives dockremap 0 ids; 65536 are needed'],
    [
      'ranges too small',
      {},
      { ...SUB, '/etc/subgid': 'dockremap:1:1000\n' },
      'default',
      '/etc/subgid gives dockremap 1000 ids',
    ],
    [
      'overlapping ranges',
      {},
      { ...SUB, '/etc/subuid': `${RANGE}alice:165000:65536\n` },
      'default',
      'the ids of dockremap and alice overlap',
    ],
    [
      'no such user',
      {},
      { ...SUB, '/etc/subuid': 'bob:1:65536', '/etc/subgid': 'bob:1:65536' },
      'bob',
      'there is no user bob',
    ],
    [
      'a closed folder above the data root',
      {},
      { ...SUB, '/var/lib': { type: 'directory', mode: 0o700 } },
      'default',
      'others may not pass through /var/lib',
    ],
  ])('not with %s', async (...[, engine, files, mapping, words]) => {
    const comparison = await judge(userns, sampleFacts(engine), withFiles(files), { mapping });
    expect(comparison).toMatchObject({
      verdict: 'fail',
      steps: LEFT,
      reason: expect.stringContaining(words) as string,
    });
  });

  test('already on', async () => {
    const facts = sampleFacts({
      info: { ...INFO, SecurityOptions: ['name=seccomp,profile=builtin', 'name=userns'] },
      containers: [container('web')],
    });
    expect(await judge(userns, facts, { file: '{"userns-remap": "default"}', more: SUB })).toMatchObject({
      verdict: 'pass',
    });
  });
});

describe('authorization plugins', () => {
  const given = { plugins: ['opa'] };

  test('only one that answers now', async () => {
    expect(await judge(authz, sampleFacts(), {}, given)).toMatchObject({
      verdict: 'fail',
      steps: LEFT,
      reason: expect.stringContaining('opa does not answer now') as string,
    });
    const silent = withFiles({ '/run/docker/plugins/opa.sock': { type: 'socket' } });
    expect(await judge(authz, sampleFacts(), silent, given)).toMatchObject({ verdict: 'fail', steps: LEFT });
    const answers = {
      ...silent,
      engines: { '/run/docker/plugins/opa.sock': { '/Plugin.Activate': { Implements: ['authz'] } } },
    };
    expect(changeOf(await judge(authz, sampleFacts(), answers, given))).toMatchObject({
      after: ['opa'],
      impact: 'restart',
      risk: 'high',
    });
  });

  test('a spec file names the socket', async () => {
    const scene = {
      ...withFiles({ '/etc/docker/plugins/opa.spec': 'unix:///srv/opa.sock', '/srv/opa.sock': { type: 'socket' } }),
      engines: { '/srv/opa.sock': { '/Plugin.Activate': {} } },
    };
    expect(await judge(authz, sampleFacts(), scene, given)).toMatchObject({ verdict: 'fail' });
  });
});

describe('TLS', () => {
  const tls = { key: 'tlsverify', value: true, write: { parameter: 'tls' } } as const;
  const given = { tls: { ca: '/etc/docker/ca.pem', certificate: '/etc/docker/cert.pem', key: '/etc/docker/key.pem' } };
  const files = { '/etc/docker/ca.pem': 'x', '/etc/docker/cert.pem': 'x', '/etc/docker/key.pem': 'x' };
  const tcp = sampleFacts({ argv: ['-H', 'fd://', '-H', 'tcp://0.0.0.0:2376'] });

  test('is not for a daemon without a TCP address', async () => {
    expect(await judge(tls, sampleFacts())).toMatchObject({ verdict: 'not-applicable' });
    expect(await judge(tls, tcp)).toMatchObject({ verdict: 'manual' });
  });

  test('its keys are written together, once the files are there', async () => {
    expect(changeOf(await judge(tls, tcp, { more: files }, given))).toMatchObject({
      after: {
        keys: {
          tlsverify: true,
          tlscacert: '/etc/docker/ca.pem',
          tlscert: '/etc/docker/cert.pem',
          tlskey: '/etc/docker/key.pem',
        },
      },
    });
    expect(await judge(tls, tcp, {}, given)).toMatchObject({
      verdict: 'fail',
      steps: LEFT,
      reason: expect.stringContaining('is not there to be read (absent)') as string,
    });
  });

  test('addresses are never written beside -H', async () => {
    const withHosts = { tls: { ...given.tls, hosts: ['tcp://0.0.0.0:2376'] } };
    expect(await judge(tls, sampleFacts(), { more: files }, withHosts)).toMatchObject({
      verdict: 'fail',
      steps: LEFT,
      reason: expect.stringContaining('hosts is given as the flag -H') as string,
    });
    expect(await judge(tls, sampleFacts({ argv: [] }), { more: files }, withHosts)).toMatchObject({ verdict: 'fail' });
  });
});

describe('log targets', () => {
  test('driver and options are written together', async () => {
    const target = { driver: 'gelf', options: { 'gelf-address': 'udp://logs:12201' } };
    const change = changeOf(await judge(logs, sampleFacts(), {}, { target }));
    expect(change).toMatchObject({
      risk: 'high',
      after: { keys: { 'log-driver': 'gelf', 'log-opts': target.options } },
    });
    expect(change.notes.join('\n')).toContain('whether the gelf target can be reached is not proved');
  });

  test('a local syslog has to listen', async () => {
    const target = { driver: 'syslog', options: {} };
    expect(await judge(logs, sampleFacts(), {}, { target })).toMatchObject({
      verdict: 'fail',
      steps: LEFT,
      reason: expect.stringContaining('nothing listens at /dev/log') as string,
    });
    expect(await judge(logs, sampleFacts(), withFiles({ '/dev/log': { type: 'socket' } }), { target })).toMatchObject({
      verdict: 'fail',
    });
  });
});

describe('limits, profiles and groups', () => {
  test('limits are written as given', async () => {
    const limits = { nofile: { Name: 'nofile', Soft: 1024, Hard: 4096 } };
    expect(changeOf(await judge(ulimits, sampleFacts(), {}, { limits }))).toMatchObject({
      after: limits,
      liveAfter: 'now',
    });
  });

  test('limits without their three members are refused', async () => {
    const limits = { nofile: { Soft: 1024, Hard: 4096 } };
    expect(await judge(ulimits, sampleFacts(), {}, { limits })).toMatchObject({
      verdict: 'fail',
      steps: LEFT,
      reason: expect.stringContaining('needs Name, Hard and Soft') as string,
    });
  });

  const seccomp = { key: 'seccomp-profile', not: ['unconfined'], write: { parameter: 'profile' } } as const;
  test.each<readonly [string, Readonly<Record<string, FakeEntry>>, string | undefined]>([
    ['there', { '/etc/docker/seccomp.json': '{"defaultAction": "SCMP_ACT_ERRNO"}' }, undefined],
    ['missing', {}, 'is not a readable file (absent)'],
    ['a folder', { '/etc/docker/seccomp.json': { type: 'directory' } }, 'is not a readable file (directory)'],
    ['not JSON', { '/etc/docker/seccomp.json': 'x' }, 'is not a JSON object'],
    [
      'writable by others',
      { '/etc/docker/seccomp.json': { type: 'file', text: '{}', mode: 0o666 } },
      'can be written by others',
    ],
    [
      "somebody else's",
      { '/etc/docker/seccomp.json': { type: 'file', text: '{}', uid: 1000 } },
      'can be written by others',
    ],
  ])('a seccomp profile that is %s', async (_, files, words) => {
    const comparison = await judge(
      seccomp,
      sampleFacts(),
      { file: '{"seccomp-profile": "unconfined"}', more: files },
      { profile: '/etc/docker/seccomp.json' },
    );
    expect(comparison).toMatchObject(
      words === undefined
        ? { verdict: 'fail' }
        : { verdict: 'fail', steps: LEFT, reason: expect.stringContaining(words) as string },
    );
  });
});

describe('the kernel module br_netfilter', () => {
  const icc = { key: 'icc', value: false };
  const lib = '/lib/modules/6.1.0/modules.dep';

  test.each<readonly [string, Readonly<Record<string, FakeEntry>>, 'change' | 'steps']>([
    ['can be loaded', { [lib]: 'kernel/net/bridge/br_netfilter.ko.xz: kernel/net/bridge/bridge.ko.xz\n' }, 'change'],
    ['is not known, nor is any other', {}, 'change'],
    ['is not in this kernel', { [lib]: 'kernel/net/bridge/bridge.ko.xz:\n' }, 'steps'],
    ['is kept from loading', { '/etc/modprobe.d/cis.conf': '# x\ninstall br_netfilter /bin/false\n' }, 'steps'],
    ['is only not loaded by itself', { '/etc/modprobe.d/cis.conf': 'blacklist br_netfilter\n' }, 'change'],
  ])('%s', async (_, files, what) => {
    const comparison = await judge(icc, sampleFacts(), { more: files, bridgeFilter: false });
    expect(comparison.verdict).toBe('fail');
    expect(comparison).toHaveProperty(what);
  });

  test.each<readonly [string, Readonly<Record<string, FakeEntry>>, 'medium' | 'high', RegExp]>([
    ['can be loaded, which docker does itself', { [lib]: 'kernel/net/bridge/br_netfilter.ko:\n' }, 'medium', /loads/],
    ['may not be there, so docker may not start', {}, 'high', /cannot be seen/],
  ])('the risk where it %s', async (_, files, risk, note) => {
    for (const key of ['icc', 'userland-proxy']) {
      const change = changeOf(await judge({ key, value: false }, sampleFacts(), { more: files, bridgeFilter: false }));
      expect(change.risk).toBe(risk);
      expect(change.notes.join('\n')).toMatch(note);
    }
  });

  test('a blocked overlay module is said beside the change', async () => {
    const change = changeOf(
      await judge(icc, sampleFacts(), { more: { '/etc/modprobe.d/x.conf': 'install overlay /bin/true' } }),
    );
    expect(change.notes).toContain(
      '/etc/modprobe.d/x.conf keeps the kernel module overlay from loading; docker may not come back after a boot',
    );
  });
});
