import { type AbsPath, absPath, isBelow, joinPath } from '../../model/brand.ts';
import { byCodeUnit } from '../../model/canonical.ts';
import type { FileAttributes, FileStat, FileType, Mount } from '../../model/host.ts';
import type { Observed } from '../../model/state.ts';
import { type Inode, type MemoryDisk, type MemoryMount, memoryDisk, put, settle } from '../memory-disk.ts';
import type { RecordedFile, Recording } from '../recording-schema.ts';
import { type RecordedLinks, entriesOf, linksOf, placeOf, resolved, withAncestors } from './recorded-links.ts';

type Unreadable = Extract<Observed<never>, { status: 'unreadable' }>;
/** `unknown`: nobody asked when the recording was made. */
type Gap = Unreadable | 'unknown' | undefined;

/** What the recording does not say about one of its objects; objects made later have none of this. */
export interface RecordedObject {
  /** Undefined: only that there is something, because its name, its content or something below it was recorded. */
  readonly stat: FileStat | undefined;
  /** Why content or entries are not there to be read; undefined where they are. */
  readonly content: Gap;
  readonly entries: Gap;
  readonly attributes: FileAttributes | undefined;
}

/** A recorded host's files as a disk one can write to. */
export interface RecordedTree {
  readonly disk: MemoryDisk;
  readonly objects: ReadonlyMap<Inode, RecordedObject>;
  /** Places that could not be looked at, and why. */
  readonly failures: ReadonlyMap<AbsPath, Unreadable>;
}

export function treeOfRecording(recording: Recording): RecordedTree {
  const links = linksOf(recording);
  const records = recordsByPlace(recording, links);
  const disk = memoryDisk(startOf(recording));
  disk.lastIno = Math.max(
    1,
    ...[...records.values()].flatMap(({ stat }) => (stat?.status === 'present' ? inoOf(stat.value) : [])),
  );
  const mounts = mountsOf(recording, records);
  const folders = new Set(
    [...records].flatMap(([path, record]) => (isThere(record) ? withAncestors(path).slice(1) : [])),
  );
  const objects = new Map<Inode, RecordedObject>();
  const places = [
    ...new Set([...folders, ...[...records].flatMap(([path, record]) => (isThere(record) ? [path] : []))]),
  ];
  for (const path of places.sort((a, b) => a.length - b.length || byCodeUnit(a, b))) {
    const record = records.get(path) ?? {};
    const inode = putRecorded(disk, path, {
      record,
      type: typeOf(path, record, folders, links),
      target: links.get(path),
      mount: mountAt(path, mounts),
    });
    objects.set(inode, objectOf(record));
  }
  // Only now: everything put into a folder moved its times.
  for (const [inode, { stat }] of objects) {
    if (stat !== undefined) {
      Object.assign(inode, { nlink: stat.nlink, mtime: BigInt(stat.mtimeNs), ctime: BigInt(stat.ctimeNs) });
    }
    settle(inode);
  }
  return { disk, objects, failures: failuresOf(records) };
}

/** Everything said about one object, under whatever names it was asked for. */
function recordsByPlace({ files }: Recording, links: RecordedLinks): ReadonlyMap<AbsPath, RecordedFile> {
  const records = new Map<AbsPath, RecordedFile>();
  const add = (path: AbsPath, record: RecordedFile): void => {
    records.set(path, { ...records.get(path), ...record });
  };
  for (const [path, { stat, attributes, content, entries, realPath }] of entriesOf(files)) {
    add(placeOf(path, links), {
      ...(stat === undefined ? {} : { stat }),
      ...(attributes === undefined ? {} : { attributes }),
    });
    const behind = {
      ...(content === undefined ? {} : { content }),
      ...(entries === undefined ? {} : { entries }),
      ...(realPath === undefined ? {} : { realPath }),
    };
    if (Object.keys(behind).length > 0) {
      add(resolved(path, links), behind);
    }
  }
  for (const from of links.keys()) {
    add(placeOf(from, links), {});
  }
  for (const [path, { entries }] of [...records]) {
    for (const name of entries?.status === 'present' ? entries.value : []) {
      add(joinPath(path, name), {});
    }
  }
  return records;
}

/** A record without a word of absence stands for something: a name in a folder, a link, an answer. */
function isThere({ stat, content, entries, realPath }: RecordedFile): boolean {
  const answers = [stat, content, entries, realPath];
  if (answers.some((answer) => answer?.status === 'present')) {
    return true;
  }
  return answers.every((answer) => answer === undefined);
}

interface RecordedPut {
  readonly record: RecordedFile;
  readonly type: FileType;
  readonly target: AbsPath | undefined;
  readonly mount: MemoryMount;
}

