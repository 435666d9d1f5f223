import { describe, expect, test } from 'vitest';
import { gatherFacts } from '../../../src/engine/facts/gather-facts.ts';
import { absPath } from '../../../src/model/brand.ts';
import { canonicalJson } from '../../../src/model/canonical.ts';
import type { HostFacts, Subject, SubjectName } from '../../../src/model/facts.ts';
import { dockerCe, dockerCeStopped, podmanDocker, rootless, several, snap } from '../../fixtures/hosts/debian-like.ts';
import { redHatLike } from '../../fixtures/hosts/red-hat-like.ts';
import { type FakeHost, type FakeProcess, fakeReader } from '../../helpers/fake-reader.ts';

const factsOf = (host: FakeHost): Promise<HostFacts> => gatherFacts(fakeReader(host));
const withFiles = (host: FakeHost, files: FakeHost['files']): FakeHost => ({
  ...host,
  files: { ...host.files, ...files },
});
const running = ({ processes }: FakeHost): readonly FakeProcess[] =>
  processes === undefined || 'unreadable' in processes ? [] : processes;
const pathsOf = (subject: Subject): readonly string[] => (subject.status === 'present' ? subject.paths : []);
const withFlags = (...flags: readonly string[]): FakeHost => ({
  ...dockerCe,
  processes: [{ name: 'dockerd', argv: ['/usr/bin/dockerd', ...flags], environment: { HOME: '/root' } }],
});

describe('docker-ce on a merged-usr system', () => {
  test('running: engine, versions, sockets and the image store come from the process and the API', async () => {
    const { engine, serviceManager } = await factsOf(dockerCe);
    expect(engine).toMatchObject({
      flavour: 'docker-ce',
      running: true,
      version: '28.5.2',
      containerdVersion: '1.7.27',
      runcVersion: '1.2.5',
      apiSocket: '/run/docker.sock',
      exe: '/usr/bin/dockerd',
      argv: ['-H', 'fd://', '--containerd=/run/containerd/containerd.sock'],
      argvSource: 'process',
      configFile: { path: '/etc/docker/daemon.json', explicit: false },
      imageStore: 'containerd',
      storageDriver: 'overlayfs',
      swarm: 'inactive',
      imageCount: 3,
      dataRoot: '/var/lib/docker',
      containerdRoot: '/var/lib/containerd',
      environment: { HOME: '/root' },
      containerd: { exe: '/usr/bin/containerd', argv: [], managedByDockerd: false },
    });
    expect(engine.refusal).toBeUndefined();
    expect(engine.unreachable).toBeUndefined();
    expect(engine.service?.fragmentPath).toBe('/usr/lib/systemd/system/docker.service');
    expect(serviceManager.type).toBe('none');
  });

  test('a container is told by its own name, its published ports and its networks in order', async () => {
    expect((await factsOf(dockerCe)).engine.containers).toEqual([
      {
        id: 'f00',
        name: 'web',
        image: 'nginx',
        running: true,
        networkMode: 'bridge',
        publishedPorts: 1,
        networks: ['bridge', 'zeta'],
      },
    ]);
  });

  test('subjects are resolved, sorted and found through processes, units and the runtimes of the engine', async () => {
    const { subjects } = await factsOf(dockerCe);
    const found = Object.fromEntries(Object.entries(subjects).map(([name, subject]) => [name, pathsOf(subject)]));
    expect(found).toMatchObject({
      'dockerd-binary': ['/usr/bin/dockerd'],
      'containerd-shim-binary': [],
      'containerd-shim-runc-v2-binary': ['/usr/bin/containerd-shim-runc-v2'],
      'runc-binary': ['/opt/crun', '/usr/bin/runc'],
      'docker-socket': ['/run/docker.sock'],
      'containerd-socket': ['/run/containerd/containerd.sock'],
      'containerd-config-file': ['/etc/containerd/config.toml'],
      'containerd-state-directory': ['/run/containerd'],
      'docker-data-root': ['/var/lib/containerd', '/var/lib/docker'],
      'docker-socket-unit': ['/usr/lib/systemd/system/docker.socket'],
    });
    expect(subjects['docker-socket']).toMatchObject({
      evidence: [{ source: 'docker.socket', read: 'ListenStream', value: '/run/docker.sock' }],
    });
  });

  test('stopped: the facts are complete from units, files and the package database', async () => {
    const { engine, subjects } = await factsOf(dockerCeStopped);
    expect(engine).toMatchObject({
      flavour: 'docker-ce',
      running: false,
      unreachable: 'there is no socket at /run/docker.sock',
      version: '28.5.2',
      containerdVersion: '1.7.27',
      exe: '/usr/bin/dockerd',
      argvSource: 'unit',
      imageStore: 'unknown',
      swarm: 'unknown',
    });
    expect(subjects['docker-socket']).toMatchObject({ status: 'absent', planned: '/run/docker.sock' });
    expect(subjects['containerd-socket']).toMatchObject({
      status: 'absent',
      planned: '/run/containerd/containerd.sock',
    });
  });

  test('nothing secret, no pid and no time of a process leaves in facts, and equal hosts give equal facts', async () => {
    const [one, two] = [await factsOf(dockerCe), await factsOf(dockerCe)];
    expect(canonicalJson(one)).toBe(canonicalJson(two));
    expect(canonicalJson(one)).not.toMatch(/secret|HTTP_PROXY|NodeID|startTicks/);
  });

  test('at most three processes are asked, and none of them is auditctl -v', async () => {
    const reader = fakeReader({
      ...dockerCe,
      processes: [{ name: 'systemd', pid: 1, argv: ['/sbin/init'], exe: '/usr/lib/systemd/systemd' }],
      files: { ...dockerCe.files, '/run/systemd/system': { type: 'directory' } },
    });
    await gatherFacts(reader);
    expect(reader.asked.queries.map((query) => query.split(' ').slice(0, 2).join(' ')).sort()).toEqual([
      'auditctl -l',
      'auditctl -s',
      'systemctl show',
    ]);
  });
});

