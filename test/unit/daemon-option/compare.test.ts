import { describe, expect, test } from 'vitest';
import { absPath } from '../../../src/model/brand.ts';
import type { ContainerFacts } from '../../../src/model/facts.ts';
import {
  bridgeWith,
  changeOf,
  container,
  DOCKER_SERVICE,
  FILE,
  handStarted,
  INFO,
  judge,
  sampleFacts,
} from './sample.ts';

/** Steps for a person: no change goes with them. */
const LEFT = expect.any(Array) as unknown;
const icc = { key: 'icc', value: false };
const liveRestore = { key: 'live-restore', value: true };

describe('what the API shows is the truth', () => {
  test('a key that is live and written passes, with evidence from file and API', async () => {
    const comparison = await judge(icc, sampleFacts({ bridge: bridgeWith(false) }), { file: '{"icc": false}' });
    expect(comparison).toEqual({
      verdict: 'pass',
      evidence: [
        { source: 'dockerd command line', read: '--icc', value: null },
        { source: FILE, read: 'icc', value: false },
        {
          source: 'Engine API GET /networks/bridge',
          read: 'Options["com.docker.network.bridge.enable_icc"]',
          value: 'false',
        },
      ],
    });
  });

  test('a key that is written but not live is activated, the file left alone', async () => {
    const comparison = await judge(icc, sampleFacts(), { file: '{"icc": false}' });
    expect(comparison).toMatchObject({
      verdict: 'fail',
      reason: 'set as it should be, but the running dockerd still has true',
    });
    expect(changeOf(comparison)).toMatchObject({
      op: 'activate',
      impact: 'restart',
      reversible: false,
      liveAfter: 'now',
    });
  });

  test('where nobody restarts services it is pending and the command is named', async () => {
    expect(await judge(icc, handStarted(), { file: '{"icc": false}' })).toMatchObject({
      verdict: 'fail',
      pending: { until: 'restart', command: 'restart dockerd the way it was started' },
    });
    expect(await judge(liveRestore, handStarted(), { file: '{"live-restore": true}' })).toMatchObject({
      pending: { command: 'kill -HUP "$(cat /var/run/docker.pid)"' },
    });
  });

  test('live now but gone at the next start is not a pass', async () => {
    const facts = sampleFacts({ info: { ...INFO, LiveRestoreEnabled: true } });
    expect(changeOf(await judge(liveRestore, facts, { file: '{}' }))).toMatchObject({
      op: 'set',
      after: true,
      before: { state: 'unset', effective: false },
    });
  });

  test('Engine 20.10 calls the built-in seccomp profile default', async () => {
    const facts = sampleFacts({
      version: '20.10.24',
      info: { ...INFO, SecurityOptions: ['name=seccomp,profile=default'] },
    });
    expect(await judge({ key: 'seccomp-profile', not: ['unconfined'], write: { absent: true } }, facts)).toMatchObject({
      verdict: 'pass',
    });
  });

  test('an unconfined profile is taken out of the file', async () => {
    const facts = sampleFacts({ info: { ...INFO, SecurityOptions: ['name=seccomp,profile=unconfined'] } });
    const comparison = await judge({ key: 'seccomp-profile', not: ['unconfined'], write: { absent: true } }, facts, {
      file: '{"seccomp-profile": "unconfined"}',
    });
    expect(changeOf(comparison)).toMatchObject({
      op: 'remove',
      before: 'unconfined',
      after: { state: 'unset', effective: 'builtin' },
    });
  });

  test('registries beyond loopback count, from both places of the API', async () => {
    const RegistryConfig = {
      InsecureRegistryCIDRs: ['::1/128', '127.0.0.0/8', '10.0.0.0/8'],
      IndexConfigs: { 'reg:5000': { Secure: false } },
    };
    const comparison = await judge(
      { key: 'insecure-registries', value: [] },
      sampleFacts({ info: { ...INFO, RegistryConfig } }),
      { file: '{}' },
    );
    expect(comparison).toMatchObject({
      reason: 'set as it should be, but the running dockerd still has ["10.0.0.0/8","reg:5000"]',
    });
    expect(changeOf(comparison)).toMatchObject({ op: 'activate', impact: 'reload' });
  });
});

