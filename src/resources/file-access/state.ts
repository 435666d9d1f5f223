import type { AbsPath } from '../../model/brand.ts';
import type { SubjectName } from '../../model/facts.ts';
import type { FileAttributes, FileStat, Mount } from '../../model/host.ts';
import type { FileAccessDesired } from '../../model/remediation.ts';
import type { Accounts } from '../common/accounts.ts';
import type { SocketGroup } from '../common/socket-group.ts';
import type { SocketUnit } from './socket-unit.ts';

/** One path of a subject, and what is wanted of it. */
export interface AccessTarget {
  readonly subject: SubjectName;
  readonly path: AbsPath;
  readonly desired: FileAccessDesired;
}

/** What decides about the access when the object is made anew. */
export type Origin =
  /** An ordinary file: it stays as it is. */
  | { readonly type: 'file-system' }
  /** systemd makes the socket. */
  | { readonly type: 'socket-unit'; readonly unit: SocketUnit }
  /** dockerd makes the socket: mode 0660, owner root, and its group. */
  | { readonly type: 'dockerd' }
  /** containerd makes the socket: mode 0660, owner and group from its configuration. */
  | { readonly type: 'containerd'; readonly source: string; readonly uid: number; readonly gid: number };

/** A folder above the object that somebody else than root may change. */
export interface UnsafeFolder {
  readonly path: AbsPath;
  readonly uid: number;
  readonly mode: number;
}

export interface AccessState {
  readonly stat: FileStat;
  readonly accounts: Accounts;
  readonly origin: Origin;
  /** The group the engine gives its socket; undefined for other subjects. */
  readonly socketGroup: SocketGroup | undefined;
  /** Where all links of the path lead; another path than the target's where it became a link since. */
  readonly realPath: AbsPath;
  /** Flags and ACL; undefined where nothing has to change and they were not asked for. */
  readonly attributes: FileAttributes | undefined;
  /** The file system the object lies on, as mounted here. */
  readonly mount: Mount | undefined;
  readonly unsafeFolders: readonly UnsafeFolder[];
}
