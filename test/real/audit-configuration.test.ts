import { describe, expect, test } from 'vitest';
import { OWN_STATE, WITH_HARDEN, planOf, runJson, verdictsOf } from './built-harden.ts';
import { layerChanges } from './host-layer.ts';
import { realHosts, throwawayHost } from './throwaway-host.ts';

const CONTROLS = ['-c', 'audit-var-lib-docker,audit-dockerd'];

describe.runIf(realHosts('bullseye', 'trixie'))('how auditd is set up on a host', () => {
  test.each([
    ['bullseye', 'admin_space_left_action = SUSPEND', 'admin_space_left_action = HALT'],
    ['trixie', 'disk_full_action = SUSPEND', 'disk_full_action = SINGLE'],
  ] as const)(
    '%s: one that stops the machine on a full disk gets no rule that fills it',
    async (suite, usual, grave) => {
      await using host = await throwawayHost(suite, { audit: true, binds: WITH_HARDEN });
      await host.startDockerd();
      expect(await host.read('/etc/audit/auditd.conf')).toContain(usual);
      expect(verdictsOf(await planOf(host, ...CONTROLS))['audit-var-lib-docker']).toBe('fail');
      expect((await planOf(host, ...CONTROLS)).changes).toHaveLength(2);

      await host.check(`sed -i 's/^${usual}$/${grave}/' /etc/audit/auditd.conf`);
      const { controls, changes } = await planOf(host, ...CONTROLS);
      expect(changes.map(({ controls: for_ }) => for_)).toEqual([['audit-dockerd']]);
      const data = controls.find(({ slug }) => slug === 'audit-var-lib-docker');
      expect(data).toMatchObject({ verdict: 'fail', changes: [] });
      expect(data?.reason).toContain(grave);
      expect(data?.steps.join('\n')).toContain('/etc/audit/auditd.conf');
      const before = await host.check('auditctl -l');
      await runJson(host, ['apply', ...CONTROLS], 0);
      expect(await host.check('auditctl -l')).not.toContain('/var/lib/docker');
      await runJson(host, ['rollback'], 0);
      expect(await host.check('auditctl -l')).toBe(before);
    },
  );

  test.each([
    ['bullseye', 'auditd.service', 'ExecStartPost=', 'ExecStartPost=-/sbin/auditctl -R /etc/audit/audit.rules'],
    ['trixie', 'audit-rules.service', 'ExecStart=', 'ExecStart=/sbin/auditctl -R /etc/audit/audit.rules'],
  ] as const)('%s: rules of a host that loads one file with auditctl -R are not put elsewhere', async (...row) => {
    const [suite, unit, reset, load] = row;
    await using host = await throwawayHost(suite, { audit: true, binds: WITH_HARDEN });
    await host.check(`grep -l augenrules /lib/systemd/system/${unit}`);
    await host.startDockerd();
    expect((await planOf(host, ...CONTROLS)).changes).toHaveLength(2);
    await host.write(`/etc/systemd/system/${unit}.d/site.conf`, `[Service]\n${reset}\n${load}\n`, 0o644);
    const before = await host.layer(OWN_STATE);
    const plan = await planOf(host, ...CONTROLS);
    expect(plan.changes).toEqual([]);
    for (const { verdict, reason, steps } of plan.controls) {
      expect(verdict).toBe('fail');
      expect(reason).toContain('auditctl -R');
      expect(steps.join('\n')).toContain('augenrules');
    }
    expect((await runJson(host, ['apply', ...CONTROLS], 0)).type).toBe('nothing-to-do');
    expect(layerChanges(before, await host.layer(OWN_STATE))).toEqual([]);
  });
});
