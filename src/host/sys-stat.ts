import { type BigIntStats, constants } from 'node:fs';
import type { FileStat, FileType } from '../model/host.ts';

const TYPES: ReadonlyMap<number, FileType> = new Map([
  [constants.S_IFREG, 'file'],
  [constants.S_IFDIR, 'directory'],
  [constants.S_IFLNK, 'symlink'],
  [constants.S_IFSOCK, 'socket'],
  [constants.S_IFIFO, 'fifo'],
  [constants.S_IFCHR, 'character-device'],
  [constants.S_IFBLK, 'block-device'],
]);

export function toFileStat(stats: BigIntStats): FileStat {
  const mode = Number(stats.mode);
  const type = TYPES.get(mode & constants.S_IFMT);
  if (type === undefined) {
    throw new Error(`unknown file type in mode 0o${mode.toString(8)}`);
  }
  return {
    type,
    mode: mode & 0o7777,
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    size: Number(stats.size),
    nlink: Number(stats.nlink),
    dev: stats.dev.toString(),
    ino: stats.ino.toString(),
    mtimeNs: stats.mtimeNs.toString(),
    ctimeNs: stats.ctimeNs.toString(),
  };
}
