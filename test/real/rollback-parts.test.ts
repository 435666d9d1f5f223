import { describe, expect, test } from 'vitest';
import { Plan } from '../../src/model/plan.ts';
import { OWN_STATE, WITH_HARDEN, harden, runJson } from './built-harden.ts';
import { layerChanges } from './host-layer.ts';
import { type ThrowawayHost, realHosts, throwawayHost } from './throwaway-host.ts';

const DAEMON_JSON = '/etc/docker/daemon.json';
const HIGH = ['--max-risk', 'high', '--max-impact', 'restart'];

async function apply(host: ThrowawayHost, control: string): Promise<string> {
  const { snapshot } = await runJson(host, ['apply', '-p', 'cis-docker-1.8.0/L2', '-c', control, ...HIGH], 0);
  return snapshot ?? '';
}

async function snapshotList(host: ThrowawayHost): Promise<string> {
  return (await harden(host, ['snapshot', 'list'])).stdout;
}

describe.runIf(realHosts('bookworm', 'trixie'))('two applies on a host without daemon.json', () => {
  test('taken back in the order they were made leave nothing, not even an empty file', async () => {
    await using host = await throwawayHost('bookworm', { binds: WITH_HARDEN });
    await host.startDockerd();
    await host.check('rm -rf /etc/docker');
    const before = await host.layer(OWN_STATE);
    const [first, second] = [await apply(host, 'icc-disabled'), await apply(host, 'userland-proxy-off')];
    expect(JSON.parse(await host.read(DAEMON_JSON))).toEqual({ icc: false, 'userland-proxy': false });
    await runJson(host, ['rollback', first], 0);
    expect(JSON.parse(await host.read(DAEMON_JSON))).toEqual({ 'userland-proxy': false });
    await runJson(host, ['rollback', second], 0);
    expect(layerChanges(before, await host.layer(OWN_STATE))).toEqual([]);
  });

  test('around a file of the site: every byte of it comes back, time and all', async () => {
    await using host = await throwawayHost('trixie', { binds: WITH_HARDEN });
    await host.write(
      DAEMON_JSON,
      '{\n\t"labels": ["site=north"  ,"rack=7"],\n\n\t"icc" : true, "debug":false\n}',
      0o640,
    );
    await host.check(`touch -d '2024-02-29 12:34:56.789012345' ${DAEMON_JSON}`);
    await host.startDockerd();
    const before = await host.layer(OWN_STATE);
    const [first, second] = [await apply(host, 'icc-disabled'), await apply(host, 'userland-proxy-off')];
    await runJson(host, ['rollback', first], 0);
    await runJson(host, ['rollback', second], 0);
    expect(layerChanges(before, await host.layer(OWN_STATE))).toEqual([]);
  });
});

describe.runIf(realHosts('trixie'))('two applies to the access of one file', () => {
  const FILE = '/etc/default/docker';
  const access = async (host: ThrowawayHost): Promise<string> => (await host.check(`stat -c %a:%U:%G ${FILE}`)).trim();

  test('taken back in the order they were made leave the very access from before', async () => {
    await using host = await throwawayHost('trixie', { binds: WITH_HARDEN });
    await host.check(`chmod 0666 ${FILE}; chown daemon:daemon ${FILE}`);
    await host.startDockerd();
    const before = await host.layer(OWN_STATE);
    const first = await apply(host, 'etc-default-docker-mode');
    // Somebody opens it again, and it is closed again.
    await host.check(`chmod 0664 ${FILE}`);
    const second = await apply(host, 'etc-default-docker-mode');
    const third = await apply(host, 'etc-default-docker-owner');
    const { kept = [] } = await runJson(host, ['rollback', first], 2);
    expect(kept).toMatchObject([{ what: FILE, reason: expect.stringContaining(`apply ${second} `) as string }]);
    expect(await access(host)).toBe('644:root:root');
    await runJson(host, ['rollback', second], 0);
    expect(await access(host)).toBe('664:root:root');
    await runJson(host, ['rollback', third], 0);
    expect(await access(host)).toBe('664:daemon:daemon');
    await host.check(`chmod 0666 ${FILE}`);
    expect(layerChanges(before, await host.layer(OWN_STATE))).toEqual([]);
  });

  test('one that somebody took back by hand is recorded as back, and the one before it is next', async () => {
    await using host = await throwawayHost('trixie', { binds: WITH_HARDEN });
    await host.check(`chmod 0666 ${FILE}; chown daemon:daemon ${FILE}`);
    await host.startDockerd();
    const first = await apply(host, 'etc-default-docker-owner');
    const second = await apply(host, 'etc-default-docker-mode');
    await host.check(`chmod 0666 ${FILE}`);
    const back = await harden(host, ['rollback']);
    expect(back.code, back.stderr).toBe(0);
    expect(back.stdout).toContain('Nothing had to be put back: 1 of 1 change as before.');
    expect(await snapshotList(host)).toContain('taken back by');
    expect((await harden(host, ['history', 'list'])).stdout).toContain(`took back run ${second}`);
    expect((await runJson(host, ['rollback'], 0)).snapshot).toBe(first);
    expect(await access(host)).toBe('666:daemon:daemon');
  });
});

