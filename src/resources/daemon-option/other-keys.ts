import type { KeyRow, KeyShape } from './key-row.ts';

/** Keys named like their flag and known to every engine from 20.10 on; by shape. */
const EVERYWHERE: readonly (readonly [KeyShape, readonly string[]])[] = [
  [
    'boolean',
    [
      'cri-containerd',
      'help',
      'init',
      'ip-forward',
      'ip-masq',
      'ipv6',
      'raw-logs',
      'restart',
      'rootless',
      'selinux-enabled',
      'version',
    ],
  ],
  [
    'integer',
    [
      'cpu-rt-period',
      'cpu-rt-runtime',
      'max-concurrent-downloads',
      'max-concurrent-uploads',
      'max-download-attempts',
      'mtu',
      'network-control-plane-mtu',
      'network-diagnostic-port',
      'shutdown-timeout',
    ],
  ],
  [
    'string',
    [
      'api-cors-header',
      'bip',
      'bridge',
      'config-file',
      'containerd',
      'containerd-namespace',
      'containerd-plugins-namespace',
      'data-root',
      'default-cgroupns-mode',
      'default-gateway',
      'default-gateway-v6',
      'default-ipc-mode',
      'default-runtime',
      'exec-root',
      'fixed-cidr',
      'fixed-cidr-v6',
      'group',
      'host-gateway-ip',
      'init-path',
      'ip',
      'metrics-addr',
      'pidfile',
      'storage-driver',
      'swarm-default-advertise-addr',
      'userland-proxy-path',
    ],
  ],
  ['strings', ['allow-nondistributable-artifacts', 'dns', 'dns-search']],
  ['any', ['default-shm-size', 'deprecated-key-path', 'builder']],
];

/** Keys that differ from their flag, or that not every engine knows. */
const SPECIAL: readonly KeyRow[] = [
  { key: 'default-address-pools', flags: ['default-address-pool'], shape: 'objects' },
  { key: 'dns-opts', flags: ['dns-opt'], shape: 'strings' },
  { key: 'exec-opts', flags: ['exec-opt'], shape: 'strings' },
  { key: 'features', flags: ['feature'], shape: 'boolean-map' },
  { key: 'labels', flags: ['label'], shape: 'strings' },
  { key: 'node-generic-resources', flags: ['node-generic-resource'], shape: 'any' },
  { key: 'registry-mirrors', flags: ['registry-mirror'], shape: 'strings' },
  { key: 'runtimes', flags: ['add-runtime'], shape: 'object' },
  { key: 'storage-opts', flags: ['storage-opt'], shape: 'strings' },
  { key: 'cluster-advertise', flags: ['cluster-advertise'], shape: 'string', until: '23.0' },
  { key: 'cluster-store', flags: ['cluster-store'], shape: 'string', until: '23.0' },
  { key: 'cluster-store-opts', flags: ['cluster-store-opt'], shape: 'string-map', until: '23.0' },
  { key: 'graph', flags: ['graph'], shape: 'string', until: '23.0' },
  { key: 'oom-score-adjust', flags: ['oom-score-adjust'], shape: 'integer', until: '26.0' },
  { key: 'http-proxy', flags: ['http-proxy'], shape: 'string', since: '23.0' },
  { key: 'https-proxy', flags: ['https-proxy'], shape: 'string', since: '23.0' },
  { key: 'no-proxy', flags: ['no-proxy'], shape: 'string', since: '23.0' },
  { key: 'proxies', flags: [], shape: 'object', since: '23.0' },
  { key: 'validate', flags: ['validate'], shape: 'boolean', since: '23.0' },
  { key: 'default-network-opts', flags: ['default-network-opt'], shape: 'object', since: '24.0' },
  { key: 'cdi-spec-dirs', flags: ['cdi-spec-dir'], shape: 'strings', since: '25.0' },
  { key: 'log-format', flags: ['log-format'], shape: 'string', since: '25.0' },
  { key: 'bip6', flags: ['bip6'], shape: 'string', since: '27.0' },
  { key: 'allow-direct-routing', flags: ['allow-direct-routing'], shape: 'boolean', since: '28.0' },
  { key: 'ip-forward-no-drop', flags: ['ip-forward-no-drop'], shape: 'boolean', since: '28.0' },
  { key: 'bridge-accept-fwmark', flags: ['bridge-accept-fwmark'], shape: 'string', since: '29.0' },
  { key: 'firewall-backend', flags: ['firewall-backend'], shape: 'string', since: '29.0' },
  { key: 'host-gateway-ips', flags: ['host-gateway-ip'], shape: 'strings', since: '29.0' },
  { key: 'nri-opts', flags: ['nri-opts'], shape: 'object', since: '29.0' },
];

const SHORTHANDS: Readonly<Record<string, string>> = {
  bridge: 'b',
  group: 'G',
  graph: 'g',
  help: 'h',
  pidfile: 'p',
  restart: 'r',
  'storage-driver': 's',
  version: 'v',
};

/** Keys that no remediation sets: known so that a file with them is not called wrong. */
export const OTHER_KEYS: readonly KeyRow[] = [
  ...EVERYWHERE.flatMap(([shape, keys]) => keys.map((key): KeyRow => ({ key, flags: [key], shape }))),
  ...SPECIAL,
].map((row) => {
  const shorthand = SHORTHANDS[row.key];
  return shorthand === undefined ? row : { ...row, shorthand };
});
