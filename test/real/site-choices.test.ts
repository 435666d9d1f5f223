import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { WITH_HARDEN, harden, planOf, runJson, verdictsOf, whyOf } from './built-harden.ts';
import { layerChanges } from './host-layer.ts';
import { DAEMON_JSON, dropIn, layerOf, runContainers, runningContainers, serviceState } from './systemd-parts.ts';
import { AUTHORIZATION_PLUGIN, makeTlsMaterial } from './tls-material.ts';
import { type TestHost, realHosts, systemdHost } from './throwaway-host.ts';

const PROFILE = '/run/site.json5';
const LIMITS = ['--max-risk', 'high', '--max-impact', 'restart'];
const TLS = '/etc/docker/tls';
const LISTENER = `
use IO::Socket::INET;
my $all = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1:5514') or die;
my @clients;
while (my $client = $all->accept) { push @clients, $client }
`;

/** A profile of the site that gives these parameters. */
async function profile(host: TestHost, parameters: object): Promise<readonly string[]> {
  await host.write(
    PROFILE,
    JSON.stringify({ name: 'site', title: 'of the site', benchmark: 'cis-docker-1.8.0', level: 2, parameters }),
    0o600,
  );
  return ['-p', PROFILE];
}

/** Applies one control, has it verified, looks with `live`, and takes it back: nothing of it may stay. */
async function circle(host: TestHost, control: string, parameters: object, live: () => Promise<void>): Promise<void> {
  const first = await planOf(host, '-c', control, '-p', 'cis-docker-1.8.0/L2');
  expect(verdictsOf(first)[control], whyOf(first, control)).toBe('manual');
  const chosen = [...(await profile(host, parameters)), '-c', control];
  const before = await layerOf(host);
  const plan = await planOf(host, ...chosen);
  expect(plan.summary, whyOf(plan, control)).toMatchObject({ toFix: 1, maxRisk: 'high', maxImpact: 'restart' });
  expect((await harden(host, ['apply', '--yes', ...chosen])).code).toBe(4);
  // What decides who may use the engine is accepted by name; for the others that changes nothing.
  const done = await runJson(host, ['apply', ...chosen, ...LIMITS, '--accept', control], 0);
  expect(done.proofs?.map(({ proof }) => proof)).toEqual(['live']);
  const verified = await harden(host, ['verify', ...chosen]);
  expect(verified.code, verified.stdout).toBe(0);
  expect((await planOf(host, ...chosen)).changes).toEqual([]);
  await live();
  await runJson(host, ['rollback', ...LIMITS], 0);
  expect(layerChanges(before, await layerOf(host))).toEqual([]);
  expect(await serviceState(host)).toBe('active success 0');
  expect((await harden(host, ['verify', ...chosen])).code).toBe(2);
}