describe('what the API does not show', () => {
  const proxy = { key: 'userland-proxy', value: false };

  test('is what flags and file said when dockerd started', async () => {
    expect(await judge(proxy, sampleFacts(), { file: '{"userland-proxy": false}' })).toMatchObject({ verdict: 'pass' });
  });

  test('is unknown once the file is younger than dockerd', async () => {
    const comparison = await judge(proxy, sampleFacts(), { file: '{"userland-proxy": false}', younger: true });
    expect(changeOf(comparison)).toMatchObject({ op: 'activate', impact: 'restart' });
    expect(await judge(proxy, handStarted(), { file: '{"userland-proxy": false}', younger: true })).toMatchObject({
      reason: `${FILE} changed after dockerd started, and dockerd does not show userland-proxy`,
      pending: { until: 'restart' },
    });
  });

  test('docker-proxy processes speak against a file that says off', async () => {
    expect(await judge(proxy, sampleFacts(), { file: '{"userland-proxy": false}', proxies: 1 })).toMatchObject({
      verdict: 'fail',
      reason: 'set as it should be, but the running dockerd still has true',
    });
  });

  test('no-new-privileges is in the API since Engine 24 only', async () => {
    const wanted = { key: 'no-new-privileges', value: true };
    const file = '{"no-new-privileges": true}';
    expect(await judge(wanted, sampleFacts(), { file })).toMatchObject({ verdict: 'fail' });
    expect(await judge(wanted, sampleFacts({ version: '20.10.5' }), { file })).toMatchObject({ verdict: 'pass' });
    expect(await judge(wanted, sampleFacts({ version: '20.10.5' }), { file, younger: true })).toMatchObject({
      verdict: 'fail',
    });
  });

  test('a dockerd whose start cannot be told gives no pass', async () => {
    const scene = { file: '{"userland-proxy": false}', more: { '/run/docker.pid': '1' } };
    expect(await judge(proxy, sampleFacts(), scene)).toMatchObject({ verdict: 'not-checked' });
  });

  test('boot time and process start stand in for the pid file', async () => {
    const more = { '/run/docker.pid': '1', '/proc/stat': 'cpu 1\nbtime 3\n' };
    expect(await judge(proxy, sampleFacts(), { file: '{"userland-proxy": false}', more })).toMatchObject({
      verdict: 'pass',
    });
    expect(await judge(proxy, sampleFacts(), { file: '{"userland-proxy": false}', more, younger: true })).toMatchObject(
      { verdict: 'fail' },
    );
  });

  test('a default of an older engine cannot be taken out of the file', async () => {
    const wanted = { key: 'ip6tables', not: [false], write: { absent: true } } as const;
    expect(await judge(wanted, sampleFacts())).toMatchObject({
      verdict: 'not-applicable',
      reason: 'ip6tables is false, the default of this engine; there is nothing to take out',
    });
    expect(
      changeOf(await judge(wanted, sampleFacts({ version: '28.5.2' }), { file: '{"ip6tables": false}' })),
    ).toMatchObject({ op: 'remove' });
  });

  test('ip6tables is off by default before Engine 27', async () => {
    const wanted = { key: 'ip6tables', value: true };
    expect(await judge(wanted, sampleFacts({ version: '28.5.2' }))).toMatchObject({ verdict: 'pass' });
    expect(await judge(wanted, sampleFacts({ version: '26.1.5' }))).toMatchObject({ verdict: 'fail' });
  });
});

describe('flags', () => {
  test('a flag with the wanted value passes', async () => {
    expect(await judge(icc, sampleFacts({ argv: ['--icc=false'], bridge: bridgeWith(false) }))).toMatchObject({
      verdict: 'pass',
    });
  });

  test('a flag with another value is left to a person, and the unit is named', async () => {
    const comparison = await judge(icc, sampleFacts({ argv: ['--icc=true'] }), { file: '{}' });
    expect(comparison).toMatchObject({ verdict: 'fail', steps: LEFT, reason: 'the flag --icc sets icc to true' });
    expect('steps' in comparison && comparison.steps.join('\n')).toContain('/usr/lib/systemd/system/docker.service');
  });

  test('a drop-in that sets ExecStart is named instead', async () => {
    const dropIn = absPath('/etc/systemd/system/docker.service.d/flags.conf');
    const service = { ...DOCKER_SERVICE, execStartOverridden: true, dropInPaths: [dropIn] };
    const comparison = await judge(icc, sampleFacts({ argv: ['--icc'], service }));
    expect('steps' in comparison && comparison.steps[0]).toContain(dropIn);
  });

  test('a key in both places is said before dockerd trips over it', async () => {
    const facts = sampleFacts({ argv: ['--icc=false'], bridge: bridgeWith(false) });
    expect(await judge(icc, facts, { file: '{"icc": false}' })).toMatchObject({
      verdict: 'fail',
      steps: LEFT,
      reason: expect.stringContaining('will not start again') as string,
    });
  });
});

