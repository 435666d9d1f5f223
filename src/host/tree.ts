import { closeSync, constants, openSync, realpathSync } from 'node:fs';
import { type AbsPath, absPath } from '../model/brand.ts';
import type { Fd } from '../model/sys.ts';

/** Holds an object without opening it, so that no device or FIFO notices. Not in fs.constants; the same on all Linux ports of Node. */
export const O_PATH = 0o10000000;

/** How paths are resolved: by the kernel below `/`, or by us below a folder. Both throw an Error with the errno name in `code`. */
export interface Tree {
  /** An O_PATH descriptor. `follow` concerns the last component only: a link is resolved, or held itself. */
  open(path: AbsPath, follow: boolean): Fd;
  realPath(path: AbsPath): AbsPath;
}

export const liveTree: Tree = {
  open: (path, follow) => openSync(path, follow ? O_PATH : O_PATH | constants.O_NOFOLLOW),
  realPath: (path) => absPath(realpathSync.native(path)),
};

/** Hands out a descriptor for as long as `use` runs. */
export function withFd<T>(fd: Fd, use: (fd: Fd) => T): T {
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

/** The object a descriptor holds, as a path for calls that take paths. */
export function fdPath(fd: Fd): string {
  return `/proc/self/fd/${fd}`;
}
