import { describe, expect, test } from 'vitest';
import { ACCEPT_SOCKET, type Proof, WITH_HARDEN, harden, planOf, runJson, verdictsOf } from './built-harden.ts';
import { layerChanges } from './host-layer.ts';
import {
  DAEMON_JSON,
  SITE_JSON,
  askWeb,
  dropIn,
  layerOf,
  liveRestore,
  runContainers,
  runningContainers,
  serviceState,
} from './systemd-parts.ts';
import { type TestHost, realHosts, systemdHost } from './throwaway-host.ts';

const HELD = 'docker stop always plain web, then systemctl restart docker.service, then docker start always plain web';

describe.runIf(realHosts('bookworm', 'trixie'))('a host whose docker is restarted by systemd', () => {
  test.each(['bookworm', 'trixie'] as const)(
    '%s: live-restore first, containers stay, the same way back',
    async (suite) => {
      await using host = await systemdHost(suite, { binds: WITH_HARDEN });
      await prepare(host);
      const before = {
        layer: await layerOf(host),
        containers: await runningContainers(host),
        socket: await socketAccess(host),
      };
      expect(await askWeb(host)).toContain('HTTP/1');

      const plan = await planOf(host);
      expect(plan.effects.map(({ kind }) => kind)).toEqual(['write', 'reload', 'restart']);
      expect(plan.effects.at(-1)?.containersKept).toEqual(['always', 'plain', 'web']);
      expect(plan.effects.at(-1)?.containersStopped).toEqual([]);
      expect(verdictsOf(plan)).toMatchObject({ 'userland-proxy-off': 'fail', 'docker-sock-mode': 'fail' });
      expect(plan.controls.find(({ slug }) => slug === 'userland-proxy-off')?.reason).toContain('--userland-proxy');
      expect(plan.notChecked.map(({ control }) => control.split('-')[0])).toEqual(['audit', 'audit', 'audit', 'audit']);

      for (const args of [[], ['--max-risk', 'high'], ['--max-impact', 'reload']]) {
        expect((await harden(host, ['apply', '--yes', ...args])).code).toBe(4);
      }
      expect(layerChanges(before.layer, await layerOf(host))).toEqual([]);

      const since = await now(host);
      const applied = await runJson(host, ['apply', '--max-impact', 'restart', ...ACCEPT_SOCKET], 0);
      expect(await actionsSince(host, since)).toEqual(['Reloaded', 'Stopped', 'Started']);
      expect(await runningContainers(host)).toBe(before.containers);
      expect(await askWeb(host)).toContain('HTTP/1');
      expect(await liveRestore(host)).toBe('true');
      expect(await serviceState(host)).toBe('active success 0');
      const text = await host.read(DAEMON_JSON);
      expect(text.startsWith(SITE_JSON.slice(0, -2))).toBe(true);
      expect(Object.keys(JSON.parse(text) as object)).not.toContain('userland-proxy');
      expectIccHeld(applied.proofs ?? [], applied.plan.changes);
      expect(await socketAccess(host)).toBe('660 root docker\n');
      expect(await host.read('/etc/systemd/system/docker.socket.d/50-harden.conf')).toContain('SocketMode=0660');

      const verified = await harden(host, ['verify']);
      expect(verified.code, verified.stdout).toBe(2);
      expect(verified.stdout.replaceAll(/\s+/g, ' ')).toContain(HELD);
      expect((await planOf(host)).changes).toEqual([]);

      expect((await harden(host, ['rollback', '--yes'])).code).toBe(4);
      await runJson(host, ['rollback', '--max-impact', 'restart'], 0);
      expect(layerChanges(before.layer, await layerOf(host))).toEqual([]);
      expect(await runningContainers(host)).toBe(before.containers);
      expect(await askWeb(host)).toContain('HTTP/1');
      expect(await liveRestore(host)).toBe('false');
      expect(await socketAccess(host)).toBe(before.socket);
      expect(await host.check('systemctl show docker.socket -P SocketMode')).toBe('0666\n');
      expect(await serviceState(host)).toBe('active success 0');
    },
  );

  test('what can be reloaded is reloaded, and is live at once; nothing is restarted for it', async () => {
    await using host = await systemdHost('trixie', { binds: WITH_HARDEN });
    await host.write(DAEMON_JSON, '{ "debug": true, "insecure-registries": ["registry.example:5000"] }', 0o600);
    await host.check('systemctl restart docker');
    await runContainers(host);
    const containers = await runningContainers(host);
    const before = await layerOf(host);
    const since = await now(host);
    const only = ['-c', 'live-restore', '-c', 'no-insecure-registries'];
    const applied = await runJson(host, ['apply', ...only], 0);
    expect(applied.proofs?.map(({ proof }) => proof)).toEqual(['live', 'live']);
    expect((await harden(host, ['verify', ...only])).code).toBe(0);
    await runJson(host, ['rollback'], 0);
    expect(await actionsSince(host, since)).toEqual(['Reloaded', 'Reloaded']);
    expect(await runningContainers(host)).toBe(containers);
    expect(layerChanges(before, await layerOf(host))).toEqual([]);
    expect(
      await host.check(`docker info -f '{{.LiveRestoreEnabled}} {{.Debug}} {{json .RegistryConfig.IndexConfigs}}'`),
    ).toMatch(/^false true .*registry\.example:5000/);
  });
});

/** A foreign daemon.json, a flag in a drop-in, a socket that everybody may use by its unit. */
async function prepare(host: TestHost): Promise<void> {
  await host.write(DAEMON_JSON, SITE_JSON, 0o640);
  await host.check('sed -i s/^SocketMode=.*/SocketMode=0666/ "$(systemctl show docker.socket -P FragmentPath)"');
  await dropIn(host, 'ExecStart=', 'ExecStart=/usr/sbin/dockerd -H fd:// --userland-proxy=true');
  await host.check('systemctl stop docker.service docker.socket && systemctl start docker.socket docker.service');
  await runContainers(host);
}

/** Containers that outlive the restart hold the default bridge as it was: announced, and said again. */
function expectIccHeld(
  proofs: readonly Proof[],
  changes: readonly { readonly id: string; readonly address: string }[],
): void {
  const icc = changes.find(({ address }) => address.endsWith('icc'))?.id;
  expect(proofs.find(({ change }) => change === icc)?.command).toBe(HELD);
  for (const { change, proof } of proofs) {
    expect(`${change} ${proof}`).toBe(`${change} ${change === icc ? 'pending-restart' : 'live'}`);
  }
}

async function socketAccess(host: TestHost): Promise<string> {
  return host.check('stat -c "%a %U %G" /run/docker.sock');
}

async function now(host: TestHost): Promise<string> {
  return (await host.check('sleep 1.1; date "+%Y-%m-%d %H:%M:%S"')).trim();
}

/** What systemd did to docker.service since then, in order. */
async function actionsSince(host: TestHost, since: string): Promise<readonly string[]> {
  const log = await host.check([
    'journalctl',
    '-u',
    'docker.service',
    '--since',
    since,
    '-o',
    'cat',
    'SYSLOG_IDENTIFIER=systemd',
  ]);
  return log.split('\n').flatMap((line) => /^(Reloaded|Stopped|Started) docker\.service/.exec(line)?.[1] ?? []);
}
