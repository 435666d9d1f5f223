import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { expectAnswer } from '../helpers/answers.ts';
import { ACCEPT_SOCKET, HARDEN, OWN_STATE, WITH_HARDEN, harden, runJson } from './built-harden.ts';
import { layerChanges } from './host-layer.ts';
import { makeMess } from './messy-host.ts';
import {
  DAEMON_JSON,
  SITE_JSON,
  dropIn,
  layerOf,
  liveRestore,
  runContainers,
  runningContainers,
  serviceState,
} from './systemd-parts.ts';
import {
  type RunResult,
  type TestHost,
  type ThrowawayHost,
  realHosts,
  systemdHost,
  throwawayHost,
} from './throwaway-host.ts';

/** Made by a wrapper of the test when harden has come so far that it is to be killed. */
const HERE = '/run/harden-was-here';

describe.runIf(realHosts('bookworm', 'trixie'))('a harden that is killed in the middle of an apply', () => {
  test('is told of by the next plan, keeps others out while it runs, and is undone by recover', async () => {
    await using host = await throwawayHost('trixie', { audit: true, binds: WITH_HARDEN });
    await makeMess(host);
    await stopBeforeRule(host);
    const before = { layer: await host.layer(OWN_STATE), rules: await host.check('auditctl.real -l') };
    const run = apply(host);
    await until(host, `test -e ${HERE}`);
    expect((await harden(host, ['apply', '--yes'])).code).toBe(9);
    expect(layerChanges(before.layer, await host.layer(OWN_STATE))).not.toEqual([]);
    await kill(host);
    await run;

    const told = await harden(host, ['plan', '--json']);
    expect(told.code).toBe(0);
    expect(told.stderr).toMatch(/run [0-9a-f]{8} has not ended/);
    expect(JSON.parse(told.stdout)).toMatchObject({ schema: 'urn:harden:plan:1' });

    const recovered = await harden(host, ['recover']);
    expect(recovered.code, recovered.stdout + recovered.stderr).toBe(0);
    expect(recovered.stdout).toContain('the state before it is back');
    expect(layerChanges(before.layer, await host.layer(OWN_STATE))).toEqual([]);
    expect(await host.check('auditctl.real -l')).toBe(before.rules);
    expect((await harden(host, ['plan'])).stderr).not.toContain('has not ended');
    expect((await harden(host, ['recover'])).stdout).toBe('Nothing to recover.\n');
  });

  test('is undone by the next apply, which then does its own work', async () => {
    await using host = await throwawayHost('bookworm', { audit: true, binds: WITH_HARDEN });
    await makeMess(host);
    await stopBeforeRule(host);
    const before = { layer: await host.layer(OWN_STATE), rules: await host.check('auditctl.real -l') };
    const run = apply(host);
    await until(host, `test -e ${HERE}`);
    await kill(host);
    await run;
    await host.check(`touch ${HERE}.enough`);
    const again = await harden(host, ['apply', '--yes', '--max-risk', 'high', ...ACCEPT_SOCKET]);
    expect(again.code, again.stdout + again.stderr).toBe(0);
    expect(again.stderr).toContain('the state before it is back');
    await runJson(host, ['rollback'], 0);
    expect(layerChanges(before.layer, await host.layer(OWN_STATE))).toEqual([]);
    expect(await host.check('auditctl.real -l')).toBe(before.rules);
  });

  test('while docker restarts: recover brings the old settings back, and containers never stop', async () => {
    await using host = await systemdHost('bookworm', { binds: WITH_HARDEN });
    await host.write(DAEMON_JSON, SITE_JSON, 0o640);
    await dropIn(
      host,
      `ExecStartPre=/bin/sh -c 'if grep -q icc ${DAEMON_JSON}; then touch ${HERE}; exec sleep 60; fi'`,
    );
    await host.check('systemctl restart docker');
    await runContainers(host);
    const before = await layerOf(host);
    const containers = await runningContainers(host);
    const run = apply(host);
    await until(host, `test -e ${HERE}`);
    await kill(host);
    await run;
    const recovered = await harden(host, ['recover', '--json']);
    expect(recovered.code, recovered.stdout + recovered.stderr).toBe(0);
    expect(expectAnswer('recovery', recovered.stdout)).toMatchObject({
      recovered: [{ outcome: 'undone', purpose: 'apply' }],
    });
    await until(host, 'docker version');
    expect(layerChanges(before, await layerOf(host))).toEqual([]);
    expect(await runningContainers(host)).toBe(containers);
    expect(await liveRestore(host)).toBe('false');
    expect(await serviceState(host)).toMatch(/^active success/);
  });

  test('by Ctrl-C is no kill: it undoes what it did, and says so with 130', async () => {
    await using host = await throwawayHost('trixie', { audit: true, binds: WITH_HARDEN });
    await makeMess(host);
    await stopBeforeRule(host, '2');
    const before = await host.layer(OWN_STATE);
    const run = apply(host);
    await until(host, `test -e ${HERE}`);
    await signal(host, 'INT');
    const ended = await run;
    expect(ended.code, ended.stdout + ended.stderr).toBe(130);
    expect(layerChanges(before, await host.layer(OWN_STATE))).toEqual([]);
    expect((await harden(host, ['recover'])).stdout).toBe('Nothing to recover.\n');
  });
});

function apply(host: TestHost): Promise<RunResult> {
  const ceilings = ['--max-risk', 'high', '--max-impact', 'restart', ...ACCEPT_SOCKET];
  return host.run([HARDEN, 'apply', '--yes', ...ceilings], { timeoutMs: 60_000 });
}

/** Files and modes are written by then; the second rule that is loaded takes its time. */
async function stopBeforeRule(host: ThrowawayHost, seconds = '60'): Promise<void> {
  await host.check('cp -p /usr/sbin/auditctl /usr/sbin/auditctl.real && rm /usr/sbin/auditctl');
  await host.write(
    '/usr/sbin/auditctl',
    `#!/bin/bash
case $1 in
  -a | -w) if [ -e ${HERE}.first ] && [ ! -e ${HERE}.enough ]; then touch ${HERE}; sleep ${seconds}; touch ${HERE}.enough; fi; touch ${HERE}.first ;;
esac
exec /usr/sbin/auditctl.real "$@"
`,
    0o755,
  );
}

async function kill(host: TestHost): Promise<void> {
  await signal(host, 'KILL');
}

async function signal(host: TestHost, name: string): Promise<void> {
  await host.check(`pkill -${name} --ns $$ --nslist mnt -f '^${HARDEN} apply'`);
}

async function until(host: TestHost, condition: string): Promise<void> {
  const end = Date.now() + 30_000;
  while ((await host.run(condition)).code !== 0) {
    if (Date.now() > end) {
      throw new Error(`not so after 30 s: ${condition}`);
    }
    await sleep(100);
  }
}
