import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HARDEN, WITH_HARDEN } from './built-harden.ts';
import { layerChanges } from './host-layer.ts';
import { type TestHost, realHosts, systemdHost, throwawayHost } from './throwaway-host.ts';

const OPTIONS = { binds: WITH_HARDEN };
const YES = '--yes --max-risk high --max-impact restart';
/** One change of one file's mode: needs no engine. */
const APPLY = `${HARDEN} apply -p cis-docker-1.8.0/L2 -c 3.18 ${YES}`;
const DAEMON_JSON = '/etc/docker/daemon.json';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'harden-refusals-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function withOpenDaemonJson(host: TestHost): Promise<void> {
  await host.write(DAEMON_JSON, '{}\n', 0o666);
}

/** An ext4 keeps all attributes of a file in its inode and one block. */
function imageOfSmallBlocks(): string {
  const image = join(folder, 'plain.img');
  writeFileSync(image, '');
  truncateSync(image, 8 << 20);
  execFileSync('mkfs.ext4', ['-q', '-F', '-b', '1024', image]);
  return image;
}

/** Refused with that code, and nothing on the host moved. */
async function expectRefused(
  host: TestHost,
  command: string,
  wanted: { readonly code: number; readonly id: string; readonly says: string },
): Promise<void> {
  const before = await host.layer();
  const mode = await host.check(`stat -c %a ${DAEMON_JSON}`);
  const { code, stdout, stderr } = await host.run(command);
  expect(code, stdout + stderr).toBe(wanted.code);
  expect(stderr.replaceAll(/\s+/g, ' ')).toContain(wanted.says);
  expect(stderr).toContain(wanted.id);
  expect(await host.check(`stat -c %a ${DAEMON_JSON}`)).toBe(mode);
  expect(layerChanges(before, await host.layer())).toEqual([]);
}

describe.runIf(realHosts('trixie'))('a place where snapshots may not outlast a crash', () => {
  test('an overlay: refused without a trace, used where that is accepted', async () => {
    await using host = await throwawayHost('trixie', { ...OPTIONS, state: 'overlay' });
    await withOpenDaemonJson(host);
    for (const verb of [
      'apply -p cis-docker-1.8.0/L2 -c 3.18',
      'apply -p cis-docker-1.8.0/L2 -c 3.18 --dry-run',
      'recover',
      'rollback',
    ]) {
      const wanted = { code: 65, id: 'H2102', says: '/var/lib/harden is on overlay' };
      await expectRefused(host, `${HARDEN} ${verb} ${YES}`, wanted);
      expect(await host.exists('/run/harden'), verb).toBe(false);
      expect(await host.exists('/var/lib/harden'), verb).toBe(false);
    }
    const applied = await host.run(`${APPLY} --accept-volatile-state`);
    expect(applied.code, applied.stderr).toBe(0);
    expect(applied.stderr).toContain('/var/lib/harden is on overlay, as was accepted');
    expect(await host.check(`stat -c %a ${DAEMON_JSON}`)).not.toBe('666\n');
    const back = await host.run(`${HARDEN} rollback ${YES} --accept-volatile-state`);
    expect(back.code, back.stderr).toBe(0);
    expect(await host.check(`stat -c %a ${DAEMON_JSON}`)).toBe('666\n');
  });

  test('a tmpfs, and a machine whose every program skips fsync', async () => {
    await using host = await throwawayHost('trixie', OPTIONS);
    await withOpenDaemonJson(host);
    await host.check('cp -L /lib/x86_64-linux-gnu/libdl.so.2 /usr/lib/libeatmydata.so.1');
    await host.write('/etc/ld.so.preload', '/usr/lib/libeatmydata.so.1\n');
    await expectRefused(host, APPLY, { code: 65, id: 'H2107', says: '/etc/ld.so.preload loads eatmydata' });
    await host.check('mv /usr/lib/libeatmydata.so.1 /usr/lib/libsite.so; echo /usr/lib/libsite.so >/etc/ld.so.preload');
    const told = await host.run(`${APPLY} --dry-run`);
    expect(told.code, told.stderr).toBe(0);
    expect(told.stderr).toContain('/etc/ld.so.preload loads /usr/lib/libsite.so into every program here');
    await host.check('rm /etc/ld.so.preload; mount -t tmpfs -o mode=0700 tmpfs /var/lib/harden');
    await expectRefused(host, APPLY, { code: 65, id: 'H2102', says: '/var/lib/harden is on tmpfs' });
  });
});

