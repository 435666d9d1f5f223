import type { Verdict } from '../../src/model/plan.ts';

/** How a state of one control is made, and what harden says of it. */
export interface Scene {
  readonly verdict: Verdict;
  /** For bash, before dockerd starts. */
  readonly script?: string;
  /** Members of daemon.json. */
  readonly json?: Readonly<Record<string, unknown>>;
  /** Flags of dockerd. */
  readonly flags?: readonly string[];
  /** For bash, while dockerd runs. */
  readonly then?: string;
}

export interface Row {
  readonly control: string;
  readonly bad: Scene;
  readonly good: Scene;
}

/** A control with one state only on such a host. */
export interface OneWay {
  readonly control: string;
  /** Undefined: no profile holds it. */
  readonly verdict: Verdict | undefined;
  readonly why: string;
}

const UNITS = '/usr/lib/systemd/system';
const CERTIFICATE = '/etc/docker/certs.d/registry.example:5000';
const TLS = '/etc/docker/tls';

export const ONE_WAY: readonly OneWay[] = [
  {
    control: 'host-os-hardened',
    verdict: 'manual',
    why: 'nothing on a host says that somebody applied a baseline to all of it',
  },
  {
    control: 'docker-version-current',
    verdict: 'manual',
    why: 'whether a release is maintained is not written on the host',
  },
  {
    control: 'rootless-daemon',
    verdict: 'manual',
    why: 'a rootless engine is another installation; a test of its own shows its pass',
  },
  {
    control: 'no-aufs',
    verdict: 'not-applicable',
    why: 'the engine is too new for it; an old one passes, and no kernel here has aufs',
  },
  {
    control: 'no-devicemapper',
    verdict: 'not-applicable',
    why: 'the engine is too new for it; an old one passes, and no kernel here has device mapper',
  },
  { control: 'base-device-size', verdict: 'not-applicable', why: 'a setting of devicemapper; a leftover is manual' },
  {
    control: 'legacy-registry-disabled',
    verdict: undefined,
    why: 'a historic control: it has a number in no benchmark',
  },
];

/** On one trixie host without a service manager, with the kernel's audit. */
export const ROWS: readonly Row[] = [
  {
    control: 'separate-partition',
    bad: { verdict: 'manual', json: { 'data-root': '/srv/docker', 'storage-driver': 'vfs' } },
    good: { verdict: 'pass' },
  },
  {
    control: 'docker-group-trusted',
    bad: { verdict: 'manual', script: 'useradd --no-create-home somebody; usermod -aG docker somebody' },
    good: { verdict: 'pass', script: 'gpasswd -d somebody docker' },
  },
  audited('audit-dockerd', '/usr/sbin/dockerd'),
  audited('audit-run-containerd', '/run/containerd', '/run/docker/containerd'),
  audited('audit-var-lib-docker', '"$(docker info -f {{.DockerRootDir}})"'),
  audited('audit-etc-docker', '/etc/docker'),
  audited('audit-docker-service', `${UNITS}/docker.service`),
  audited(
    'audit-containerd-sock',
    '/run/docker/containerd/containerd.sock',
    '/run/docker/containerd/containerd.sock.ttrpc',
  ),
  audited('audit-docker-socket', `${UNITS}/docker.socket`, '/run/docker.sock'),
  audited('audit-etc-default-docker', '/etc/default/docker'),
  audited('audit-daemon-json', '/etc/docker/daemon.json'),
  audited('audit-containerd-config', '/etc/containerd/config.toml'),
  audited('audit-etc-sysconfig-docker', '/etc/sysconfig/docker'),
  audited('audit-containerd', '/usr/bin/containerd'),
  audited('audit-containerd-shim', '/usr/bin/containerd-shim'),
  audited('audit-shim-runc-v1', '/usr/bin/containerd-shim-runc-v1'),
  audited('audit-shim-runc-v2', '/usr/bin/containerd-shim-runc-v2'),
  audited('audit-runc', '/usr/sbin/runc'),
  option('icc-disabled', { icc: true }, { icc: false }),
  option('log-level-info', { 'log-level': 'debug' }, { 'log-level': 'info' }),
  option('iptables-managed', { iptables: false }, {}),
  option('no-insecure-registries', { 'insecure-registries': ['registry.example:5000'] }, {}),
  option('cgroup-parent-default', { 'cgroup-parent': '/site' }, {}),
  option('no-new-privileges-default', { 'no-new-privileges': false }, { 'no-new-privileges': true }),
  option('live-restore', {}, { 'live-restore': true }),
  option('userland-proxy-off', {}, { 'userland-proxy': false }),
  option('daemon-seccomp-profile', { 'seccomp-profile': 'unconfined' }, { 'seccomp-profile': 'builtin' }),
  option('no-experimental', { experimental: true }, { experimental: false }),
  siteDecides('default-ulimits-set', { 'default-ulimits': { nofile: { Name: 'nofile', Soft: 8192, Hard: 65536 } } }),
  siteDecides('central-logging', { 'log-driver': 'syslog', 'log-opts': { 'syslog-address': 'udp://127.0.0.1:514' } }),
  siteDecides('userns-remap', { 'userns-remap': 'default' }),
  {
    control: 'authz-plugin',
    bad: { verdict: 'manual' },
    good: {
      verdict: 'pass',
      script: 'setsid -f /run/node/node /run/harden-authz.mjs </dev/null >/dev/null 2>&1; sleep 1',
      json: { 'authorization-plugins': ['allow-all'] },
    },
  },
  {
    control: 'tcp-tls-verify',
    bad: {
      verdict: 'manual',
      flags: [
        '-H',
        'unix:///var/run/docker.sock',
        '-H',
        'tcp://127.0.0.1:2376',
        `--tls=true`,
        `--tlscacert=${TLS}/ca.pem`,
        `--tlscert=${TLS}/cert.pem`,
        `--tlskey=${TLS}/key.pem`,
      ],
    },
    good: {
      verdict: 'pass',
      flags: [
        '-H',
        'unix:///var/run/docker.sock',
        '-H',
        'tcp://127.0.0.1:2376',
        `--tlsverify=true`,
        `--tlscacert=${TLS}/ca.pem`,
        `--tlscert=${TLS}/cert.pem`,
        `--tlskey=${TLS}/key.pem`,
      ],
    },
  },
  owned('tls-ca-owner', `${TLS}/ca.pem`),
  owned('tls-cert-owner', `${TLS}/cert.pem`),
  owned('tls-key-owner', `${TLS}/key.pem`),
  mode('tls-ca-mode', `${TLS}/ca.pem`, '0644', '0444'),
  mode('tls-cert-mode', `${TLS}/cert.pem`, '0644', '0444'),
  mode('tls-key-mode', `${TLS}/key.pem`, '0440', '0400'),
  owned('docker-service-owner', `${UNITS}/docker.service`),
  mode('docker-service-mode', `${UNITS}/docker.service`, '0664', '0644'),
  owned('docker-socket-unit-owner', `${UNITS}/docker.socket`),
  mode('docker-socket-unit-mode', `${UNITS}/docker.socket`, '0755', '0644'),
  owned('etc-docker-owner', '/etc/docker'),
  mode('etc-docker-mode', '/etc/docker', '0775', '0755'),
  owned('registry-certs-owner', `${CERTIFICATE}/ca.crt`),
  mode('registry-certs-mode', `${CERTIFICATE}/client.key`, '0440', '0400'),
  owned('daemon-json-owner', '/etc/docker/daemon.json'),
  mode('daemon-json-mode', '/etc/docker/daemon.json', '0664', '0600'),
  owned('etc-default-docker-owner', '/etc/default/docker'),
  mode('etc-default-docker-mode', '/etc/default/docker', '0646', '0640'),
  owned('etc-sysconfig-docker-owner', '/etc/sysconfig/docker'),
  mode('etc-sysconfig-docker-mode', '/etc/sysconfig/docker', '0755', '0644'),
  socketOwned('docker-sock-owner', '/run/docker.sock', 'root:docker'),
  socketMode('docker-sock-mode', '/run/docker.sock'),
  socketOwned('containerd-sock-owner', '/run/docker/containerd/containerd.sock', 'root:root'),
  socketMode('containerd-sock-mode', '/run/docker/containerd/containerd.sock'),
];

