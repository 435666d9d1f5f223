import { describe, expect, test } from 'vitest';
import { HARDEN, WITH_HARDEN, harden } from './built-harden.ts';
import { layerChanges } from './host-layer.ts';
import { REAL, putOver, takeAway } from './stub-programs.ts';
import { DAEMON_JSON, SITE_JSON, askWeb, dropIn, layerOf, runContainers, runningContainers } from './systemd-parts.ts';
import { type RunResult, type TestHost, realHosts, systemdHost } from './throwaway-host.ts';

const APPLY = ['apply', '-c', '2.2,2.15-2.17', '--yes', '--max-impact', 'restart'];
const NODE = '/run/src/node_modules/node/bin/node';
const BINDS = { ...WITH_HARDEN, '/run/src': `${import.meta.dirname}/../..` };
/** True for a daemon.json that an apply of the tests writes. */
const HARDENED = `grep -q icc ${DAEMON_JSON}`;
const SYSTEMCTL = '/usr/bin/systemctl';

interface Fault {
  readonly what: string;
  readonly prepare: (host: TestHost) => Promise<void>;
  readonly says: RegExp;
}

const FAULTS: readonly Fault[] = [
  {
    what: 'a dockerd that refuses the new settings',
    prepare: (host) =>
      wrapDockerd(host, `if ${HARDENED}; then echo "failed to start daemon: icc is not for us" >&2; exit 1; fi`),
    says: /dockerd says: failed to start daemon: icc is not for us/,
  },
  {
    what: 'a dockerd that hangs at its start',
    prepare: (host) => wrapDockerd(host, `if ${HARDENED}; then exec sleep 1000; fi`),
    says: /systemctl restart docker.service did not end within 8 s/,
  },
  {
    what: 'a dockerd that runs and starts no container',
    prepare: (host) =>
      wrapDockerd(
        host,
        `if ${HARDENED}; then set -- "$@" --log-driver=syslog --log-opt syslog-address=tcp://127.0.0.1:1; fi`,
      ),
    says: /a new container does not start: .*syslog|a new container does not start: .*logging driver/,
  },
  {
    what: 'a container that comes up and falls again',
    prepare: async (host) => {
      await host.check('mkdir -p /run/site; docker rm -f always');
      await host.check(
        `docker run -d --stop-timeout 1 --name always --restart always -v /run/site:/site box sh -c 'while [ ! -e /site/fall ]; do sleep 0.2; done'`,
      );
      await dropIn(
        host,
        `ExecStartPost=/bin/sh -c 'if ${HARDENED}; then touch /run/site/fall; else rm -f /run/site/fall; fi'`,
      );
      await host.check('systemctl restart docker; docker start web plain');
    },
    says: /container always: (ends and is restarted again and again|ran before and does not run now)/,
  },
  {
    what: 'a published port that is closed',
    prepare: (host) =>
      dropIn(
        host,
        `ExecStartPost=/bin/sh -c 'if ${HARDENED}; then iptables -I INPUT -p tcp --dport 8080 -j REJECT; iptables -t nat -I OUTPUT -p tcp --dport 8080 -j ACCEPT; else iptables -D INPUT -p tcp --dport 8080 -j REJECT; iptables -t nat -D OUTPUT -p tcp --dport 8080 -j ACCEPT; true; fi'`,
      ),
    says: /port 8080 of web: .*it took connections before/,
  },
  {
    what: 'a systemctl that hangs',
    prepare: (host) =>
      putOver(
        host,
        SYSTEMCTL,
        `case "$1" in restart) if ${HARDENED}; then exec sleep 1000; fi;; esac; exec ${REAL}/systemctl "$@"`,
      ),
    says: /systemctl restart docker.service did not end within 8 s/,
  },
  {
    what: 'a systemctl that says it is done while dockerd is down',
    prepare: (host) =>
      putOver(
        host,
        SYSTEMCTL,
        `case "$1" in restart) if ${HARDENED}; then ${REAL}/systemctl stop docker.socket docker.service; exit 0; else ${REAL}/systemctl start docker.socket; fi;; esac; exec ${REAL}/systemctl "$@"`,
      ),
    says: /the engine did not answer within 8 s/,
  },
  {
    what: 'a systemctl that says megabytes',
    prepare: (host) =>
      putOver(
        host,
        SYSTEMCTL,
        `case "$1" in restart) if ${HARDENED}; then exec head -c 50000000 /dev/urandom; fi;; esac; exec ${REAL}/systemctl "$@"`,
      ),
    says: /was ended by SIGKILL: it said more than 1048576 bytes/,
  },
  {
    what: 'a systemctl that fails with bytes that are no text',
    prepare: (host) =>
      putOver(
        host,
        SYSTEMCTL,
        `case "$1" in restart) if ${HARDENED}; then printf 'no \\033[2J\\377\\376 way\\n' >&2; exit 3; fi;; esac; exec ${REAL}/systemctl "$@"`,
      ),
    says: /ended with 3: no .*way/,
  },
  {
    what: 'a systemctl that is killed',
    prepare: (host) =>
      putOver(
        host,
        SYSTEMCTL,
        `case "$1" in restart) if ${HARDENED}; then kill -9 $$; fi;; esac; exec ${REAL}/systemctl "$@"`,
      ),
    says: /systemctl restart docker.service was ended by SIGKILL/,
  },
];

