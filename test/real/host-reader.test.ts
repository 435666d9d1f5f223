import { spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { liveHost } from '../../src/host/live-host.ts';
import { type Suite, type ThrowawayHost, realHosts, throwawayHost } from './throwaway-host.ts';

const ENGINES: Readonly<Partial<Record<Suite, string>>> = { bookworm: '20.10.24', forky: '28.5.2' };
const SUITES = ['bookworm', 'forky'] as const;

const project = realpathSync(join(import.meta.dirname, '../..'));
const BINDS = { '/run/project': project, '/run/node': dirname(realpathSync(process.execPath)) };

const Process = z.object({
  name: z.string(),
  pid: z.number(),
  uid: z.number(),
  argv: z.array(z.string()),
  exe: z.object({ status: z.literal('present'), value: z.string() }),
});
const Probe = z.object({
  identity: z.object({
    hostname: z.string(),
    uid: z.number(),
    inContainer: z.boolean(),
    capabilities: z.array(z.string()),
  }),
  processes: z.object({ status: z.literal('present'), value: z.array(Process) }),
  info: z.object({
    type: z.literal('answered'),
    status: z.literal(200),
    body: z.object({ ServerVersion: z.string(), ContainersRunning: z.number() }),
  }),
  missing: z.object({ type: z.literal('answered'), status: z.literal(404), body: z.object({ message: z.string() }) }),
  socket: z.object({ value: z.object({ type: z.literal('socket') }) }),
  mounts: z.object({ value: z.array(z.object({ mountPoint: z.string(), fsType: z.string() })) }),
  rules: z.object({ type: z.literal('exited'), code: z.number(), stdout: z.string() }),
  version: z.object({ type: z.literal('exited'), stdout: z.string() }),
  attributes: z.array(
    z.tuple([z.string(), z.object({ flags: z.string().nullable(), hasAcl: z.boolean().nullable() })]),
  ),
  libFolder: z.object({ value: z.string() }),
});

const Answers = z.object({ daemonJson: z.string(), version: z.unknown(), mounts: z.unknown() }).loose();
const Recorded = z.object({
  live: Answers,
  recorded: Answers,
  text: z.string(),
  redactions: z.array(z.object({ where: z.string(), what: z.string() })),
});

describe.runIf(realHosts(...SUITES)).each(SUITES)('a live host in a real %s', (suite) => {
  let host: ThrowawayHost;
  beforeAll(async () => {
    host = await throwawayHost(suite, { binds: BINDS, hostname: `probe-${suite}` });
    await host.startDockerd(['--bridge=none', '--iptables=false']);
    await host.check('touch /etc/with-acl; setfacl -m u:1:r /etc/with-acl');
  });
  afterAll(() => host.dispose());

  const probe = async () =>
    Probe.parse(
      JSON.parse(await host.check(['/run/node/node', '--no-warnings', '/run/project/test/real/host-reader-probe.ts'])),
    );

  it('finds its own daemon, and nobody else does', async () => {
    const { processes } = await probe();
    expect(processes.value.map(({ name }) => name).sort()).toEqual(['containerd', 'dockerd']);
    const dockerd = processes.value.find(({ name }) => name === 'dockerd');
    expect(dockerd?.exe.value).toBe('/usr/sbin/dockerd');
    expect(dockerd?.argv).toContain('--iptables=false');
    expect(dockerd?.uid).toBe(0);
    const outside = liveHost().processes(['dockerd'], []);
    expect(outside.status === 'present' ? outside.value.map(({ pid }) => pid) : []).not.toContain(dockerd?.pid);
  });

  it('does not take a process of a container for the daemon', async () => {
    await host.importBusybox('busybox:test');
    const script = 'printf "#!/bin/sh\\nsleep 120\\n" > /dockerd; chmod 755 /dockerd; /dockerd';
    await host.check([
      'docker',
      'run',
      '-d',
      '--name',
      'decoy',
      '--network',
      'none',
      'busybox:test',
      'sh',
      '-c',
      script,
    ]);
    try {
      await expect
        .poll(async () => (await host.run('pgrep -c -x dockerd')).stdout.trim(), { timeout: 20_000 })
        .not.toBe('1');
      const { processes, info } = await probe();
      expect(info.body.ContainersRunning).toBe(1);
      expect(processes.value.map(({ name }) => name).sort()).toEqual([
        'containerd',
        'containerd-shim-runc-v2',
        'dockerd',
      ]);
    } finally {
      await host.check(['docker', 'rm', '-f', 'decoy']);
    }
  });

  it('reads the engine, the mounts, flags and ACLs, and runs auditctl', async () => {
    const seen = await probe();
    expect(seen.info.body.ServerVersion).toContain(ENGINES[suite]);
    expect(seen.missing.body.message).toContain('nothing');
    expect(seen.mounts.value.find(({ mountPoint }) => mountPoint === '/')?.fsType).toBe('overlay');
    expect(seen.mounts.value.map(({ mountPoint }) => mountPoint)).toContain('/var/lib/docker');
    expect(seen.rules.code).toBe(0);
    expect(seen.rules.stdout).toMatch(/^enabled \d$/m);
    expect(seen.version.stdout).toMatch(/\d+\.\d+/);
    expect(Object.fromEntries(seen.attributes)).toMatchObject({
      '/lib': { flags: null, hasAcl: false },
      '/etc/passwd': { hasAcl: false },
      '/run/docker.sock': { flags: null, hasAcl: false },
    });
    expect(Object.fromEntries(seen.attributes)['/etc/with-acl']?.hasAcl).toBe(true);
    expect(seen.libFolder.value).toBe('/usr/lib');
  });

  it('is recorded without the secrets its daemon runs with', async () => {
    const secrets = { log: 'log-3f9c1b77d2', label: 'label-8841cc02e5', proxy: 'proxy-5d0f6a91b3' };
    await host.stopDockerd();
    await host.write(
      '/etc/docker/daemon.json',
      JSON.stringify({ debug: false, 'log-driver': 'splunk', 'log-opts': { 'splunk-token': secrets.log } }),
    );
    await host.startDockerd(['--bridge=none', '--iptables=false', '--label', `api-token=${secrets.label}`]);
    await host.importBusybox('busybox:test');
    const url = `http://user:${secrets.proxy}@proxy.example:3128`;
    await host.check([
      'docker',
      'create',
      '--name',
      'uses-proxy',
      '--log-driver',
      'none',
      'busybox:test',
      'wget',
      '-e',
      url,
    ]);
    const printed = await host.check([
      '/run/node/node',
      '--no-warnings',
      '/run/project/test/real/host-recording-probe.ts',
    ]);
    const { live, recorded, text, redactions } = Recorded.parse(JSON.parse(printed));
    const removed = (seen: unknown) =>
      Object.entries(secrets)
        .filter(([, secret]) => !JSON.stringify(seen).includes(secret))
        .map(([name]) => name);
    expect(removed(live)).toEqual([]);
    expect(removed([recorded, text, redactions])).toEqual(['log', 'label', 'proxy']);
    expect(redactions).toContainEqual({ where: '/etc/docker/daemon.json', what: 'splunk-token' });
    expect(redactions).toContainEqual({ where: 'command line of dockerd', what: 'api-token' });
    expect(JSON.parse(recorded.daemonJson)).toEqual({
      debug: false,
      'log-driver': 'splunk',
      'log-opts': { 'splunk-token': '<redacted>' },
    });
    expect(recorded.version).toEqual(live.version);
    expect(recorded.mounts).toEqual(live.mounts);
  });

  it('says that a chroot of the machine is no container, and a pid namespace of its own is one', async () => {
    const { identity } = await probe();
    expect(identity).toMatchObject({ hostname: `probe-${suite}`, uid: 0, inContainer: false });
    expect(identity.capabilities).toContain('audit_control');
    const script = `import { readIdentity } from '/run/project/src/host/identity.ts';
      console.log(readIdentity().inContainer);`;
    const inside = await host.check([
      'unshare',
      '--pid',
      '--fork',
      '--mount-proc',
      '/run/node/node',
      '--no-warnings',
      '--input-type=module',
      '-e',
      script,
    ]);
    expect(inside.trim()).toBe('true');
  });
});

const Chroot = z.object({ pids: z.array(z.number()), inContainer: z.boolean(), root: z.string().nullable() });

/** Two chroots in one mount namespace, with this machine's own /proc: `$1` a Debian root, `$2` the project, `$3` the folder of node. */
const TWO_CHROOTS = `
set -eu
base=$(mktemp -d)
trap 'kill $(cat one/root/run/docker.pid) 2>/dev/null || true; wait; cd /; umount -R -l "$base"; rmdir "$base"' EXIT
mount -t tmpfs none "$base"; cd "$base"; ip link set lo up
for name in one two; do
  mkdir -p $name/upper $name/work $name/root
  mount -t overlay none -o lowerdir="$1",upperdir=$name/upper,workdir=$name/work $name/root
  for tree in proc sys dev; do mount --rbind /$tree $name/root/$tree; done
  mkdir -p $name/root/var/lib/docker
  for tree in run tmp var/lib/docker; do mount -t tmpfs none $name/root/$tree; done
  mkdir $name/root/run/project $name/root/run/node
  mount --bind "$2" $name/root/run/project; mount --bind "$3" $name/root/run/node
done
chroot one/root dockerd --bridge=none --iptables=false >/dev/null 2>&1 &
for try in $(seq 200); do [ -S one/root/run/docker.sock ] && break; sleep 0.1; done
probe() { chroot "$1" "$2/node" --no-warnings --input-type=module -e "
  import { liveHost } from '$3/src/host/live-host.ts';
  const host = liveHost();
  const found = host.processes(['dockerd', 'containerd'], []);
  console.log(JSON.stringify({ pids: found.value.map(({ pid }) => pid), inContainer: host.identity().inContainer,
    root: host.mounts().value.find(({ mountPoint }) => mountPoint === '/')?.fsType ?? null }));"; }
probe one/root /run/node /run/project
probe two/root /run/node /run/project
probe / "$3" "$2"
`;

describe.runIf(realHosts('bookworm'))('chroots that share the processes of the machine', () => {
  it('see their own daemon each, and the machine sees none of theirs', () => {
    const root = join(process.env['HARDEN_TEST_ROOTS'] ?? '/var/cache/harden-test/roots', 'bookworm');
    const argv = ['--mount', '--net', '--propagation', 'private', 'bash', '-c', TWO_CHROOTS, 'bash'];
    const ran = spawnSync('unshare', [...argv, root, BINDS['/run/project'], BINDS['/run/node']], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    expect(ran.status, ran.stderr).toBe(0);
    const [one, two, machine] = ran.stdout
      .trim()
      .split('\n')
      .map((line) => Chroot.parse(JSON.parse(line)));
    expect(one).toMatchObject({ inContainer: false, root: 'overlay', pids: [expect.any(Number), expect.any(Number)] });
    expect(two).toMatchObject({ inContainer: false, root: 'overlay', pids: [] });
    expect(machine?.inContainer).toBe(false);
    expect(machine?.pids.filter((pid) => one?.pids.includes(pid) === true)).toEqual([]);
  });
});
