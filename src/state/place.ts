import { type AbsPath, absPath, parentPath } from '../model/brand.ts';
import { shellWord } from '../model/command-place.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import type { FileStat } from '../model/host.ts';
import type { Fd, Sys } from '../model/sys.ts';
import { ensureFolder } from './held.ts';
import { reasonOf } from './trouble.ts';
import { distrust } from './walk.ts';

export interface PlaceRules {
  /** Our own effective user. */
  readonly uid: number;
  /** A place that a reboot or a new container empties will do. */
  readonly allowVolatile: boolean;
  /** Make what is missing. */
  readonly create: boolean;
}

/** Where a write may never reach a disk of this machine, or not stay there. Of overlay nobody can tell what is below it. */
const NOT_DURABLE: ReadonlySet<string> = new Set([
  ...['tmpfs', 'ramfs', 'overlay', 'aufs', 'squashfs', 'erofs', 'proc', 'sysfs'],
  ...['nfs', 'cifs', 'smb', 'ceph', '9p', 'gfs2', 'ocfs2', 'fuse'],
]);

/**
 * Goes to a folder of our own: every folder above belongs to root or us and cannot be exchanged by others, the last is ours alone.
 * Undefined where it is missing and not to be made.
 * @throws HardenError
 */
export function openPlace(sys: Sys, path: AbsPath, rules: PlaceRules): Fd | undefined {
  const names = path.split('/').filter((part) => part !== '');
  if (names.length === 0) {
    throw unsafe(path, 'is the root folder', 'Give a folder of its own with --state-dir.');
  }
  const held: Fd[] = [];
  const hold = (fd: Fd): Fd => {
    held.splice(0).forEach((above) => sys.close(above));
    held.push(fd);
    return fd;
  };
  try {
    let folder = hold(sys.openDirectory(absPath('/')));
    for (const [index, name] of names.entries()) {
      if (sys.statAt(folder, name) !== undefined) {
        folder = hold(sys.openObject(folder, name));
      } else if (rules.create) {
        folder = hold(ensureFolder(sys, folder, name));
      } else {
        sys.close(folder);
        return undefined;
      }
      const at = `/${names.slice(0, index + 1).join('/')}`;
      examine(at, sys.stat(folder), { ...rules, last: index === names.length - 1 });
    }
    refuseVolatile(sys, path, folder, rules);
    return folder;
  } catch (error) {
    held.forEach((fd) => sys.close(fd));
    throw asHardenError(path, error);
  }
}

function examine(path: string, stat: FileStat, { uid, last }: PlaceRules & { readonly last: boolean }): void {
  if (stat.type === 'symlink') {
    throw unsafe(path, 'is a symbolic link', `Give the folder it leads to instead.`);
  }
  if (stat.type !== 'directory') {
    throw unsafe(path, 'is not a folder', 'Give another folder with --state-dir.');
  }
  const stickyOfRoot = stat.uid === 0 && (stat.mode & 0o1000) !== 0 && !last;
  const reason = stickyOfRoot ? undefined : distrust(stat, last ? [uid] : [0, uid]);
  if (reason !== undefined) {
    throw unsafe(path, reason, trustHint(path, stat, uid));
  }
  if (last && (stat.mode & 0o077) !== 0) {
    const mode = stat.mode.toString(8).padStart(4, '0');
    throw unsafe(path, `can be read by others (mode ${mode})`, `chmod 0700 ${shellWord(path)}`);
  }
}

function trustHint(path: string, stat: FileStat, uid: number): string {
  if (uid !== 0 && stat.uid === 0) {
    return 'It is for root alone: run the same with sudo, or give a folder of your own with --state-dir.';
  }
  const other = 'give a folder with --state-dir that only root can reach.';
  return stat.uid === uid && stat.type === 'directory'
    ? `To take that right away: chmod go-w ${shellWord(path)}; or ${other}`
    : other.replace('give', 'Give');
}

function refuseVolatile(sys: Sys, path: AbsPath, held: Fd, { allowVolatile }: PlaceRules): void {
  const { type } = sys.fileSystem(held);
  if (!allowVolatile && NOT_DURABLE.has(type)) {
    throw new HardenError({
      code: 'H2102',
      exit: EXIT.malformed,
      message: `${path} is on ${type}, where a snapshot may not outlast a crash. Nothing was changed.`,
      hint: 'Give a folder on a local disk with --state-dir, or knowingly go without: --accept-volatile-state',
    });
  }
}

/** What to know of a place that is used all the same; undefined where there is nothing. */
export function remarkOn(sys: Sys, path: AbsPath, held: Fd): string | undefined {
  const { type } = sys.fileSystem(held);
  return NOT_DURABLE.has(type)
    ? `${path} is on ${type}, as was accepted: after a crash or a reboot there may be no snapshot to go back to.`
    : undefined;
}

/** The file system a folder is on, or would be made on. */
export interface Room {
  readonly type: string;
  readonly freeBytes: number;
  /** What is written there outlasts a crash, as far as the type tells. */
  readonly lasts: boolean;
}

/** @throws Error with the errno in `code` where no folder on the way can be looked into. */
export function roomAt(sys: Sys, path: AbsPath): Room {
  try {
    const held = sys.openDirectory(path);
    try {
      const { type, freeBytes } = sys.fileSystem(held);
      return { type, freeBytes, lasts: !NOT_DURABLE.has(type) };
    } finally {
      sys.close(held);
    }
  } catch (error) {
    if (path === '/' || !(error instanceof Error && 'code' in error && error.code === 'ENOENT')) {
      throw error;
    }
    return roomAt(sys, parentPath(path));
  }
}

function unsafe(path: string, reason: string, hint: string): HardenError {
  return new HardenError({
    code: 'H2101',
    exit: EXIT.noPrivilege,
    message: `${path} ${reason}, so nothing is kept there. Nothing was changed.`,
    hint,
  });
}

/** An error for the operator, whatever failed. */
export function asHardenError(path: string, cause: unknown): HardenError {
  if (cause instanceof HardenError) {
    return cause;
  }
  return new HardenError({
    code: 'H2103',
    exit: EXIT.noPrivilege,
    message: `${path} cannot be used: ${reasonOf(cause)}. Nothing was changed.`,
    hint: 'Run as root, or give another folder with --state-dir.',
    cause,
  });
}
