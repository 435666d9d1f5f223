import { describe, expect, test } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { ACCEPT_SOCKET, OWN_STATE, WITH_HARDEN, harden, planOf, runJson, verdictsOf, whyOf } from './built-harden.ts';
import { type HostLayer, layerChanges } from './host-layer.ts';
import {
  CERTIFICATES,
  FOREIGN_DAEMON_JSON,
  FOREIGN_LIVE_RULE,
  FOREIGN_RULES,
  RULES_FILE,
  makeMess,
} from './messy-host.ts';
import { type Suite, type ThrowawayHost, realHosts, throwawayHost } from './throwaway-host.ts';

/** Level 2 where the shims differ: the old names are gone from forky on. */
const ROUNDS: readonly (readonly [Suite, string])[] = [
  ['bullseye', 'cis-docker-1.8.0/L2'],
  ['bookworm', 'cis-docker-1.8.0/L1'],
  ['trixie', 'cis-docker-1.8.0/L1'],
  ['forky', 'cis-docker-1.8.0/L2'],
];
const FAILING_AT_ONE = [
  'audit-dockerd',
  'audit-run-containerd',
  'audit-var-lib-docker',
  'docker-service-mode',
  'docker-sock-mode',
  'etc-docker-mode',
  'icc-disabled',
  'live-restore',
  'no-new-privileges-default',
  'registry-certs-mode',
  'userland-proxy-off',
];
const FAILING_AT_TWO = [
  ...FAILING_AT_ONE,
  'audit-containerd',
  'audit-containerd-config',
  'audit-containerd-sock',
  'audit-docker-service',
  'audit-docker-socket',
  'audit-etc-default-docker',
  'audit-runc',
  'audit-shim-runc-v2',
  'daemon-json-mode',
  'etc-default-docker-owner',
];

describe.runIf(realHosts())('plan, apply, verify, empty second plan, rollback', () => {
  test.each(ROUNDS)('%s with %s', async (suite, profile) => {
    await using host = await throwawayHost(suite, { audit: true, binds: WITH_HARDEN });
    await makeMess(host);
    const before = await stateOf(host);

    const plan = await planOf(host, '-p', profile);
    const failing = Object.keys(verdictsOf(plan)).filter((slug) => verdictsOf(plan)[slug] === 'fail');
    expect(failing.sort(), whyOf(plan, ...failing)).toEqual(expectedFailures(suite, profile));
    // Covered by a rule of the site under another key.
    expect(verdictsOf(plan)['audit-etc-docker']).toBe('pass');
    expect(plan.notChecked).toEqual([]);
    expect(await stateOf(host)).toEqual(before);

    const applied = await runJson(host, ['apply', '-p', profile, '--max-risk', 'high', ...ACCEPT_SOCKET], 0);
    expect(applied.type).toBe('done');
    expectAnnounced(applied.plan, applied.proofs ?? []);
    await expectForeignKept(host);
    expect(
      await host.check(`stat -c %a /etc/docker /etc/docker/daemon.json /run/docker.sock ${CERTIFICATES}/client.key`),
    ).toBe(profile.endsWith('L2') ? '755\n644\n660\n400\n' : '755\n664\n660\n400\n');
    const waiting = await harden(host, ['verify', '-p', profile]);
    expect(waiting.code, waiting.stdout).toBe(2);
    expect(waiting.stdout).toContain('restart dockerd the way it was started');

    await host.restartDockerd();
    const verified = await harden(host, ['verify', '-p', profile]);
    expect(verified.code, verified.stdout).toBe(0);
    const second = await harden(host, ['plan', '-p', profile, '--exit-code', '--json']);
    expect(second.code, second.stdout.slice(0, 4_000)).toBe(0);
    expect(await daemonValues(host)).toEqual({ icc: 'false', liveRestore: 'true' });

    await expectSnapshotReadable(host, applied.snapshot ?? '');
    const back = await runJson(host, ['rollback'], 0);
    expect(back.kept).toEqual([]);
    const after = await stateOf(host);
    expect(layerChanges(before.layer, after.layer)).toEqual([]);
    expect(after).toEqual(before);
    await host.restartDockerd();
    expect(await daemonValues(host)).toEqual({ icc: 'true', liveRestore: 'false' });

    const again = await harden(host, ['rollback', '--yes']);
    expect(again.code).toBe(64);
    expect(again.stderr).toContain('there is no apply to take back');
    expect((await harden(host, ['snapshot', 'list'])).stdout).toMatch(/taken back by [0-9a-f]{8}/);
  });

  test('a stock host needs nothing but its own files, and those go again', async () => {
    await using host = await throwawayHost('bookworm', { audit: true, binds: WITH_HARDEN });
    await host.startDockerd();
    const before = await stateOf(host);
    await runJson(host, ['apply', '-p', 'cis-docker-1.8.0/L2'], 0);
    expect(layerChanges(before.layer, (await stateOf(host)).layer).map((line) => line.split(' ', 2)[1])).toEqual([
      '/etc/audit/rules.d/50-harden-docker.rules',
      '/etc/audit/rules.d/89-harden-docker-run.rules',
      '/etc/docker/daemon.json',
      '/etc/tmpfiles.d/harden-docker.conf',
    ]);
    // What is written is what the next boot loads.
    const loaded = await host.check('auditctl -l');
    await host.check('auditctl -D >/dev/null && augenrules --load >/dev/null 2>&1; true');
    expect(sorted(await host.check('auditctl -l'))).toEqual(sorted(loaded));
    await host.check('rm -f /etc/audit/audit.rules.prev');
    await runJson(host, ['rollback'], 0);
    expect((await stateOf(host)).rules).toEqual(before.rules);
    expect(
      layerChanges(before.layer, (await stateOf(host)).layer).filter(
        (line) => !line.includes('/etc/audit/audit.rules'),
      ),
    ).toEqual([]);
  });

  test('a folder that everybody may write to is closed before anything is written into it, and opened last on the way back', async () => {
    await using host = await throwawayHost('trixie', { audit: true, binds: WITH_HARDEN });
    await makeMess(host);
    await host.check('chmod 0777 /etc/docker');
    const before = await stateOf(host);
    const refused = await harden(host, ['apply', '--yes', '-c', 'icc-disabled', '--max-risk', 'high']);
    expect(refused.code).toBe(5);
    expect(refused.stderr.replaceAll(/\s+/g, ' ')).toContain('/etc/docker may be written to by everybody');
    expect(refused.stderr).toContain('chmod go-w /etc/docker');
    expect(await stateOf(host)).toEqual(before);

    const applied = await runJson(host, ['apply', '--max-risk', 'high', ...ACCEPT_SOCKET], 0);
    expect(applied.type).toBe('done');
    expect(await host.check('stat -c %a /etc/docker')).toBe('755\n');
    expect(await host.read('/etc/docker/daemon.json')).toContain('"icc" : false');
    await runJson(host, ['rollback'], 0);
    expect(layerChanges(before.layer, (await stateOf(host)).layer)).toEqual([]);
    expect(await stateOf(host)).toEqual(before);
  });
});