describe.runIf(realHosts('trixie'))('a part of an apply', () => {
  test('is shown as a plan, taken back alone, and the rest later', async () => {
    await using host = await throwawayHost('trixie', { binds: WITH_HARDEN });
    await host.check('chmod 0666 /etc/default/docker; chown daemon:daemon /etc/default/docker');
    await host.startDockerd();
    const before = await host.layer(OWN_STATE);
    const both = [
      '-p',
      'cis-docker-1.8.0/L2',
      '-c',
      'etc-default-docker-mode,etc-default-docker-owner,icc-disabled,userland-proxy-off',
    ];
    const { snapshot = '' } = await runJson(host, ['apply', ...both, ...HIGH], 0);

    const shown = await harden(host, ['rollback', '--plan', '--json', '-c', 'icc-disabled']);
    const plan = Plan.parse(JSON.parse(shown.stdout));
    expect(plan.changes.map(({ title }) => title)).toEqual(['Put back: Set icc to false in /etc/docker/daemon.json']);
    expect(plan.selection.include).toEqual(['icc-disabled']);

    await runJson(host, ['rollback', '-c', 'icc-disabled'], 0);
    expect(JSON.parse(await host.read(DAEMON_JSON))).toEqual({ 'userland-proxy': false });
    expect(await host.check('stat -c %a:%U /etc/default/docker')).toBe('644:root\n');
    expect(await snapshotList(host)).toContain('partly taken back by');

    // The default is still this one, since some of it is left.
    const rest = await runJson(host, ['rollback'], 0);
    expect(rest.snapshot).toBe(snapshot);
    expect(layerChanges(before, await host.layer(OWN_STATE))).toEqual([]);
    const list = await snapshotList(host);
    expect(list).toContain('taken back by');
    expect(list).not.toContain('partly');
    expect((await harden(host, ['rollback', '--yes'])).code).toBe(64);
  });

  test('that another part depends on is refused by name, and one that is not in it too', async () => {
    await using host = await throwawayHost('trixie', { binds: WITH_HARDEN });
    await host.write(DAEMON_JSON, '{"iptables": false}');
    await host.startDockerd();
    await runJson(host, ['apply', '-c', 'icc-disabled,iptables-managed', ...HIGH], 0);
    const before = await host.layer(OWN_STATE);
    const tied = await harden(host, ['rollback', '--yes', '-c', 'iptables-managed']);
    expect(tied.code).toBe(64);
    expect(tied.stderr.replaceAll(/\s+/g, ' ')).toContain(
      '"Set icc to false in /etc/docker/daemon.json" is to stay and needs "Take iptables out of /etc/docker/daemon.json"',
    );
    const none = await harden(host, ['rollback', '--yes', '-c', 'live-restore']);
    expect(none.code).toBe(64);
    expect(none.stderr).toContain('changed nothing for these controls');
    expect(layerChanges(before, await host.layer(OWN_STATE))).toEqual([]);
    await runJson(host, ['rollback', '-x', 'iptables-managed'], 0);
    expect(JSON.parse(await host.read(DAEMON_JSON))).toEqual({});
  });
});
