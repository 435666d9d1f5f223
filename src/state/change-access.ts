import type { Access } from '../model/transaction.ts';
import type { Fd, Sys } from '../model/sys.ts';
import { sameAccess } from './manifest.ts';
import { Refusal } from './trouble.ts';

const SET_UID = 0o4000;
const SET_GID = 0o2000;

/**
 * From one access to another without ever allowing more than both do: narrow, change the owner, then widen.
 * chown(2) takes the set-id bits away; the last chmod brings back those that are wanted.
 */
export function changeAccess(sys: Sys, fd: Fd, from: Access, to: Access): void {
  const narrow = from.mode & to.mode;
  if (narrow !== from.mode) {
    sys.chmod(fd, narrow);
  }
  const ownerChanges = from.uid !== to.uid || from.gid !== to.gid;
  if (ownerChanges) {
    sys.chown(fd, to.uid, to.gid);
  }
  if (ownerChanges || narrow !== to.mode) {
    sys.chmod(fd, to.mode);
  }
  const { mode, uid, gid } = sys.stat(fd);
  if (!sameAccess({ mode, uid, gid }, to)) {
    throw new Refusal('the new access was not taken');
  }
}

/** Every access an object may have while `changeAccess` is at work between the two, in either direction. */
export function accessesBetween(from: Access, to: Access): readonly Access[] {
  const narrow = from.mode & to.mode;
  const modes = new Set([from.mode, to.mode, narrow, narrow & ~SET_UID, narrow & ~(SET_UID | SET_GID)]);
  return [from, to].flatMap(({ uid, gid }) => [...modes].map((mode) => ({ mode, uid, gid })));
}
