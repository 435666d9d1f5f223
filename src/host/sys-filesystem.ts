import { statfsSync } from 'node:fs';
import type { Fd } from '../model/sys.ts';
import { fdPath } from './tree.ts';

/** `f_type` of statfs(2), from linux/magic.h; ZFS's and bcachefs's from their own headers. */
const TYPES: ReadonlyMap<number, string> = new Map([
  [0xef53, 'ext4'],
  [0x58465342, 'xfs'],
  [0x9123683e, 'btrfs'],
  [0xf2f52010, 'f2fs'],
  [0x2fc12fc1, 'zfs'],
  [0xca451a4e, 'bcachefs'],
  [0x52654973, 'reiserfs'],
  [0x3153464a, 'jfs'],
  [0x4d44, 'vfat'],
  [0x2011bab0, 'exfat'],
  [0x01021994, 'tmpfs'],
  [0x858458f6, 'ramfs'],
  [0x794c7630, 'overlay'],
  [0x61756673, 'aufs'],
  [0x73717368, 'squashfs'],
  [0xe0f5e1e2, 'erofs'],
  [0x6969, 'nfs'],
  [0xff534d42, 'cifs'],
  [0xfe534d42, 'smb'],
  [0x00c36400, 'ceph'],
  [0x01021997, '9p'],
  [0x01161970, 'gfs2'],
  [0x7461636f, 'ocfs2'],
  [0x65735546, 'fuse'],
  [0xf15f, 'ecryptfs'],
  [0x9fa0, 'proc'],
  [0x62656572, 'sysfs'],
]);

/** File systems without an inode table say 0 of 0: as many as anybody can want. */
export function fileSystemOf(fd: Fd): {
  readonly type: string;
  readonly freeBytes: number;
  readonly freeInodes: number;
} {
  const facts = statfsSync(fdPath(fd));
  const magic = facts.type >>> 0;
  return {
    type: TYPES.get(magic) ?? `0x${magic.toString(16)}`,
    freeBytes: facts.bavail * facts.bsize,
    freeInodes: facts.files === 0 ? Number.MAX_SAFE_INTEGER : facts.ffree,
  };
}