describe('a daemon.json that cannot be edited', () => {
  test('a broken one is an error with its place', async () => {
    expect(await judge(icc, sampleFacts(), { file: '{\n "a": 1,\n}' })).toMatchObject({
      verdict: 'error',
      reason: `${FILE}, line 3, column 1: a key in double quotes is missing here; a comma before } is not allowed`,
    });
  });

  test.each([
    ['on the line of its name', '{"log-opts": {"splunk-token": "s3cret",}}'],
    ['on the line after its name', '{"log-opts": {"splunk-token":\n"s3cret",}}'],
    ['as a password with a slash', '{"http-proxy": "http://bob:pa/s3cret@proxy",}'],
  ])('an excerpt with a secret in it, %s, is masked', async (_, file) => {
    const comparison = await judge(icc, sampleFacts(), { file });
    expect(comparison.verdict).toBe('error');
    expect(JSON.stringify(comparison)).not.toContain('s3cret');
  });

  test.each([
    ['a key twice', '{"labels": [], "labels": ["a=b"]}', 'stands twice', 'error'],
    ['an unknown key', '{"foo": 1}', 'does not know the key foo', 'error'],
    ['a wrong type', '{"debug": "no"}', 'debug must be true or false', 'error'],
    ['the key inside a foreign object', '{"x": {"icc": true}}', 'stands inside x', 'fail'],
  ])('%s is named, and nothing is planned', async (_, file, words, verdict) => {
    expect(await judge(icc, sampleFacts(), { file })).toMatchObject({
      verdict,
      reason: expect.stringContaining(words) as string,
    });
  });

  test('what is live and written still passes beside a mistake', async () => {
    const facts = sampleFacts({ bridge: bridgeWith(false) });
    expect(await judge(icc, facts, { file: '{"icc": false, "labels": ["a=b"], "labels": []}' })).toMatchObject({
      verdict: 'pass',
    });
  });

  test('a folder, or a link to nowhere, is not checked', async () => {
    expect(await judge(icc, sampleFacts(), { more: { [FILE]: { type: 'directory' } } })).toMatchObject({
      verdict: 'not-checked',
      reason: `${FILE} is a directory, not a file`,
    });
    expect(await judge(icc, sampleFacts(), { more: { [FILE]: { link: '/gone' } } })).toMatchObject({
      verdict: 'not-checked',
      reason: `${FILE} is a link to nowhere`,
    });
    expect(await judge(icc, sampleFacts(), { more: { [FILE]: { type: 'fifo' } } })).toMatchObject({
      verdict: 'not-checked',
    });
  });

  test('through a link the file itself is written, and that is said', async () => {
    const change = changeOf(
      await judge(icc, sampleFacts(), { more: { [FILE]: { link: '/srv/daemon.json' }, '/srv/daemon.json': '{}' } }),
    );
    expect(change.target).toMatchObject({ file: '/srv/daemon.json' });
    expect(change.notes).toContain(`${FILE} is a link; /srv/daemon.json is what is written`);
  });
});

describe('a daemon that cannot be asked', () => {
  test('down: judged from the file, never a pass', async () => {
    const facts = sampleFacts({
      running: false,
      unreachable: 'no socket',
      info: {},
      containers: undefined,
      argvSource: 'unit',
    });
    expect(await judge(icc, facts, { file: '{"icc": false}' })).toMatchObject({
      verdict: 'not-checked',
      reason: expect.stringContaining('dockerd is not running') as string,
    });
    expect(changeOf(await judge(icc, facts, { file: '{}' }))).toMatchObject({ impact: 'none', liveAfter: 'restart' });
  });

  test('up but silent: nothing is planned, since what it would stop is not known', async () => {
    const facts = sampleFacts({ unreachable: 'no answer in 5 s', info: {}, containers: undefined });
    expect(await judge(icc, facts, { file: '{}' })).toMatchObject({
      verdict: 'not-checked',
      reason: 'dockerd does not answer: no answer in 5 s',
    });
    expect(await judge(icc, facts, { file: '{"icc": false}' })).toMatchObject({ verdict: 'not-checked' });
  });
});

describe('hosts a key is not for', () => {
  test.each([
    ['live-restore in a swarm', liveRestore, sampleFacts({ swarm: 'active' }), {}],
    [
      'live-restore beside traces of a swarm',
      liveRestore,
      sampleFacts({ swarm: 'unknown' }),
      { more: { '/var/lib/docker/swarm/docker-state.json': '{}' } },
    ],
    ['icc without a default bridge', icc, sampleFacts({ bridge: null }), {}],
    ['no engine at all', icc, sampleFacts({ flavour: 'none' }), {}],
    [
      'seccomp without kernel support',
      { key: 'seccomp-profile', not: ['unconfined'] },
      sampleFacts({ info: { ...INFO, SecurityOptions: [] } }),
      {},
    ],
  ])('%s', async (_, desired, facts, scene) => {
    expect(await judge(desired, facts, scene)).toMatchObject({ verdict: 'not-applicable' });
  });

  test('an engine we refuse is not checked, with the reason', async () => {
    expect(await judge(icc, sampleFacts({ refusal: 'this is a snap' }))).toMatchObject({
      verdict: 'not-checked',
      reason: 'this is a snap',
    });
  });
});