describe('where the daemon is told to look', () => {
  test('--config-file, --data-root, several sockets and an exec-root of a daemon without the system containerd', async () => {
    const host = withFiles(
      withFlags(
        '--config-file',
        '/srv/docker//engine.json',
        '-Hunix:///srv/a.sock',
        '--host=unix:///var/run/docker.sock',
        '-H',
        'tcp://127.0.0.1:2375',
        '--exec-root=/run/x',
      ),
      {
        '/srv/docker/engine.json': '{"data-root": "/srv/data"}',
        '/srv/a.sock': { type: 'socket' },
        '/srv/data': { type: 'directory' },
        '/run/x/containerd/containerd.sock': { type: 'socket' },
      },
    );
    const { engine, subjects } = await factsOf({
      ...host,
      engines: {},
      processes: [
        ...running(host),
        {
          name: 'containerd',
          argv: ['containerd', '--config', '/var/run/x/containerd/containerd.toml'],
          exe: '/usr/bin/containerd',
        },
      ],
    });
    expect(engine.configFile).toEqual({ path: '/srv/docker/engine.json', explicit: true });
    expect(engine.dataRoot).toBe('/srv/data');
    expect(engine.containerd.managedByDockerd).toBe(true);
    expect(engine.containerdRoot).toBe('/srv/data/containerd/daemon');
    expect(pathsOf(subjects['docker-socket'])).toEqual(['/run/docker.sock', '/srv/a.sock']);
    expect(pathsOf(subjects['daemon-config-file'])).toEqual(['/srv/docker/engine.json']);
    expect(pathsOf(subjects['containerd-socket'])).toEqual(['/run/x/containerd/containerd.sock']);
    expect(engine.apiSocket).toBe('/run/docker.sock');
  });

  test('a daemon that listens on tcp only is not asked over a socket of somebody else', async () => {
    const reader = fakeReader(withFlags('-H', 'tcp://0.0.0.0:2376'));
    const { engine, subjects } = await gatherFacts(reader);
    expect(engine.unreachable).toContain('no unix socket');
    expect(reader.asked.requests).toEqual([]);
    expect(subjects['docker-socket']).toMatchObject({ status: 'absent', planned: undefined });
  });

  test.each([
    ['refused', 'nothing listens on it'],
    ['denied', 'permission denied on /run/docker.sock'],
    ['timed-out', 'no answer from /run/docker.sock within 5 seconds'],
    ['absent', 'there is no socket at /run/docker.sock'],
  ] as const)('an engine that is %s is named as such', async (code, sentence) => {
    const silent = { type: 'unreachable', code, reason: 'x' } as const;
    const paths = ['/info', '/version', '/networks/bridge', '/containers/json?all=1'];
    const engines = { '/run/docker.sock': Object.fromEntries(paths.map((path) => [path, silent])) };
    const { engine } = await factsOf({ ...dockerCe, engines });
    expect(engine.unreachable).toContain(sentence);
    expect(engine).toMatchObject({ running: true, info: {}, bridge: null, version: '28.5.2' });
    expect(engine.containers).toBeUndefined();
  });

  test('a plugin that forbids a question is an answer with its own words', async () => {
    const refused = { type: 'answered', status: 403, body: { message: 'authorization denied by plugin x' } } as const;
    const { engine } = await factsOf({
      ...dockerCe,
      engines: { '/run/docker.sock': { ...dockerCe.engines?.['/run/docker.sock'], '/info': refused } },
    });
    expect(engine.unreachable).toBe('GET /info was answered with 403: authorization denied by plugin x');
  });

  test('user namespaces: the data root of a stopped engine gets the folder of the first subordinate ids', async () => {
    const { engine } = await factsOf(
      withFiles(dockerCeStopped, {
        '/etc/docker/daemon.json': '\uFEFF{"userns-remap": "default"}',
        '/etc/subuid': 'other:1:2\ndockremap:100000:65536\n',
        '/etc/subgid': 'dockremap:200000:65536\n',
        '/var/lib/docker/100000.200000': { type: 'directory' },
      }),
    );
    expect(engine).toMatchObject({ dataRoot: '/var/lib/docker/100000.200000', userNamespaces: true });
  });

  test('a stopped engine behind a socket of systemd is not woken up', async () => {
    const show = [
      'Id=docker.service\nLoadState=loaded\nActiveState=inactive\nFragmentPath=/lib/systemd/system/docker.service\nDropInPaths=\n',
      'Id=docker.socket\nLoadState=loaded\nActiveState=active\nFragmentPath=/lib/systemd/system/docker.socket\nListen=/run/docker.sock (Stream)\n',
    ];
    const reader = fakeReader({
      ...withFiles(dockerCe, { '/run/systemd/system': { type: 'directory' } }),
      processes: [{ name: 'systemd', pid: 1, argv: ['/sbin/init'], exe: '/usr/lib/systemd/systemd' }],
      queries: { 'systemctl show': show.join('\n') },
    });
    const { engine, serviceManager } = await gatherFacts(reader);
    expect(serviceManager.type).toBe('systemd');
    expect(reader.asked.requests).toEqual([]);
    expect(engine.unreachable).toContain('would start it');
    expect(engine.running).toBe(false);
    expect(engine.service).toMatchObject({
      activeState: 'inactive',
      fragmentPath: '/usr/lib/systemd/system/docker.service',
      needsReload: false,
    });
  });
});

