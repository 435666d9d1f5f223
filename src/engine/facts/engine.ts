import { type AbsPath, absPath, cleanPath } from '../../model/brand.ts';
import type { JsonObject } from '../../model/canonical.ts';
import type { EngineFacts } from '../../model/facts.ts';
import type { HostReader, ProcessInfo } from '../../model/host.ts';
import { type ContainerdPlaces, findContainerd } from './containerd.ts';
import {
  DAEMON_VARIABLES,
  type DaemonSources,
  dataRootOf,
  DEFAULT_SOCKET,
  hostsOf,
  namedConfigFile,
  remapFolder,
  type Said,
  unixPath,
  userNamespaceSetting,
} from './daemon-settings.ts';
import { componentVersion, type EngineAnswers } from './engine-api.ts';
import type { Flavour } from './flavour.ts';
import { type PackageName, upstreamVersion } from './packages.ts';
import { canonical, listMember, objectMember, parseJsonObject, textMember, textOrEmpty } from './reading.ts';
import type { Units } from './units.ts';

/** The daemon as it is started, before anything was asked of it. */
export interface DaemonStart extends DaemonSources {
  readonly process: ProcessInfo | undefined;
  readonly argvSource: EngineFacts['argvSource'];
  readonly explicitConfig: boolean;
  /** Every unix socket it listens at, resolved; the default one where no address is given. */
  readonly sockets: readonly Said<AbsPath>[];
  readonly apiSocket: AbsPath;
}

export interface EngineParts {
  readonly start: DaemonStart;
  readonly units: Units;
  readonly answers: EngineAnswers;
  readonly flavour: Flavour;
  readonly packages: ReadonlyMap<PackageName, string>;
  readonly dataRoot: AbsPath;
  readonly containerd: ContainerdPlaces;
}

/** Flags from the running process, else from the unit; then the file they name, then the sockets. */
export function readDaemonStart(host: HostReader, process: ProcessInfo | undefined, units: Units): DaemonStart {
  const { argv, environment, argvSource } = process === undefined ? startOfUnit(units) : startOfProcess(process);
  const named = namedConfigFile(argv);
  const filePath = named ?? absPath('/etc/docker/daemon.json');
  const file = parseJsonObject(textOrEmpty(host, filePath)) ?? {};
  const sockets = socketsOf(host, { argv, filePath, file, environment }, units);
  return {
    argv,
    argvSource,
    environment,
    filePath,
    file,
    process,
    explicitConfig: named !== undefined,
    sockets,
    apiSocket: sockets.find((one) => one.value === DEFAULT_SOCKET)?.value ?? sockets[0]?.value ?? DEFAULT_SOCKET,
  };
}

/** GET /info knows it; else flags and file, with the folder a user namespace gets below it. */
export function dataRootPlace(host: HostReader, sources: DaemonSources, info: JsonObject): Said<AbsPath> {
  const told = cleanPath(textMember(info, 'DockerRootDir') ?? '');
  if (told !== undefined) {
    return { value: canonical(host, told), source: 'Engine API GET /info', read: 'DockerRootDir' };
  }
  const root = dataRootOf(sources);
  const remap = userNamespaceSetting(sources);
  const folder =
    remap === undefined
      ? undefined
      : remapFolder(remap.value, textOrEmpty(host, absPath('/etc/subuid')), textOrEmpty(host, absPath('/etc/subgid')));
  const whole = cleanPath(folder === undefined ? root.value : `${root.value}/${folder}`);
  return { ...root, value: canonical(host, whole ?? root.value) };
}

export function containerdOf(
  host: HostReader,
  parts: Omit<EngineParts, 'containerd' | 'flavour' | 'packages'>,
  processes: readonly ProcessInfo[],
): ContainerdPlaces {
  return findContainerd(host, {
    sources: parts.start,
    dataRoot: parts.dataRoot,
    processes: processes.filter((one) => one.name === 'containerd'),
    unitCommand: parts.units.get('containerd.service')?.facts.execStart ?? [],
    address: textMember(objectMember(parts.answers.info, 'Containerd'), 'Address'),
  });
}

/** Programs of the runtimes the engine knows: of GET /info, else of daemon.json. */
export function runtimesOf(sources: DaemonSources, info: JsonObject): readonly Said<string>[] {
  const told = objectMember(info, 'Runtimes');
  const from =
    Object.keys(told).length > 0
      ? { all: told, source: 'Engine API GET /info' }
      : { all: objectMember(sources.file, 'runtimes'), source: sources.filePath };
  return Object.keys(from.all).flatMap((name) => {
    const value = textMember(objectMember(from.all, name), 'path');
    return value === undefined ? [] : [{ value, source: from.source, read: `Runtimes ${name}` }];
  });
}

