import { type AbsPath, absPath, isBelow, joinPath } from '../../model/brand.ts';
import { digestOfBytes } from '../../model/canonical.ts';
import type { Inode, MemoryDisk } from '../memory-disk.ts';

/** Every object by path, as a text that is equal where bytes, mode, owner, access list and links are. */
export type DiskImage = ReadonlyMap<AbsPath, string>;

/** All of a disk but what lies below `except`. Times of folders are left out: they change with every name in them. */
export function diskImage({ root }: MemoryDisk, except: readonly AbsPath[] = []): DiskImage {
  const image = new Map<AbsPath, string>();
  const visit = (path: AbsPath, inode: Inode): void => {
    if (except.some((folder) => isBelow(path, folder))) {
      return;
    }
    image.set(path, inodeText(inode));
    for (const [name, child] of inode.entries) {
      visit(joinPath(path, name), child);
    }
  };
  visit(absPath('/'), root);
  return image;
}

/** Paths that are in one only, or differ; sorted. */
export function changedPaths(before: DiskImage, after: DiskImage): readonly AbsPath[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((path) => before.get(path) !== after.get(path))
    .sort();
}

function inodeText({ type, mode, uid, gid, extended, immutable, data, nlink, mtime }: Inode): string {
  const own = type === 'directory' ? [] : [digestOfBytes(data), nlink, mtime.toString()];
  return JSON.stringify([type, mode, uid, gid, extended, immutable, ...own]);
}