describe('hosts that are not changed', () => {
  test.each([
    ['snap', snap, /snap/],
    ['rootless', rootless, /rootless \(user 1000\)/],
    ['podman', podmanDocker, /Podman/],
    ['none', {}, /no Docker engine/],
    ['several', several, /\/usr\/bin\/dockerd and the docker snap|the docker snap and/],
    [
      'several',
      {
        ...dockerCe,
        processes: [...running(dockerCe), { name: 'dockerd', argv: ['/opt/old/dockerd'] }],
      },
      /\/opt\/old\/dockerd and \/usr\/bin\/dockerd/,
    ],
    ['rootless', { files: { '/home/ann/.config/systemd/user/docker.service': 'x' } }, /rootless \(ann\)/],
    ['desktop', { files: { '/opt/docker-desktop': { type: 'directory' } } }, /Docker Desktop/],
  ] as const)('%s is named and refused', async (flavour, host, sentence) => {
    const { engine } = await factsOf(host);
    expect(engine.flavour).toBe(flavour);
    expect(engine.refusal).toMatch(sentence);
  });

  test('a Kubernetes node is refused; what is left of one is a warning', async () => {
    const node = await factsOf({
      ...dockerCe,
      processes: [...running(dockerCe), { name: 'kubelet', argv: ['/usr/bin/kubelet'] }],
    });
    expect(node.engine.refusal).toContain('Kubernetes');
    const rest = await factsOf(withFiles(dockerCe, { '/etc/kubernetes/kubelet.conf': 'x' }));
    expect(rest.engine.refusal).toBeUndefined();
    expect(rest.warnings.join()).toContain('/etc/kubernetes/kubelet.conf');
  });

  test('an engine that answers but runs in another root is refused', async () => {
    const { engine } = await factsOf({ ...dockerCe, processes: [] });
    expect(engine.refusal).toContain('another root');
  });

  test('rootless-extras beside a running system engine are no second engine', async () => {
    const { engine } = await factsOf(
      withFiles(dockerCe, {
        '/usr/bin/dockerd-rootless.sh': 'x',
        '/home/ann/.config/systemd/user/docker.service': 'x',
      }),
    );
    expect(engine.flavour).toBe('docker-ce');
    expect(engine.refusal).toBeUndefined();
  });

  test('a folder taken as root: nothing is asked, files are read, audit rules can wait for the boot', async () => {
    const reader = fakeReader({ ...dockerCe, kind: 'root', processes: [] });
    const { engine, audit, serviceManager } = await gatherFacts(reader);
    expect(reader.asked).toEqual({ queries: [], requests: [] });
    expect(serviceManager.type).toBe('none');
    expect(engine).toMatchObject({ flavour: 'docker-ce', running: false, version: '28.5.2', argvSource: 'unit' });
    expect(audit).toMatchObject({ kernel: 'not-here', version: '3.1.2', loader: 'augenrules' });
    expect(audit.unavailable).toBeUndefined();
    expect(audit.kernelRules).toBeUndefined();
  });
});

