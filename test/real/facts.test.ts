import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { gatherFacts } from '../../src/engine/facts/gather-facts.ts';
import { rootedHost } from '../../src/host/rooted-host.ts';
import type { HostFacts, Subject } from '../../src/model/facts.ts';
import { realHosts, type Suite, SUITES, systemdHost, type TestHost, throwawayHost } from './throwaway-host.ts';

const HERE = fileURLToPath(new URL('../..', import.meta.url));
const INSIDE = '/run/project';
const options = { binds: { [INSIDE]: HERE } };

const ENGINES: Readonly<
  Record<Suite, { readonly docker: string; readonly audit: string; readonly shims: readonly string[] }>
> = {
  bullseye: {
    docker: '20.10.5',
    audit: '3.0',
    shims: ['containerd-shim', 'containerd-shim-runc-v1', 'containerd-shim-runc-v2'],
  },
  bookworm: {
    docker: '20.10.24',
    audit: '3.0.9',
    shims: ['containerd-shim', 'containerd-shim-runc-v1', 'containerd-shim-runc-v2'],
  },
  trixie: {
    docker: '26.1.5',
    audit: '4.0.2',
    shims: ['containerd-shim', 'containerd-shim-runc-v1', 'containerd-shim-runc-v2'],
  },
  forky: { docker: '28.5.2', audit: '4.1.2', shims: ['containerd-shim-runc-v2'] },
};

async function factsOf(host: TestHost): Promise<HostFacts> {
  const output = await host.check([`${INSIDE}/node_modules/node/bin/node`, `${INSIDE}/test/real/print-facts.ts`]);
  return JSON.parse(output) as HostFacts;
}

const pathsOf = (subject: Subject): readonly string[] => (subject.status === 'present' ? subject.paths : []);

