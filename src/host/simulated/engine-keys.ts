/** Flags of dockerd 20.10 to 28 that `--help` names, by what they take; hidden ones that its file may have too are among them. */
const BOOLEANS =
  'cri-containerd debug experimental help icc init ip-forward ip-masq ip6tables iptables ipv6 live-restore no-new-privileges raw-logs restart rootless selinux-enabled tls tlsverify userland-proxy version';
const NUMBERS =
  'cpu-rt-period cpu-rt-runtime max-concurrent-downloads max-concurrent-uploads max-download-attempts mtu network-control-plane-mtu network-diagnostic-port shutdown-timeout';
const TEXTS =
  'bip bridge cgroup-parent config-file containerd containerd-namespace containerd-plugins-namespace data-root default-cgroupns-mode default-gateway default-gateway-v6 default-ipc-mode default-runtime exec-root fixed-cidr fixed-cidr-v6 group host-gateway-ip init-path ip log-driver log-level metrics-addr pidfile seccomp-profile storage-driver swarm-default-advertise-addr tlscacert tlscert tlskey userland-proxy-path userns-remap';
const LISTS = 'dns dns-search';
/** Flags that are given several times. Their file key has another name; their own is let pass and not read. */
const REPEATED: Readonly<Record<string, string>> = {
  'authorization-plugin': 'authorization-plugins',
  'dns-opt': 'dns-opts',
  'exec-opt': 'exec-opts',
  host: 'hosts',
  'insecure-registry': 'insecure-registries',
  label: 'labels',
  'registry-mirror': 'registry-mirrors',
  'storage-opt': 'storage-opts',
};
const REPEATED_OTHER: Readonly<Record<string, string>> = {
  'add-runtime': 'runtimes',
  'default-address-pool': 'default-address-pools',
  'default-ulimit': 'default-ulimits',
  'log-opt': 'log-opts',
  'node-generic-resource': 'node-generic-resources',
};
const ANY = 'builder default-shm-size features';

/** Names that came or went: first engine with it, first engine without it, what it takes. */
const DATED: readonly (readonly [name: string, since: number, until: number, takes: KeyKind])[] = [
  ['allow-nondistributable-artifacts', 20.1, 28, 'list'],
  ['api-cors-header', 20.1, 28, 'text'],
  ['oom-score-adjust', 20.1, 26, 'number'],
  ['deprecated-key-path', 20.1, 25, 'text'],
  ['validate', 23, 99, 'boolean'],
  ['http-proxy', 23, 99, 'text'],
  ['https-proxy', 23, 99, 'text'],
  ['no-proxy', 23, 99, 'text'],
  ['proxies', 23, 99, 'any'],
  ['default-network-opts', 24, 99, 'any'],
  ['cdi-spec-dirs', 25, 99, 'list'],
  ['log-format', 25, 99, 'text'],
  ['bip6', 27, 99, 'text'],
  ['allow-direct-routing', 28, 99, 'boolean'],
  ['ip-forward-no-drop', 28, 99, 'boolean'],
];

export type KeyKind = 'boolean' | 'number' | 'text' | 'list' | 'any' | 'ignored';

/** What daemon.json may hold for an engine of this version (`26.1.5`), by key. */
export function keysOfEngine(version: string): ReadonlyMap<string, KeyKind> {
  const number = numberOf(version);
  const words = (text: string, kind: KeyKind): [string, KeyKind][] => text.split(' ').map((name) => [name, kind]);
  return new Map([
    ...words(BOOLEANS, 'boolean'),
    ...words(NUMBERS, 'number'),
    ...words(TEXTS, 'text'),
    ...words(LISTS, 'list'),
    ...words(ANY, 'any'),
    ...Object.values(REPEATED).map((name): [string, KeyKind] => [name, 'list']),
    ...Object.values(REPEATED_OTHER).map((name): [string, KeyKind] => [name, 'any']),
    ...[...Object.keys(REPEATED), ...Object.keys(REPEATED_OTHER)].map((name): [string, KeyKind] => [name, 'ignored']),
    ...DATED.flatMap(([name, since, until, takes]): [string, KeyKind][] =>
      number >= since && number < until ? [[name, takes]] : [],
    ),
  ]);
}

/** The key of the file that says the same as a flag. */
export function keyOfFlag(flag: string): string {
  return REPEATED[flag] ?? REPEATED_OTHER[flag] ?? flag;
}

/** `26.1.5` is 26.1; `20.10.24` is 20.1, which is before 23. */
export function numberOf(version: string): number {
  return Number(/^\d+\.\d+/.exec(version)?.[0] ?? 0);
}