describe.runIf(realHosts('trixie'))('what a site decides, given by its profile', () => {
  test('TLS for an open TCP socket: clients without a certificate are refused afterwards', async () => {
    await using host = await systemdHost('trixie', { binds: WITH_HARDEN });
    await makeTlsMaterial(host, TLS);
    await dropIn(host, 'ExecStart=', 'ExecStart=/usr/sbin/dockerd -H fd:// -H tcp://127.0.0.1:2376');
    await host.check('systemctl restart docker');
    expect(await host.check('docker -H tcp://127.0.0.1:2376 version -f "{{.Server.Version}}"')).toMatch(/^26/);
    const tls = { ca: `${TLS}/ca.pem`, certificate: `${TLS}/cert.pem`, key: `${TLS}/key.pem` };
    await circle(host, 'tcp-tls-verify', { tls }, async () => {
      const ask = ['docker', '-H', 'tcp://127.0.0.1:2376'];
      expect((await host.run([...ask, 'version'])).code).not.toBe(0);
      const ca = ['--tlsverify', `--tlscacert=${TLS}/ca.pem`];
      expect((await host.run([...ask, ...ca, 'version'])).code).not.toBe(0);
      const client = [`--tlscert=${TLS}/client.pem`, `--tlskey=${TLS}/client-key.pem`];
      await host.check([...ask, ...ca, ...client, 'version']);
    });
    expect(await host.check('docker -H tcp://127.0.0.1:2376 version -f "{{.Server.Version}}"')).toMatch(/^26/);
  });

  test('an authorization plugin: only one that answers, and the engine asks it then', async () => {
    const binds = { ...WITH_HARDEN, '/run/node': dirname(process.execPath) };
    await using host = await systemdHost('trixie', { binds });
    const parameters = { 'authorization-plugins': ['allow-all'] };
    const silent = await planOf(host, ...(await profile(host, parameters)), '-c', 'authz-plugin');
    expect(silent.changes).toEqual([]);
    expect(whyOf(silent, 'authz-plugin')).toContain('does not answer now');
    await host.write('/run/authz.mjs', AUTHORIZATION_PLUGIN, 0o600);
    await host.check('systemd-run --quiet --unit=authz /run/node/node /run/authz.mjs; sleep 1');
    await circle(host, 'authz-plugin', parameters, async () => {
      expect(await host.check('docker info -f "{{.Plugins.Authorization}}"')).toContain('allow-all');
    });
  });

  test('a remote log target: one that answers is taken, with one that does not no container would start, so all is put back', async () => {
    await using host = await systemdHost('trixie', { binds: WITH_HARDEN });
    await host.importBusybox('box');
    const target = (port: number) => ({
      'log-target': { driver: 'syslog', options: { 'syslog-address': `tcp://127.0.0.1:${port}` } },
    });
    await host.write('/run/listener.pl', LISTENER, 0o600);
    await host.check('systemd-run --quiet --unit=listener perl /run/listener.pl; sleep 0.5');
    const plan = await planOf(host, ...(await profile(host, target(5514))), '-c', 'central-logging');
    expect(plan.changes.flatMap(({ notes }) => notes).join('\n')).toContain('is not proved');
    await circle(host, 'central-logging', target(5514), async () => {
      await host.check('docker run --rm box true');
      expect(JSON.parse(await host.read(DAEMON_JSON))).toMatchObject({ 'log-driver': 'syslog' });
    });
    const unreachable = [...(await profile(host, target(5999))), '-c', 'central-logging'];
    const before = await layerOf(host);
    const refused = await runJson(host, ['apply', ...unreachable, ...LIMITS], 6);
    expect(refused.reason).toContain('failed to initialize logging driver');
    expect(layerChanges(before, await layerOf(host))).toEqual([]);
    await host.check('docker run --rm box true');
  });

  test('user namespaces: on an empty host; where there is anything it is left to a person', async () => {
    await using host = await systemdHost('trixie', { binds: WITH_HARDEN });
    await host.check(
      'useradd --system --no-create-home remapped; for f in subuid subgid; do echo remapped:200000:65536 >> /etc/$f; done',
    );
    await circle(host, 'userns-remap', { 'userns-remap': 'remapped' }, async () => {
      expect(await host.check('docker info -f "{{.DockerRootDir}}"')).toBe('/var/lib/docker/200000.200000\n');
    });
    await host.importBusybox('box');
    const used = await planOf(host, '-p', PROFILE, '-c', 'userns-remap');
    expect(used.changes).toEqual([]);
    expect(whyOf(used, 'userns-remap')).toContain('1 images would be out of sight');
  });

  test('a seccomp profile: "unconfined" goes, a file of the site stays and has to be one', async () => {
    await using host = await systemdHost('trixie', { binds: WITH_HARDEN });
    await host.importBusybox('box');
    const control = ['-c', 'daemon-seccomp-profile', '-p', 'cis-docker-1.8.0/L2'];
    const options = 'docker info -f "{{.SecurityOptions}}"';
    await host.write('/etc/docker/site.json', '{"defaultAction": "SCMP_ACT_ALLOW"}', 0o644);
    await host.write(DAEMON_JSON, '{"seccomp-profile": "/etc/docker/site.json"}', 0o600);
    await host.check('systemctl restart docker');
    expect((await harden(host, ['verify', ...control])).code).toBe(0);
    expect(await host.check(options)).toContain('profile=/etc/docker/site.json');

    await host.write(DAEMON_JSON, '{"seccomp-profile": "unconfined"}', 0o600);
    await host.check('systemctl restart docker');
    const before = await layerOf(host);
    await runJson(host, ['apply', ...control, ...LIMITS], 0);
    expect(await host.check(options)).toContain('profile=builtin');
    expect((await harden(host, ['verify', ...control])).code).toBe(0);
    expect(await host.check('docker run --rm box grep Seccomp: /proc/self/status')).toContain('2');
    await runJson(host, ['rollback', ...LIMITS], 0);
    expect(layerChanges(before, await layerOf(host))).toEqual([]);
    expect(await host.check(options)).toContain('profile=unconfined');
  });
});

describe.runIf(realHosts('trixie'))('a host in a swarm', () => {
  test('gets no live-restore, is told what a restart stops, and keeps its swarm', async () => {
    await using host = await systemdHost('trixie', { binds: WITH_HARDEN });
    await host.check('ip link set lo up; docker swarm init --advertise-addr 127.0.0.1 >/dev/null');
    await runContainers(host);
    const before = await layerOf(host);
    const choice = ['-c', 'live-restore,userland-proxy-off,no-new-privileges-default'];
    const plan = await planOf(host, ...choice);
    expect(verdictsOf(plan)).toMatchObject({ 'live-restore': 'not-applicable', 'userland-proxy-off': 'fail' });
    expect(plan.host.docker.swarm).toBe('active');
    expect(plan.effects.flatMap(({ containersStopped }) => containersStopped)).toEqual(['always', 'plain', 'web']);
    await runJson(host, ['apply', ...choice, ...LIMITS], 0);
    expect(await host.check('docker info -f "{{.Swarm.LocalNodeState}} {{.LiveRestoreEnabled}}"')).toBe(
      'active false\n',
    );
    expect((await harden(host, ['verify', ...choice])).code).toBe(0);
    // Only what has a restart policy comes back by itself.
    expect(await runningContainers(host)).not.toContain('plain');
    await host.check('docker start plain web');
    await runJson(host, ['rollback', ...LIMITS], 0);
    expect(layerChanges(before, await layerOf(host))).toEqual([]);
    expect(await host.check('docker info -f "{{.Swarm.LocalNodeState}}"')).toBe('active\n');

    await host.write(DAEMON_JSON, '{"icc": false}', 0o600);
    await host.check('docker swarm leave --force; systemctl restart docker');
    expect(verdictsOf(await planOf(host, '-c', 'live-restore'))['live-restore']).toBe('fail');
  });
});