interface State {
  readonly layer: HostLayer;
  readonly rules: string;
  readonly socket: string;
}

async function stateOf(host: ThrowawayHost): Promise<State> {
  return {
    layer: await host.layer(OWN_STATE),
    rules: await host.check('auditctl -l'),
    socket: await host.check('stat -c "%a %U %G" /run/docker.sock'),
  };
}

function expectedFailures(suite: Suite, profile: string): readonly string[] {
  if (profile.endsWith('L1')) {
    return FAILING_AT_ONE;
  }
  const oldShims = suite === 'forky' ? [] : ['audit-containerd-shim', 'audit-shim-runc-v1'];
  return [...FAILING_AT_TWO, ...oldShims].sort();
}

/** Live, or waiting where the plan said it would. */
function expectAnnounced(plan: Plan, proofs: readonly { readonly change: string; readonly proof: string }[]): void {
  const announced = plan.changes.map(({ id, liveAfter }) => [
    id,
    liveAfter === 'now' ? 'live' : `pending-${liveAfter}`,
  ]);
  expect(proofs.map(({ change, proof }) => [change, proof])).toEqual(announced);
}

async function expectForeignKept(host: ThrowawayHost): Promise<void> {
  expect(await host.read(RULES_FILE)).toBe(FOREIGN_RULES);
  const rules = await host.check('auditctl -l');
  expect(rules).toContain(FOREIGN_LIVE_RULE);
  expect(rules).toContain('site-docker');
  expect(rules.match(/ (?:-k |key=)docker\b.*\/etc\/docker\b|-w \/etc\/docker /g)).toHaveLength(1);
  const text = await host.read('/etc/docker/daemon.json');
  const foreign =
    '{\n\t"shutdown-timeout": 7,\n\t"labels": ["site=north"  ,"rack=7"], "log-opts": { "max-size":"10m" },\n\t"icc" : false,\n\t"debug": false';
  expect(foreign).toBe(FOREIGN_DAEMON_JSON.slice(0, -2).replace('true', 'false'));
  expect(text.startsWith(foreign)).toBe(true);
  expect(text.endsWith('\n}')).toBe(true);
}

async function daemonValues(host: ThrowawayHost): Promise<{ readonly icc: string; readonly liveRestore: string }> {
  const icc = await host.check(
    `docker network inspect -f '{{index .Options "com.docker.network.bridge.enable_icc"}}' bridge`,
  );
  const liveRestore = await host.check('docker info -f "{{.LiveRestoreEnabled}}"');
  return { icc: icc.trim(), liveRestore: liveRestore.trim() };
}

async function expectSnapshotReadable(host: ThrowawayHost, id: string): Promise<void> {
  const list = await harden(host, ['snapshot', 'list']);
  expect(list.stdout).toContain(id);
  const shown = await harden(host, ['snapshot', 'show', id.slice(0, 5)]);
  expect(shown.stdout).toContain('-\t"icc" : true,');
  expect(shown.stdout).toContain('+\t"icc" : false,');
  const json = await harden(host, ['snapshot', 'list', '--json']);
  expect(JSON.parse(json.stdout)).toMatchObject({ snapshots: [{ id, purpose: 'apply' }], damaged: [] });
  expect(JSON.parse((await harden(host, ['snapshot', 'show', '--json'])).stdout)).toMatchObject({ id });
  expect((await harden(host, ['snapshot', 'verify'])).stdout).toBe(`${id}  whole\n`);
  expect(JSON.parse((await harden(host, ['snapshot', 'verify', '--json'])).stdout)).toMatchObject({
    snapshots: [{ id, troubles: [] }],
  });
}

function sorted(text: string): readonly string[] {
  return text.split('\n').sort();
}
