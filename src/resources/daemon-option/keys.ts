import type { Json } from '../../model/canonical.ts';
import type { Risk } from '../../model/remediation.ts';
import { isAtLeast } from './engine-version.ts';
import type { KeyRow } from './key-row.ts';
import { OTHER_KEYS } from './other-keys.ts';

/**
 * When a written value is real. `reload`: SIGHUP. `restart`: of dockerd. `next-start`: restart, then each container at its next
 * start. `recreate`: restart, then containers created afterwards.
 */
type TakesEffect = 'reload' | 'restart' | 'next-start' | 'recreate';

/** Where the running daemon shows the value. Where it does not: only the file at its start and its command line tell. */
type ShownIn = 'info' | 'version' | 'bridge' | 'nowhere';

/** What is known besides of the keys that remediations set. */
export interface KeyKnowledge {
  readonly takesEffect: TakesEffect;
  readonly shownIn: ShownIn;
  /** First engine whose API shows it. */
  readonly shownSince?: string;
  /** After a reload without the key the old value stays: it has to be said explicitly once. */
  readonly sticky: boolean;
  /** The default bridge is not built again while containers run that outlived the restart (live-restore). */
  readonly heldByRunningContainers?: true;
  readonly risk: Risk;
  /** One sentence: what nothing here can prove, or what stays as it is. */
  readonly remark?: string;
}

const ROWS: readonly KeyRow[] = [
  { key: 'authorization-plugins', flags: ['authorization-plugin'], shape: 'strings', standard: [] },
  { key: 'cgroup-parent', flags: ['cgroup-parent'], shape: 'string', standard: '' },
  { key: 'debug', flags: ['debug'], shorthand: 'D', shape: 'boolean', standard: false },
  { key: 'default-ulimits', flags: ['default-ulimit'], shape: 'ulimits', standard: {} },
  { key: 'experimental', flags: ['experimental'], shape: 'boolean', standard: false },
  { key: 'hosts', flags: ['host'], shorthand: 'H', shape: 'strings' },
  { key: 'icc', flags: ['icc'], shape: 'boolean', standard: true },
  { key: 'insecure-registries', flags: ['insecure-registry'], shape: 'strings', standard: [] },
  {
    key: 'ip6tables',
    flags: ['ip6tables'],
    shape: 'boolean',
    standard: true,
    formerly: { until: '27.0', standard: false },
  },
  { key: 'iptables', flags: ['iptables'], shape: 'boolean', standard: true },
  { key: 'live-restore', flags: ['live-restore'], shape: 'boolean', standard: false },
  { key: 'log-driver', flags: ['log-driver'], shape: 'string', standard: 'json-file' },
  { key: 'log-level', flags: ['log-level'], shorthand: 'l', shape: 'string', standard: 'info' },
  { key: 'log-opts', flags: ['log-opt'], shape: 'string-map', standard: {} },
  { key: 'no-new-privileges', flags: ['no-new-privileges'], shape: 'boolean', standard: false },
  { key: 'seccomp-profile', flags: ['seccomp-profile'], shape: 'string', standard: 'builtin' },
  { key: 'tls', flags: ['tls'], shape: 'boolean', standard: false },
  { key: 'tlscacert', flags: ['tlscacert'], shape: 'string' },
  { key: 'tlscert', flags: ['tlscert'], shape: 'string' },
  { key: 'tlskey', flags: ['tlskey'], shape: 'string' },
  { key: 'tlsverify', flags: ['tlsverify'], shape: 'boolean', standard: false },
  { key: 'userland-proxy', flags: ['userland-proxy'], shape: 'boolean', standard: true },
  { key: 'userns-remap', flags: ['userns-remap'], shape: 'string', standard: '' },
];

