import { type AbsPath, absPath, cleanPath, joinPath } from '../../model/brand.ts';
import { byCodeUnit } from '../../model/canonical.ts';
import type { FileAttributes, FileStat, HostReader } from '../../model/host.ts';
import { type Observed, absent, present, unreadable } from '../../model/state.ts';
import type { Inode } from '../memory-disk.ts';
import { DEFAULT_READ_LIMIT } from '../tree-reader.ts';
import { type RecordedTree, deviceOf } from './recorded-tree.ts';

type FileReader = Pick<HostReader, 'stat' | 'read' | 'list' | 'realPath' | 'attributes'>;
interface Found {
  readonly path: AbsPath;
  readonly inode: Inode;
}

const MAX_LINKS = 40;
const NO_ATTRIBUTES: FileAttributes = { flags: null, hasAcl: null };

/**
 * The questions about files, answered from the disk as it is now. What is known to be there but was not recorded is `unreadable`; a name nobody
 * asked for when the recording was made is not there, for readers as for writers.
 */
export function simulatedTreeReader(tree: RecordedTree): FileReader {
  const { objects } = tree;
  const follow = (path: AbsPath): Observed<Found> => walk(tree, path, true);
  return {
    stat: (path) =>
      then(walk(tree, path, false), ({ inode }) => {
        const object = objects.get(inode);
        return object !== undefined && object.stat === undefined ? unknown(path) : present(statOf(tree, inode));
      }),
    read: (path, limit = DEFAULT_READ_LIMIT) => then(follow(path), ({ inode }) => contents(tree, path, inode, limit)),
    list: (path) =>
      then(follow(path), ({ inode }) => {
        if (inode.type !== 'directory') {
          return objects.get(inode)?.stat === undefined && objects.has(inode)
            ? unknown(path)
            : unreadable(`${path}: a ${inode.type}, not a directory`);
        }
        const gap = objects.get(inode)?.entries;
        return gap === undefined
          ? present([...inode.entries.keys()].sort(byCodeUnit))
          : gap === 'unknown'
            ? unknown(path)
            : gap;
      }),
    realPath: (path) => then(follow(path), (found) => present(found.path)),
    attributes: (paths) => Promise.resolve(new Map(paths.map((path) => [path, attributesOf(tree, path)]))),
  };
}

/** As the memory's own calls see it, but with what the recording knows of an object that was not touched in that respect. */
export function statOf({ objects }: RecordedTree, inode: Inode): FileStat {
  const recorded = objects.get(inode);
  const untouched = recorded?.content !== undefined && inode.data.length === 0;
  return {
    type: inode.type,
    mode: inode.mode,
    uid: inode.uid,
    gid: inode.gid,
    size: (inode.type === 'file' ? untouched : recorded !== undefined)
      ? (recorded?.stat?.size ?? 0)
      : inode.data.length,
    nlink: inode.nlink,
    dev: recorded?.stat?.dev ?? deviceOf(inode.mount),
    ino: recorded?.stat?.ino ?? inode.ino.toString(),
    mtimeNs: inode.mtime.toString(),
    ctimeNs: inode.ctime.toString(),
  };
}

export function unknown(path: AbsPath): Extract<Observed<never>, { status: 'unreadable' }> {
  return unreadable(`${path}: not in the recording`);
}

function then<A, B>(found: Observed<A>, use: (value: A) => Observed<B>): Observed<B> {
  return found.status === 'present' ? use(found.value) : found;
}

function contents({ objects }: RecordedTree, path: AbsPath, inode: Inode, limit: number): Observed<Uint8Array> {
  if (inode.type !== 'file') {
    return unreadable(`${path}: a ${inode.type}, not a regular file`);
  }
  const gap = objects.get(inode)?.content;
  if (gap !== undefined && inode.data.length === 0) {
    return gap === 'unknown' ? unknown(path) : gap;
  }
  return inode.data.length > limit
    ? unreadable(`${path}: ${inode.data.length} bytes, more than the ${limit} that are read`)
    : present(inode.data.slice());
}

/** Recorded attributes stay with their object. A file made since has what its file system gives to all, and the access list it was given. */
function attributesOf(tree: RecordedTree, path: AbsPath): FileAttributes {
  const found = walk(tree, path, false);
  if (found.status !== 'present') {
    return NO_ATTRIBUTES;
  }
  const { inode } = found.value;
  const recorded = tree.objects.get(inode);
  if (recorded !== undefined) {
    return recorded.attributes ?? NO_ATTRIBUTES;
  }
  const neighbour = [...tree.objects].find(
    ([one, { attributes }]) => one.mount === inode.mount && one.type === inode.type && attributes !== undefined,
  );
  const known = neighbour?.[1].attributes ?? NO_ATTRIBUTES;
  return {
    flags: known.flags?.replaceAll(/[^e-]/g, '-') ?? null,
    hasAcl: known.hasAcl === null ? null : inode.extended !== '',
  };
}

/** From `/` name by name, links followed; `last` says whether the last one is. */
function walk(tree: RecordedTree, path: AbsPath, last: boolean): Observed<Found> {
  let left = namesOf(path);
  let at: Found = { path: absPath('/'), inode: tree.disk.root };
  for (let links = 0; left.length > 0;) {
    const [name = '', ...rest] = left;
    const place = joinPath(at.path, name);
    const inode = at.inode.entries.get(name);
    if (inode === undefined) {
      return tree.failures.get(place) ?? tree.failures.get(path) ?? absent;
    }
    if (inode.type !== 'symlink' || (rest.length === 0 && !last)) {
      at = { path: place, inode };
      left = rest;
      continue;
    }
    links += 1;
    const target = targetOf(at.path, inode);
    if (target === undefined || links > MAX_LINKS) {
      return target === undefined ? absent : unreadable(`${path}: too many symbolic links`);
    }
    at = { path: absPath('/'), inode: tree.disk.root };
    left = [...namesOf(target), ...rest];
  }
  return present(at);
}

function namesOf(path: AbsPath): readonly string[] {
  return path.split('/').filter((name) => name !== '');
}

/** Undefined where the recording only said that it leads nowhere. */
function targetOf(folder: AbsPath, { data }: Inode): AbsPath | undefined {
  const text = new TextDecoder().decode(data);
  return cleanPath(text.startsWith('/') || text === '' ? text : `${folder}/${text}`);
}
