import {
  constants,
  closeSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  readdirSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/**
 * Files the user names on the command line, with the user's own rights; unlike the host's files, links in them are the user's choice.
 */

/**
 * Writes `text` to `wish`, or to `name` inside it where it is a folder; missing folders are made. A new file gets mode 0600; an
 * existing one keeps its own.
 */
export async function writePrivateFile(wish: string, name: string, text: string): Promise<string> {
  const isFolder = statSync(wish, { throwIfNoEntry: false })?.isDirectory() === true;
  // The name holds a host's own name, which may come from a recording somebody else made.
  const path = isFolder ? resolve(wish, name.replaceAll(/[^A-Za-z0-9._-]/g, '_')) : wish;
  // Only here, so that a command without a file does not wait for it to load.
  const { ensureDir } = await import('fs-extra/esm');
  makeFirstMissing(dirname(resolve(path)));
  await ensureDir(dirname(path));
  // Created, or an existing regular file of ours emptied: never written through a link planted in a shared folder.
  const file = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW, 0o600);
  try {
    writeFileSync(file, text);
  } finally {
    closeSync(file);
  }
  return path;
}

/**
 * Makes a file, on the disk when it returns, that nobody but us may read: `wish`, or `name` in it where it is a folder. It must not be there
 * yet, and its folder has to be. Returns its path. @throws Error; then there is no such file.
 */
export function writeSecretFile(wish: string, name: string, bytes: Uint8Array): string {
  const isFolder = statSync(wish, { throwIfNoEntry: false })?.isDirectory() === true;
  const path = isFolder ? join(wish, name) : wish;
  const file = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
  try {
    // Some file systems have no modes, or one for all files.
    if ((fstatSync(file).mode & 0o077) !== 0) {
      throw new Error('others may read files there');
    }
    writeFileSync(file, bytes);
    fsyncSync(file);
  } catch (error) {
    unlinkSync(path);
    throw error;
  } finally {
    closeSync(file);
  }
  return path;
}

/** Makes a file that must not be there yet, with the folders it lacks, readable by all (0644, less what the umask takes). */
export function makeNewFile(path: string, text: string): void {
  makeFolders(dirname(resolve(path)));
  const file = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o644);
  try {
    writeFileSync(file, text);
  } finally {
    closeSync(file);
  }
}

function makeFolders(folder: string): void {
  makeFirstMissing(folder);
  mkdirSync(folder, { recursive: true });
}

/** One level by hand: Node's recursive mkdir never ends where a file system takes no folder at all, as /proc. */
export function makeFirstMissing(folder: string, mode = 0o777): void {
  const parent = dirname(folder);
  if (statSync(folder, { throwIfNoEntry: false }) !== undefined) {
    return;
  }
  if (statSync(parent, { throwIfNoEntry: false }) === undefined) {
    makeFirstMissing(parent, mode);
  } else {
    mkdirSync(folder, { mode });
  }
}

/** `path`, or, where it is a folder, the files in it whose names end in `suffix`, sorted. */
export function filesBehind(path: string, suffix: string): readonly string[] {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) {
    return [path];
  }
  return readdirSync(path)
    .filter((name) => name.endsWith(suffix) && !name.startsWith('.'))
    .sort()
    .map((name) => join(path, name));
}

/**
 * `examine` sees what was opened before it is read, but not standard input, which is `-`; what it throws comes out.
 * @throws Error where it is larger than `limit` bytes, not UTF-8, or cannot be read.
 */
export function readWholeFile(file: string, limit: number, examine?: (fd: number) => void): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readBytes(file, limit, examine));
}

/** The same of any bytes. */
export function readBytes(file: string, limit: number, examine?: (fd: number) => void): Uint8Array {
  const fd = file === '-' ? 0 : openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (fd !== 0) {
      examine?.(fd);
    }
    const { size } = fstatSync(fd);
    if (size > limit) {
      throw new Error(`${size} bytes, more than the ${limit} that are read`);
    }
    return readUpTo(fd, limit);
  } finally {
    if (fd !== 0) {
      closeSync(fd);
    }
  }
}

/** A pipe or a device has no size beforehand, and some never end. */
function readUpTo(fd: number, limit: number): Buffer {
  const chunks: Buffer[] = [];
  for (let total = 0; ;) {
    const chunk = Buffer.allocUnsafe(1 << 16);
    const count = readSync(fd, chunk);
    if (count === 0) {
      return Buffer.concat(chunks);
    }
    total += count;
    if (total > limit) {
      throw new Error(`more than the ${limit} bytes that are read`);
    }
    chunks.push(chunk.subarray(0, count));
  }
}
