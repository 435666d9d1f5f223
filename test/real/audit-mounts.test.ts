import { describe, expect, test } from 'vitest';
import { WITH_HARDEN, planOf, verdictsOf, whyOf } from './built-harden.ts';
import { type ThrowawayHost, realHosts, throwawayHost } from './throwaway-host.ts';

const LOG = '/var/log/audit/audit.log';
const DATA = '/var/lib/docker';

async function startAuditd(host: ThrowawayHost): Promise<void> {
  await host.check(`
    auditctl -D >/dev/null 2>&1
    sed -i 's/^flush.*/flush = NONE/' /etc/audit/auditd.conf
    /sbin/auditd -s enable; sleep 0.5`);
}

/** Whether a write below each of these folders is in the log. */
async function recorded(host: ThrowawayHost, folders: readonly string[]): Promise<readonly boolean[]> {
  const counts = await host.check(`
    n=0; for folder in ${folders.join(' ')}; do n=$((n+1)); mkdir $folder/sub; touch $folder/sub/seen-$n-; done
    sleep 0.5
    n=0; for folder in ${folders.join(' ')}; do n=$((n+1)); grep -c "sub/seen-$n-\\|name=\\"seen-$n-" ${LOG} || true; done`);
  return counts
    .trim()
    .split('\n')
    .map((count) => Number(count) > 0);
}

const stop = 'auditctl -D; kill $(auditctl -s | sed -n "s/^pid //p")';

describe.runIf(realHosts('bullseye', 'trixie'))('a recursive rule and the mounts below it', () => {
  test.each(['bullseye', 'trixie'] as const)(
    '%s: the kernel follows those from before, and a folder mounted onto itself whenever that was',
    async (suite) => {
      await using host = await throwawayHost(suite, { audit: true });
      await startAuditd(host);
      const folders = ['self-before', 'other-before', 'tmpfs-before', 'self-after', 'other-after', 'tmpfs-after'];
      await host.check(`
        set -e
        mkdir -p /srv/a /srv/elsewhere /srv/elsewhere2
        cd /srv/a; mkdir ${folders.join(' ')}
        mount --bind /srv/a/self-before /srv/a/self-before
        mount --bind /srv/elsewhere /srv/a/other-before
        mount -t tmpfs none /srv/a/tmpfs-before
        auditctl -w /srv/a -p wa -k probe 2>/dev/null
        mount --bind /srv/a/self-after /srv/a/self-after
        mount --bind /srv/elsewhere2 /srv/a/other-after
        mount -t tmpfs none /srv/a/tmpfs-after`);
      const found = await recorded(
        host,
        folders.map((folder) => `/srv/a/${folder}`),
      );
      expect(found).toEqual([true, true, true, true, false, false]);
      await host.check(stop);
    },
  );

  test('the data root of user namespaces is such a folder, so a rule on the one above counts and records', async () => {
    await using host = await throwawayHost('trixie', { audit: true, binds: WITH_HARDEN });
    await startAuditd(host);
    await host.write('/etc/docker/daemon.json', '{"userns-remap": "default"}');
    await host.check(`auditctl -w ${DATA} -p wa -k site 2>/dev/null`);
    await host.startDockerd();
    const root = (await host.check('docker info -f "{{.DockerRootDir}}"')).trim();
    expect(root).toMatch(/^\/var\/lib\/docker\/\d+\.\d+$/);
    expect(await host.check('cat /proc/self/mountinfo')).toContain(` ${root} `);
    expect(await recorded(host, [root])).toEqual([true]);
    const plan = await planOf(host, '-c', 'audit-var-lib-docker');
    expect(verdictsOf(plan), whyOf(plan, 'audit-var-lib-docker')).toMatchObject({ 'audit-var-lib-docker': 'pass' });

    // Another file system there may be newer than the rule, so the rule is no proof.
    await host.check(`auditctl -D >/dev/null; auditctl -w /var/lib -p wa -k site 2>/dev/null`);
    const above = await planOf(host, '-c', 'audit-var-lib-docker');
    expect(verdictsOf(above)).toMatchObject({ 'audit-var-lib-docker': 'fail' });
    await host.stopDockerd();
    await host.check(stop);
  });
});
