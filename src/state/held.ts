import { digestOfBytes } from '../model/canonical.ts';
import type { Fd, Sys } from '../model/sys.ts';
import { Refusal, errnoName } from './trouble.ts';

/** No file this product reads whole is larger. */
export const READ_LIMIT = 64 * 1024 * 1024;

/** Hands out a descriptor for as long as `use` runs. */
export function holding<T>(sys: Sys, fd: Fd, use: (fd: Fd) => T): T {
  try {
    return use(fd);
  } finally {
    sys.close(fd);
  }
}

/** Undefined where nothing has that name. */
export function openIfThere(sys: Sys, directory: Fd, name: string): Fd | undefined {
  try {
    return sys.openObject(directory, name);
  } catch (error) {
    if (errnoName(error) === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}

/** Content of a regular file of that name; undefined where there is none. */
export function readIfThere(sys: Sys, directory: Fd, name: string): Uint8Array | undefined {
  const fd = openIfThere(sys, directory, name);
  return fd === undefined ? undefined : holding(sys, fd, () => sys.read(fd, READ_LIMIT));
}

/** A new file, durable but for its name, read back. `finish` runs after the content is written, before the sync. */
export function writeNew(
  sys: Sys,
  directory: Fd,
  file: { readonly name: string; readonly content: Uint8Array; readonly finish?: (fd: Fd) => void },
): void {
  holding(sys, sys.createFile(directory, file.name), (fd) => {
    sys.chmod(fd, 0o600);
    sys.write(fd, file.content, 0);
    file.finish?.(fd);
    sys.sync(fd);
  });
  const back = readIfThere(sys, directory, file.name);
  if (back === undefined || digestOfBytes(back) !== digestOfBytes(file.content)) {
    throw new Refusal(`${file.name} did not read back as it was written`);
  }
}

/** A folder of ours, 0700; made where it is missing. */
export function ensureFolder(sys: Sys, directory: Fd, name: string): Fd {
  const there = openIfThere(sys, directory, name);
  if (there !== undefined) {
    return there;
  }
  sys.makeDirectory(directory, name, 0o700);
  const made = sys.openObject(directory, name);
  sys.chmod(made, 0o700);
  sys.sync(made);
  sys.sync(directory);
  return made;
}

/** Takes a folder of ours away with all that is in it, where it is there; no link is followed. */
export function removeTree(sys: Sys, directory: Fd, name: string): void {
  if (sys.statAt(directory, name) === undefined) {
    return;
  }
  holding(sys, sys.openObject(directory, name), (folder) => {
    for (const child of sys.list(folder)) {
      if (sys.statAt(folder, child)?.type === 'directory') {
        removeTree(sys, folder, child);
      } else {
        sys.unlink(folder, child);
      }
    }
  });
  sys.removeDirectory(directory, name);
}
