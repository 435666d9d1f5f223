import { describe, expect, test } from 'vitest';
import { ACCEPT_SOCKET, OWN_STATE, WITH_HARDEN, harden, planOf, runJson } from './built-harden.ts';
import { layerChanges } from './host-layer.ts';
import { realHosts, throwawayHost } from './throwaway-host.ts';

const OURS = '/etc/audit/rules.d/50-harden-docker.rules';

describe.runIf(realHosts('bookworm', 'trixie'))('what somebody changed between an apply and its rollback', () => {
  test('stays and is named, and everything else goes back', async () => {
    await using host = await throwawayHost('trixie', { audit: true, binds: WITH_HARDEN });
    await host.write('/etc/docker/daemon.json', '{ "icc": true, "userland-proxy": true, "debug": true }\n', 0o644);
    await host.check('touch /etc/docker/key.json; chmod 0775 /etc/docker; chmod 0666 /etc/default/docker');
    await host.startDockerd();
    await host.check('chmod 0666 /run/docker.sock');
    await runJson(host, ['apply', '-p', 'cis-docker-1.8.0/L2', ...ACCEPT_SOCKET], 0);

    await host.check(`
      set -e
      sed -i 's/"icc": false/"icc": true, "mtu": 1400/' /etc/docker/daemon.json
      sed -i 's/"userland-proxy": false/"userland-proxy": "of the site"/' /etc/docker/daemon.json
      echo '-w /etc/hosts -p wa -k by-hand' >> ${OURS}
      auditctl -w /etc/hosts -p wa -k by-hand 2>/dev/null
      chmod 0600 /etc/default/docker`);
    const shown = await harden(host, ['rollback', '--plan']);
    expect(shown.code).toBe(0);
    expect(shown.stdout).toContain('leave userland-proxy in /etc/docker/daemon.json');

    const back = await runJson(host, ['rollback'], 2);
    expect(back.kept?.map(({ what }) => what).sort()).toEqual([
      '/etc/default/docker',
      'userland-proxy in /etc/docker/daemon.json',
    ]);
    expect(JSON.parse(await host.read('/etc/docker/daemon.json'))).toEqual({
      icc: true,
      mtu: 1400,
      'userland-proxy': 'of the site',
      debug: true,
    });
    // Our rules are gone, the line of the other hand stands.
    expect((await host.read(OURS)).split('\n').filter((line) => line.startsWith('-'))).toEqual([
      '-w /etc/hosts -p wa -k by-hand',
    ]);
    expect(await host.check('auditctl -l')).toBe('-w /etc/hosts -p wa -k by-hand\n');
    expect(await host.check('stat -c %a /etc/default/docker /etc/docker /run/docker.sock')).toBe('600\n775\n666\n');
    const text = await harden(host, ['snapshot', 'list']);
    expect(text.stdout).toContain('taken back by');
  });

  test('and all of it: nothing is asked or written, and what stays is named with what is there now', async () => {
    await using host = await throwawayHost('trixie', { binds: WITH_HARDEN });
    await host.write('/etc/docker/daemon.json', '{ "debug": true }\n', 0o644);
    await host.check('chmod 0666 /etc/default/docker');
    await host.startDockerd();
    const { snapshot = '' } = await runJson(host, ['apply', '-p', 'cis-docker-1.8.0/L2', '-c', '2.2,3.20'], 0);
    await host.check(`sed -i 's/"icc": false/"icc": true/' /etc/docker/daemon.json; chmod 0600 /etc/default/docker`);
    const before = await host.layer(OWN_STATE);

    const shown = await harden(host, ['rollback', '--plan']);
    expect(shown.code).toBe(0);
    expect(shown.stdout).toContain('Nothing of it can be put back.');
    expect(shown.stdout).toMatch(/^-\{ "debug": true, "icc": false \}\n\+\{ "debug": true, "icc": true \}$/m);
    const back = await harden(host, ['rollback']);
    expect(back.code, back.stderr).toBe(2);
    const text = back.stdout.replaceAll(/\s+/g, ' ');
    expect(text).toContain(
      'icc in /etc/docker/daemon.json: changed by somebody else since: false then, true now (last',
    );
    expect(text).toContain(
      '/etc/default/docker: somebody changed its access since: mode 0644 then, mode 0600 now (last',
    );
    expect(layerChanges(before, await host.layer(OWN_STATE))).toEqual([]);
    expect((await harden(host, ['status'])).stdout.replaceAll(/\s+/g, ' ')).toContain(
      `left all of it to others, who changed it since: sudo harden rollback ${snapshot} --plan`,
    );
  });

  test('that hides ours is no reason to loosen it', async () => {
    await using host = await throwawayHost('bookworm', { audit: true, binds: WITH_HARDEN });
    await host.startDockerd();
    const before = await host.layer(OWN_STATE);
    await runJson(host, ['apply'], 0);
    await host.check(`rm ${OURS}; auditctl -D; rm /etc/docker/daemon.json`);
    const back = await runJson(host, ['rollback'], 0);
    expect(back.kept).toEqual([]);
    expect(layerChanges(before, await host.layer(OWN_STATE))).toEqual([]);
    expect(await host.check('auditctl -l')).toBe('No rules\n');
    expect((await planOf(host)).changes.length).toBeGreaterThan(0);
  });
});