describe('a Red Hat-like host', () => {
  test('options come from the files the unit names, drop-ins by name, masks hide', async () => {
    const { engine, subjects } = await factsOf(redHatLike);
    expect(engine.argv).toEqual([
      '--default-runtime=runc',
      '--selinux-enabled',
      '--log-driver=journald',
      '--label',
      'a=b c',
      '-H',
      'unix:///var/run/docker.sock',
      '--storage-driver',
      'overlay2',
    ]);
    expect(engine.service).toMatchObject({
      dropInPaths: ['/etc/systemd/system/docker.service.d/10-weak.conf'],
      execStartOverridden: false,
      umask: '0077',
    });
    expect(engine.socketUnit).toMatchObject({ loadState: 'masked' });
    expect(pathsOf(subjects['docker-service-unit'])).toEqual([
      '/etc/systemd/system/docker.service.d/10-weak.conf',
      '/lib/systemd/system/docker.service',
    ]);
    expect(subjects['docker-socket-unit']).toMatchObject({ status: 'absent', reason: 'docker.socket is masked' });
    expect(pathsOf(subjects['etc-sysconfig-docker'])).toEqual([
      '/etc/sysconfig/docker',
      '/etc/sysconfig/docker-storage',
    ]);
  });

  test('audit: old status form, loader, version by auditctl, disk actions, immutable', async () => {
    const { audit, warnings } = await factsOf(redHatLike);
    expect(audit).toMatchObject({
      enabled: 2,
      failure: 2,
      auditdPid: 812,
      backlogLimit: 320,
      lost: 7,
      version: '2.8.1',
      loader: 'auditctl -R',
      kernelRules: ['-w /etc/passwd -p wa -k x'],
      diskActions: {
        space_left_action: 'EMAIL',
        admin_space_left_action: 'HALT',
        disk_full_action: 'EXEC',
        max_log_file_action: 'KEEP_LOGS',
      },
    });
    expect(warnings.join('\n')).toMatch(/UMask=0077/);
    expect(warnings.join('\n')).toMatch(/other than auditd/);
  });
});

