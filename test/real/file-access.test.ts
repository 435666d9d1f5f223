import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../src/model/canonical.ts';
import type { Assessment } from '../../src/model/change.ts';
import type { Desired, FileAccessDesired } from '../../src/model/remediation.ts';
import type { StepInput, Trouble } from '../../src/model/transaction.ts';
import { layerChanges } from './host-layer.ts';
import { realHosts, SUITES, systemdHost, type TestHost, throwawayHost } from './throwaway-host.ts';

const INSIDE = '/run/project';
const options = { binds: { [INSIDE]: fileURLToPath(new URL('../..', import.meta.url)) } };

interface Answer {
  readonly assessments: readonly Assessment[];
  readonly after: readonly Assessment[];
  readonly steps: readonly StepInput[];
  readonly kept: readonly Trouble[];
  readonly already: readonly string[];
}

async function ask(host: TestHost, op: 'assess' | 'apply' | 'revert', desired: readonly Desired[]): Promise<Answer> {
  const parameters: Readonly<Record<string, Json>> = {};
  const program = [`${INSIDE}/node_modules/node/bin/node`, `${INSIDE}/test/real/assess-and-change.ts`];
  return JSON.parse(await host.check(program, { input: JSON.stringify({ op, desired, parameters }) })) as Answer;
}

