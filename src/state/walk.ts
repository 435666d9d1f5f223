import { type AbsPath, absPath, baseName, parentPath } from '../model/brand.ts';
import { shellWord } from '../model/command-place.ts';
import type { FileStat } from '../model/host.ts';
import type { Fd, Sys } from '../model/sys.ts';
import type { Access } from '../model/transaction.ts';
import { holding, openIfThere } from './held.ts';
import { Refusal } from './trouble.ts';

/**
 * Whom we trust above a target. `strict`: every folder belongs to root and nobody else may write to it.
 * `relaxed`: whoever owns the folders may do as they please with their own tree; links are refused all the same.
 */
export type Trust = 'strict' | 'relaxed';

/** Where targets live. */
export interface Targets {
  readonly sys: Sys;
  readonly trust: Trust;
  /** Folders of root that may be open to others all the same: where nothing is changed, or nothing but names that are surely ours. */
  readonly passable?: ReadonlySet<string>;
}

export interface InFolder<T> {
  readonly found: (folder: Fd, name: string) => T;
  /** A folder on the way is not there. */
  readonly missing: () => T;
}

/**
 * Goes to the folder of `path` component by component, each held before the next is looked up.
 * @throws Refusal at a link or a folder that is not to be trusted.
 */
export function inFolder<T>(targets: Targets, path: AbsPath, then: InFolder<T>): T {
  if (path === '/') {
    throw new Refusal('the root folder itself is not changed');
  }
  const { sys } = targets;
  let held = sys.openDirectory(absPath('/'));
  try {
    let at = '';
    examine(targets, '/', sys.stat(held));
    for (const name of parentPath(path)
      .split('/')
      .filter((part) => part !== '')) {
      at = `${at}/${name}`;
      const next = openIfThere(sys, held, name);
      if (next === undefined) {
        return then.missing();
      }
      sys.close(held);
      held = next;
      examine(targets, at, sys.stat(held));
    }
    return then.found(held, baseName(path));
  } finally {
    sys.close(held);
  }
}

/** As `inFolder`, where a missing folder is an error. */
export function inExistingFolder<T>(targets: Targets, path: AbsPath, found: (folder: Fd, name: string) => T): T {
  return inFolder(targets, path, {
    found,
    missing: () => {
      throw new Refusal(`the folder ${parentPath(path)} is not there`);
    },
  });
}

function examine({ trust, passable }: Targets, path: string, stat: FileStat): void {
  if (stat.type === 'symlink') {
    throw new Refusal(`${path} is a symbolic link; no link is followed`);
  }
  if (stat.type !== 'directory') {
    throw new Refusal(`${path} is not a folder`);
  }
  if (trust === 'strict') {
    const reason = distrust(stat, [0]);
    if (reason !== undefined && !(stat.uid === 0 && passable?.has(path) === true)) {
      throw new Refusal(
        `${path} ${reason}`,
        `Close it first: chown root ${shellWord(path)}; chmod go-w ${shellWord(path)}`,
      );
    }
  }
}

/** Why somebody else could exchange what is in a folder; undefined where nobody can. Group root counts as root. */
export function distrust(stat: Pick<FileStat, 'mode' | 'uid' | 'gid'>, owners: readonly number[]): string | undefined {
  if (!owners.includes(stat.uid)) {
    return `belongs to user ${stat.uid}`;
  }
  if ((stat.mode & 0o002) !== 0) {
    return 'may be written to by everybody';
  }
  if ((stat.mode & 0o020) !== 0 && stat.gid !== 0) {
    return `may be written to by group ${stat.gid}`;
  }
  return undefined;
}

/** Holds the object of that name, for `use`; undefined where there is none. */
export function holdingObject<T>(
  sys: Sys,
  folder: Fd,
  name: string,
  use: (fd: Fd, stat: FileStat) => T,
): T | undefined {
  const fd = openIfThere(sys, folder, name);
  return fd === undefined ? undefined : holding(sys, fd, () => use(fd, sys.stat(fd)));
}

/** Belongs to root, and others could exchange what is in it. */
export function isOpen(access: Access): boolean {
  return access.uid === 0 && distrust(access, [0]) !== undefined;
}