describe.runIf(realHosts('trixie'))('a state disk that cannot keep what it is given', () => {
  test('a full one is seen before anything is changed', async () => {
    await using host = await throwawayHost('trixie', OPTIONS);
    await withOpenDaemonJson(host);
    await host.run('dd if=/dev/zero of=/var/lib/harden/fill bs=64k');
    await expectRefused(host, APPLY, { code: 73, id: 'H2', says: 'Nothing was changed' });
    await host.check('rm /var/lib/harden/fill');
    expect((await host.run(APPLY)).code).toBe(0);
  });

  test('one with no room for large attributes does not take a file that has some', async () => {
    await using host = await throwawayHost('trixie', OPTIONS);
    await host.install(imageOfSmallBlocks(), '/run/plain.img');
    // The host's own /dev has no loop devices.
    await host.check('for number in {0..63}; do mknod /dev/loop$number b 7 $number; done');
    await host.check(
      'mount -o loop /run/plain.img /var/lib/harden && rmdir /var/lib/harden/lost+found && chmod 700 /var/lib/harden',
    );
    await host.startDockerd();
    await host.write(DAEMON_JSON, '{}\n', 0o644);
    await host.check(`setfattr -n trusted.site -v $(head -c 3000 /dev/zero | tr '\\0' x) ${DAEMON_JSON}`);
    const apply = `${HARDEN} apply -c 2.15 ${YES}`;
    const wanted = { code: 73, id: 'H2112', says: 'Nothing was changed' };
    await expectRefused(host, apply, wanted);
    await expectRefused(host, `${apply} --dry-run`, wanted);
    expect(await host.check('ls -A /var/lib/harden/tx 2>/dev/null | wc -l')).toBe('0\n');
  });
});

describe.runIf(realHosts('trixie'))('a /proc that does not tell', () => {
  test.each([
    ['is missing', 'umount -R -l /proc', 'is not a proc file system'],
    ['is something else', 'mount -t tmpfs tmpfs /proc', 'is not a proc file system'],
    [
      'hides others from a root without the right to look into them',
      'mount -t proc -o hidepid=2,gid=4711 proc /proc; set -- setpriv --bounding-set -sys_ptrace --inh-caps -sys_ptrace "$@"',
      'it may be mounted with hidepid',
    ],
  ])('refused where it %s; a plan is made all the same', async (_what, spoil, says) => {
    await using host = await throwawayHost('trixie', OPTIONS);
    await withOpenDaemonJson(host);
    const inside = (command: string): string => `unshare --mount bash -c '${spoil}; exec "$@"' bash ${command}`;
    await expectRefused(host, inside(APPLY), { code: 77, id: 'H3020', says });
    expect((await host.run(inside(`${HARDEN} plan -p cis-docker-1.8.0/L2 -c 3.18`))).code).toBe(0);
  });

  test('a process that cannot see all attributes changes nothing; a plan is made all the same', async () => {
    await using host = await throwawayHost('trixie', OPTIONS);
    await withOpenDaemonJson(host);
    const inside = (command: string): string => `setpriv --bounding-set -sys_admin --inh-caps -sys_admin ${command}`;
    await expectRefused(host, inside(APPLY), { code: 77, id: 'H3021', says: 'CAP_SYS_ADMIN' });
    expect((await host.run(inside(`${HARDEN} plan -p cis-docker-1.8.0/L2 -c 3.18`))).code).toBe(0);
  });

  test('hidepid that hides nothing from root is no reason', async () => {
    await using host = await throwawayHost('trixie', OPTIONS);
    await withOpenDaemonJson(host);
    const applied = await host.run(
      `unshare --mount bash -c 'mount -t proc -o hidepid=2 proc /proc; exec "$@"' bash ${APPLY}`,
    );
    expect(applied.code, applied.stderr).toBe(0);
  });
});

describe.runIf(realHosts('trixie'))('a restarted dockerd', () => {
  test('inherits no lock and no descriptor of ours', { timeout: 180_000 }, async () => {
    await using host = await systemdHost('trixie', OPTIONS);
    const applied = await host.run(`${HARDEN} apply -c 2.15 ${YES}`, { timeoutMs: 120_000 });
    expect(applied.code, applied.stderr).toBe(0);
    expect(await host.check('ls -l /proc/$(pidof dockerd)/fd | grep -c harden || true')).toBe('0\n');
    await host.check('flock -n /run/harden/lock true && flock -n /var/lib/harden/lock true');
    const back = await host.run(`${HARDEN} rollback ${YES}`, { timeoutMs: 120_000 });
    expect(back.code, back.stderr).toBe(0);
  });
});
