import { describe, expect, test } from 'vitest';
import { Plan } from '../../src/model/plan.ts';
import type { DaemonOptionDesired } from '../../src/model/remediation.ts';
import { ask, carryOut, harden, withProject } from './daemon-option-steps.ts';
import { realHosts, systemdHost, type TestHost } from './throwaway-host.ts';

const FILE = '/etc/docker/daemon.json';
const NOTE = '/run/harden/dockerd-started-with.json';
const WANTED: readonly DaemonOptionDesired[] = [
  { type: 'daemon-option', key: 'no-new-privileges', value: true },
  { type: 'daemon-option', key: 'userland-proxy', value: false },
  { type: 'daemon-option', key: 'live-restore', value: true },
];

const startedAt = (host: TestHost): Promise<string> =>
  host.check("docker inspect -f '{{.State.Running}} {{.State.StartedAt}}' web");
const liveRestore = (host: TestHost): Promise<string> => host.check("docker info -f '{{.LiveRestoreEnabled}}'");

describe.runIf(realHosts('trixie'))('daemon options under systemd', () => {
  test(
    'live-restore goes first, containers survive there and back, and what ran before runs again',
    { timeout: 240_000 },
    async () => {
      await using host = await systemdHost('trixie', withProject);
      await host.importBusybox('box');
      await host.check('docker run -d --name web box sleep 3600');
      const before = await startedAt(host);

      const plan = await ask(host, { desired: WANTED });
      expect(plan.changes.map(({ address, impact }) => [address, impact])).toEqual([
        ['daemon-option:no-new-privileges', 'restart'],
        ['daemon-option:userland-proxy', 'restart'],
        ['daemon-option:live-restore', 'reload'],
      ]);
      expect(plan.validate).toContain('fd://');
      expect(await carryOut(host, plan.work?.steps ?? [])).toEqual(['reload', 'restart']);
      expect(await startedAt(host)).toBe(before);
      const live = await ask(host, { desired: WANTED });
      expect(live.assessments.map(({ comparison }) => comparison.verdict)).toEqual(['pass', 'pass', 'pass']);

      const after = Buffer.from(await host.read(FILE)).toString('base64');
      const back = await ask(host, { desired: [], revert: { changes: plan.changes, before: null, after } });
      expect(await carryOut(host, back.reversal?.steps ?? [])).toEqual(['restart', 'reload']);
      expect(await host.exists(FILE)).toBe(false);
      expect(await startedAt(host)).toBe(before);
      expect(await liveRestore(host)).toBe('false\n');
      const again = await ask(host, { desired: WANTED });
      expect(again.changes).toHaveLength(3);
    },
  );

  test(
    'live-restore that only the running daemon has carries containers there and back',
    { timeout: 240_000 },
    async () => {
      await using host = await systemdHost('trixie', withProject);
      await host.importBusybox('box');
      await host.write(FILE, '{"live-restore": true}', 0o600);
      await host.check('systemctl reload docker.service && sleep 1');
      await host.check(['rm', FILE]);
      await host.check('docker run -d --name web box sleep 3600');
      const before = await startedAt(host);
      expect(await liveRestore(host)).toBe('true\n');

      const plan = await ask(host, { desired: WANTED.slice(0, 2) });
      expect(await carryOut(host, plan.work?.steps ?? [])).toEqual(['restart', 'reload']);
      expect(await startedAt(host)).toBe(before);
      expect(await liveRestore(host)).toBe('false\n');
      expect(await host.read(FILE)).not.toContain('live-restore');

      for (const { path, content, activation } of plan.work?.undoPhases ?? []) {
        const write =
          content === null ? [] : [{ kind: 'write-file' as const, path, expected: null, content, access: undefined }];
        await carryOut(host, [...write, { kind: 'activate', activation }]);
      }
      await host.check(['rm', FILE]);
      expect(await startedAt(host)).toBe(before);
      expect(await liveRestore(host)).toBe('true\n');
    },
  );

  test('a reload leaves nothing for the next plan, and a restart since is noticed', { timeout: 240_000 }, async () => {
    await using host = await systemdHost('trixie', withProject);
    await host.write(FILE, '{"debug":true}', 0o600);
    await host.check('systemctl restart docker.service');
    const chosen = ['-c', 'live-restore', '-c', 'log-level-info'];
    const plan = async (): Promise<Plan> =>
      Plan.parse(JSON.parse((await harden(host, 'plan', '--json', ...chosen)).stdout));
    const verdicts = async (): Promise<readonly string[]> =>
      (await plan()).controls.map(({ verdict }) => verdict).sort();

    expect(await verdicts()).toEqual(['fail', 'fail']);
    const applied = await harden(host, 'apply', '--yes', ...chosen);
    expect(applied.code, applied.stderr).toBe(0);
    expect(await verdicts()).toEqual(['pass', 'pass']);
    expect((await plan()).changes).toEqual([]);
    expect(await host.check(`stat -c '%a %U %G' ${NOTE}`)).toBe('600 root root\n');

    const note = await host.read(NOTE);
    await host.check('systemctl restart docker.service');
    expect(await verdicts()).toEqual(['pass', 'pass']);
    await host.write(FILE, '{"debug":false,"live-restore":true,"mtu":1400}', 0o600);
    expect((await plan()).changes.map(({ op, address }) => `${op} ${address}`)).toEqual([
      'activate daemon-option:log-level',
    ]);
    expect(await host.read(NOTE)).toBe(note);
  });

  test('the way back does not need the note', { timeout: 240_000 }, async () => {
    await using host = await systemdHost('trixie', withProject);
    await host.write(FILE, '{"debug":true}', 0o600);
    await host.check('systemctl restart docker.service');
    const before = await host.check(`stat -c '%y %a' ${FILE} && cat ${FILE}`);
    expect((await harden(host, 'apply', '--yes', '-c', 'live-restore')).code).toBe(0);
    await host.check(['rm', NOTE]);
    const back = await harden(host, 'rollback', '--yes');
    expect(back.code, back.stderr).toBe(0);
    expect(await host.check(`stat -c '%y %a' ${FILE} && cat ${FILE}`)).toBe(before);
    expect(await liveRestore(host)).toBe('false\n');
  });

  test('the undo of a start that failed brings docker up within the start limit', { timeout: 240_000 }, async () => {
    await using host = await systemdHost('trixie', withProject);
    const plan = await ask(host, { desired: WANTED });
    await host.write(FILE, '{"icc": false, "iptables": false}', 0o600);
    for (let attempt = 0; attempt < 4; attempt += 1) {
      expect((await host.run('systemctl restart docker.service')).code).not.toBe(0);
    }
    await host.check(['rm', FILE]);
    // As after a transaction that was undone: the file is as before, and each phase writes its content and activates.
    const phases = plan.work?.undoPhases ?? [];
    expect(phases.length).toBeGreaterThan(0);
    for (const { path, content, activation } of phases) {
      const write =
        content === null ? [] : [{ kind: 'write-file' as const, path, expected: null, content, access: undefined }];
      await carryOut(host, [...write, { kind: 'activate', activation }]);
    }
    expect(await liveRestore(host)).toBe('false\n');
    expect((await host.check('systemctl is-active docker.service')).trim()).toBe('active');
  });
});