describe.runIf(realHosts('bookworm', 'trixie'))('an unattended apply', () => {
  test.each(FAULTS)(
    'meets $what: all as before, dockerd up, and says why',
    async ({ prepare, says }) => {
      await using host = await systemdHost('trixie', { binds: BINDS });
      await start(host);
      await prepare(host);
      const before = await layerOf(host);
      const { code, stdout } = await impatient(host, 8_000);
      expect(code, stdout).toBe(6);
      expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(says);
      expect(stdout).toContain('the host was looked at again and is as');
      expectReadable(stdout);
      expect(layerChanges(before, await layerOf(host))).toEqual([]);
      expect(await host.check('systemctl is-active docker')).toBe('active\n');
      expect(await askWeb(host)).toContain('HTTP/1');
      expect(await host.check('docker ps -a --format {{.Names}} | sort | xargs')).toBe('always plain web\n');
    },
    180_000,
  );

  test('where dockerd does not come back at all, the old files stand, and the commands to run are said', async () => {
    await using host = await systemdHost('bookworm', { binds: BINDS });
    await start(host);
    const before = await layerOf(host);
    await wrapDockerd(
      host,
      `if ${HARDENED} || [ -e /run/refused ]; then touch /run/refused; echo "failed to start daemon: out of luck" >&2; exit 1; fi`,
    );
    const { code, stdout } = await harden(host, APPLY);
    expect(code, stdout).toBe(7);
    expectReadable(stdout);
    expect(stdout).toContain('This host needs attention');
    expect(stdout).toContain(`Back as before: ${DAEMON_JSON}`);
    expect(stdout).toContain('\n    journalctl -u docker.service -n 30 --no-pager\n');
    expect(stdout).toContain('\n    sudo harden recover\n');
    expect(stdout).toContain('out of luck');
    expect(await host.read(DAEMON_JSON)).toBe(SITE_JSON);

    await takeAway(host, '/usr/sbin/dockerd');
    const recovered = await host.run([HARDEN, 'recover']);
    expect(recovered.code, recovered.stdout + recovered.stderr).toBe(0);
    expect(await host.check('systemctl is-active docker')).toBe('active\n');
    expect(layerChanges(before, await layerOf(host))).toEqual([]);
    expect((await harden(host, ['plan'])).code).toBe(0);
  }, 180_000);

  test('that goes well says what was looked at, and leaves the image store as it was', async () => {
    await using host = await systemdHost('trixie', { binds: BINDS });
    await start(host);
    await host.check('docker run -d --stop-timeout 1 --name dns -p 5353:53/udp box sleep 10000');
    const store = await imageStore(host);
    const containers = await runningContainers(host);
    const { code, stdout, stderr } = await harden(host, APPLY);
    expect(code, stdout + stderr).toBe(0);
    expect(stderr).toContain('before the change: a throwaway container');
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      '4 containers as before, 1 published port open, a new container starts.',
    );
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('port 5353/udp of dns: only TCP is tried');
    expect(await imageStore(host)).toBe(store);
    expect(await runningContainers(host)).toBe(containers);
    const back = await harden(host, ['rollback', '--yes', '--max-impact', 'restart', '--no-trial-container']);
    expect(back.code, back.stdout + back.stderr).toBe(0);
    expect(back.stdout).toContain('no trial was wanted');
    expect(back.stderr).toContain('before the change: containers and ports');
  }, 180_000);

  test('is not held up by a host where no container started before either, and says so', async () => {
    await using host = await systemdHost('trixie', { binds: BINDS });
    await dropIn(
      host,
      'ExecStart=',
      'ExecStart=/usr/sbin/dockerd -H fd:// --log-driver=syslog --log-opt syslog-address=tcp://127.0.0.1:1',
    );
    await host.check('systemctl restart docker');
    const { code, stdout } = await harden(host, ['apply', '-c', '2.2', '--yes', '--max-impact', 'restart']);
    expect(code, stdout).toBe(0);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('whether a new container starts: none did before either (');
  });
});

