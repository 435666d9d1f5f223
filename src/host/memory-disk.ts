import type { AbsPath } from '../model/brand.ts';
import type { FileType } from '../model/host.ts';
import { sysError } from './sys-process.ts';

/** One file system as seen at one place. */
export interface MemoryMount {
  readonly id: string;
  readonly type: string;
  freeBytes: number;
  freeInodes: number;
}

/** What a power cut leaves of an object: its state when it was last synced. */
export interface Durable {
  readonly data: Uint8Array;
  readonly entries: ReadonlyMap<string, Inode>;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly extended: string;
  readonly mtime: bigint;
}

/** An object. A link's target is its `data`; only directories have `entries`. */
export interface Inode {
  readonly ino: number;
  readonly type: FileType;
  readonly entries: Map<string, Inode>;
  readonly mount: MemoryMount;
  data: Uint8Array;
  mode: number;
  uid: number;
  gid: number;
  extended: string;
  mtime: bigint;
  ctime: bigint;
  nlink: number;
  immutable: boolean;
  durable: Durable;
}

export interface MemoryDisk {
  readonly root: Inode;
  /** Which process (an opaque token) holds the lock of which object. */
  readonly locks: Map<Inode, symbol>;
  /** Directories between which an entry was moved since either was synced: they become durable together. */
  readonly moves: [Inode, Inode][];
  clock: bigint;
  lastIno: number;
}

export interface PutOptions {
  /** Of a file; of a link, where it leads. */
  readonly content?: Uint8Array | string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly extended?: string;
  readonly mtimeNs?: string;
  readonly mount?: MemoryMount;
  readonly immutable?: boolean;
}

/** An empty disk: one root directory, root:root 0755, on `ext4`. `startNs`: where its clock begins; each change takes one tick. */
export function memoryDisk(startNs = 1_000_000_000n): MemoryDisk {
  const mount = { id: '1', type: 'ext4', freeBytes: 2 ** 32, freeInodes: 2 ** 20 };
  const root = bareInode(1, 'directory', { mode: 0o755, mount, clock: startNs });
  return { root, locks: new Map(), moves: [], clock: startNs, lastIno: 1 };
}

/** Puts an object there, with its state on the disk; folders above are made 0755. Replaces what has that name. */
export function put(disk: MemoryDisk, path: AbsPath, type: FileType, options: PutOptions = {}): Inode {
  const names = path.split('/').slice(1);
  const folder = names.slice(0, -1).reduce((above, name) => folderIn(disk, above, name), disk.root);
  const name = names.at(-1) ?? '';
  folder.entries.delete(name);
  const { content = '', mode = type === 'directory' ? 0o755 : 0o644, mount = folder.mount, mtimeNs } = options;
  const inode = addInode(disk, folder, name, { type, mode, mount });
  inode.data = typeof content === 'string' ? new TextEncoder().encode(content) : content.slice();
  Object.assign(inode, {
    uid: options.uid ?? 0,
    gid: options.gid ?? 0,
    extended: options.extended ?? '',
    immutable: options.immutable === true,
    mtime: mtimeNs === undefined ? inode.mtime : BigInt(mtimeNs),
  });
  settle(inode);
  settle(folder);
  return inode;
}

function folderIn(disk: MemoryDisk, above: Inode, name: string): Inode {
  const next =
    above.entries.get(name) ?? addInode(disk, above, name, { type: 'directory', mode: 0o755, mount: above.mount });
  if (next.type !== 'directory') {
    throw sysError('ENOTDIR', name);
  }
  settle(next);
  settle(above);
  return next;
}

/** The object of that name; no link is followed. */
export function lookUp(disk: MemoryDisk, path: AbsPath): Inode | undefined {
  return path
    .split('/')
    .filter((name) => name !== '')
    .reduce<Inode | undefined>((folder, name) => folder?.entries.get(name), disk.root);
}

export function addInode(
  disk: MemoryDisk,
  folder: Inode,
  name: string,
  { type, mode, mount }: Pick<Inode, 'type' | 'mode' | 'mount'>,
): Inode {
  disk.lastIno += 1;
  const inode = bareInode(disk.lastIno, type, { mode, mount, clock: tick(disk) });
  folder.entries.set(name, inode);
  folder.nlink += type === 'directory' ? 1 : 0;
  folder.mtime = disk.clock;
  return inode;
}

export function tick(disk: MemoryDisk): bigint {
  disk.clock += 1n;
  return disk.clock;
}

/** What a sync does. */
export function settle(inode: Inode): void {
  const { data, mode, uid, gid, extended, mtime, entries } = inode;
  inode.durable = { data: data.slice(), mode, uid, gid, extended, mtime, entries: new Map(entries) };
}

function bareInode(
  ino: number,
  type: FileType,
  { mode, mount, clock }: { readonly mode: number; readonly mount: MemoryMount; readonly clock: bigint },
): Inode {
  const data = new Uint8Array();
  const start = { data, mode, uid: 0, gid: 0, extended: '', mtime: clock };
  return {
    ...start,
    ino,
    type,
    mount,
    entries: new Map(),
    ctime: clock,
    nlink: type === 'directory' ? 2 : 1,
    immutable: false,
    durable: { ...start, entries: new Map() },
  };
}
