import { describe, expect, test } from 'vitest';
import { WITH_HARDEN, harden, runJson } from './built-harden.ts';
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
import { type Suite, type TestHost, realHosts, systemdHost } from './throwaway-host.ts';

interface Refusal {
  readonly what: string;
  readonly suite: Suite;
  /** Lines of a drop-in of docker.service; no look at the file alone can foretell what they do. */
  readonly unit: readonly string[];
  /** Where the run stops. */
  readonly at: RegExp;
  /** Times dockerd is started afterwards: an old daemon that was never stopped is not started again. */
  readonly startedAgain: boolean;
}

const REFUSALS: readonly Refusal[] = [
  {
    what: 'does not start with the new settings',
    suite: 'bookworm',
    unit: [`ExecStartPre=/bin/sh -c '! grep -q icc ${DAEMON_JSON}'`],
    at: /^restart docker$/,
    startedAgain: true,
  },
  {
    what: 'hangs at the start with the new settings',
    suite: 'trixie',
    unit: [`ExecStartPre=/bin/sh -c 'if grep -q icc ${DAEMON_JSON}; then exec sleep 100; fi'`, 'TimeoutStartSec=3'],
    at: /^restart docker$/,
    startedAgain: true,
  },
  {
    what: 'ends soon after a start that went well',
    suite: 'trixie',
    unit: [`ExecStartPost=/bin/sh -c 'if grep -q icc ${DAEMON_JSON}; then kill -9 $MAINPID; fi'`],
    // Whether the engine still answered once is a matter of milliseconds.
    at: /^(restart docker|verification)$/,
    startedAgain: true,
  },
  {
    what: 'does not take the reload up, and says so to nobody',
    suite: 'trixie',
    unit: ['ExecReload=', 'ExecReload=/bin/true'],
    at: /^reload docker$/,
    startedAgain: false,
  },
];

describe.runIf(realHosts('bookworm', 'trixie'))('a docker that', () => {
  test.each(REFUSALS)('$what ($suite): the old settings run again, containers never stop', async (refusal) => {
    await using host = await systemdHost(refusal.suite, { binds: WITH_HARDEN });
    await host.write(DAEMON_JSON, SITE_JSON, 0o640);
    await dropIn(host, ...refusal.unit);
    await host.check('systemctl restart docker');
    await runContainers(host);
    const before = await layerOf(host);
    const containers = await runningContainers(host);
    const daemon = await daemonPid(host);

    const report = await runJson(host, ['apply', '--max-impact', 'restart'], 6);
    expect(report).toMatchObject({
      type: 'rolled-back',
      at: expect.stringMatching(refusal.at) as string,
      notAsBefore: [],
    });
    expect(layerChanges(before, await layerOf(host))).toEqual([]);
    expect(await runningContainers(host)).toBe(containers);
    expect(await askWeb(host)).toContain('HTTP/1');
    expect(await liveRestore(host)).toBe('false');
    expect(await serviceState(host)).toMatch(/^active success/);
    expect((await daemonPid(host)) === daemon).toBe(!refusal.startedAgain);

    // Within the start limit: whoever mends the cause can start docker at once.
    expect((await harden(host, ['plan'])).code).toBe(0);
    expect((await harden(host, ['rollback', '--yes'])).stderr).toContain('there is no apply to take back');
    await host.check('systemctl restart docker');
    expect(await serviceState(host)).toMatch(/^active success/);
  });
});

async function daemonPid(host: TestHost): Promise<string> {
  return host.check('systemctl show docker.service -P MainPID');
}