const verdicts = (assessments: readonly Assessment[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    assessments.map(({ address, comparison }) => [address.replace('file-access:', ''), comparison.verdict]),
  );

const all = (assessments: readonly Assessment[]): readonly string[] => [
  ...new Set(Object.values(verdicts(assessments))),
];

const accessOf = async (host: TestHost, path: string): Promise<string> =>
  (await host.check(['stat', '-c', '%a %u:%g', path])).trim();

function pair(
  subject: FileAccessDesired['subject'],
  atMost: string,
  group: 'root' | 'socket-group' = 'root',
): readonly FileAccessDesired[] {
  return [
    { type: 'file-access', subject, atMost },
    { type: 'file-access', subject, owner: 'root', group },
  ];
}

/** A certificate that is its own authority, and its key; made by this machine's openssl. */
async function installCertificates(host: TestHost): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'harden-certificates-'));
  try {
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const request = [
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      key,
      '-out',
      certificate,
      '-subj',
      '/CN=host',
      '-days',
      '2',
    ];
    execFileSync('openssl', ['req', '-x509', ...request], { stdio: 'ignore' });
    await host.install(key, '/etc/docker/tls/key.pem', 0o400);
    await host.install(certificate, '/etc/docker/tls/cert.pem', 0o444);
    await host.install(certificate, '/etc/docker/tls/ca.pem', 0o444);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The chapter on files, as its remediations say it. */
const CHAPTER = [
  ...pair('docker-service-unit', '0644'),
  ...pair('docker-socket-unit', '0644'),
  ...pair('docker-config-directory', '0755'),
  ...pair('registry-certificates', '0444'),
  ...pair('registry-keys', '0400'),
  ...pair('tls-ca', '0444'),
  ...pair('tls-certificate', '0444'),
  ...pair('tls-key', '0400'),
  ...pair('docker-socket', '0660', 'socket-group'),
  ...pair('daemon-config-file', '0644'),
  ...pair('etc-default-docker', '0644'),
  ...pair('etc-sysconfig-docker', '0644'),
  ...pair('containerd-socket', '0660'),
];

/** Everything the chapter speaks of exists, as it should be. */
const PREPARE = `
  set -e
  mkdir -p /etc/docker/certs.d/reg.example:5000 /etc/docker/tls /etc/sysconfig
  echo '{}' > /etc/docker/daemon.json
  touch /etc/default/docker /etc/sysconfig/docker
  cd /etc/docker/certs.d/reg.example:5000; touch ca.crt client.cert client.key; chmod 0444 ca.crt client.cert; chmod 0400 client.key
  cd /etc/docker/tls; touch ca.pem cert.pem key.pem; chmod 0444 ca.pem cert.pem; chmod 0400 key.pem`;
const TLS = [
  '--tlsverify',
  '--tlscacert=/etc/docker/tls/ca.pem',
  '--tlscert',
  '/etc/docker/tls/cert.pem',
  '--tlskey=/etc/docker/tls/key.pem',
];
const WORSEN = `
  chmod 0666 /run/docker.sock; chown daemon:mail /run/docker.sock
  chmod 0777 /etc/docker; chown daemon:daemon /etc/docker
  chmod 0664 /etc/docker/daemon.json; chown daemon /etc/docker/daemon.json
  for unit in docker.service docker.socket; do chmod 0666 $(readlink -f /lib/systemd/system/$unit); chgrp mail $(readlink -f /lib/systemd/system/$unit); done
  chmod 0666 /etc/default/docker /etc/sysconfig/docker; chown daemon:daemon /etc/default/docker /etc/sysconfig/docker
  cd /etc/docker/certs.d/reg.example:5000; chmod 0644 *; chown daemon:daemon *
  for socket in containerd.sock containerd.sock.ttrpc; do chmod 0666 /run/docker/containerd/$socket; chown daemon:daemon /run/docker/containerd/$socket; done`;

describe.runIf(realHosts())('the chapter on files', () => {
  test.each(SUITES)(
    '%s: fails where the host was opened, and is as before once the changes are carried out',
    async (suite) => {
      await using host = await throwawayHost(suite, options);
      await host.check(PREPARE);
      await host.startDockerd();
      const before = await host.layer();
      const stock = await ask(host, 'assess', CHAPTER);
      // Without TLS its files are nobody's.
      expect(Object.entries(verdicts(stock.assessments)).filter(([, verdict]) => verdict !== 'pass')).toEqual([
        ['tls-ca', 'not-applicable'],
        ['tls-certificate', 'not-applicable'],
        ['tls-key', 'not-applicable'],
      ]);
      const present = CHAPTER.filter(({ subject }) => !subject.startsWith('tls-'));
      await host.check(WORSEN);
      const worse = await host.layer();
      const applied = await ask(host, 'apply', present);
      expect(all(applied.assessments)).toEqual(['fail']);
      expect(all(applied.after)).toEqual(['pass']);
      expect(await accessOf(host, '/run/docker.sock')).toMatch(/^660 0:\d+$/);
      expect(await host.check('docker version -f {{.Server.Version}}')).not.toBe('');
      const again = await ask(host, 'apply', present);
      expect(again.steps).toEqual([]);
      const fixed = await host.layer();
      expect(layerChanges(worse, fixed).length).toBeGreaterThan(8);
      expect(layerChanges(before, fixed)).toEqual([]);
    },
  );

  test('bookworm: taking back gives modes and owners as they were, and leaves what somebody changed since', async () => {
    await using host = await throwawayHost('bookworm', options);
    await host.check(PREPARE);
    await host.startDockerd();
    await host.check(WORSEN);
    const worse = await host.layer();
    const sockets = await accessOf(host, '/run/docker.sock');
    const wanted = CHAPTER.filter(({ subject }) => !subject.startsWith('tls-'));
    await ask(host, 'apply', wanted);
    const reverted = await ask(host, 'revert', wanted);
    expect(reverted.kept).toEqual([]);
    expect(all(reverted.after)).toEqual(['fail']);
    expect(layerChanges(worse, await host.layer())).toEqual([]);
    expect(await accessOf(host, '/run/docker.sock')).toBe(sockets);

    await ask(host, 'apply', wanted);
    await host.check('chmod 0600 /etc/docker/daemon.json');
    const second = await ask(host, 'revert', wanted);
    expect([...new Set(second.kept.map(({ what }) => what))]).toEqual(['/etc/docker/daemon.json']);
    expect(await accessOf(host, '/etc/docker/daemon.json')).toBe('600 0:0');
    const third = await ask(host, 'revert', wanted);
    expect(third.steps).toEqual([]);
    expect(third.already.length).toBeGreaterThan(10);
  });

  test('trixie: the TLS files dockerd is started with, a key for root only and certificates for all', async () => {
    await using host = await throwawayHost('trixie', options);
    await host.check(PREPARE);
    await installCertificates(host);
    await host.startDockerd(['-H', 'unix://', '-H', 'tcp://127.0.0.1:2376', ...TLS]);
    const tls = CHAPTER.filter(({ subject }) => subject.startsWith('tls-'));
    expect(all((await ask(host, 'assess', tls)).assessments)).toEqual(['pass']);
    await host.check('cd /etc/docker/tls; chmod 0664 *; chown daemon:daemon *');
    const applied = await ask(host, 'apply', tls);
    expect(all(applied.assessments)).toEqual(['fail']);
    expect(all(applied.after)).toEqual(['pass']);
    expect(await accessOf(host, '/etc/docker/tls/key.pem')).toBe('400 0:0');
    expect(await accessOf(host, '/etc/docker/tls/cert.pem')).toBe('444 0:0');
    await host.restartDockerd();
  });
});

describe.runIf(realHosts('bookworm'))('what is left alone', () => {
  const CONFIG: readonly Desired[] = [{ type: 'file-access', subject: 'daemon-config-file', atMost: '0644' }];
  const reasonFor = async (host: TestHost, prepare: string, desired = CONFIG): Promise<string> => {
    await host.check(
      `rm -rf /etc/docker; mkdir -p /etc/docker; echo '{}' > /etc/docker/daemon.json; chmod 0666 /etc/docker/daemon.json; ${prepare}`,
    );
    const [assessment] = (await ask(host, 'assess', desired)).assessments;
    const comparison = assessment?.comparison;
    return comparison === undefined ? '' : `${comparison.verdict}: ${'reason' in comparison ? comparison.reason : ''}`;
  };

  test('hard links, immutable files, links into folders of others, read-only file systems, with the kernel as witness', async () => {
    await using host = await throwawayHost('bookworm', options);
    expect(await reasonFor(host, 'true')).toMatch(/^fail: .*0666/);
    expect(await reasonFor(host, 'ln /etc/docker/daemon.json /etc/docker/other')).toMatch(/^fail: .*2 names/);
    expect(await reasonFor(host, 'chattr +i /etc/docker/daemon.json')).toMatch(/^fail: .*chattr \+i/);
    expect((await host.run('chmod 0644 /etc/docker/daemon.json')).code).not.toBe(0);
    await host.check('chattr -i /etc/docker/daemon.json');
    const away =
      'mkdir -p /srv/bob; mv /etc/docker/daemon.json /srv/bob/; ln -s /srv/bob/daemon.json /etc/docker/daemon.json';
    expect(await reasonFor(host, `${away}; chown daemon /srv/bob`)).toMatch(/^fail: .*\/srv\/bob, above/);
    expect(await reasonFor(host, `${away}; chown root /srv/bob`)).toMatch(/^fail: \/srv\/bob\/daemon.json/);
    expect(await reasonFor(host, 'mount --bind /etc/docker /etc/docker; mount -o remount,ro,bind /etc/docker')).toMatch(
      /^fail: .*read-only/,
    );
    await host.check('umount /etc/docker');
  });

  test('an ACL: taking group bits narrows the mask, its entries stay, and taking it back widens it again', async () => {
    await using host = await throwawayHost('bookworm', options);
    await reasonFor(host, 'chmod 0664 /etc/docker/daemon.json; setfacl -m u:daemon:rw /etc/docker/daemon.json');
    const before = await host.layer();
    const applied = await ask(host, 'apply', CONFIG);
    const change = applied.assessments[0]?.comparison;
    expect(change !== undefined && 'change' in change ? change.change.notes.join(' ') : '').toContain(
      'lose the same bits',
    );
    expect(await host.check('getfacl -cp /etc/docker/daemon.json')).toContain('user:daemon:rw-\t#effective:r--');
    await ask(host, 'revert', CONFIG);
    expect(layerChanges(before, await host.layer())).toEqual([]);
  });

  test('the containerd socket where config.toml gives it to a group', async () => {
    await using host = await throwawayHost('bookworm', options);
    await host.check(`printf 'version = 2\\n[grpc]\\n  gid = 8\\n' > /etc/containerd/config.toml; setsid -f containerd >/dev/null 2>&1 </dev/null
      for _ in $(seq 100); do [ -S /run/containerd/containerd.sock.ttrpc ] && break; sleep 0.1; done`);
    expect(await accessOf(host, '/run/containerd/containerd.sock')).toBe('660 0:8');
    await host.startDockerd(['--containerd=/run/containerd/containerd.sock']);
    expect(all((await ask(host, 'assess', pair('containerd-socket', '0660').slice(1))).assessments)).toEqual(['fail']);
  });
});

describe.runIf(realHosts('bookworm', 'trixie'))('a socket that systemd makes', () => {
  const SOCKET = pair('docker-socket', '0660', 'socket-group');
  const SHOW = 'systemctl show docker.socket -p SocketMode -p SocketUser --value';

  test.each(['bookworm', 'trixie'] as const)(
    '%s: is closed now and for later without a restart, and opened again by the way back',
    async (suite) => {
      await using host = await systemdHost(suite, options);
      expect(all((await ask(host, 'assess', SOCKET)).assessments)).toEqual(['pass']);
      await host.check(`mkdir /etc/systemd/system/docker.socket.d
      printf '[Socket]\\nSocketMode=0666\\nSocketUser=daemon\\n' > /etc/systemd/system/docker.socket.d/open.conf
      systemctl daemon-reload; chmod 0666 /run/docker.sock; chown daemon /run/docker.sock`);
      const pid = await host.check('systemctl show docker -p MainPID --value');
      const before = await host.layer(['/var/log', '/var/lib/systemd']);
      const applied = await ask(host, 'apply', SOCKET);
      expect(all(applied.assessments)).toEqual(['fail']);
      expect(all(applied.after)).toEqual(['pass']);
      expect(await accessOf(host, '/run/docker.sock')).toMatch(/^660 0:/);
      expect((await host.check(SHOW)).trim().split('\n').sort()).toEqual(['0660', 'root']);
      expect(await host.check('systemctl show docker -p MainPID --value')).toBe(pid);
      expect((await ask(host, 'apply', SOCKET)).steps).toEqual([]);

      // For later: what systemd makes anew is closed too.
      await host.check('systemctl stop docker.service docker.socket; systemctl start docker.socket docker.service');
      expect(await accessOf(host, '/run/docker.sock')).toMatch(/^660 0:/);
      expect(
        layerChanges(before, await host.layer(['/var/log', '/var/lib/systemd'])).map((line) => line.split(' ')[1]),
      ).toEqual(['/etc/systemd/system/docker.socket.d/zz-harden.conf']);
    },
  );

  test('bookworm: the way back takes the drop-in and its folder away, and systemd knows it', async () => {
    await using host = await systemdHost('bookworm', options);
    await host.check(`unit=$(readlink -f /lib/systemd/system/docker.socket); sed -i 's/^SocketMode=.*/SocketMode=0666/' "$unit"
      systemctl daemon-reload; chmod 0666 /run/docker.sock`);
    const before = await host.layer(['/var/log', '/var/lib/systemd']);
    await ask(host, 'apply', SOCKET);
    expect(await host.exists('/etc/systemd/system/docker.socket.d/50-harden.conf')).toBe(true);
    const reverted = await ask(host, 'revert', SOCKET);
    expect(reverted.kept).toEqual([]);
    expect(await accessOf(host, '/run/docker.sock')).toMatch(/^666 0:/);
    expect(await host.check('systemctl show docker.socket -p SocketMode --value')).toBe('0666\n');
    expect(layerChanges(before, await host.layer(['/var/log', '/var/lib/systemd']))).toEqual([]);
    expect((await host.check('systemctl is-active docker.service docker.socket')).trim()).toBe('active\nactive');
  });
});