describe.runIf(realHosts())('facts of a real host', () => {
  test.each(SUITES)('%s: stopped, running, and told to look elsewhere', async (suite) => {
    await using host = await throwawayHost(suite, options);
    const expected = ENGINES[suite];

    const stopped = await factsOf(host);
    expect(stopped.engine).toMatchObject({
      flavour: 'docker.io',
      running: false,
      unreachable: 'there is no socket at /run/docker.sock',
      version: expected.docker,
      exe: '/usr/sbin/dockerd',
      argvSource: 'unit',
      argv: ['-H', 'fd://', '--containerd=/run/containerd/containerd.sock'],
      dataRoot: '/var/lib/docker',
    });
    expect(stopped.engine.service).toMatchObject({
      fragmentPath: '/usr/lib/systemd/system/docker.service',
      loadState: 'loaded',
    });
    expect(stopped.engine.socketUnit).toMatchObject({
      listen: ['/run/docker.sock'],
      socketGroup: 'docker',
      socketMode: '0660',
    });

    await host.startDockerd();
    const running = await factsOf(host);
    expect(running.serviceManager.type).toBe('none');
    expect(running.engine).toMatchObject({
      flavour: 'docker.io',
      running: true,
      version: expected.docker,
      argvSource: 'process',
      exe: '/usr/sbin/dockerd',
      swarm: 'inactive',
      imageStore: 'graph-driver',
      storageDriver: 'overlay2',
      containers: [],
      containerd: { exe: '/usr/bin/containerd', managedByDockerd: true },
      bridge: { Name: 'bridge' },
    });
    for (const version of ['containerdVersion', 'runcVersion'] as const) {
      expect(running.engine[version], 'the API and the package say the same').toBe(stopped.engine[version]);
    }
    expect(pathsOf(running.subjects['runc-binary'])).toEqual(['/usr/sbin/runc']);
    const shims = [
      'containerd-shim-binary',
      'containerd-shim-runc-v1-binary',
      'containerd-shim-runc-v2-binary',
    ] as const;
    expect(shims.flatMap((name) => pathsOf(running.subjects[name]))).toEqual(
      expected.shims.map((name) => `/usr/bin/${name}`),
    );
    expect(pathsOf(running.subjects['containerd-socket'])[0]).toBe('/run/docker/containerd/containerd.sock');
    expect(pathsOf(running.subjects['docker-socket'])).toEqual(['/run/docker.sock']);
    // dockerd's own configuration for its containerd is what the folder was computed from.
    expect(await host.read('/run/docker/containerd/containerd.toml')).toContain(
      `"${running.engine.containerdRoot ?? ''}"`,
    );

    expect(running.audit).toMatchObject({ kernel: 'asked', version: expected.audit, loader: 'augenrules', failure: 1 });
    expect(running.audit.unavailable).toBeUndefined();
    expect(running.audit.kernelRules).toBeDefined();
    expect(running.audit.diskActions).toMatchObject({ disk_full_action: 'SUSPEND' });
    expect(running.audit.ruleFiles.map(({ path }) => path)).toEqual([
      '/etc/audit/rules.d/audit.rules',
      '/etc/audit/audit.rules',
    ]);
    await host.stopDockerd();

    await host.write(
      '/srv/engine.json',
      JSON.stringify({ 'data-root': '/run/data', hosts: ['unix:///run/docker.sock', 'unix:///run/second.sock'] }),
    );
    await host.check(
      'rm -f /run/docker.sock; dockerd --config-file /srv/engine.json --iptables=false --bridge=none >/run/log 2>&1 & for i in $(seq 200); do docker -H unix:///run/second.sock info >/dev/null 2>&1 && exit 0; sleep 0.1; done; cat /run/log; exit 1',
    );
    const elsewhere = await factsOf(host);
    expect(elsewhere.engine).toMatchObject({
      configFile: { path: '/srv/engine.json', explicit: true },
      dataRoot: '/run/data',
      bridge: null,
      argvSource: 'process',
    });
    expect(pathsOf(elsewhere.subjects['daemon-config-file'])).toEqual(['/srv/engine.json']);
    expect(pathsOf(elsewhere.subjects['docker-data-root'])).toEqual(['/run/data']);
    expect(pathsOf(elsewhere.subjects['docker-socket'])).toEqual(['/run/docker.sock', '/run/second.sock']);

    await host.check(
      'mkdir -p /run/two; dockerd --data-root /run/two/data --exec-root /run/two/exec --pidfile /run/two/pid -H unix:///run/two/sock --iptables=false --bridge=none >/run/two/log 2>&1 & for i in $(seq 200); do docker -H unix:///run/two/sock info >/dev/null 2>&1 && exit 0; sleep 0.1; done; cat /run/two/log; exit 1',
    );
    const both = await factsOf(host);
    expect(both.engine.flavour).toBe('several');
    expect(both.engine.refusal).toContain('/usr/sbin/dockerd and /usr/sbin/dockerd');
  });

  test('a container shows its name, networks and ports; the rest of the facts stays as it was', async () => {
    await using host = await throwawayHost('trixie', options);
    await host.startDockerd(['--log-level=warn']);
    const before = await factsOf(host);
    await host.importBusybox('box');
    await host.check(
      'docker network create side && docker run -d --name web -p 127.0.0.1:8080:80 box sleep 1000 && docker network connect side web && docker create --name idle --network host box sleep 1',
    );
    const { engine, subjects } = await factsOf(host);
    expect(engine.argv).toEqual(['--log-level=warn']);
    expect(engine.containers).toMatchObject([
      { name: 'idle', image: 'box', running: false, networkMode: 'host', publishedPorts: 0 },
      { name: 'web', image: 'box', running: true, publishedPorts: 1, networks: ['bridge', 'side'] },
    ]);
    expect(subjects).toEqual(before.subjects);
  });

  test('images in containerd: its root is a data root too', async () => {
    await using host = await throwawayHost('forky', options);
    await host.write('/etc/docker/daemon.json', '{"features": {"containerd-snapshotter": true}}');
    expect((await factsOf(host)).engine.imageStore).toBe('containerd');
    await host.startDockerd();
    const { engine, subjects } = await factsOf(host);
    expect(engine).toMatchObject({ imageStore: 'containerd', containerdRoot: '/var/lib/docker/containerd/daemon' });
    expect(pathsOf(subjects['docker-data-root'])).toEqual(['/var/lib/docker', '/var/lib/docker/containerd/daemon']);
  });

  test('user namespaces: the data root is known before and after a start', async () => {
    await using host = await throwawayHost('bookworm', options);
    await host.write('/etc/docker/daemon.json', '{"userns-remap": "default"}');
    await host.startDockerd();
    const running = await factsOf(host);
    expect(running.engine).toMatchObject({
      userNamespaces: true,
      dataRoot: expect.stringMatching(/^\/var\/lib\/docker\/\d+\.\d+$/) as string,
    });
    await host.stopDockerd();
    const stopped = await factsOf(host);
    expect(stopped.engine).toMatchObject({ userNamespaces: true, dataRoot: running.engine.dataRoot, running: false });
  });

  test('a folder taken as root says the same of files as the host does', async () => {
    await using host = await throwawayHost('trixie', options);
    const live = await factsOf(host);
    const folder = await gatherFacts(
      rootedHost(join(process.env['HARDEN_TEST_ROOTS'] ?? '/var/cache/harden-test/roots', 'trixie')),
    );
    expect(folder.hostKind).toBe('root');
    for (const name of ['version', 'argv', 'service', 'socketUnit', 'flavour', 'dataRoot'] as const) {
      expect(folder.engine[name]).toEqual(live.engine[name]);
    }
    expect(folder.audit).toMatchObject({ kernel: 'not-here', version: '4.0.2', loader: 'augenrules' });
    expect(folder.subjects['runc-binary']).toEqual(live.subjects['runc-binary']);
  });

  test('odd rule files of a real host, in the order of its own augenrules', async () => {
    await using host = await throwawayHost('forky', options);
    const names = [
      '9-x',
      '10-x',
      '10-procs',
      'a10',
      'a2',
      'a',
      'B',
      '99-z_x',
      '99-finalize',
      '010',
      'x~',
      '30.1',
      '30',
    ];
    await host.check(names.map((name) => `touch /etc/audit/rules.d/${name}.rules`).join('; '));
    await host.check(
      'cd /etc/audit/rules.d; mkfifo fifo.rules; ln -s /etc/hostname link.rules; mkdir dir.rules; touch .hidden.rules note.txt',
    );
    const own = (await host.check('/bin/ls -1v /etc/audit/rules.d | grep "\\.rules$"')).trim().split('\n');
    const { audit } = await factsOf(host);
    expect(audit.ruleFiles.map(({ path }) => path.replace('/etc/audit/rules.d/', ''))).toEqual([
      ...own,
      '/etc/audit/audit.rules',
    ]);
    const odd = audit.ruleFiles.filter(({ text }) => text.status === 'unreadable').map(({ path }) => path);
    expect(odd).toEqual(['dir', 'fifo', 'link'].map((name) => `/etc/audit/rules.d/${name}.rules`));
  });

  test('without the capability audit says so, and so does an ordinary user', async () => {
    await using host = await throwawayHost('bookworm', options);
    const print = `${INSIDE}/node_modules/node/bin/node ${INSIDE}/test/real/print-facts.ts`;
    const less = JSON.parse(
      await host.check(`setpriv --bounding-set -audit_control --inh-caps -audit_control ${print}`),
    ) as HostFacts;
    expect(less.audit.unavailable).toContain('CAP_AUDIT_CONTROL');
    const user = JSON.parse(
      await host.check(`setpriv --reuid 65534 --regid 65534 --clear-groups ${print}`),
    ) as HostFacts;
    expect(user.audit.unavailable).toContain('root only');
    expect(user.audit.ruleFiles[0]?.text.status).toBe('unreadable');
  });

  test.each(['bullseye', 'trixie'] as const)(
    '%s with systemd: units, drop-ins, sockets, and a stopped engine that stays stopped',
    async (suite) => {
      await using host = await systemdHost(suite, options);
      const plain = await factsOf(host);
      expect(plain.serviceManager.type).toBe('systemd');
      expect(plain.engine).toMatchObject({
        flavour: 'docker.io',
        running: true,
        argv: ['-H', 'fd://', '--containerd=/run/containerd/containerd.sock'],
        apiSocket: '/run/docker.sock',
        containerd: { managedByDockerd: false },
      });
      expect(plain.engine.service).toMatchObject({
        activeState: 'active',
        fragmentPath: '/usr/lib/systemd/system/docker.service',
        needsReload: false,
      });
      expect(pathsOf(plain.subjects['containerd-state-directory'])).toEqual(['/run/containerd']);
      expect(plain.audit.unavailable).toContain('container');

      await host.write('/etc/default/docker', 'DOCKER_OPTS="--label \'a=b c\' -l warn"\n');
      await host.write(
        '/etc/systemd/system/docker.service.d/10-x.conf',
        '[Service]\nEnvironment=OPEN=yes\nUMask=0027\nExecStart=\nExecStart=/usr/sbin/dockerd -H fd:// --label "q=x y" --containerd=/run/containerd/containerd.sock --label=o=${OPEN} $DOCKER_OPTS\n',
      );
      await host.check('systemctl daemon-reload; systemctl restart docker.service');
      const changed = await factsOf(host);
      const unit = changed.engine.service?.execStart.slice(1);
      // What the process was started with is what reading the files came to.
      expect(changed.engine.argv).toEqual(unit);
      expect(unit).toEqual([
        '-H',
        'fd://',
        '--label',
        'q=x y',
        '--containerd=/run/containerd/containerd.sock',
        '--label=o=yes',
        '--label',
        'a=b c',
        '-l',
        'warn',
      ]);
      expect(changed.engine.service).toMatchObject({ execStartOverridden: true, umask: '0027', needsReload: false });
      expect(pathsOf(changed.subjects['docker-service-unit'])).toEqual([
        '/etc/systemd/system/docker.service.d/10-x.conf',
        '/usr/lib/systemd/system/docker.service',
      ]);

      await host.check('echo "#" >> /etc/systemd/system/docker.service.d/10-x.conf');
      expect((await factsOf(host)).engine.service?.needsReload).toBe(true);

      await host.check('systemctl stop docker.service');
      const stopped = await factsOf(host);
      expect(stopped.engine).toMatchObject({ running: false, argvSource: 'unit', argv: unit });
      expect(stopped.engine.unreachable).toContain('would start it');
      expect((await host.run('systemctl is-active docker.service')).stdout.trim()).toBe('inactive');
    },
  );
});
