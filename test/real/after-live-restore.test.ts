import { describe, expect, test } from 'vitest';
import { WITH_HARDEN, harden, planOf, runJson, verdictsOf, whyOf } from './built-harden.ts';
import { DAEMON_JSON, SITE_JSON, liveRestore, runContainers, runningContainers } from './systemd-parts.ts';
import { realHosts, systemdHost } from './throwaway-host.ts';

/** Keys that dockerd shows nowhere: only its start tells. */
const SILENT = ['log-level-info', 'iptables-managed', 'userland-proxy-off'] as const;
const CONTROLS = ['-c', [...SILENT, 'live-restore'].join(',')];

describe.runIf(realHosts('trixie'))('live-restore switched off across a restart', () => {
  test('leaves nothing unknown, although the file is written after dockerd started', async () => {
    await using host = await systemdHost('trixie', { binds: WITH_HARDEN });
    await host.write(DAEMON_JSON, SITE_JSON, 0o600);
    await host.check('systemctl restart docker');
    await runContainers(host);
    const before = verdictsOf(await planOf(host, ...CONTROLS));
    expect(before).toMatchObject({ 'log-level-info': 'pass', 'userland-proxy-off': 'fail', 'live-restore': 'fail' });
    const running = await runningContainers(host);
    const limits = ['--max-risk', 'high', '--max-impact', 'restart'];
    await runJson(host, ['apply', ...CONTROLS, ...limits], 0);
    // Another hand keeps the way back from ending with the very file from before, whose time would come back with it.
    await host.check(`sed -i 's/"shutdown-timeout": 7/"shutdown-timeout": 8/' ${DAEMON_JSON}`);
    const back = await runJson(host, ['rollback', ...limits], 0);
    expect(back.proofs?.map(({ proof }) => proof)).toEqual(['live', 'live']);
    expect(await runningContainers(host)).toBe(running);
    expect(await liveRestore(host)).toBe('false');
    expect(JSON.parse(await host.read(DAEMON_JSON))).toMatchObject({ 'shutdown-timeout': 8 });

    const plan = await planOf(host, ...CONTROLS);
    expect(verdictsOf(plan), whyOf(plan, ...SILENT)).toEqual(before);
    expect((await harden(host, ['verify', '-c', 'log-level-info,iptables-managed'])).code).toBe(0);

    // What somebody writes afterwards is not what dockerd was started with.
    await host.check(`sed -i 's/"shutdown-timeout": 8/"shutdown-timeout": 9/' ${DAEMON_JSON}`);
    expect(verdictsOf(await planOf(host, ...CONTROLS))['log-level-info']).toBe('fail');
  });
});