/** Pure: the parts as the model wants them. */
export function engineFacts({
  start,
  units,
  answers,
  flavour,
  packages,
  dataRoot,
  containerd,
}: EngineParts): EngineFacts {
  const { info, versionInfo } = answers;
  const version = (component: string, ...names: readonly PackageName[]): string | undefined =>
    upstreamVersion(componentVersion(versionInfo, component) ?? names.flatMap((name) => packages.get(name) ?? [])[0]);
  const imageCount = info['Images'];
  return {
    ...flavour,
    running: start.process !== undefined || answers.unreachable === undefined,
    unreachable: answers.unreachable,
    version: version('Engine', 'docker-ce', 'docker.io', 'moby-engine'),
    containerdVersion: version('containerd', 'containerd.io', 'containerd'),
    runcVersion: version('runc', 'runc'),
    apiSocket: start.apiSocket,
    exe: exeOf(start, units),
    argv: start.argv,
    argvSource: start.argvSource,
    configFile: { path: start.filePath, explicit: start.explicitConfig },
    environment: start.environment,
    service: units.get('docker.service')?.facts,
    socketUnit: units.get('docker.socket')?.facts,
    containerdService: units.get('containerd.service')?.facts,
    info,
    versionInfo,
    bridge: answers.bridge,
    dataRoot,
    containerdRoot: containerd.root.value,
    imageStore: imageStoreOf(start, answers),
    storageDriver: textMember(info, 'Driver'),
    swarm: swarmOf(info),
    userNamespaces:
      answers.unreachable === undefined
        ? listMember(info, 'SecurityOptions').some((one) => typeof one === 'string' && one.startsWith('name=userns'))
        : userNamespaceSetting(start) !== undefined,
    containers: answers.containers,
    imageCount: typeof imageCount === 'number' ? imageCount : undefined,
    containerd: { exe: containerd.exe, argv: containerd.argv, managedByDockerd: containerd.managedByDockerd },
  };
}

type Start = Pick<DaemonStart, 'argv' | 'argvSource' | 'environment'>;

function startOfProcess({ argv, environment }: ProcessInfo): Start {
  return { argv: argv.slice(1), argvSource: 'process', environment };
}

function startOfUnit(units: Units): Start {
  const unit = units.get('docker.service');
  const all = unit?.environment ?? {};
  return {
    argv: unit?.facts.execStart.slice(1) ?? [],
    argvSource: unit === undefined ? 'none' : 'unit',
    environment: Object.fromEntries(
      DAEMON_VARIABLES.flatMap((name) => (all[name] === undefined ? [] : [[name, all[name]] as const])),
    ),
  };
}

function socketsOf(host: HostReader, sources: DaemonSources, units: Units): readonly Said<AbsPath>[] {
  const listen = units.get('docker.socket')?.facts.listen ?? [];
  const hosts = hostsOf(sources);
  const all = hosts.flatMap((one): readonly Said<AbsPath>[] => {
    const path = unixPath(one.value);
    if (one.value.startsWith('fd://')) {
      return listen.flatMap((address) => {
        const value = cleanPath(address.replace(/^%t\//, '/run/'));
        return value === undefined ? [] : [{ value, source: 'docker.socket', read: 'ListenStream' }];
      });
    }
    return path === undefined ? [] : [{ ...one, value: path }];
  });
  const where = hosts.length === 0 ? [{ value: DEFAULT_SOCKET, source: 'dockerd', read: 'default of --host' }] : all;
  const resolved = where.map((one) => ({ ...one, value: canonical(host, one.value) }));
  return resolved.filter((one, at) => resolved.findIndex((other) => other.value === one.value) === at);
}

function exeOf(start: DaemonStart, units: Units): AbsPath | undefined {
  const running = start.process?.exe;
  return running?.status === 'present'
    ? running.value
    : cleanPath(units.get('docker.service')?.facts.execStart[0] ?? '');
}

function imageStoreOf(sources: DaemonSources, { unreachable, info }: EngineAnswers): EngineFacts['imageStore'] {
  if (unreachable === undefined) {
    const status = JSON.stringify(info['DriverStatus'] ?? []);
    return status.includes('["driver-type","io.containerd.snapshotter.') ? 'containerd' : 'graph-driver';
  }
  return objectMember(sources.file, 'features')['containerd-snapshotter'] === true ? 'containerd' : 'unknown';
}

function swarmOf(info: JsonObject): EngineFacts['swarm'] {
  const state = textMember(objectMember(info, 'Swarm'), 'LocalNodeState');
  return state === undefined ? 'unknown' : state === 'inactive' ? 'inactive' : 'active';
}
