import { fstatSync, lstatSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path/posix';

/** As many links as the kernel follows (path_resolution(7)). */
const MOST_LINKS = 40;

interface Rights {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/**
 * Who else than `owners` could have decided what is read from `fd`, which was opened as `file`: by writing to it, or by exchanging it or a
 * link on the way. Undefined where nobody could, and for what has no name in the file system (a pipe of the caller's).
 */
export function whoElseWrote(file: string, fd: number, owners: readonly number[]): string | undefined {
  const stats = fstatSync(fd);
  const real = readlinkSync(`/proc/self/fd/${fd}`);
  // A folder cannot be read at all.
  if (!real.startsWith('/') || stats.isCharacterDevice() || stats.isDirectory()) {
    return undefined;
  }
  if (!stats.isFile()) {
    return `${file} is no regular file`;
  }
  return reasonAgainst(real, stats, owners) ?? reasonAbove(dirname(real), owners) ?? reasonOnTheWay(file, owners);
}

/** Each link from the name that was given to the file. */
function reasonOnTheWay(file: string, owners: readonly number[]): string | undefined {
  let path = resolve(file);
  for (let links = 0; links < MOST_LINKS; links += 1) {
    const stats = lstatSync(path);
    const folder = realpathSync(dirname(path));
    const reason = owners.includes(stats.uid) ? reasonAbove(folder, owners) : `${path} ${belongsTo(stats.uid)}`;
    if (reason !== undefined || !stats.isSymbolicLink()) {
      return reason;
    }
    path = resolve(folder, readlinkSync(path));
  }
  return `${file} leads through too many links`;
}

function reasonAbove(folder: string, owners: readonly number[]): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const stats = statSync(at);
    // In a sticky folder everybody may add names, but take away only their own.
    const reason = reasonAgainst(
      at,
      { uid: stats.uid, gid: stats.gid, mode: isSticky(stats) ? 0 : stats.mode },
      owners,
    );
    if (reason !== undefined || at === '/') {
      return reason;
    }
  }
}

function isSticky({ mode }: Pick<Rights, 'mode'>): boolean {
  return (mode & 0o1000) !== 0;
}

function reasonAgainst(path: string, { uid, gid, mode }: Rights, owners: readonly number[]): string | undefined {
  if (!owners.includes(uid)) {
    return `${path} ${belongsTo(uid)}`;
  }
  if ((mode & 0o002) !== 0) {
    return `${path} may be written to by everybody`;
  }
  return (mode & 0o020) !== 0 && gid !== 0 ? `${path} may be written to by group ${gid}` : undefined;
}

function belongsTo(uid: number): string {
  return `belongs to user ${uid}`;
}