describe('certificates and keys', () => {
  const certs: FakeHost['files'] = {
    '/etc/docker/certs.d/reg:5000/ca.crt': 'x',
    '/etc/docker/certs.d/reg:5000/client.cert': 'x',
    '/etc/docker/certs.d/reg:5000/client.key': 'x',
    '/etc/docker/certs.d/reg:5000/deeper/ca.crt': 'x',
    '/etc/docker/certs.d/reg:5000/odd.crt': { type: 'directory' },
    '/etc/docker/certs.d/linked/ca.crt': { link: '/etc/pki/site.pem' },
    '/etc/docker/certs.d/top.crt': 'x',
    '/etc/pki/site.pem': 'x',
    '/root/.docker/ca.pem': 'x',
    '/root/.docker/key.pem': 'x',
    '/srv/cert.pem': 'x',
  };
  const names = ['tls-ca', 'tls-certificate', 'tls-key'] as const satisfies readonly SubjectName[];

  test('public and private ones are told apart, one level below the hosts, links resolved', async () => {
    const { subjects } = await factsOf(withFiles(dockerCe, certs));
    expect(pathsOf(subjects['registry-certificates'])).toEqual([
      '/etc/docker/certs.d/reg:5000/ca.crt',
      '/etc/docker/certs.d/reg:5000/client.cert',
      '/etc/pki/site.pem',
    ]);
    expect(pathsOf(subjects['registry-keys'])).toEqual(['/etc/docker/certs.d/reg:5000/client.key']);
  });

  test('a folder of certificates that cannot be listed is unreadable, not empty', async () => {
    const denied = { type: 'directory', denied: true } as const;
    const { subjects } = await factsOf(withFiles(dockerCe, { ...certs, '/etc/docker/certs.d/closed': denied }));
    expect(subjects['registry-keys'].status).toBe('unreadable');
    expect(subjects['registry-certificates'].status).toBe('unreadable');
  });

  test('without TLS no default file counts', async () => {
    const { subjects } = await factsOf(withFiles(dockerCe, certs));
    for (const name of names) {
      expect(subjects[name]).toMatchObject({ status: 'absent', reason: 'TLS is not switched on' });
    }
  });

  test.each([
    ['a flag', withFlags('--tlsverify', '--tlscert', '/srv/cert.pem')],
    ['a flag that says false', withFlags('--tlsverify=false', '--tlscert=/srv/cert.pem')],
    [
      'keys of the file',
      withFiles(withFlags(), { '/etc/docker/daemon.json': '{"tlsverify": false, "tlscert": "/srv/cert.pem"}' }),
    ],
  ])('switched on by %s: named files first, the home folder of root for the rest', async (_, host) => {
    const { subjects } = await factsOf(
      withFiles(
        host,
        host.files?.['/etc/docker/daemon.json'] === undefined
          ? certs
          : { ...certs, ...{ '/etc/docker/daemon.json': host.files['/etc/docker/daemon.json'] } },
      ),
    );
    expect(names.map((name) => pathsOf(subjects[name]))).toEqual([
      ['/root/.docker/ca.pem'],
      ['/srv/cert.pem'],
      ['/root/.docker/key.pem'],
    ]);
  });

  test('a folder nobody but root may enter is unreadable, not absent', async () => {
    const { subjects } = await factsOf(
      withFiles(dockerCe, {
        '/srv/data': { type: 'directory', denied: true },
        '/etc/docker/daemon.json': '{"data-root": "/srv/data/x"}',
      }),
    );
    expect(subjects['docker-data-root'].status).toBe('present');
    const stopped = await factsOf({
      ...withFiles(dockerCeStopped, {
        '/srv/data': { type: 'directory', denied: true },
        '/etc/docker/daemon.json': '{"data-root": "/srv/data/x"}',
      }),
    });
    expect(stopped.subjects['docker-data-root']).toEqual({
      status: 'unreadable',
      reason: expect.stringContaining('permission denied') as string,
    });
  });
});

