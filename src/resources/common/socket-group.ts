import type { AbsPath } from '../../model/brand.ts';
import { cleanPath } from '../../model/brand.ts';
import type { HostFacts } from '../../model/facts.ts';
import type { Accounts } from './accounts.ts';
import { type DaemonSources, fileMember, hostsOf } from './daemon-sources.ts';
import { flagValues } from '../../model/command-flags.ts';

/** The group a socket of the engine is given when it is made. */
export type SocketGroup =
  | {
      readonly status: 'known';
      readonly gid: number;
      readonly name: string;
      readonly source: string;
      readonly read: string;
    }
  | { readonly status: 'unclear'; readonly reason: string };

/** True where systemd makes this socket for dockerd, so that docker.socket decides about it. */
export function madeBySystemd(path: AbsPath, facts: HostFacts, sources: DaemonSources): boolean {
  const unit = facts.engine.socketUnit;
  const handedOver = hostsOf(sources).some(({ address }) => address.startsWith('fd://'));
  return handedOver && unit?.listen.some((address) => runPath(address) === path) === true;
}

/** `/var/run/x` is `/run/x`; undefined for what is no path. */
export function runPath(address: string): AbsPath | undefined {
  const path = cleanPath(address);
  return path?.startsWith('/var/run/') === true ? cleanPath(path.slice('/var'.length)) : path;
}

/**
 * Which group dockerd gives a unix socket it opens: flag, then daemon.json, then `docker`. A default group that does not exist
 * makes it root; dockerd does not start with another one that does not.
 */
export function groupOfDaemon(sources: DaemonSources, accounts: Accounts): SocketGroup {
  const flag = flagValues(sources.argv, 'group', 'G').at(-1);
  if (flag !== undefined) {
    return resolved({ name: flag, source: 'dockerd command line', read: '--group' }, accounts);
  }
  if (sources.file.status === 'unclear') {
    return { status: 'unclear', reason: `which group dockerd gives the socket is unknown: ${sources.file.reason}` };
  }
  const key = fileMember(sources, 'group');
  return typeof key === 'string'
    ? resolved({ name: key, source: sources.fileName, read: 'group' }, accounts)
    : resolved({ name: 'docker', source: 'dockerd', read: 'default of --group' }, accounts);
}

/** Which group SocketGroup= means; systemd gives the socket to root where it is not set. */
export function groupOfUnit(name: string | undefined, source: string, accounts: Accounts): SocketGroup {
  return resolved({ name: name ?? 'root', source, read: 'SocketGroup' }, accounts);
}

interface NamedGroup {
  readonly name: string;
  readonly source: string;
  readonly read: string;
}

function resolved(named: NamedGroup, accounts: Accounts): SocketGroup {
  const { name, source, read } = named;
  const local = accounts.groups.find((group) => group.name === name);
  if (local !== undefined) {
    return { status: 'known', gid: local.gid, name, source, read };
  }
  if (/^\d{1,10}$/.test(name)) {
    return { status: 'known', gid: Number(name), name, source, read };
  }
  if (name !== '' && accounts.directories.length > 0) {
    const reason = `group ${name} is not in /etc/group, and ${accounts.directories.join(', ')} may know it`;
    return { status: 'unclear', reason };
  }
  return { status: 'known', gid: 0, name: 'root', source, read: name === '' ? read : `${read} (no group ${name})` };
}
