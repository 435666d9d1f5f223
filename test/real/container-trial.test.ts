import { describe, expect, test } from 'vitest';
import type { TrialOutcome } from '../../src/model/health.ts';
import { SUITES, type Suite, type ThrowawayHost, realHosts, throwawayHost } from './throwaway-host.ts';

const PROBE = ['/run/src/node_modules/node/bin/node', '/run/src/test/real/container-trial-probe.ts'];
const BINDS = { '/run/src': `${import.meta.dirname}/../..` };
const DEAD_SYSLOG = ['--log-driver=syslog', '--log-opt', 'syslog-address=tcp://127.0.0.1:1'];

describe.runIf(realHosts())('a throwaway container', () => {
  test.each(SUITES)('starts on %s, and leaves the engine as it was', async (suite) => {
    await using host = await hostWith(suite, []);
    await host.importBusybox('box');
    await host.check('docker run -d --stop-timeout 1 --name web box sleep 10000');
    const before = await engineState(host);
    expect(await trial(host)).toEqual({ type: 'started', left: [] });
    expect(await engineState(host)).toBe(before);
  });

  test.each(['bullseye', 'trixie', 'forky'] as const)('starts on %s with user namespaces', async (suite) => {
    await using host = await hostWith(suite, ['--userns-remap=default']);
    const before = await engineState(host);
    expect(await trial(host)).toEqual({ type: 'started', left: [] });
    expect(await engineState(host)).toBe(before);
  });

  test("starts in containerd's image store", async () => {
    await using host = await throwawayHost('forky', { binds: BINDS });
    await host.write('/etc/docker/daemon.json', '{ "features": { "containerd-snapshotter": true } }');
    await host.check('mkdir -p /var/lib/containerd && mount -t tmpfs none /var/lib/containerd');
    await host.startDockerd();
    expect(await host.check('docker info -f "{{.DriverStatus}}"')).toContain('io.containerd.snapshotter');
    const before = await engineState(host);
    expect(await trial(host)).toEqual({ type: 'started', left: [] });
    expect(await engineState(host)).toBe(before);
  });

  test.each(SUITES)(
    'does not start on %s where the log driver has no server, and the engine says why',
    async (suite) => {
      await using host = await hostWith(suite, DEAD_SYSLOG);
      const before = await engineState(host);
      const outcome = await trial(host);
      expect(outcome).toMatchObject({ type: 'failed', left: [] });
      expect(outcome.type === 'failed' ? outcome.reason : '').toMatch(/logging driver.*127\.0\.0\.1:1.*refused/);
      expect(await engineState(host)).toBe(before);
    },
  );

  test('that a killed run left is removed by the next one, and nothing else is', async () => {
    await using host = await hostWith('trixie', []);
    await host.importBusybox('box');
    // Names that look like ours belong to others as long as they do not carry our label.
    await host.check(
      'docker create --name harden-trials box sh; docker tag box harden-trial:keep; docker create --name harden-trial-76543210 box sh',
    );
    const before = await engineState(host);
    await host.check(
      'docker tag box harden-trial:0123abcd; docker create --label harden.trial=0123abcd --name harden-trial-0123abcd harden-trial:0123abcd sh',
    );
    expect(await trial(host)).toEqual({ type: 'started', left: [] });
    expect(await engineState(host)).toBe(before);
  });

  test('gives up in its time where the engine hangs', async () => {
    await using host = await hostWith('trixie', []);
    await host.check('kill -STOP $(cat /run/docker.pid)');
    const started = performance.now();
    const outcome = await trial(host, 500);
    await host.check('kill -CONT $(cat /run/docker.pid)');
    expect(outcome).toMatchObject({ type: 'failed', reason: 'the engine gave no answer: not within 0.5 s' });
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});

async function hostWith(suite: Suite, flags: readonly string[]): Promise<ThrowawayHost> {
  const host = await throwawayHost(suite, { binds: BINDS });
  await host.startDockerd(flags);
  return host;
}

async function trial(host: ThrowawayHost, limitMs = 30_000): Promise<TrialOutcome> {
  return JSON.parse(await host.check([...PROBE, String(limitMs)])) as TrialOutcome;
}

/** Images, containers, volumes, networks, and every file of the image store. */
async function engineState(host: ThrowawayHost): Promise<string> {
  return host.check(
    'docker images -a --no-trunc -q; docker images --format {{.Repository}}:{{.Tag}} | sort; docker ps -a --no-trunc -q; docker volume ls; docker network ls -q; find /var/lib/docker -path "*/image/*" -type f | sort; ls -d /var/lib/docker/overlay2/* /var/lib/docker/*/overlay2/* /var/lib/docker/containers/* 2>/dev/null; true',
  );
}
