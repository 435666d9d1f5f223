import { type AbsPath, absPath, cleanPath, joinPath } from '../../model/brand.ts';
import type { Json, JsonObject } from '../../model/canonical.ts';
import { flagValue, flagValues, switchValue } from '../../model/command-flags.ts';
import { isJsonList, textMember } from './reading.ts';

/** The daemon's flags, its file and its environment side by side, as far as places of things depend on them. */
export interface DaemonSources {
  readonly argv: readonly string[];
  readonly file: JsonObject;
  readonly filePath: AbsPath;
  readonly environment: Readonly<Record<string, string>>;
}

/** A value and where it was said. */
export interface Said<T> {
  readonly value: T;
  readonly source: string;
  readonly read: string;
}

const COMMAND_LINE = 'dockerd command line';
export const DEFAULT_SOCKET = absPath('/run/docker.sock');
export const SYSTEM_CONTAINERD_SOCKET = absPath('/run/containerd/containerd.sock');

/** Variables asked of the running daemon. */
export const DAEMON_VARIABLES = ['DOCKER_CERT_PATH', 'DOCKER_CONFIG', 'HOME'] as const;

/** The path --config-file names, where it is absolute. */
export function namedConfigFile(argv: readonly string[]): AbsPath | undefined {
  return cleanPath(flagValue(argv, 'config-file') ?? '');
}

/** Addresses the engine listens at, as given by flags or the file; dockerd refuses to start with both. */
export function hostsOf(sources: DaemonSources): readonly Said<string>[] {
  const flags = flagValues(sources.argv, 'host', 'H').map((value) => ({ value, source: COMMAND_LINE, read: '--host' }));
  const listed: Json | undefined = sources.file['hosts'];
  const keys = (isJsonList(listed) ? listed : []).filter((value) => typeof value === 'string');
  return [...flags, ...keys.map((value) => ({ value, source: sources.filePath, read: 'hosts' }))];
}

/** The path of `unix://PATH`; undefined for other addresses. */
export function unixPath(address: string): AbsPath | undefined {
  if (address === 'unix://') {
    return DEFAULT_SOCKET;
  }
  return address.startsWith('unix://') ? cleanPath(address.slice('unix://'.length)) : undefined;
}

/** A setting that is a flag and a key of the same name. */
export function said(sources: DaemonSources, name: string): Said<string> | undefined {
  const flag = flagValue(sources.argv, name);
  if (flag !== undefined) {
    return { value: flag, source: COMMAND_LINE, read: `--${name}` };
  }
  const key = textMember(sources.file, name);
  return key === undefined ? undefined : { value: key, source: sources.filePath, read: name };
}

/** `said` with its value as a path; undefined where it is not an absolute one. */
export function saidPath(sources: DaemonSources, name: string): Said<AbsPath> | undefined {
  const setting = said(sources, name);
  const value = cleanPath(setting?.value ?? '');
  return setting === undefined || value === undefined ? undefined : { ...setting, value };
}

/** /var/lib/docker where nothing else is said; `graph` is the name before 17.05. */
export function dataRootOf(sources: DaemonSources): Said<AbsPath> {
  return (
    saidPath(sources, 'data-root') ??
    saidPath(sources, 'graph') ?? { value: absPath('/var/lib/docker'), source: 'dockerd', read: 'default of data-root' }
  );
}

export function execRootOf(sources: DaemonSources): AbsPath {
  return saidPath(sources, 'exec-root')?.value ?? absPath('/run/docker');
}

/** TLS is on with --tls, or with tlsverify given at all, even as false: so dockerd reads it. */
export function tlsIsOn(sources: DaemonSources): boolean {
  const flag = switchValue(sources.argv, 'tls') === true || switchValue(sources.argv, 'tlsverify') !== undefined;
  return flag || sources.file['tls'] === true || 'tlsverify' in sources.file;
}

/** Where dockerd looks for ca.pem, cert.pem and key.pem by default. */
export function certificateFolder({ environment }: DaemonSources): Said<AbsPath> {
  const named = (['DOCKER_CERT_PATH', 'DOCKER_CONFIG'] as const).flatMap((read) => {
    const value = cleanPath(environment[read] ?? '');
    return value === undefined ? [] : [{ value, source: 'dockerd environment', read }];
  });
  const home = cleanPath(environment['HOME'] ?? '') ?? absPath('/root');
  return named[0] ?? { value: joinPath(home, '.docker'), source: 'dockerd', read: 'default certificate folder' };
}

/** True where user namespaces are asked for; the value is `default`, a user, or `user:group`. */
export function userNamespaceSetting(sources: DaemonSources): Said<string> | undefined {
  const setting = said(sources, 'userns-remap');
  return setting === undefined || setting.value === 'host' || setting.value === '' ? undefined : setting;
}

/**
 * The folder below the data root that a user namespace gets, `UID.GID` of its first subordinate ids; undefined where the
 * tables do not name the user.
 */
export function remapFolder(setting: string, subuid: string, subgid: string): string | undefined {
  const [user = '', group = user] = setting === 'default' ? ['dockremap'] : setting.split(':');
  const uid = firstId(subuid, user);
  const gid = firstId(subgid, group);
  return uid === undefined || gid === undefined ? undefined : `${uid}.${gid}`;
}

function firstId(table: string, name: string): string | undefined {
  return table
    .split('\n')
    .map((line) => line.split(':'))
    .find(([who]) => who === name)?.[1];
}