function putRecorded(disk: MemoryDisk, path: AbsPath, { record, type, target, mount }: RecordedPut): Inode {
  const stat = record.stat?.status === 'present' ? record.stat.value : undefined;
  const options = {
    content: type === 'symlink' ? (target ?? '') : contentOf(record),
    ...(stat === undefined ? {} : { mode: stat.mode, uid: stat.uid, gid: stat.gid }),
    extended: record.attributes?.hasAcl === true ? 'acl as recorded' : '',
    immutable: record.attributes?.flags?.includes('i') === true,
    mount,
  };
  return path === '/' ? Object.assign(disk.root, { mode: stat?.mode ?? 0o755, mount }) : put(disk, path, type, options);
}

function contentOf({ content }: RecordedFile): Uint8Array {
  if (content?.status !== 'present') {
    return new Uint8Array();
  }
  return 'text' in content.value
    ? new TextEncoder().encode(content.value.text)
    : Buffer.from(content.value.base64, 'base64');
}

function objectOf({ stat, content, entries, attributes }: RecordedFile): RecordedObject {
  const gap = (answer: Observed<unknown> | undefined): Gap =>
    answer?.status === 'present' ? undefined : answer?.status === 'unreadable' ? answer : 'unknown';
  return {
    stat: stat?.status === 'present' ? stat.value : undefined,
    content: gap(content),
    entries: gap(entries),
    attributes,
  };
}

function typeOf(
  path: AbsPath,
  { stat, entries }: RecordedFile,
  folders: ReadonlySet<AbsPath>,
  links: RecordedLinks,
): FileType {
  if (stat?.status === 'present') {
    return stat.value.type;
  }
  if (links.has(path)) {
    return 'symlink';
  }
  return folders.has(path) || entries?.status === 'present' ? 'directory' : 'file';
}

function failuresOf(records: ReadonlyMap<AbsPath, RecordedFile>): RecordedTree['failures'] {
  return new Map(
    [...records].flatMap(([path, record]) => {
      const failure = [record.stat, record.content, record.entries, record.realPath].find(
        (answer) => answer?.status === 'unreadable',
      );
      return failure?.status === 'unreadable' && !isThere(record) ? [[path, failure] as const] : [];
    }),
  );
}

type PlacedMount = Pick<Mount, 'mountPoint'> & { readonly mount: MemoryMount };

/** Room that no run of ours fills. A recording does not say how much there was. */
const ROOM = { freeBytes: 2 ** 33, freeInodes: 2 ** 20 };

function mountsOf({ mounts }: Recording, records: ReadonlyMap<AbsPath, RecordedFile>): readonly PlacedMount[] {
  const found = mounts?.status === 'present' ? mounts.value : [];
  const all = found.some(({ mountPoint }) => mountPoint === '/')
    ? found
    : [{ mountPoint: absPath('/'), fsType: 'ext4' }, ...found];
  // Of several mounts on one place the last one is seen.
  const seen = [...new Map(all.map((mount) => [mount.mountPoint, mount])).values()];
  const devices = new Map<AbsPath, string>();
  for (const [path, { stat }] of records) {
    if (stat?.status === 'present') {
      devices.set(nearest(path, seen).mountPoint, stat.value.dev);
    }
  }
  return seen.map(({ mountPoint, fsType }, index) => ({
    mountPoint,
    mount: { id: `${devices.get(mountPoint) ?? '0'}.${index}`, type: fsType, ...ROOM },
  }));
}

/** The device number in the id of one of our mounts. */
export function deviceOf({ id }: Pick<MemoryMount, 'id'>): string {
  return id.slice(0, id.indexOf('.'));
}

function mountAt(path: AbsPath, mounts: readonly PlacedMount[]): MemoryMount {
  return nearest(path, mounts).mount;
}

function nearest<T extends Pick<Mount, 'mountPoint'>>(path: AbsPath, mounts: readonly T[]): T {
  const around = mounts.filter(({ mountPoint }) => isBelow(path, mountPoint));
  return around.reduce((best, one) => (one.mountPoint.length >= best.mountPoint.length ? one : best));
}

/** Later than anything recorded, so that what is written now is the newest. */
function startOf({ takenAt, files }: Recording): bigint {
  const times = Object.values(files).flatMap(({ stat }) =>
    stat?.status === 'present' ? [BigInt(stat.value.mtimeNs), BigInt(stat.value.ctimeNs)] : [],
  );
  return times.reduce((latest, time) => (time > latest ? time : latest), BigInt(Date.parse(takenAt)) * 1_000_000n);
}

function inoOf({ ino }: FileStat): readonly number[] {
  return Number.isSafeInteger(Number(ino)) ? [Number(ino)] : [];
}