/** Everything the rows speak of that a stock host lacks; TLS material comes from the test. */
export const COMMON_GROUND = `
  set -e
  mkdir -p /etc/sysconfig ${CERTIFICATE}
  echo 'other_args=' > /etc/sysconfig/docker
  echo 'a certificate' > ${CERTIFICATE}/ca.crt
  echo 'a key' > ${CERTIFICATE}/client.key
  chmod 0444 ${CERTIFICATE}/ca.crt`;
export const TLS_FOLDER = TLS;

function audited(control: string, ...paths: readonly string[]): Row {
  const rules = paths.map((path) => `auditctl -w ${path} -p rwxa -k ${control} 2>/dev/null`).join('\n');
  return { control, bad: { verdict: 'fail' }, good: { verdict: 'pass', then: rules } };
}

function option(control: string, bad: Scene['json'], good: Scene['json']): Row {
  return {
    control,
    bad: { verdict: 'fail', ...(bad === undefined ? {} : { json: bad }) },
    good: { verdict: 'pass', ...(good === undefined ? {} : { json: good }) },
  };
}

function siteDecides(control: string, good: NonNullable<Scene['json']>): Row {
  return { control, bad: { verdict: 'manual' }, good: { verdict: 'pass', json: good } };
}

function owned(control: string, path: string): Row {
  return {
    control,
    bad: { verdict: 'fail', script: `chown daemon:daemon ${path}` },
    good: { verdict: 'pass', script: `chown root:root ${path}` },
  };
}

function mode(control: string, path: string, bad: string, good: string): Row {
  return {
    control,
    bad: { verdict: 'fail', script: `chmod ${bad} ${path}` },
    good: { verdict: 'pass', script: `chmod ${good} ${path}` },
  };
}

function socketOwned(control: string, path: string, owner: string): Row {
  return {
    control,
    bad: { verdict: 'fail', then: `chown daemon:daemon ${path}` },
    good: { verdict: 'pass', then: `chown ${owner} ${path}` },
  };
}

function socketMode(control: string, path: string): Row {
  return {
    control,
    bad: { verdict: 'fail', then: `chmod 0666 ${path}` },
    good: { verdict: 'pass', then: `chmod 0660 ${path}` },
  };
}
