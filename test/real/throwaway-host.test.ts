import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { layerChanges } from './host-layer.ts';
import { SUITES, realHosts, systemdHost, throwawayHost } from './throwaway-host.ts';

const ENGINES = { bullseye: '20.10.5', bookworm: '20.10.24', trixie: '26.1.5', forky: '28.5.2' };

describe.runIf(realHosts())('a throwaway host', () => {
  test.each(SUITES)('%s: dockerd answers, a container runs, and disposing leaves nothing', async (suite) => {
    const host = await throwawayHost(suite);
    try {
      await host.startDockerd();
      expect(await host.check('docker version -f {{.Server.Version}}')).toContain(ENGINES[suite]);
      await host.importBusybox('box');
      expect(await host.check('docker run --rm box echo hello')).toBe('hello\n');
      await host.check('docker run -d --stop-timeout 1 --name stays box sleep 1000');
      await host.restartDockerd();
      expect((await host.check('docker ps -a --format {{.Names}}')).trim()).toBe('stays');
      await host.check('docker start stays');
    } finally {
      await host.dispose();
    }
    expect(processesNaming('sleep 1000')).toEqual([]);
    expect(() => process.kill(host.pid, 0)).toThrow();
  });

  test('the layer is empty for an untouched host, names what was done, and is empty again once it is undone', async () => {
    await using host = await throwawayHost('bookworm');
    const before = await host.layer();
    expect(before).toEqual({});
    const mtime = (await host.check('stat -c %y /etc/hostname')).trim();
    await host.write('/etc/new', 'x', 0o640);
    await host.check(
      'chmod 0600 /etc/passwd; setfacl -m u:daemon:r /etc/group; rm /etc/shells; echo more >> /etc/hostname',
    );
    const changes = layerChanges(before, await host.layer());
    expect(changes.map((line) => line.split(' ', 2).join(' '))).toEqual([
      'appeared: /etc/group',
      'appeared: /etc/hostname',
      'appeared: /etc/new',
      'appeared: /etc/passwd',
      'appeared: /etc/shells',
    ]);
    expect(changes[0]).toContain('system.posix_acl_access');
    expect(changes[4]).toContain('removed');
    await host.check(
      `rm /etc/new; chmod 0644 /etc/passwd; setfacl -b /etc/group; sed -i '$d' /etc/hostname; touch -d '${mtime}' /etc/hostname`,
    );
    const after = await host.layer();
    expect(Object.keys(after)).toEqual(['/etc/shells']);
  });

  test('commands get input, environment and an exit code, and are ended in time', async () => {
    await using host = await throwawayHost('trixie');
    expect(await host.run('cat; echo "$WHO" >&2; exit 7', { input: 'in', env: { WHO: 'me' } })).toEqual({
      code: 7,
      stdout: 'in',
      stderr: 'me\n',
    });
    expect((await host.run(['sleep', '30'], { timeoutMs: 200 })).code).toBe(124);
    expect(await host.check('cat /proc/self/mounts')).not.toContain('/dev/vda');
  });

  test('a host ends with the process that made it, containers and all', async () => {
    const script = `
      const { throwawayHost } = await import(${JSON.stringify(join(import.meta.dirname, 'throwaway-host.ts'))});
      const host = await throwawayHost('trixie');
      await host.startDockerd();
      await host.importBusybox('box');
      await host.check('docker run -d box sleep 4321');
      console.log('up');
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve, reject) => {
      child.stdout.once('data', resolve);
      child.once('exit', (code) => reject(new Error(`ended before it was up: ${String(code)}`)));
    });
    expect(processesNaming('sleep 4321')).toHaveLength(1);
    child.kill('SIGKILL');
    await expect.poll(() => processesNaming('sleep 4321'), { timeout: 15_000 }).toEqual([]);
  });

  test('kernel audit works, one host at a time, and its rules end with it', { timeout: 600_000 }, async () => {
    // Waits for its turn: other runs on this machine may hold the one set of rules.
    const first = await throwawayHost('bookworm', { audit: true });
    let secondIsUp = false;
    const second = throwawayHost('trixie', { audit: true }).then((host) => {
      secondIsUp = true;
      return host;
    });
    await first.check('auditctl -w /etc/passwd -p wa -k test-of-the-host');
    expect(await first.check('auditctl -l')).toContain('test-of-the-host');
    expect(secondIsUp).toBe(false);
    await first.dispose();
    await using other = await second;
    expect(await other.check('auditctl -l')).toBe('No rules\n');
  });
});

describe.runIf(realHosts('bookworm', 'trixie'))('a host with systemd', () => {
  test.each(['bookworm', 'trixie'] as const)(
    '%s: docker restarts and reloads through systemctl, containers run',
    async (suite) => {
      const host = await systemdHost(suite);
      try {
        expect(await host.check('ps -o comm= -p 1')).toBe('systemd\n');
        await host.check('systemctl restart docker && systemctl reload docker');
        expect((await host.check('systemctl is-active docker.service docker.socket')).trim()).toBe('active\nactive');
        await host.importBusybox('box');
        expect(await host.check('docker run --rm box echo hello')).toBe('hello\n');
      } finally {
        await host.dispose();
      }
      expect(() => process.kill(host.pid, 0)).toThrow();
    },
  );
});

function processesNaming(text: string): readonly string[] {
  return execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.trim() === text);
}
