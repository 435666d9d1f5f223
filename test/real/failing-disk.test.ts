import { describe, expect, test } from 'vitest';
import { lacking } from '../crash/block-job.ts';
import { type FaultyDevice, faultyDevice } from '../crash/device-held.ts';
import { ACCEPT_SOCKET, HARDEN, OWN_STATE, WITH_HARDEN, harden } from './built-harden.ts';
import { layerChanges } from './host-layer.ts';
import { makeMess } from './messy-host.ts';
import { type RunResult, type ThrowawayHost, realHosts, throwawayHost } from './throwaway-host.ts';

const STATE = '/var/lib/harden';
const HERE = '/run/harden-was-here';
const GO_ON = '/run/harden-may-go-on';

describe.runIf(realHosts('trixie') && lacking(['ext4']) === undefined)('a disk that fails below the snapshot', () => {
  test('at a flush: what was changed is back, the run says what the disk did, and recover ends it once the disk is mended', async () => {
    await using device = await faultyDevice();
    await using host = await throwawayHost('trixie', { audit: true, binds: WITH_HARDEN, state: 'overlay' });
    await prepare(host, device);
    const before = await host.layer(OWN_STATE);
    const ended = await applyWhile(host, () => device.failOnce('flush'));
    expect(ended.code, ended.stdout + ended.stderr).toBe(6);
    expect(ended.stdout).toContain('the disk reports an error (EIO)');
    expect(ended.stdout).toContain('Everything was put back');
    expect(layerChanges(before, await host.layer(OWN_STATE))).toEqual([]);
    // Newer kernels leave `rw` in the list and say `emergency_ro`.
    expect(await host.check(`findmnt -no OPTIONS ${STATE}`)).toMatch(/\bro\b|emergency_ro/);
    const refused = await harden(host, ['apply', '--yes']);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain('the file system is read-only (EROFS)');

    await host.check(`umount ${STATE}`);
    await device.mend();
    await mountState(host, device);
    const recovered = await harden(host, ['recover']);
    expect(recovered.code, recovered.stdout + recovered.stderr).toBe(0);
    expect(layerChanges(before, await host.layer(OWN_STATE))).toEqual([]);
    expect((await harden(host, ['recover'])).stdout).toBe('Nothing to recover.\n');
  });

  test('at one write: what was changed is back', async () => {
    await using device = await faultyDevice();
    await using host = await throwawayHost('trixie', { audit: true, binds: WITH_HARDEN, state: 'overlay' });
    await prepare(host, device);
    const before = await host.layer(OWN_STATE);
    const ended = await applyWhile(host, () => device.failOnce('write'));
    expect(ended.code, ended.stdout + ended.stderr).toBe(6);
    expect(ended.stdout).toContain('the disk reports an error (EIO)');
    expect(layerChanges(before, await host.layer(OWN_STATE))).toEqual([]);
    const recovered = await harden(host, ['recover']);
    expect(recovered.code, recovered.stdout + recovered.stderr).toBe(0);
  });
});

/** An untidy host whose state folder is on the device, and whose rules take their time. */
async function prepare(host: ThrowawayHost, device: FaultyDevice): Promise<void> {
  await makeMess(host);
  const { device: path } = device;
  await host.check(
    `mkdir -m 0700 ${STATE} && { test -e ${path} || mknod ${path} b 7 ${path.replace('/dev/loop', '')}; }`,
  );
  await host.check('cp -p /usr/sbin/auditctl /usr/sbin/auditctl.real && rm /usr/sbin/auditctl');
  const wait = `touch ${HERE}; while [ ! -e ${GO_ON} ]; do sleep 0.05; done`;
  const script = `#!/bin/bash\ncase $1 in -a | -w) ${wait} ;; esac\nexec /usr/sbin/auditctl.real "$@"\n`;
  await host.write('/usr/sbin/auditctl', script, 0o755);
  await mountState(host, device);
}

async function mountState(host: ThrowawayHost, { device }: FaultyDevice): Promise<void> {
  await host.check(`mount -t ext4 ${device} ${STATE} && chmod 0700 ${STATE}`);
}

/** Files and modes are written when `fault` is called; a rule is being loaded. */
async function applyWhile(host: ThrowawayHost, fault: () => Promise<void>): Promise<RunResult> {
  const ceilings = ['--max-risk', 'high', '--max-impact', 'restart', ...ACCEPT_SOCKET];
  const run = host.run([HARDEN, 'apply', '--yes', ...ceilings], {
    timeoutMs: 60_000,
  });
  await host.check(`timeout 40 bash -c 'until [ -e ${HERE} ]; do sleep 0.05; done'`);
  await fault();
  await host.check(`touch ${GO_ON}`);
  return run;
}