describe('the system around it', () => {
  const transient = '[composefs]\nenabled = yes\n[etc]\ntransient = true\n';
  test.each([
    ['NixOS', { files: { '/etc/os-release': 'ID=nixos\n' } }, /NixOS/, /NixOS/],
    [
      'ostree keeps /etc',
      { files: { '/etc/os-release': 'ID=fedora\n', '/run/ostree-booted': '' } },
      undefined,
      /ostree/,
    ],
    [
      'ostree with a transient /etc',
      { files: { '/run/ostree-booted': '', '/usr/lib/ostree/prepare-root.conf': transient } },
      /at each boot/,
      /ostree/,
    ],
    [
      'a transient root is not a transient /etc',
      {
        files: { '/run/ostree-booted': '', '/usr/lib/ostree/prepare-root.conf': '[etc]\n[root]\ntransient = true\n' },
      },
      undefined,
      /ostree/,
    ],
    ['Flatcar keeps /etc', { files: { '/etc/os-release': 'ID=flatcar\n' } }, undefined, /Flatcar/],
    ['Container-Optimized OS', { files: { '/etc/os-release': 'ID=cos\n' } }, /anew at each boot/, /anew/],
    [
      'a read-only /usr',
      {
        mounts: [
          { mountPoint: absPath('/'), fsType: 'ext4', source: 'a', options: ['rw'] },
          { mountPoint: absPath('/usr'), fsType: 'erofs', source: 'b', options: ['ro'] },
        ],
      },
      undefined,
      /^\/usr cannot be written/,
    ],
    [
      'a read-only root below a writable one',
      {
        mounts: [
          { mountPoint: absPath('/'), fsType: 'ext4', source: 'a', options: ['ro'] },
          { mountPoint: absPath('/'), fsType: 'overlay', source: 'b', options: ['rw'] },
        ],
      },
      undefined,
      undefined,
    ],
  ] as const satisfies readonly (readonly [string, FakeHost, RegExp | undefined, RegExp | undefined])[])(
    'what an image-based or read-only system keeps: %s',
    async (_, host, etc, usr) => {
      const { imageBased } = await factsOf(host);
      for (const [reason, words] of [
        [imageBased?.etc, etc],
        [imageBased?.usr, usr],
      ] as const) {
        if (words === undefined) {
          expect(reason).toBeUndefined();
        } else {
          expect(reason).toMatch(words);
        }
      }
    },
  );

  test.each([
    ['systemd as the first process, its folder missing', [{ name: 'systemd', pid: 1, argv: ['systemd'] }], {}, 'none'],
    ['another init', [{ name: 'openrc-init', pid: 1, argv: ['openrc-init'] }], {}, 'other'],
    ['a leftover folder without systemd', [], { '/run/systemd/system': { type: 'directory' } }, 'none'],
    [
      'systemd that does not answer',
      [{ name: 'systemd', pid: 1, argv: ['systemd'] }],
      { '/run/systemd/system': { type: 'directory' } },
      'none',
    ],
  ] as const)('service manager: %s', async (_, processes, files, type) => {
    expect((await factsOf({ processes, files })).serviceManager.type).toBe(type);
  });

  test('agents, blocked modules, forwarding, firewall, owned and generated daemon.json are told', async () => {
    const quiet = (await factsOf(dockerCe)).warnings;
    expect(quiet).toEqual([]);
    const { warnings } = await factsOf({
      ...withFiles(dockerCe, {
        '/etc/docker/daemon.json': '{"_comment": "Ansible managed"}',
        '/etc/modprobe.d/cis.conf':
          'install overlay /bin/true\nblacklist br-netfilter\nblacklist pcspkr\n#blacklist bridge\n',
        '/etc/sysctl.d/10-a.conf': 'net.ipv4.ip_forward = 1\n',
        '/etc/sysctl.d/99-cis.conf': 'net/ipv4/ip_forward=0\n',
        '/etc/nftables.conf': '#!/usr/sbin/nft -f\nflush ruleset\n',
        '/etc/systemd/system/sysinit.target.wants/nftables.service': { link: '/lib/systemd/system/nftables.service' },
        '/proc/sys/fs/protected_symlinks': '0\n',
        '/var/lib/dpkg/status':
          'Package: nvidia-docker2\nStatus: install ok installed\nConffiles:\n /etc/docker/daemon.json 0123\nVersion: 2\n',
      }),
      processes: [
        { name: 'puppet', argv: ['puppet'] },
        { name: 'auditbeat', argv: ['auditbeat'] },
        { name: 'dockerd', argv: ['/usr/bin/dockerd'] },
      ],
    });
    const all = warnings.join('\n');
    for (const word of [
      'Puppet',
      'nvidia-docker2',
      'a tool writes it',
      'Auditbeat',
      'module overlay',
      'module br_netfilter',
      '99-cis.conf',
      'flush ruleset',
      'protected_symlinks',
    ]) {
      expect(all).toContain(word);
    }
    expect(warnings).toHaveLength(9);
  });
});