describe.runIf(realHosts('trixie'))("the site's own checks", () => {
  test('refuse an apply where one fails already, also a dry run; nothing was changed', async () => {
    await using host = await systemdHost('trixie', { binds: BINDS });
    await start(host);
    await check(
      host,
      `{ name: 'shop', tcp: '127.0.0.1:1', attempts: 1 }, { name: 'web', http: 'http://127.0.0.1:8080/', status: 404 }`,
    );
    const before = await layerOf(host);
    for (const args of [APPLY, [...APPLY, '--dry-run']]) {
      const { code, stderr } = await harden(host, args);
      expect(code, stderr).toBe(5);
      expect(stderr).toContain('a health check fails before anything was done. Nothing was changed.');
      expect(stderr).toContain('H5001');
      expect(stderr).toContain('health check "shop": 127.0.0.1:1: connection refused');
      expectReadable(stderr);
    }
    expect(layerChanges(before, await layerOf(host))).toEqual([]);
  });

  test('put everything back where one fails after the change', async () => {
    await using host = await systemdHost('trixie', { binds: BINDS });
    await start(host);
    await host.write('/usr/local/sbin/shop-is-up', `#!/bin/sh\necho "shop: $1 $HOME"; ! ${HARDENED}\n`, 0o755);
    await check(host, `{ name: 'shop', command: ['/usr/local/sbin/shop-is-up', 'a b'], attempts: 2, interval: 0.2 }`);
    const before = await layerOf(host);
    const { code, stdout, stderr } = await harden(host, APPLY);
    expect(code, stdout + stderr).toBe(6);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      'health check "shop": /usr/local/sbin/shop-is-up: ended with 1: shop: a b Everything',
    );
    expect(layerChanges(before, await layerOf(host))).toEqual([]);
    expect(
      (await harden(host, ['apply', '-c', '2.16', '--yes', '--health', '/usr/local/sbin/shop-is-up now'])).code,
    ).toBe(0);
  });

  test('are read only where nobody but root could have written them, and all mistakes are told at once', async () => {
    await using host = await systemdHost('trixie', { binds: BINDS });
    await check(host, `{ name: 'a', tcp: 'x' },\n{ name: 'b', command: ['true'] }`);
    const mistakes = await harden(host, APPLY);
    expect(mistakes.code).toBe(65);
    expect(mistakes.stderr).toContain('/etc/harden/health.d/site.json5:1:');
    expect(mistakes.stderr).toContain('/etc/harden/health.d/site.json5:2:');
    await host.check('chmod 0666 /etc/harden/health.d/site.json5');
    const foreign = await harden(host, APPLY);
    expect(foreign.code).toBe(65);
    expect(foreign.stderr).toContain('can be written by others than root');
    await check(host, `{ name: 'b', command: ['/srv/check'] }`);
    await host.check(
      'chmod 0644 /etc/harden/health.d/site.json5; printf "#!/bin/sh\\n" > /srv/check; chmod 0777 /srv/check',
    );
    const program = await harden(host, APPLY);
    expect(program.code).toBe(65);
    expect(program.stderr).toContain('/srv/check is not trusted');
  });
});

async function start(host: TestHost): Promise<void> {
  await host.write(DAEMON_JSON, SITE_JSON, 0o640);
  await host.check('systemctl restart docker');
  await runContainers(host);
}

async function check(host: TestHost, checks: string): Promise<void> {
  await host.write('/etc/harden/health.d/site.json5', `{ schema: 'urn:harden:health:1', checks: [${checks}] }`, 0o644);
}

/** The lines run before the real daemon is, with its arguments. */
async function wrapDockerd(host: TestHost, lines: string): Promise<void> {
  await putOver(host, '/usr/sbin/dockerd', `if [ "$1" != --validate ]; then\n${lines}\nfi\nexec ${REAL}/dockerd "$@"`);
  await host.check(
    'systemctl daemon-reload; systemctl reload docker; docker stop -t 1 web plain always >/dev/null; systemctl restart docker; docker start web plain always',
  );
}

function impatient(host: TestHost, limitMs: number): Promise<RunResult> {
  const argv = [NODE, '/run/src/test/real/impatient-apply.ts', String(limitMs), '2.2,2.15-2.17'];
  return host.run(argv, { timeoutMs: 170_000 });
}

/** Images, containers, volumes and every file of the image store. */
async function imageStore(host: TestHost): Promise<string> {
  return host.check(
    'docker images -aq --no-trunc; docker ps -aq --no-trunc; docker volume ls; ls /var/lib/docker/overlay2 /var/lib/docker/containers; find /var/lib/docker/image -type f | sort',
  );
}

/** No line is wider than the terminal, and nothing in it moves the cursor. */
function expectReadable(text: string): void {
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
}