describe('what a change costs', () => {
  const web = container('web', { publishedPorts: 1 });
  const db = container('db');
  const off = container('off', { running: false });
  const own = container('own', { networks: ['backend'] });
  const withContainers = (info: object, ...containers: readonly ContainerFacts[]) =>
    sampleFacts({ info: { ...INFO, ...info }, containers });

  test('reloadable keys reload, the others restart', async () => {
    expect(changeOf(await judge(liveRestore, sampleFacts()))).toMatchObject({
      impact: 'reload',
      liveAfter: 'now',
      breaks: [],
    });
    expect(changeOf(await judge({ key: 'userland-proxy', value: false }, sampleFacts()))).toMatchObject({
      impact: 'restart',
      liveAfter: 'now',
    });
  });

  test('an authorization plugin given as a flag turns a reload into a restart, which does not drop it', async () => {
    expect(changeOf(await judge(liveRestore, sampleFacts({ argv: ['--authorization-plugin=x'] })))).toMatchObject({
      impact: 'restart',
    });
  });

  test('icc names the members of the default bridge that run', async () => {
    const change = changeOf(await judge(icc, withContainers({}, web, db, off, own)));
    expect(change.breaks).toEqual(['web and db no longer reach each other over docker0']);
  });

  test('with live-restore nothing stops, but icc stays as it is until containers do', async () => {
    const change = changeOf(await judge(icc, withContainers({ LiveRestoreEnabled: true }, web)));
    expect(change).toMatchObject({ breaks: [], liveAfter: 'restart' });
    expect(
      await judge(icc, withContainers({ LiveRestoreEnabled: true }, web), { file: '{"icc": false}' }),
    ).toMatchObject({
      verdict: 'fail',
      pending: {
        until: 'restart',
        command: 'docker stop web, then systemctl restart docker.service, then docker start web',
      },
    });
  });

  test('userland-proxy names containers with published ports', async () => {
    const change = changeOf(
      await judge({ key: 'userland-proxy', value: false }, withContainers({ LiveRestoreEnabled: true }, web, db)),
    );
    expect(change.breaks).toEqual(['published ports of web can behave differently from localhost and over IPv6']);
  });

  test('a file that is not there is announced', async () => {
    expect(changeOf(await judge(icc, sampleFacts())).notes).toContain(`${FILE} is created, readable by root only`);
  });

  test('passwords in a value do not reach the plan', async () => {
    const facts = sampleFacts({ info: { ...INFO, LoggingDriver: 'splunk' } });
    const file = '{"log-driver": "splunk", "log-opts": {"splunk-token": "s3cret", "splunk-url": "https://u:pw@h"}}';
    const comparison = await judge({ key: 'log-opts', value: {} }, facts, { file });
    expect(JSON.stringify({ ...comparison })).not.toMatch(/s3cret|pw@/);
  });

  test('a foreign edit does not change the fingerprint, the own key does', async () => {
    const one = changeOf(await judge(icc, sampleFacts(), { file: '{"mtu": 1400}' }));
    const two = changeOf(await judge(icc, sampleFacts(), { file: '{"mtu": 1300}' }));
    const three = changeOf(await judge(icc, sampleFacts(), { file: '{"icc": true}' }));
    expect(two.fingerprint).toBe(one.fingerprint);
    expect(three.fingerprint).not.toBe(one.fingerprint);
  });
});

describe('keys that go together', () => {
  test('icc false needs iptables, in the same file, to change first', async () => {
    const change = changeOf(await judge(icc, sampleFacts(), { file: '{"iptables": false}' }));
    expect(change.needs).toEqual(['daemon-option:iptables']);
  });

  test('with iptables off by a flag nothing is planned', async () => {
    expect(await judge(icc, sampleFacts({ argv: ['--iptables=false'] }))).toMatchObject({
      verdict: 'fail',
      steps: LEFT,
      reason: expect.stringContaining('iptables false') as string,
    });
  });

  test('log-level is compared without regard to case, and debug by itself', async () => {
    expect(
      await judge({ key: 'log-level', value: 'info' }, sampleFacts(), { file: '{"log-level": "INFO"}' }),
    ).toMatchObject({ verdict: 'pass' });
    expect(
      await judge({ key: 'debug', value: false }, sampleFacts({ argv: ['-D'], info: { ...INFO, Debug: true } })),
    ).toMatchObject({ verdict: 'fail', steps: LEFT });
  });
});
