import type { AbsPath } from '../../model/brand.ts';
import { byCodeUnit, type Json, type JsonObject } from '../../model/canonical.ts';
import type { ContainerFacts } from '../../model/facts.ts';
import type { ApiOutcome, HostReader } from '../../model/host.ts';
import { isJsonList, isJsonObject, listMember, objectMember, pickMembers, textMember } from './reading.ts';

/** Members of GET /info that leave this folder. Proxies (they may hold passwords), labels, the name and counters do not. */
const INFO_MEMBERS = [
  'BridgeNfIp6tables',
  'BridgeNfIptables',
  'CgroupDriver',
  'CgroupVersion',
  'Containerd',
  'Debug',
  'DefaultRuntime',
  'DockerRootDir',
  'Driver',
  'DriverStatus',
  'ExperimentalBuild',
  'FirewallBackend',
  'IPv4Forwarding',
  'Images',
  'InitBinary',
  'LiveRestoreEnabled',
  'LoggingDriver',
  'OSType',
  'OperatingSystem',
  'RegistryConfig',
  'SecurityOptions',
  'ServerVersion',
  'Warnings',
] as const;
/** Of these members only some parts. */
const INFO_PARTS = { Plugins: ['Authorization', 'Log'], Swarm: ['LocalNodeState', 'ControlAvailable'] } as const;
const RUNTIME_PARTS = ['path', 'runtimeArgs', 'runtimeType'] as const;
const VERSION_MEMBERS = ['ApiVersion', 'Arch', 'GitCommit', 'MinAPIVersion', 'Os', 'Platform', 'Version'] as const;
const BRIDGE_MEMBERS = ['Driver', 'EnableIPv4', 'EnableIPv6', 'IPAM', 'Internal', 'Name', 'Options'] as const;

/** What the engine said about itself; `unreachable` is undefined where it did. */
export interface EngineAnswers {
  readonly unreachable: string | undefined;
  readonly info: JsonObject;
  readonly versionInfo: JsonObject;
  readonly bridge: Json;
  readonly containers: readonly ContainerFacts[] | undefined;
}

export function noAnswers(unreachable: string): EngineAnswers {
  return { unreachable, info: {}, versionInfo: {}, bridge: null, containers: undefined };
}

const LIST = '/containers/json?all=1';

/** Those that run and those that do not; undefined where the engine does not tell. */
export async function listContainers(
  host: HostReader,
  socket: AbsPath,
): Promise<readonly ContainerFacts[] | undefined> {
  const outcome = await host.docker(socket, LIST);
  return isGood(outcome) ? containersOf(outcome) : undefined;
}

/** All questions at once. */
export async function askEngine(host: HostReader, socket: AbsPath): Promise<EngineAnswers> {
  const paths = ['/version', '/info', '/networks/bridge', LIST] as const;
  const [version, info, bridge, containers] = await Promise.all([
    host.docker(socket, paths[0]),
    host.docker(socket, paths[1]),
    host.docker(socket, paths[2]),
    host.docker(socket, paths[3]),
  ]);
  const unreachable =
    refusalOf(socket, paths[0], version) ??
    refusalOf(socket, paths[1], info) ??
    refusalOf(socket, paths[3], containers);
  if (unreachable !== undefined) {
    return noAnswers(unreachable);
  }
  return {
    unreachable,
    info: selectInfo(body(info)),
    versionInfo: selectVersion(body(version)),
    bridge: isGood(bridge) ? pickMembers(body(bridge), BRIDGE_MEMBERS) : null,
    containers: containersOf(containers),
  };
}

export function selectInfo(info: JsonObject): JsonObject {
  const parts = Object.entries(INFO_PARTS).map(
    ([name, members]) => [name, pickMembers(objectMember(info, name), members)] as const,
  );
  const runtimes = objectMember(info, 'Runtimes');
  const names = Object.keys(runtimes).sort(byCodeUnit);
  return {
    ...pickMembers(info, INFO_MEMBERS),
    ...Object.fromEntries(parts),
    Runtimes: Object.fromEntries(names.map((name) => [name, pickMembers(objectMember(runtimes, name), RUNTIME_PARTS)])),
  };
}

/** Components keep name and version. */
function selectVersion(version: JsonObject): JsonObject {
  const components = listMember(version, 'Components').filter(isJsonObject);
  return {
    ...pickMembers(version, VERSION_MEMBERS),
    Components: components.map((component) => pickMembers(component, ['Name', 'Version'])),
  };
}

/** Version of a component (`Engine`, `containerd`, `runc`) in what `selectVersion` kept. */
export function componentVersion(versionInfo: JsonObject, name: string): string | undefined {
  const component = listMember(versionInfo, 'Components')
    .filter(isJsonObject)
    .find((one) => one['Name'] === name);
  return component === undefined ? undefined : textMember(component, 'Version');
}

function containerOf(raw: JsonObject): ContainerFacts {
  const names = listMember(raw, 'Names').filter((name) => typeof name === 'string');
  const ports = listMember(raw, 'Ports').filter(isJsonObject);
  return {
    id: textMember(raw, 'Id') ?? '',
    // A linked container has names below its neighbours' too.
    name: (names.find((name) => !name.slice(1).includes('/')) ?? names[0] ?? '').replace(/^\//, ''),
    image: textMember(raw, 'Image') ?? '',
    running: raw['State'] === 'running' || raw['State'] === 'paused' || raw['State'] === 'restarting',
    networkMode: textMember(objectMember(raw, 'HostConfig'), 'NetworkMode') ?? '',
    publishedPorts: ports.filter((port) => typeof port['PublicPort'] === 'number').length,
    networks: Object.keys(objectMember(objectMember(raw, 'NetworkSettings'), 'Networks')).sort(byCodeUnit),
  };
}

function containersOf(outcome: ApiOutcome): readonly ContainerFacts[] {
  const list = outcome.type === 'answered' && isJsonList(outcome.body) ? outcome.body : [];
  return list
    .filter(isJsonObject)
    .map(containerOf)
    .sort((a, b) => byCodeUnit(`${a.name} ${a.id}`, `${b.name} ${b.id}`));
}

function isGood(outcome: ApiOutcome): boolean {
  return outcome.type === 'answered' && outcome.status === 200;
}

function body(outcome: ApiOutcome): JsonObject {
  return outcome.type === 'answered' && isJsonObject(outcome.body) ? outcome.body : {};
}

function refusalOf(socket: AbsPath, path: string, outcome: ApiOutcome): string | undefined {
  if (outcome.type === 'answered') {
    const said = textMember(body(outcome), 'message');
    return outcome.status === 200
      ? undefined
      : `GET ${path} was answered with ${outcome.status}${said === undefined ? '' : `: ${said}`}`;
  }
  switch (outcome.code) {
    case 'absent':
      return `there is no socket at ${socket}`;
    case 'denied':
      return `permission denied on ${socket}`;
    case 'refused':
      return `${socket} is there, but nothing listens on it (connection refused)`;
    case 'timed-out':
      return `no answer from ${socket} within 5 seconds`;
    case 'other':
      return `${socket}: ${outcome.reason}`;
  }
}
