import { absPath } from '../../../src/model/brand.ts';
import type { Json } from '../../../src/model/canonical.ts';
import type { Change, Comparison, ProposedChange } from '../../../src/model/change.ts';
import type { ContainerFacts, EngineFacts, HostFacts, UnitFacts } from '../../../src/model/facts.ts';
import type { FileStat, HostReader, ProcessInfo } from '../../../src/model/host.ts';
import type { DaemonOptionDesired } from '../../../src/model/remediation.ts';
import { present } from '../../../src/model/state.ts';
import type { StepInput } from '../../../src/model/transaction.ts';
import { daemonOptionType } from '../../../src/resources/daemon-option/index.ts';
import { type FakeEntry, fakeReader } from '../../helpers/fake-reader.ts';
import { someFacts } from '../../helpers/plan-builders.ts';

export const FILE = absPath('/etc/docker/daemon.json');

/** `GET /info` of a stock Engine 26.1, as far as it is read. */
export const INFO = {
  LiveRestoreEnabled: false,
  Debug: false,
  LoggingDriver: 'json-file',
  SecurityOptions: ['name=seccomp,profile=builtin'],
  RegistryConfig: { InsecureRegistryCIDRs: ['127.0.0.0/8'], IndexConfigs: { 'docker.io': { Secure: true } } },
  Plugins: { Authorization: [] },
} as const;

export const DOCKER_SERVICE: UnitFacts = {
  name: 'docker.service',
  loadState: 'loaded',
  activeState: 'active',
  fragmentPath: absPath('/usr/lib/systemd/system/docker.service'),
  dropInPaths: [],
  execStart: ['/usr/sbin/dockerd', '-H', 'fd://'],
  execStartOverridden: false,
  listen: [],
};

/** When everything but daemon.json and the pid file was written. */
export const NOTED_NS = '4000000000';

export function bridgeWith(icc: boolean): Json {
  return { Name: 'bridge', Options: { 'com.docker.network.bridge.enable_icc': String(icc) } };
}

/** A running Engine 26.1 that systemd manages, with a default bridge. */
export function sampleFacts(over: Partial<EngineFacts> = {}, host: Partial<HostFacts> = {}): HostFacts {
  return someFacts(
    {
      info: INFO,
      versionInfo: { Version: '26.1.5' },
      bridge: bridgeWith(true),
      service: DOCKER_SERVICE,
      argv: ['-H', 'fd://'],
      ...over,
    },
    host,
  );
}

/** The same daemon started by hand, where nobody manages services. */
export function handStarted(over: Partial<EngineFacts> = {}): HostFacts {
  return sampleFacts(
    { service: undefined, argv: [], ...over },
    { serviceManager: { type: 'none', reason: 'a chroot' } },
  );
}

export function container(name: string, over: Partial<ContainerFacts> = {}): ContainerFacts {
  return {
    id: name,
    name,
    image: 'i',
    running: true,
    networkMode: 'bridge',
    publishedPorts: 0,
    networks: ['bridge'],
    ...over,
  };
}

/** What is done to docker and its file. */
export function withoutNote(steps: readonly StepInput[]): readonly StepInput[] {
  return steps.filter((step) => !('path' in step && step.path.startsWith('/run/harden')));
}

export interface Scene {
  readonly file?: string | undefined;
  /** The file's content is younger than the daemon; default false. */
  readonly younger?: boolean;
  /** When this daemon wrote its pid file, in nanoseconds. */
  readonly startedNs?: string;
  /** When the file was written, in nanoseconds; instead of `younger`. */
  readonly writtenNs?: string;
  readonly more?: Readonly<Record<string, FakeEntry>>;
  readonly proxies?: number;
  /** Whether br_netfilter is loaded; default true. */
  readonly bridgeFilter?: boolean;
  readonly engines?: Readonly<Record<string, Readonly<Record<string, Json>>>>;
}

/** A reader of a host with this daemon.json and a dockerd, pid 77, that wrote its pid file five seconds after the epoch. */
export function reader({
  file,
  younger = false,
  writtenNs = younger ? '6000000000' : '1000000000',
  startedNs = '5000000000',
  more = {},
  proxies = 0,
  engines = {},
  bridgeFilter = true,
}: Scene): HostReader {
  const base = fakeReader({
    files: {
      ...(file === undefined ? {} : { [FILE]: file }),
      '/var/run': { link: '/run' },
      '/run/docker.pid': '77',
      ...(bridgeFilter ? { '/proc/sys/net/bridge': { type: 'directory' as const } } : {}),
      ...more,
    },
    engines,
  });
  const process = (name: string, pid: number): ProcessInfo => ({
    pid,
    name,
    exe: { status: 'absent' },
    argv: [],
    uid: 0,
    startTicks: '1',
    environment: {},
  });
  const times = (path: string): Partial<FileStat> =>
    path === '/run/docker.pid' ? { mtimeNs: startedNs } : { mtimeNs: path === FILE ? writtenNs : NOTED_NS };
  return {
    ...base,
    stat: (path) => {
      const found = base.stat(path);
      return found.status === 'present' ? present({ ...found.value, ...times(path) }) : found;
    },
    processes: (names) =>
      present([
        ...(names.includes('dockerd') ? [process('dockerd', 77)] : []),
        ...(names.includes('docker-proxy')
          ? Array.from({ length: proxies }, (_, at) => process('docker-proxy', 100 + at))
          : []),
      ]),
  };
}

/** Observes and compares, as the engine does. */
export async function judge(
  desired: Omit<DaemonOptionDesired, 'type'>,
  facts: HostFacts,
  scene: Scene = {},
  parameters: Readonly<Record<string, Json>> = {},
): Promise<Comparison> {
  const context = { facts, parameters, willExist: new Set<never>(), manual: ['do it by hand'] };
  const wanted: DaemonOptionDesired = { type: 'daemon-option', ...desired };
  const where = daemonOptionType.targets(wanted, context);
  if (where.status === 'none') {
    return { verdict: where.verdict, reason: where.reason, evidence: where.evidence };
  }
  const [target] = where.targets;
  if (target === undefined) {
    throw new Error('no target');
  }
  const state = await daemonOptionType.observe(target, context, reader(scene));
  return state.status === 'unreadable'
    ? { verdict: 'not-checked', reason: state.reason, evidence: [] }
    : daemonOptionType.compare(wanted, target, state, context);
}

export function changeOf(comparison: Comparison): ProposedChange {
  if (!('change' in comparison)) {
    throw new Error(`no change: ${JSON.stringify(comparison)}`);
  }
  return comparison.change;
}

export function asChange(change: ProposedChange, id = 'c1'): Change {
  return { ...change, id, controls: ['some-control'] };
}
