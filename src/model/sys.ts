import type { AbsPath } from './brand.ts';
import type { Command, CommandOutcome, FileStat } from './host.ts';

/** An open descriptor. Owned by whoever opened it; close exactly once. */
export type Fd = number;

/**
 * Every write of the product goes through these synchronous calls, so that a test can count, fail or kill at each of them.
 * Names are single path components, resolved below a directory held by descriptor; no call follows a link.
 * All throw an Error with the errno name in `code` (`ENOENT`, `ENOSPC`, `ELOOP`, …); none retries.
 */
export interface Sys {
  /** Walks from `/` component by component; a link in any of them fails with ENOTDIR. */
  openDirectory(path: AbsPath): Fd;
  /** Holds the object itself (O_PATH, no link followed); good for `stat`, `chmod`, `chown`, `copyMetadata`, `read` and `close`; a directory's serves wherever a directory is asked for. */
  openObject(directory: Fd, name: string): Fd;
  /** Creates a regular file, mode 0600, that must not exist; open for writing. */
  createFile(directory: Fd, name: string): Fd;
  /** Opens an existing regular file, without following a link, for reading and writing (the journal). */
  openFile(directory: Fd, name: string): Fd;
  /** Whole contents of a regular file held by any descriptor; more than `limit` bytes fails with EFBIG. */
  read(file: Fd, limit: number): Uint8Array;
  /** Writes all of `bytes` at `position` or throws. */
  write(file: Fd, bytes: Uint8Array, position: number): void;
  truncate(file: Fd, size: number): void;
  /** Data and metadata of a file, or the entries of a directory, are on the disk when it returns. Works on `openObject` descriptors of files and directories too. */
  sync(fd: Fd): void;
  stat(fd: Fd): FileStat;
  statAt(directory: Fd, name: string): FileStat | undefined;
  list(directory: Fd): readonly string[];
  chmod(fd: Fd, mode: number): void;
  chown(fd: Fd, uid: number, gid: number): void;
  /** Fails with EROFS or EPERM where the mount is read-only or the object immutable; changes nothing. Silence promises nothing. */
  checkWritable(fd: Fd): void;
  /** Which mount the object is seen through: one that differs from its directory's is a mount point. */
  mountId(fd: Fd): string;
  /** Owner, mode, ACL, xattrs and label of `from` onto `to`; `times` copies the mtime to the nanosecond too. Content is not touched. */
  copyMetadata(from: Fd, to: Fd, times: boolean): void;
  /** A text that is equal for equal ACL, xattrs and label of the object; the empty string where it has none. */
  extendedMetadata(fd: Fd): string;
  rename(directory: Fd, from: string, to: string): void;
  /** A second name, in the same directory, for a file. */
  link(directory: Fd, from: string, to: string): void;
  unlink(directory: Fd, name: string): void;
  makeDirectory(directory: Fd, name: string, mode: number): void;
  removeDirectory(directory: Fd, name: string): void;
  /** Moves a directory entry between two held directories of one file system. */
  move(fromDirectory: Fd, name: string, toDirectory: Fd, toName: string): void;
  /** Takes the kernel's exclusive lock on an open file, without waiting; falls with the process. False where another holds it. */
  lock(file: Fd): boolean;
  fileSystem(directory: Fd): { readonly type: string; readonly freeBytes: number; readonly freeInodes: number };
  close(fd: Fd): void;
  /** Absolute program, no shell, clean environment, bounded time and output, process group ended on time-out. */
  run(command: Command, timeoutMs: number): CommandOutcome;
}
