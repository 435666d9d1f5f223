import { type AbsPath, parentPath } from '../../model/brand.ts';
import type { HostFacts } from '../../model/facts.ts';
import type { HostReader } from '../../model/host.ts';
import type { ReportDesired } from '../../model/remediation.ts';
import { type Observed, present } from '../../model/state.ts';
import type { AssessContext } from '../resource-type.ts';
import { type Accounts, readAccounts } from '../common/accounts.ts';
import { type DaemonSources, readDaemonSources } from '../common/daemon-sources.ts';
import { readSocketSettings } from '../common/socket-settings.ts';
import { groupOfDaemon, groupOfUnit, madeBySystemd, type SocketGroup } from '../common/socket-group.ts';
import type { DataRoot, ReportState, SocketGid } from './state.ts';

const NO_ACCOUNTS: Accounts = { users: [], groups: [], directories: [] };

/** Most of it is in the facts; what is not is a handful of small files. */
export function observeReport(
  { about }: ReportDesired,
  { facts }: AssessContext,
  host: HostReader,
): Promise<Observed<ReportState>> {
  const accounts = about === 'socket-group-members' ? readAccounts(host) : present(NO_ACCOUNTS);
  const mounts = about === 'data-root-mount' ? host.mounts() : present([]);
  const hidden = [accounts, mounts].find((part) => part.status === 'unreadable');
  if (hidden?.status === 'unreadable') {
    return Promise.resolve(hidden);
  }
  const sources = readDaemonSources(facts, host);
  const known = accounts.status === 'present' ? accounts.value : NO_ACCOUNTS;
  return Promise.resolve(
    present({
      sources,
      mounts: mounts.status === 'present' ? mounts.value : [],
      dataRoots: dataRoots(facts, host),
      sockets: socketsOf(facts, host),
      configuredGroup: configuredGroup(facts, host, { sources, accounts: known }),
      accounts: known,
    }),
  );
}

function dataRoots({ engine }: HostFacts, host: HostReader): readonly DataRoot[] {
  const containerd = engine.imageStore === 'containerd' ? engine.containerdRoot : undefined;
  const source = engine.unreachable === undefined ? 'Engine API GET /info' : 'settings of dockerd';
  const said = [
    { path: engine.dataRoot, folder: withoutRemap, source, read: 'DockerRootDir' },
    { path: containerd, folder: (path: AbsPath) => path, source: 'settings of containerd', read: 'root' },
  ];
  return said.flatMap(({ path, folder, ...how }) => {
    if (path === undefined) {
      return [];
    }
    const real = host.realPath(folder(path));
    const lookedAt = real.status === 'present' ? real.value : folder(path);
    return [{ ...how, path, lookedAt, sameDevice: deviceOf(lookedAt, host) === deviceOf(parentPath(lookedAt), host) }];
  });
}

function deviceOf(path: AbsPath, host: HostReader): string | undefined {
  const stat = host.stat(path);
  return stat.status === 'present' ? stat.value.dev : undefined;
}

/** User namespaces put the data into a folder named after their first ids. */
function withoutRemap(path: AbsPath): AbsPath {
  return /\/\d+\.\d+$/.test(path) ? parentPath(path) : path;
}

function socketsOf({ subjects }: HostFacts, host: HostReader): readonly SocketGid[] {
  const sockets = subjects['docker-socket'];
  return (sockets.status === 'present' ? sockets.paths : []).flatMap((path) => {
    const stat = host.stat(path);
    return stat.status === 'present' ? [{ path, gid: stat.value.gid }] : [];
  });
}

interface GroupParts {
  readonly sources: DaemonSources;
  readonly accounts: Accounts;
}

/** For an engine that does not run: the group its socket will get. */
function configuredGroup(facts: HostFacts, host: HostReader, { sources, accounts }: GroupParts): SocketGroup {
  const unit = facts.engine.socketUnit;
  if (unit === undefined || !madeBySystemd(facts.engine.apiSocket, facts, sources)) {
    return groupOfDaemon(sources, accounts);
  }
  const setting = readSocketSettings(unit, host).SocketGroup;
  return groupOfUnit(setting?.value, setting?.file ?? `default of ${unit.name}`, accounts);
}
