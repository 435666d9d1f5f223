import { type BigIntStats, constants, fstatSync, openSync, readSync, readdirSync } from 'node:fs';
import type { AbsPath } from '../model/brand.ts';
import { byCodeUnit } from '../model/canonical.ts';
import type { FileStat, FileType, HostReader } from '../model/host.ts';
import { type Observed, present, unreadable } from '../model/state.ts';
import type { Fd } from '../model/sys.ts';
import { errnoOf, failedRead } from './errno.ts';
import { type Tree, fdPath, withFd } from './tree.ts';

export const DEFAULT_READ_LIMIT = 1024 * 1024;

type FileReader = Pick<HostReader, 'stat' | 'read' | 'list' | 'realPath'>;

/** The questions about files. An object is held and looked at before it is opened: nothing but files and folders ever is. */
export function treeReader(tree: Tree): FileReader {
  return {
    stat: (path) => observe(path, () => withFd(tree.open(path, false), (fd) => present(fileStat(statOf(fd))))),
    read: (path, limit = DEFAULT_READ_LIMIT) =>
      observe(path, () => withFd(tree.open(path, true), (fd) => contents(path, fd, limit))),
    list: (path) => observe(path, () => withFd(tree.open(path, true), (fd) => names(path, fd))),
    realPath: (path) => observe(path, () => present(tree.realPath(path))),
  };
}

function fileTypeOf(stats: BigIntStats): FileType {
  const kinds: readonly (readonly [boolean, FileType])[] = [
    [stats.isFile(), 'file'],
    [stats.isDirectory(), 'directory'],
    [stats.isSymbolicLink(), 'symlink'],
    [stats.isSocket(), 'socket'],
    [stats.isFIFO(), 'fifo'],
    [stats.isCharacterDevice(), 'character-device'],
  ];
  return kinds.find(([is]) => is)?.[1] ?? 'block-device';
}

function observe<T>(path: AbsPath, ask: () => Observed<T>): Observed<T> {
  try {
    return ask();
  } catch (error) {
    return failedRead(path, error);
  }
}

function statOf(fd: Fd): BigIntStats {
  return fstatSync(fd, { bigint: true });
}

function fileStat(stats: BigIntStats): FileStat {
  return {
    type: fileTypeOf(stats),
    mode: Number(stats.mode & 0o7777n),
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    size: Number(stats.size),
    nlink: Number(stats.nlink),
    dev: String(stats.dev),
    ino: String(stats.ino),
    mtimeNs: String(stats.mtimeNs),
    ctimeNs: String(stats.ctimeNs),
  };
}

function contents(path: AbsPath, object: Fd, limit: number): Observed<Uint8Array> {
  const stats = statOf(object);
  if (!stats.isFile()) {
    return unreadable(`${path}: a ${fileTypeOf(stats)}, not a regular file`);
  }
  if (stats.size > limit) {
    return unreadable(`${path}: ${stats.size} bytes, more than the ${limit} that are read`);
  }
  return withFd(reopen(object), (fd) => {
    const bytes = readUpTo(fd, limit, Number(stats.size));
    // Files of /proc have no size beforehand, others may grow.
    return bytes === undefined ? unreadable(`${path}: more than the ${limit} bytes that are read`) : present(bytes);
  });
}

/** For reading; what is held exists, so that only a missing /proc can hide it. */
function reopen(object: Fd): Fd {
  try {
    return openSync(fdPath(object), constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (error) {
    throw errnoOf(error) === 'ENOENT' ? new Error('/proc is not mounted') : error;
  }
}

/** Undefined where there are more than `limit` bytes. */
function readUpTo(fd: Fd, limit: number, expected: number): Uint8Array | undefined {
  const chunks: Uint8Array[] = [];
  for (let total = 0, room = expected + 1; ; room = 65_536) {
    const chunk = Buffer.allocUnsafe(room);
    const count = readSync(fd, chunk, 0, room, null);
    if (count === 0) {
      return new Uint8Array(Buffer.concat(chunks));
    }
    total += count;
    if (total > limit) {
      return undefined;
    }
    chunks.push(chunk.subarray(0, count));
  }
}

function names(path: AbsPath, object: Fd): Observed<readonly string[]> {
  const stats = statOf(object);
  return stats.isDirectory()
    ? present(withFd(reopen(object), (fd) => readdirSync(fdPath(fd)).sort(byCodeUnit)))
    : unreadable(`${path}: a ${fileTypeOf(stats)}, not a directory`);
}
