import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../src/model/canonical.ts';
import type { Assessment, Comparison } from '../../src/model/change.ts';
import type { ReportSubject } from '../../src/model/remediation.ts';
import { realHosts, SUITES, type TestHost, throwawayHost } from './throwaway-host.ts';

const INSIDE = '/run/project';
const options = { binds: { [INSIDE]: fileURLToPath(new URL('../..', import.meta.url)) } };

async function tell(
  host: TestHost,
  about: ReportSubject,
  parameters: Readonly<Record<string, Json>> = {},
): Promise<Comparison> {
  const program = [`${INSIDE}/node_modules/node/bin/node`, `${INSIDE}/test/real/assess-and-change.ts`];
  const input = JSON.stringify({ op: 'assess', desired: [{ type: 'report', about }], parameters });
  const { assessments } = JSON.parse(await host.check(program, { input })) as {
    readonly assessments: readonly Assessment[];
  };
  const [assessment] = assessments;
  if (assessment === undefined) {
    throw new Error('nothing was told');
  }
  return assessment.comparison;
}

const ENGINES = {
  bullseye: { version: '20.10.5', aufs: 'pass', devicemapper: 'pass' },
  bookworm: { version: '20.10.24', aufs: 'pass', devicemapper: 'pass' },
  trixie: { version: '26.1.5', aufs: 'not-applicable', devicemapper: 'not-applicable' },
  forky: { version: '28.5.2', aufs: 'not-applicable', devicemapper: 'not-applicable' },
} as const;

describe.runIf(realHosts())('reports on real engines', () => {
  test.each(SUITES)('%s: versions, storage drivers, rootless', async (suite) => {
    await using host = await throwawayHost(suite, options);
    await host.startDockerd();
    const { version, aufs, devicemapper } = ENGINES[suite];
    const versions = await tell(host, 'engine-version');
    expect(versions).toMatchObject({
      verdict: 'manual',
      evidence: [{ read: 'Engine', value: version }, { read: 'containerd' }, { read: 'runc' }],
    });
    expect(versions.evidence.every(({ value }) => value !== null)).toBe(true);
    expect((await tell(host, 'storage-driver-aufs')).verdict).toBe(aufs);
    expect((await tell(host, 'storage-driver-devicemapper')).verdict).toBe(devicemapper);
    expect((await tell(host, 'base-device-size')).verdict).toBe('not-applicable');
    expect((await tell(host, 'rootless')).verdict).toBe('manual');
    expect((await tell(host, 'os-hardening')).verdict).toBe('manual');
  });

  test('bookworm: the data root with and without a file system of its own', async () => {
    await using host = await throwawayHost('bookworm', options);
    await host.startDockerd();
    expect((await tell(host, 'data-root-mount')).verdict).toBe('pass');
    await host.stopDockerd();
    // A folder of a file system that others use too.
    await host.check('mkdir /run/data');
    await host.startDockerd(['--data-root=/run/data']);
    expect(await tell(host, 'data-root-mount')).toMatchObject({
      verdict: 'manual',
      reason: '/run/data is not a file system of its own',
    });
    await host.stopDockerd();
    await host.check('mkdir /run/other && mount -t tmpfs -o noexec tmpfs /run/other');
    await host.startDockerd(['--data-root=/run/other']);
    expect(await tell(host, 'data-root-mount')).toMatchObject({
      verdict: 'manual',
      reason: expect.stringContaining('noexec') as string,
    });
  });

  test("trixie: members of the socket's group, by name and by primary group", async () => {
    await using host = await throwawayHost('trixie', options);
    await host.startDockerd();
    expect((await tell(host, 'socket-group-members')).verdict).toBe('pass');
    await host.check('useradd ann; usermod -aG docker ann; useradd -N -g docker ben');
    expect(await tell(host, 'socket-group-members')).toMatchObject({
      verdict: 'manual',
      reason: expect.stringContaining('ann, ben') as string,
    });
    expect((await tell(host, 'socket-group-members', { 'trusted-users': ['ann', 'ben'] })).verdict).toBe('pass');
    const some = await tell(host, 'socket-group-members', { 'trusted-users': ['ann'] });
    expect(some).toMatchObject({ verdict: 'manual', reason: expect.stringContaining('ben') as string });
    await host.stopDockerd();
    await host.check('groupadd other; usermod -aG other ann');
    await host.startDockerd(['-G', 'other']);
    expect(await tell(host, 'socket-group-members')).toMatchObject({
      verdict: 'manual',
      reason: expect.stringContaining('through group other') as string,
    });
  });

  test('forky: a listener on TCP without TLS', async () => {
    await using host = await throwawayHost('forky', options);
    await host.startDockerd();
    expect((await tell(host, 'tcp-listeners')).verdict).toBe('pass');
    await host.stopDockerd();
    await host.write('/etc/docker/daemon.json', '{"hosts": ["unix://", "tcp://127.0.0.1:2375"]}');
    // dockerd waits for a while where TCP is open, to give the warning time to be read.
    await host.startDockerd([]);
    expect(await tell(host, 'tcp-listeners')).toMatchObject({
      verdict: 'manual',
      reason: expect.stringContaining('tcp://127.0.0.1:2375') as string,
    });
  });
});
