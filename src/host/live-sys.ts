import {
  accessSync,
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  renameSync,
  rmdirSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import type { AbsPath } from '../model/brand.ts';
import type { Fd, Sys } from '../model/sys.ts';
import { errnoOf } from './errno.ts';
import { extendedMetadataOf } from './sys-extended.ts';
import { fileSystemOf } from './sys-filesystem.ts';
import { runCommand, runHelper, sysError } from './sys-process.ts';
import { toFileStat } from './sys-stat.ts';
import { O_PATH, fdPath, withFd } from './tree.ts';

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = constants;

/**
 * The machine's own calls. `root` is the folder taken as `/`: a clean absolute path of this process, links in it refused.
 * Needs /proc: what other languages do with openat(2) goes through /proc/self/fd here.
 */
export function liveSys(root: AbsPath): Sys {
  return {
    openDirectory: (path) => walk(root === '/' ? path : path === '/' ? root : `${root}${path}`),
    openObject: (directory, name) => openSync(at(directory, name), O_PATH | O_NOFOLLOW),
    createFile: (directory, name) => openSync(at(directory, name), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600),
    openFile: (directory, name) =>
      withFd(openSync(at(directory, name), O_PATH | O_NOFOLLOW), (held) => reopen(held, O_RDWR)),
    read,
    write,
    truncate: (file, size) => ftruncateSync(file, size),
    sync,
    stat: (fd) => toFileStat(fstatSync(fd, { bigint: true })),
    statAt: (directory, name) => {
      const stats = lstatSync(at(directory, name), { bigint: true, throwIfNoEntry: false });
      return stats === undefined ? undefined : toFileStat(stats);
    },
    list: (directory) => readdirSync(`${fdPath(directory)}/.`),
    chmod: (fd, mode) => {
      refuseLink(fd);
      chmodSync(fdPath(fd), mode);
    },
    chown: (fd, uid, gid) => {
      // On a descriptor of a link this would change the link itself.
      refuseLink(fd);
      chownSync(fdPath(fd), uid, gid);
    },
    checkWritable: (fd) => {
      refuseLink(fd);
      accessSync(fdPath(fd), constants.W_OK);
    },
    mountId,
    copyMetadata,
    extendedMetadata: extendedMetadataOf,
    rename: (directory, from, to) => renameSync(at(directory, from), at(directory, to)),
    link: (directory, from, to) => linkSync(at(directory, from), at(directory, to)),
    unlink: (directory, name) => unlinkSync(at(directory, name)),
    makeDirectory: (directory, name, mode) => {
      mkdirSync(at(directory, name), { mode });
    },
    removeDirectory: (directory, name) => rmdirSync(at(directory, name)),
    move: (fromDirectory, name, toDirectory, toName) => renameSync(at(fromDirectory, name), at(toDirectory, toName)),
    lock,
    fileSystem: fileSystemOf,
    close: (fd) => closeSync(fd),
    run: runCommand,
  };
}

function walk(path: string): Fd {
  let held = openSync('/', O_PATH | O_DIRECTORY);
  for (const name of path.split('/').filter((part) => part !== '')) {
    const above = held;
    held = withFd(above, () => openSync(at(above, name), O_PATH | O_DIRECTORY | O_NOFOLLOW));
  }
  return held;
}

/** A name that is not one plain component would lead elsewhere. */
function at(directory: Fd, name: string): string {
  if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0')) {
    throw sysError('EINVAL', `not a name in a directory: ${JSON.stringify(name)}`);
  }
  return `${fdPath(directory)}/${name}`;
}

/** The object of a descriptor, opened anew for `flags`; only a regular file, since opening another thing may act or wait. */
function reopen(fd: Fd, flags: number): Fd {
  const stats = fstatSync(fd);
  if (!stats.isFile()) {
    throw sysError(stats.isSymbolicLink() ? 'ELOOP' : 'EINVAL', 'not a regular file');
  }
  return openSync(fdPath(fd), flags | O_NONBLOCK);
}

function read(file: Fd, limit: number): Uint8Array {
  return withFd(reopen(file, O_RDONLY), (fd) => {
    const chunks: Uint8Array[] = [];
    let total = 0;
    for (;;) {
      const chunk = new Uint8Array(65_536);
      const count = readSync(fd, chunk, 0, chunk.length, total);
      if (count === 0) {
        return Buffer.concat(chunks);
      }
      total += count;
      if (total > limit) {
        throw sysError('EFBIG', `more than ${limit} bytes`);
      }
      chunks.push(chunk.subarray(0, count));
    }
  });
}

/** write(2) may take less than it was given and say nothing else about it. */
function write(file: Fd, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length;) {
    const count = writeSync(file, bytes, done, bytes.length - done, position + done);
    if (count <= 0) {
      throw sysError('EIO', 'the file took no more bytes');
    }
    done += count;
  }
}

function sync(fd: Fd): void {
  if (fstatSync(fd).isDirectory()) {
    withFd(openSync(`${fdPath(fd)}/.`, O_RDONLY | O_DIRECTORY), (directory) => fsyncSync(directory));
    return;
  }
  try {
    fsyncSync(fd);
  } catch (error) {
    // Held with O_PATH only: not open in the sense of fsync(2).
    if (errnoOf(error) !== 'EBADF') {
      throw error;
    }
    withFd(reopen(fd, O_RDONLY), (file) => fsyncSync(file));
  }
}

function refuseLink(fd: Fd): void {
  if (fstatSync(fd).isSymbolicLink()) {
    throw sysError('ELOOP', 'a symbolic link');
  }
}

function mountId(fd: Fd): string {
  const id = /^mnt_id:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1];
  if (id === undefined) {
    throw sysError('ENOTSUP', 'the kernel does not say which mount a descriptor belongs to');
  }
  return id;
}

/** Only `cp` of GNU coreutils copies all of it by descriptors; another one fails here, and the content is not touched either way. */
function copyMetadata(from: Fd, to: Fd, times: boolean): void {
  const kept = times ? [] : ['--no-preserve=timestamps'];
  const args = ['--attributes-only', '--preserve=all', ...kept, '--', '/proc/self/fd/3', '/proc/self/fd/4'];
  const result = runHelper('cp', args, [from, to]);
  if (result?.status !== 0) {
    throw sysError('ENOTSUP', `metadata could not be copied: ${result?.stderr ?? 'there is no cp'}`);
  }
}

/** flock(2) belongs to the open file, which the child shares with us: it stays when the child is gone and falls when we are. */
function lock(file: Fd): boolean {
  const result = runHelper('flock', ['-n', '-E', '75', '3'], [file]);
  if (result?.status === 0) {
    return true;
  }
  if (result?.status === 75) {
    return false;
  }
  throw sysError('ENOLCK', `flock failed: ${result?.stderr ?? 'there is no flock (util-linux)'}`);
}