const KNOWLEDGE: Readonly<Record<string, KeyKnowledge>> = {
  'authorization-plugins': { takesEffect: 'restart', shownIn: 'info', sticky: true, risk: 'high' },
  'cgroup-parent': {
    takesEffect: 'next-start',
    shownIn: 'nowhere',
    sticky: false,
    risk: 'medium',
    remark: 'containers keep the parent they run under until they are started again',
  },
  debug: { takesEffect: 'reload', shownIn: 'info', sticky: true, risk: 'low' },
  'default-ulimits': {
    takesEffect: 'next-start',
    shownIn: 'nowhere',
    sticky: false,
    risk: 'high',
    remark: 'every container, old ones too, gets these limits at its next start',
  },
  experimental: { takesEffect: 'restart', shownIn: 'version', sticky: false, risk: 'low' },
  hosts: { takesEffect: 'restart', shownIn: 'nowhere', sticky: false, risk: 'high' },
  icc: { takesEffect: 'restart', shownIn: 'bridge', sticky: false, heldByRunningContainers: true, risk: 'medium' },
  'insecure-registries': { takesEffect: 'reload', shownIn: 'info', sticky: true, risk: 'medium' },
  ip6tables: { takesEffect: 'restart', shownIn: 'nowhere', sticky: false, risk: 'high' },
  iptables: { takesEffect: 'restart', shownIn: 'nowhere', sticky: false, risk: 'high' },
  'live-restore': { takesEffect: 'reload', shownIn: 'info', sticky: true, risk: 'low' },
  'log-driver': {
    takesEffect: 'recreate',
    shownIn: 'info',
    sticky: false,
    risk: 'high',
    remark: 'containers that exist keep the log driver they were created with until they are made again',
  },
  'log-level': { takesEffect: 'restart', shownIn: 'nowhere', sticky: false, risk: 'low' },
  'log-opts': { takesEffect: 'recreate', shownIn: 'nowhere', sticky: false, risk: 'high' },
  'no-new-privileges': {
    takesEffect: 'recreate',
    shownIn: 'info',
    shownSince: '24.0',
    sticky: false,
    risk: 'medium',
    remark: 'containers that exist keep what they were created with until they are made again',
  },
  'seccomp-profile': {
    takesEffect: 'next-start',
    shownIn: 'info',
    sticky: false,
    risk: 'medium',
    remark: 'every container, old ones too, gets the profile at its next start',
  },
  tls: { takesEffect: 'restart', shownIn: 'nowhere', sticky: false, risk: 'high' },
  tlscacert: { takesEffect: 'restart', shownIn: 'nowhere', sticky: false, risk: 'high' },
  tlscert: { takesEffect: 'restart', shownIn: 'nowhere', sticky: false, risk: 'high' },
  tlskey: { takesEffect: 'restart', shownIn: 'nowhere', sticky: false, risk: 'high' },
  tlsverify: { takesEffect: 'restart', shownIn: 'nowhere', sticky: false, risk: 'high' },
  'userland-proxy': { takesEffect: 'restart', shownIn: 'nowhere', sticky: false, risk: 'medium' },
  'userns-remap': { takesEffect: 'recreate', shownIn: 'info', sticky: false, risk: 'high' },
};

const BY_KEY: ReadonlyMap<string, KeyRow> = new Map([...OTHER_KEYS, ...ROWS].map((row) => [row.key, row]));
const FLAG_NAMES: ReadonlySet<string> = new Set([...BY_KEY.values()].flatMap((row) => row.flags));

/** All keys of daemon.json that some engine from 20.10 on knows. */
export function allKeys(): readonly KeyRow[] {
  return [...BY_KEY.values()];
}

export function keyRow(key: string): KeyRow | undefined {
  return BY_KEY.get(key);
}

/** Keys a remediation may name: those whose effect, place and risk are known. */
export function knowledgeOf(key: string): KeyKnowledge | undefined {
  return Object.hasOwn(KNOWLEDGE, key) ? KNOWLEDGE[key] : undefined;
}
export const SETTABLE_KEYS: readonly string[] = Object.keys(KNOWLEDGE).sort();

/** What the engine does where neither flag nor file says anything; null where that depends on the machine. */
export function standardValue(key: string, version: string | undefined): Json {
  const row = BY_KEY.get(key);
  if (row?.formerly !== undefined && version !== undefined && !isAtLeast(version, row.formerly.until)) {
    return row.formerly.standard;
  }
  return row?.standard ?? null;
}

/** First engine the table was not held against: a key nobody knows may be its news. */
const FIRST_UNMEASURED_ENGINE = '29.0';

export type KeyStanding = 'known' | 'ignored-name' | 'unknown' | 'perhaps-newer' | 'version-unknown';

/**
 * Whether this engine starts with `key` in its file. `ignored-name`: it is a flag's name, which dockerd lets pass and does not read.
 */
export function standingOf(key: string, version: string | undefined): KeyStanding {
  const row = BY_KEY.get(key);
  if (row === undefined) {
    if (FLAG_NAMES.has(key)) {
      return 'ignored-name';
    }
    if (version === undefined) {
      return 'version-unknown';
    }
    return isAtLeast(version, FIRST_UNMEASURED_ENGINE) ? 'perhaps-newer' : 'unknown';
  }
  if (version === undefined) {
    return 'known';
  }
  const early = row.since !== undefined && !isAtLeast(version, row.since);
  const late = row.until !== undefined && isAtLeast(version, row.until);
  return early || late ? 'unknown' : 'known';
}

export function shownByApi(key: string, version: string | undefined): boolean {
  const known = knowledgeOf(key);
  if (known === undefined || known.shownIn === 'nowhere') {
    return false;
  }
  return known.shownSince === undefined || (version !== undefined && isAtLeast(version, known.shownSince));
}
