import { type AbsPath, isBelow, parentPath } from '../../model/brand.ts';
import type { HostFacts } from '../../model/facts.ts';
import type { FileAttributes, HostReader, Mount } from '../../model/host.ts';
import { absent, type Observed, present, unreadable } from '../../model/state.ts';
import type { AssessContext } from '../resource-type.ts';
import { type Accounts, readAccounts, textOf } from '../common/accounts.ts';
import { type DaemonSources, readDaemonSources } from '../common/daemon-sources.ts';
import { groupOfDaemon, groupOfUnit, madeBySystemd, type SocketGroup } from '../common/socket-group.ts';
import { containerdOwner } from './containerd-config.ts';
import { readSocketSettings, readUnitTexts } from '../common/socket-settings.ts';
import { DROP_IN_FOLDER, SOCKET_DEFAULTS, type SocketUnit, winningDropIn } from './socket-unit.ts';
import type { AccessState, AccessTarget, Origin, UnsafeFolder } from './state.ts';
import { acceptedAccess, sameAccess, settingsNeeded } from './wanted.ts';

const STICKY = 0o1000;
const WRITABLE_BY_OTHERS = 0o022;

/** Reads everything a comparison and a plan need of one path. Asks for flags and ACL only where something has to change. */
export async function observeAccess(
  target: AccessTarget,
  { facts }: AssessContext,
  host: HostReader,
): Promise<Observed<AccessState>> {
  const stat = host.stat(target.path);
  if (stat.status !== 'present') {
    return stat;
  }
  const accounts = readAccounts(host);
  // A folder has no mounts of its own to speak of.
  const mounts = facts.hostKind === 'root' ? present([]) : host.mounts();
  const realPath = host.realPath(target.path);
  if (accounts.status === 'unreadable') {
    return accounts;
  }
  if (mounts.status === 'unreadable') {
    return unreadable(`the mounts cannot be read: ${mounts.reason}`);
  }
  if (accounts.status === 'absent' || realPath.status !== 'present') {
    return realPath.status === 'unreadable' ? realPath : absent;
  }
  const sources = readDaemonSources(facts, host);
  const origin = originOf(target, facts, { host, sources });
  const state: AccessState = {
    stat: stat.value,
    accounts: accounts.value,
    origin,
    socketGroup: target.desired.group === 'socket-group' ? socketGroup(origin, sources, accounts.value) : undefined,
    realPath: realPath.value,
    attributes: undefined,
    mount: mountOf(target.path, mounts.status === 'present' ? mounts.value : []),
    unsafeFolders: unsafeFolders(target.path, host),
  };
  return present(
    isAsWanted(target, state) ? state : { ...state, attributes: await attributesOf(target.path, facts, host) },
  );
}

/** Nothing to change, neither now nor at the next start. */
function isAsWanted({ desired }: AccessTarget, { stat, socketGroup: group, origin }: AccessState): boolean {
  const accepted = acceptedAccess(desired, stat, group);
  const lasts = origin.type !== 'socket-unit' || Object.keys(settingsNeeded(desired, origin.unit)).length === 0;
  return accepted !== undefined && sameAccess(accepted, stat) && lasts;
}

/** What systemd read of docker.socket, and the drop-in that would change it. */
function readSocketUnit(facts: HostFacts, host: HostReader): SocketUnit | undefined {
  const unit = facts.engine.socketUnit;
  if (unit === undefined) {
    return undefined;
  }
  const file = winningDropIn(readUnitTexts(unit.dropInPaths, host));
  const text = file === undefined ? undefined : textOf(host, file);
  const dropIn = {
    text: text?.status === 'present' ? text.value : undefined,
    folder: DROP_IN_FOLDER,
    folderExists: host.stat(DROP_IN_FOLDER).status === 'present',
  };
  return {
    name: unit.name,
    settings: readSocketSettings(unit, host),
    dropIn: file === undefined ? undefined : { file, ...dropIn },
  };
}

interface OriginParts {
  readonly host: HostReader;
  readonly sources: DaemonSources;
}

function originOf({ subject, path }: AccessTarget, facts: HostFacts, { host, sources }: OriginParts): Origin {
  if (subject === 'docker-socket') {
    const unit = madeBySystemd(path, facts, sources) ? readSocketUnit(facts, host) : undefined;
    return unit === undefined ? { type: 'dockerd' } : { type: 'socket-unit', unit };
  }
  return subject === 'containerd-socket'
    ? { type: 'containerd', ...containerdOwner(path, facts, host) }
    : { type: 'file-system' };
}

function socketGroup(origin: Origin, sources: DaemonSources, accounts: Accounts): SocketGroup {
  if (origin.type !== 'socket-unit') {
    return groupOfDaemon(sources, accounts);
  }
  const setting = origin.unit.settings.SocketGroup;
  return groupOfUnit(
    setting?.value ?? SOCKET_DEFAULTS.SocketGroup,
    setting?.file ?? `default of ${origin.unit.name}`,
    accounts,
  );
}

/** The one deepest above the path; of several on one point the last, which hides the others. */
function mountOf(path: AbsPath, mounts: readonly Mount[]): Mount | undefined {
  return mounts
    .filter(({ mountPoint }) => isBelow(path, mountPoint))
    .reduce<Mount | undefined>(
      (deepest, mount) =>
        deepest === undefined || mount.mountPoint.length >= deepest.mountPoint.length ? mount : deepest,
      undefined,
    );
}

/** Folders above the path in which others could put something else in its place. A sticky one protects what is in it. */
function unsafeFolders(path: AbsPath, host: HostReader): readonly UnsafeFolder[] {
  const found: UnsafeFolder[] = [];
  for (let folder = parentPath(path); ; folder = parentPath(folder)) {
    const stat = host.stat(folder);
    if (stat.status === 'present' && isUnsafe(stat.value)) {
      found.push({ path: folder, uid: stat.value.uid, mode: stat.value.mode });
    }
    if (folder === '/') {
      return found;
    }
  }
}

function isUnsafe({ uid, mode }: { readonly uid: number; readonly mode: number }): boolean {
  return uid !== 0 || ((mode & WRITABLE_BY_OTHERS) !== 0 && (mode & STICKY) === 0);
}

/** One question for all paths of all subjects and all controls: facts are made once per look at the host, so the answer belongs to them. */
const asked = new WeakMap<HostFacts, Promise<ReadonlyMap<AbsPath, FileAttributes>>>();

async function attributesOf(path: AbsPath, facts: HostFacts, host: HostReader): Promise<FileAttributes> {
  const known = asked.get(facts) ?? host.attributes(allPaths(facts));
  asked.set(facts, known);
  return (await known).get(path) ?? { flags: null, hasAcl: null };
}

function allPaths(facts: HostFacts): readonly AbsPath[] {
  const paths = Object.values(facts.subjects).flatMap((subject) => (subject.status === 'present' ? subject.paths : []));
  return [...new Set(paths)].sort();
}
