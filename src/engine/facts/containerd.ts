import { type AbsPath, absPath, cleanPath, joinPath } from '../../model/brand.ts';
import type { HostReader, ProcessInfo } from '../../model/host.ts';
import type { DaemonSources, Said } from './daemon-settings.ts';
import { execRootOf, SYSTEM_CONTAINERD_SOCKET, said } from './daemon-settings.ts';
import { flagValue } from '../../model/command-flags.ts';
import { isThere, textOrEmpty } from './reading.ts';

/** Everything about the containerd this engine works with. */
export interface ContainerdPlaces {
  readonly exe: AbsPath | undefined;
  readonly argv: readonly string[];
  readonly managedByDockerd: boolean;
  readonly configFile: Said<AbsPath>;
  readonly socket: Said<AbsPath>;
  readonly root: Said<AbsPath>;
  readonly state: Said<AbsPath>;
}

export interface ContainerdInput {
  readonly sources: DaemonSources;
  readonly dataRoot: AbsPath;
  readonly processes: readonly ProcessInfo[];
  /** ExecStart of containerd.service, program first; empty where there is no unit. */
  readonly unitCommand: readonly string[];
  /** Containerd.Address of GET /info, since Engine 28. */
  readonly address: string | undefined;
}

export function findContainerd(host: HostReader, input: ContainerdInput): ContainerdPlaces {
  const managed = isManaged(host, input);
  const own = managedFolder(input.sources);
  const process = input.processes.find((one) => isStartedByDockerd(one, own) === managed);
  const argv = process?.argv.slice(1) ?? (managed ? [] : input.unitCommand.slice(1));
  const configFile = configFileOf(argv, managed, own);
  const config = textOrEmpty(host, configFile.value);
  const fallback = managed
    ? {
        root: joinPath(input.dataRoot, 'containerd/daemon'),
        state: joinPath(own, 'daemon'),
        socket: joinPath(own, 'containerd.sock'),
      }
    : { root: absPath('/var/lib/containerd'), state: absPath('/run/containerd'), socket: SYSTEM_CONTAINERD_SOCKET };
  const place = (flag: string, section: string, key: string, otherwise: AbsPath): Said<AbsPath> =>
    flagged(argv, flag) ??
    inConfig(config, configFile.value, { section, key }) ?? {
      value: otherwise,
      source: 'containerd',
      read: `default ${key}`,
    };
  return {
    exe: process?.exe.status === 'present' ? process.exe.value : cleanPath(input.unitCommand[0] ?? ''),
    argv,
    managedByDockerd: managed,
    configFile,
    socket: toldToDockerd(input) ?? place('address', 'grpc', 'address', fallback.socket),
    root: place('root', '', 'root', fallback.root),
    state: place('state', '', 'state', fallback.state),
  };
}

/**
 * A string of a TOML file, by table (`''` for the top) and key; `grpc.address` at the top counts too. Reads one line at a time: values
 * over several lines are not found.
 */
export function tomlString(text: string, section: string, key: string): string | undefined {
  let table = '';
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    const header = /^\[\s*([^\][]+?)\s*\]\s*(?:#.*)?$/.exec(line)?.[1];
    const [, name, basic, literal] = /^([\w."' -]+?)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)')/.exec(line) ?? [];
    if (header !== undefined) {
      table = header.replaceAll(/["'\s]/g, '');
    } else if (name !== undefined) {
      const full = [table, name.replaceAll(/["'\s]/g, '')].filter((part) => part !== '').join('.');
      if (full === [section, key].filter((part) => part !== '').join('.')) {
        return literal ?? basic?.replaceAll(/\\(["\\])/g, '$1');
      }
    }
  }
  return undefined;
}

/** dockerd starts a containerd of its own where none is named and none has the system's socket. */
function isManaged(host: HostReader, { sources, processes, unitCommand, address }: ContainerdInput): boolean {
  const own = managedFolder(sources);
  if (processes.some((one) => isStartedByDockerd(one, own))) {
    return true;
  }
  const named = cleanPath(said(sources, 'containerd')?.value ?? address ?? '');
  return named === undefined
    ? !isThere(host, SYSTEM_CONTAINERD_SOCKET) && unitCommand.length === 0
    : withoutVar(named) === withoutVar(joinPath(own, 'containerd.sock'));
}

function isStartedByDockerd(process: ProcessInfo, own: AbsPath): boolean {
  const config = cleanPath(flagValue(process.argv, 'config', 'c') ?? '');
  return config !== undefined && withoutVar(config) === withoutVar(joinPath(own, 'containerd.toml'));
}

function managedFolder(sources: DaemonSources): AbsPath {
  return joinPath(execRootOf(sources), 'containerd');
}

/** dockerd says /var/run where it means /run. */
function withoutVar(path: AbsPath): string {
  return path.replace(/^\/var\/run\//, '/run/');
}

function configFileOf(argv: readonly string[], managed: boolean, own: AbsPath): Said<AbsPath> {
  const named = cleanPath(flagValue(argv, 'config', 'c') ?? '');
  if (named !== undefined) {
    return { value: named, source: 'containerd command line', read: '--config' };
  }
  return managed
    ? {
        value: joinPath(own, 'containerd.toml'),
        source: 'dockerd',
        read: 'configuration file it makes for its containerd',
      }
    : { value: absPath('/etc/containerd/config.toml'), source: 'containerd', read: 'default configuration file' };
}

function flagged(argv: readonly string[], flag: string): Said<AbsPath> | undefined {
  const value = cleanPath(flagValue(argv, flag, flag === 'address' ? 'a' : undefined) ?? '');
  return value === undefined ? undefined : { value, source: 'containerd command line', read: `--${flag}` };
}

function inConfig(
  config: string,
  file: AbsPath,
  { section, key }: { readonly section: string; readonly key: string },
): Said<AbsPath> | undefined {
  const value = cleanPath(tomlString(config, section, key) ?? '');
  return value === undefined ? undefined : { value, source: file, read: section === '' ? key : `${section}.${key}` };
}

function toldToDockerd({ sources, address }: ContainerdInput): Said<AbsPath> | undefined {
  const flag = said(sources, 'containerd');
  const named =
    flag ??
    (address === undefined
      ? undefined
      : { value: address, source: 'Engine API GET /info', read: 'Containerd.Address' });
  const value = cleanPath(named?.value ?? '');
  return named === undefined || value === undefined ? undefined : { ...named, value };
}
