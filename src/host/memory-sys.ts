import type { Command, CommandOutcome } from '../model/host.ts';
import type { Fd, Sys } from '../model/sys.ts';
import { type Inode, type MemoryDisk, addInode, settle, tick } from './memory-disk.ts';
import { namesOf, plain } from './memory-names.ts';
import { sysError } from './sys-process.ts';

export interface MemorySysOptions {
  /** Stands for the programs of the machine. */
  readonly run: (command: Command, timeoutMs: number) => CommandOutcome;
  /** Owner of what is created. */
  readonly uid?: number;
}

/** A process on a disk in memory: its open descriptors, its locks. Privileged; calls and errors are those of the live one. */
export interface MemorySys extends Sys {
  /** The process dies: descriptors and locks are gone. */
  kill(): void;
  openDescriptors(): number;
}

interface Open {
  readonly inode: Inode;
  readonly writable: boolean;
}

export function memorySys(disk: MemoryDisk, options: MemorySysOptions): MemorySys {
  const self = Symbol('process');
  const open = new Map<Fd, Open>();
  let lastFd = 2;
  const hold = (inode: Inode, writable = false): Fd => {
    lastFd += 1;
    open.set(lastFd, { inode, writable });
    return lastFd;
  };
  const held = (fd: Fd): Inode => opened(open, fd).inode;
  const forWriting = (fd: Fd): Inode => {
    const { inode, writable } = opened(open, fd);
    if (!writable) {
      throw sysError('EBADF', 'not open for writing');
    }
    return inode;
  };
  return {
    ...namesOf(disk, held),
    ...metadataCalls(disk, held),
    openDirectory: (path) => {
      let inode = disk.root;
      for (const name of path.split('/').filter((part) => part !== '')) {
        const next = inode.entries.get(name);
        inode = directoryOnly(next ?? missing(name));
      }
      return hold(inode);
    },
    openObject: (directory, name) => hold(directoryOnly(held(directory)).entries.get(plain(name)) ?? missing(name)),
    createFile: (directory, name) => {
      const folder = directoryOnly(held(directory));
      refuseImmutable(folder);
      if (folder.entries.has(name)) {
        throw sysError('EEXIST', name);
      }
      const inode = addInode(disk, folder, plain(name), { type: 'file', mode: 0o600, mount: folder.mount });
      inode.uid = options.uid ?? 0;
      return hold(inode, true);
    },
    openFile: (directory, name) =>
      hold(regular(directoryOnly(held(directory)).entries.get(name) ?? missing(name)), true),
    ...contentCalls(disk, held, forWriting),
    ...lockCalls(disk, open, self),
    run: options.run,
    openDescriptors: () => open.size,
    kill: () => {
      open.clear();
      for (const [inode, holder] of disk.locks) {
        if (holder === self) {
          disk.locks.delete(inode);
        }
      }
    },
  };
}

function lockCalls(disk: MemoryDisk, open: Map<Fd, Open>, self: symbol): Pick<Sys, 'lock' | 'close'> {
  return {
    lock: (file) => {
      const { inode } = opened(open, file);
      const holder = disk.locks.get(inode);
      if (holder !== undefined && holder !== self) {
        return false;
      }
      disk.locks.set(inode, self);
      return true;
    },
    close: (fd) => {
      const { inode } = opened(open, fd);
      open.delete(fd);
      const stillHeld = [...open.values()].some((other) => other.inode === inode);
      if (disk.locks.get(inode) === self && !stillHeld) {
        disk.locks.delete(inode);
      }
    },
  };
}

function contentCalls(
  disk: MemoryDisk,
  held: (fd: Fd) => Inode,
  forWriting: (fd: Fd) => Inode,
): Pick<Sys, 'read' | 'write' | 'truncate'> {
  return {
    read: (file, limit) => {
      const { data } = regular(held(file));
      if (data.length > limit) {
        throw sysError('EFBIG', `more than ${limit} bytes`);
      }
      return data.slice();
    },
    write: (file, bytes, position) => {
      const inode = forWriting(file);
      const data = new Uint8Array(Math.max(inode.data.length, position + bytes.length));
      data.set(inode.data);
      data.set(bytes, position);
      inode.data = data;
      inode.mtime = inode.ctime = tick(disk);
    },
    truncate: (file, size) => {
      const inode = forWriting(file);
      const data = new Uint8Array(size);
      data.set(inode.data.subarray(0, size));
      inode.data = data;
      inode.mtime = inode.ctime = tick(disk);
    },
  };
}

type MetadataCalls = Pick<
  Sys,
  'sync' | 'chmod' | 'chown' | 'checkWritable' | 'mountId' | 'copyMetadata' | 'extendedMetadata' | 'fileSystem'
>;

function metadataCalls(disk: MemoryDisk, held: (fd: Fd) => Inode): MetadataCalls {
  const changeable = (fd: Fd): Inode => {
    const inode = held(fd);
    if (inode.type === 'symlink') {
      throw sysError('ELOOP', 'a symbolic link');
    }
    refuseImmutable(inode);
    return inode;
  };
  return {
    sync: (fd) => {
      const inode = held(fd);
      if (inode.type !== 'directory') {
        regular(inode);
      }
      settle(inode);
      settleMoves(disk, inode);
    },
    chmod: (fd, mode) => {
      const inode = changeable(fd);
      inode.mode = mode & 0o7777;
      inode.ctime = tick(disk);
    },
    chown: (fd, uid, gid) => {
      const inode = changeable(fd);
      inode.uid = uid;
      inode.gid = gid;
      if (inode.type !== 'directory') {
        inode.mode &= (inode.mode & 0o010) === 0 ? ~0o4000 : ~0o6000;
      }
      inode.ctime = tick(disk);
    },
    checkWritable: (fd) => void changeable(fd),
    mountId: (fd) => held(fd).mount.id,
    copyMetadata: (from, to, times) => {
      const source = held(from);
      const target = changeable(to);
      target.mode = source.mode;
      target.uid = source.uid;
      target.gid = source.gid;
      target.extended = source.extended;
      target.mtime = times ? source.mtime : target.mtime;
      target.ctime = tick(disk);
    },
    extendedMetadata: (fd) => held(fd).extended,
    fileSystem: (directory) => {
      const { type, freeBytes, freeInodes } = held(directory).mount;
      return { type, freeBytes, freeInodes };
    },
  };
}

function settleMoves(disk: MemoryDisk, inode: Inode): void {
  for (const pair of disk.moves.filter((moved) => moved.includes(inode))) {
    disk.moves.splice(disk.moves.indexOf(pair), 1);
    pair.forEach(settle);
  }
}

function opened(open: ReadonlyMap<Fd, Open>, fd: Fd): Open {
  const found = open.get(fd);
  if (found === undefined) {
    throw sysError('EBADF', `descriptor ${fd}`);
  }
  return found;
}

function missing(name: string): never {
  throw sysError('ENOENT', name);
}

function directoryOnly(inode: Inode): Inode {
  if (inode.type !== 'directory') {
    throw sysError('ENOTDIR', 'not a directory');
  }
  return inode;
}

function regular(inode: Inode): Inode {
  if (inode.type !== 'file') {
    throw sysError(inode.type === 'symlink' ? 'ELOOP' : 'EINVAL', 'not a regular file');
  }
  return inode;
}

function refuseImmutable(inode: Inode): void {
  if (inode.immutable) {
    throw sysError('EPERM', 'immutable');
  }
}
