import { digestOfBytes } from '../model/canonical.ts';
import type { FileStat } from '../model/host.ts';
import type { Fd, Sys } from '../model/sys.ts';
import { READ_LIMIT } from './held.ts';
import { type ObjectState, absent } from './manifest.ts';
import { Refusal } from './trouble.ts';
import { holdingObject } from './walk.ts';

/** An object as it is at this moment. `bytes` where its content was looked at. */
export interface Seen {
  readonly state: ObjectState;
  readonly stat: FileStat | undefined;
  readonly bytes: Uint8Array | undefined;
}

/** `withContent`: a regular file is read whole. */
export function see(sys: Sys, folder: Fd, name: string, withContent: boolean): Seen {
  return (
    holdingObject(sys, folder, name, (fd, stat) => seeHeld(sys, fd, stat, withContent)) ?? {
      state: absent,
      stat: undefined,
      bytes: undefined,
    }
  );
}

function seeHeld(sys: Sys, fd: Fd, stat: FileStat, withContent: boolean): Seen {
  const { mode, uid, gid } = stat;
  const object = { kind: 'object' as const, fileType: stat.type, access: { mode, uid, gid } };
  if (!withContent || stat.type !== 'file') {
    return { state: { ...object, content: null }, stat, bytes: undefined };
  }
  const bytes = sys.read(fd, READ_LIMIT);
  const extended = sys.extendedMetadata(fd);
  const again = sys.stat(fd);
  if (again.mtimeNs !== stat.mtimeNs || again.size !== stat.size || bytes.length !== stat.size) {
    throw new Refusal('it is being written to');
  }
  const content = { sha256: digestOfBytes(bytes), size: bytes.length, mtimeNs: stat.mtimeNs, extended };
  return { state: { ...object, content }, stat, bytes };
}

/** True where a name leads to the very object it led to before, unchanged in content and size as far as its times tell. */
export function sameObject(now: FileStat | undefined, before: FileStat | undefined): boolean {
  if (now === undefined || before === undefined) {
    return now === before;
  }
  return now.dev === before.dev && now.ino === before.ino && now.size === before.size && now.mtimeNs === before.mtimeNs;
}
