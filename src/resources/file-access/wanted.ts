import type { FileStat } from '../../model/host.ts';
import type { FileAccessDesired } from '../../model/remediation.ts';
import type { Access } from '../../model/transaction.ts';
import type { SocketGroup } from '../common/socket-group.ts';
import type { SocketKey } from '../common/socket-settings.ts';
import { SOCKET_DEFAULTS, type SocketUnit, type WantedSettings } from './socket-unit.ts';

const SET_USER_OR_GROUP_ID = 0o6000;

/**
 * The nearest accepted access: bits are only taken away, never given; who passes already keeps owner and group. Undefined where the
 * group cannot be told. A regular file that gets another owner loses set-user-id and set-group-id: a program of somebody else never
 * becomes one that runs as root.
 */
export function acceptedAccess(
  desired: FileAccessDesired,
  stat: Pick<FileStat, 'type' | 'mode' | 'uid' | 'gid'>,
  socketGroup: SocketGroup | undefined,
): Access | undefined {
  const uid = desired.owner === undefined ? stat.uid : 0;
  const gid = acceptedGroup(desired, stat.gid, socketGroup);
  if (gid === undefined) {
    return undefined;
  }
  const changesHands = stat.type === 'file' && (uid !== stat.uid || gid !== stat.gid);
  const mode = stat.mode & allowedBits(desired) & (changesHands ? ~SET_USER_OR_GROUP_ID : ~0);
  return { mode, uid, gid };
}

/** The bits that may be set; all of them where nothing is said about the mode. */
export function allowedBits(desired: FileAccessDesired): number {
  return desired.atMost === undefined ? 0o7777 : Number.parseInt(desired.atMost, 8);
}

export function sameAccess(a: Access, b: Access): boolean {
  return a.mode === b.mode && a.uid === b.uid && a.gid === b.gid;
}

export function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

/** What a drop-in has to say so that systemd makes the socket as wanted; empty where it does already. */
export function settingsNeeded(desired: FileAccessDesired, unit: SocketUnit): WantedSettings {
  const value = (key: SocketKey): string => unit.settings[key]?.value ?? SOCKET_DEFAULTS[key];
  const mode = Number.parseInt(value('SocketMode'), 8);
  const allowed = mode & allowedBits(desired);
  return {
    ...(allowed === mode ? {} : { SocketMode: octal(allowed) }),
    ...(desired.owner === undefined || isRoot(value('SocketUser')) ? {} : { SocketUser: 'root' }),
    ...(desired.group !== 'root' || isRoot(value('SocketGroup')) ? {} : { SocketGroup: 'root' }),
  };
}

/** Root's group is stricter than the socket group, so it is kept. */
function acceptedGroup(
  desired: FileAccessDesired,
  gid: number,
  socketGroup: SocketGroup | undefined,
): number | undefined {
  if (desired.group === undefined || gid === 0) {
    return gid;
  }
  if (desired.group === 'root') {
    return 0;
  }
  return socketGroup?.status === 'known' ? socketGroup.gid : undefined;
}

function isRoot(name: string): boolean {
  return name === 'root' || name === '0';
}
