import { describe, expect, test } from 'vitest';
import { HARDEN, WITH_HARDEN, harden, runJson } from './built-harden.ts';
import { realHosts, throwawayHost } from './throwaway-host.ts';

/** Without the right to look at audit rules. */
const BLIND = ['setpriv', '--bounding-set=-audit_control', '--inh-caps=-audit_control', HARDEN];
const PENDING = 'userland-proxy-off';
const UNSEEN = 'audit-dockerd';

describe.runIf(realHosts('trixie'))('verify says by its exit code', () => {
  test('what waits for a restart (2), what nobody could look at (8), and 2 for both', async () => {
    await using host = await throwawayHost('trixie', { binds: WITH_HARDEN });
    await host.startDockerd();
    expect((await harden(host, ['verify', '-c', PENDING])).code).toBe(2);
    const { proofs } = await runJson(host, ['apply', '-c', PENDING, '--max-risk', 'high'], 0);
    expect(proofs).toMatchObject([{ proof: 'pending-restart' }]);

    const pending = await harden(host, ['verify', '-c', PENDING]);
    expect(pending.code).toBe(2);
    expect(pending.stdout).toContain('WRITTEN, NOT LIVE YET');
    expect(pending.stdout).toContain('To make it live: restart dockerd the way it was started');
    expect(pending.stdout).toContain('0 failing');

    const unseen = await host.run([...BLIND, 'verify', '-c', UNSEEN]);
    expect(unseen.code, unseen.stdout).toBe(8);
    expect(unseen.stdout).toContain('NOT CHECKED');
    expect((await host.run([...BLIND, 'verify', '-c', UNSEEN, '--unknown', 'ignore'])).code).toBe(0);

    const both = await host.run([...BLIND, 'verify', '-c', `${PENDING},${UNSEEN}`]);
    expect(both.code).toBe(2);
    expect(both.stdout).toContain('To make it live');
    expect(both.stdout).toContain('NOT CHECKED');

    await host.stopDockerd();
    await host.startDockerd();
    expect((await harden(host, ['verify', '-c', PENDING])).code).toBe(0);
    expect((await host.run([...BLIND, 'verify', '-c', `${PENDING},${UNSEEN}`])).code).toBe(8);
  });

  test('of one apply, whether what it set is still so', async () => {
    await using host = await throwawayHost('trixie', { binds: WITH_HARDEN });
    await host.startDockerd();
    await host.check('chmod 0666 /etc/default/docker');
    const chosen = ['-p', 'cis-docker-1.8.0/L2', '-c', 'etc-default-docker-mode'];
    const { snapshot = '' } = await runJson(host, ['apply', ...chosen], 0);
    const still = await harden(host, ['verify', '--since-run', snapshot]);
    expect(still.code, still.stdout).toBe(0);
    expect(still.stdout).toContain('1 control ');
    await host.check('chmod 0666 /etc/default/docker');
    expect((await harden(host, ['verify', '--since-run', snapshot.slice(0, 5)])).code).toBe(2);
    expect((await harden(host, ['verify', '--since-run', 'ffffffff'])).code).toBe(64);
  });

  test('a stopped dockerd: no setting is a pass', async () => {
    await using host = await throwawayHost('trixie', { binds: WITH_HARDEN });
    const { code, stdout } = await harden(host, ['verify', '-c', 'tcp-tls-verify,iptables-managed,log-level-info']);
    expect(code, stdout).toBe(8);
    expect(stdout).toContain('0 pass');
  });
});
