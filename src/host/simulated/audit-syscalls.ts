/** What `perm=` stands for, as auditctl 4 of x86_64 writes it out: each call of the machine in the order of its number, with its letters. */
const CALLS: Readonly<Record<'b64' | 'b32', string>> = {
  b64: `open=rw bind=w execve=x truncate=w ftruncate=w rename=w mkdir=w rmdir=w creat=w link=wa unlink=w symlink=w readlink=r chmod=a fchmod=a
    chown=a fchown=a lchown=a mknod=w acct=w swapon=w quotactl=rw setxattr=a lsetxattr=a fsetxattr=a getxattr=r lgetxattr=r fgetxattr=r
    listxattr=r llistxattr=r flistxattr=r removexattr=a lremovexattr=a fremovexattr=a openat=rw mkdirat=w mknodat=w fchownat=a unlinkat=w
    renameat=w linkat=wa symlinkat=w readlinkat=r fchmodat=a fallocate=w renameat2=w openat2=rw quotactl_fd=w fchmodat2=a setxattrat=a
    getxattrat=r listxattrat=r removexattrat=a file_getattr=r file_setattr=a`,
  b32: `open=rw creat=w link=wa unlink=w execve=x mknod=w chmod=a lchown=a rename=w mkdir=w rmdir=w acct=w symlink=w readlink=r swapon=w
    truncate=w ftruncate=w fchmod=a fchown=a quotactl=rw chown=a setxattr=a lsetxattr=a fsetxattr=a getxattr=r lgetxattr=r fgetxattr=r
    listxattr=r llistxattr=r flistxattr=r removexattr=a lremovexattr=a fremovexattr=a openat=rw mkdirat=w mknodat=w fchownat=a unlinkat=w
    renameat=w linkat=wa symlinkat=w readlinkat=r fchmodat=a fallocate=w renameat2=w bind=w openat2=rw quotactl_fd=w fchmodat2=a setxattrat=a
    getxattrat=r listxattrat=r removexattrat=a file_getattr=r file_setattr=a`,
};
/** Known to auditctl from 4.1 on. */
const SINCE_4_1 = /^(?:quotactl_fd|fchmodat2|(?:set|get|list|remove)xattrat|file_[gs]etattr)$/;

export type Arch = 'b64' | 'b32';

/** The calls behind permission letters, in the order of their numbers. */
export function callsOf(arch: Arch, letters: string, version: readonly [number, number]): readonly string[] {
  const late = version[0] > 4 || (version[0] === 4 && version[1] >= 1);
  return numbered(arch)
    .filter(
      ([name, all]) => letters.split('').some((letter) => all.includes(letter)) && (late || !SINCE_4_1.test(name)),
    )
    .map(([name]) => name);
}

/** By number, as the kernel keeps them; undefined where one of them is not known here. */
export function inOrder(arch: Arch, names: readonly string[]): readonly string[] | undefined {
  const known = numbered(arch).map(([name]) => name);
  return names.every((name) => known.includes(name)) ? known.filter((name) => names.includes(name)) : undefined;
}

function numbered(arch: Arch): readonly (readonly [name: string, letters: string])[] {
  return CALLS[arch]
    .trim()
    .split(/\s+/)
    .map((entry) => {
      const [name = '', letters = ''] = entry.split('=');
      return [name, letters] as const;
    });
}
