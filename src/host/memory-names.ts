import type { FileStat } from '../model/host.ts';
import type { Fd, Sys } from '../model/sys.ts';
import { type Inode, type MemoryDisk, addInode, tick } from './memory-disk.ts';
import { sysError } from './sys-process.ts';

type NameCalls = Pick<
  Sys,
  'stat' | 'statAt' | 'list' | 'rename' | 'link' | 'unlink' | 'makeDirectory' | 'removeDirectory' | 'move'
>;

/** The calls about names in directories. */
export function namesOf(disk: MemoryDisk, held: (fd: Fd) => Inode): NameCalls {
  const folderOf = (fd: Fd): Inode => {
    const folder = held(fd);
    if (folder.type !== 'directory') {
      throw sysError('ENOTDIR', 'not a directory');
    }
    return folder;
  };
  return {
    stat: (fd) => statOf(held(fd)),
    statAt: (directory, name) => {
      const inode = folderOf(directory).entries.get(plain(name));
      return inode === undefined ? undefined : statOf(inode);
    },
    list: (directory) => [...folderOf(directory).entries.keys()],
    rename: (directory, from, to) => moveEntry(disk, [folderOf(directory), from], [folderOf(directory), to]),
    move: (fromDirectory, name, toDirectory, toName) =>
      moveEntry(disk, [folderOf(fromDirectory), name], [folderOf(toDirectory), toName]),
    link: (directory, from, to) => {
      const folder = folderOf(directory);
      const inode = changeable(folder, from);
      free(folder, to);
      if (inode.type === 'directory') {
        throw sysError('EPERM', 'a directory has one name');
      }
      folder.entries.set(to, inode);
      inode.nlink += 1;
      touch(disk, folder, inode);
    },
    unlink: (directory, name) => {
      const folder = folderOf(directory);
      const inode = changeable(folder, name);
      if (inode.type === 'directory') {
        throw sysError('EISDIR', name);
      }
      folder.entries.delete(name);
      inode.nlink -= 1;
      touch(disk, folder, inode);
    },
    makeDirectory: (directory, name, mode) => {
      const folder = folderOf(directory);
      free(folder, name);
      addInode(disk, folder, name, { type: 'directory', mode: mode & 0o7777, mount: folder.mount });
    },
    removeDirectory: (directory, name) => {
      const folder = folderOf(directory);
      const inode = changeable(folder, name);
      emptyDirectory(inode);
      folder.entries.delete(name);
      folder.nlink -= 1;
      touch(disk, folder, inode);
    },
  };
}

type Entry = readonly [folder: Inode, name: string];

function moveEntry(disk: MemoryDisk, [from, name]: Entry, [to, toName]: Entry): void {
  const inode = changeable(from, name);
  const replaced = to.entries.get(plain(toName));
  refuseImmutable(to);
  if (replaced === inode) {
    return;
  }
  if (replaced !== undefined) {
    changeable(to, toName);
    refuseReplacing(inode, replaced);
    replaced.nlink -= 1;
    to.nlink -= replaced.type === 'directory' ? 1 : 0;
  }
  from.entries.delete(name);
  to.entries.set(toName, inode);
  if (inode.type === 'directory') {
    from.nlink -= 1;
    to.nlink += 1;
  }
  if (from !== to) {
    disk.moves.push([from, to]);
    from.mtime = tick(disk);
  }
  touch(disk, to, inode);
}

function refuseReplacing(inode: Inode, replaced: Inode): void {
  if (replaced.type === 'directory' && inode.type !== 'directory') {
    throw sysError('EISDIR', 'a directory is there');
  }
  if (inode.type === 'directory') {
    emptyDirectory(replaced);
  }
}

/** An entry that may be taken away. */
function changeable(folder: Inode, name: string): Inode {
  const inode = folder.entries.get(plain(name));
  if (inode === undefined) {
    throw sysError('ENOENT', name);
  }
  if (inode.mount.id !== folder.mount.id) {
    throw sysError('EBUSY', `${name} is a mount point`);
  }
  refuseImmutable(folder);
  refuseImmutable(inode);
  return inode;
}

function free(folder: Inode, name: string): void {
  if (folder.entries.has(plain(name))) {
    throw sysError('EEXIST', name);
  }
  refuseImmutable(folder);
}

function emptyDirectory(inode: Inode): void {
  if (inode.type !== 'directory') {
    throw sysError('ENOTDIR', 'not a directory');
  }
  if (inode.entries.size > 0) {
    throw sysError('ENOTEMPTY', 'the directory is not empty');
  }
}

function refuseImmutable(inode: Inode): void {
  if (inode.immutable) {
    throw sysError('EPERM', 'immutable');
  }
}

function touch(disk: MemoryDisk, folder: Inode, inode: Inode): void {
  folder.mtime = inode.ctime = tick(disk);
}

export function plain(name: string): string {
  if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0')) {
    throw sysError('EINVAL', `not a name in a directory: ${JSON.stringify(name)}`);
  }
  return name;
}

function statOf(inode: Inode): FileStat {
  return {
    type: inode.type,
    mode: inode.mode,
    uid: inode.uid,
    gid: inode.gid,
    size: inode.data.length,
    nlink: inode.nlink,
    dev: inode.mount.id,
    ino: inode.ino.toString(),
    mtimeNs: inode.mtime.toString(),
    ctimeNs: inode.ctime.toString(),
  };
}
