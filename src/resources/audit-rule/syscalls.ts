import type { AuditRule, Permission } from './rule.ts';

/**
 * From audit 4 on, auditctl turns `perm=` with an arch into a list of system calls, longer with each release. What every such list holds is what a
 * rule must watch to count as watching a permission; the rest only tells which calls belong to it. From `auditctl -l` of audit 4.0.2 and 4.1.2.
 */
interface PermissionCalls {
  /** On every machine. */
  readonly always: readonly string[];
  /** Only where the machine is old enough to have them (x86). */
  readonly legacy: readonly string[];
  readonly others: readonly string[];
}

const ATTRIBUTES = ['setxattr', 'lsetxattr', 'fsetxattr', 'removexattr', 'lremovexattr', 'fremovexattr'];
const CALLS: Readonly<Record<Permission, PermissionCalls>> = {
  r: {
    always: ['openat', 'readlinkat', 'getxattr', 'lgetxattr', 'fgetxattr', 'listxattr', 'llistxattr', 'flistxattr'],
    legacy: ['open', 'readlink'],
    others: ['openat2', 'quotactl', 'quotactl_fd', 'getxattrat', 'listxattrat', 'file_getattr'],
  },
  w: {
    always: [
      'openat',
      'mkdirat',
      'mknodat',
      'unlinkat',
      'linkat',
      'symlinkat',
      'renameat2',
      'truncate',
      'ftruncate',
      'fallocate',
    ],
    legacy: ['open', 'creat', 'rename', 'renameat', 'mkdir', 'rmdir', 'link', 'unlink', 'symlink', 'mknod'],
    others: ['openat2', 'bind', 'acct', 'swapon', 'quotactl', 'quotactl_fd'],
  },
  x: { always: ['execve'], legacy: [], others: ['execveat'] },
  a: {
    always: ['fchmod', 'fchmodat', 'fchown', 'fchownat', ...ATTRIBUTES],
    legacy: ['chmod', 'chown', 'lchown'],
    others: [
      'fchmodat2',
      'setxattrat',
      'removexattrat',
      'file_setattr',
      'link',
      'linkat',
      'chown32',
      'fchown32',
      'lchown32',
    ],
  },
};

/** Calls without which a rule does not record a permission on this machine. */
export function neededCalls(permission: Permission, oldMachine: boolean): readonly string[] {
  const calls = CALLS[permission];
  return oldMachine ? [...calls.always, ...calls.legacy] : calls.always;
}

/** True where a rule's list of calls says nothing about calls of this permission: no name of them in it, and no number. */
export function avoidsCalls(syscalls: AuditRule['syscalls'], permission: Permission): boolean {
  if (syscalls === 'all') {
    return false;
  }
  const { always, legacy, others } = CALLS[permission];
  return !syscalls.some(
    (name) => /^\d/.test(name) || always.includes(name) || legacy.includes(name) || others.includes(name),
  );
}

/** A rule with `perm=` that lists at least the calls of its permissions watches as much as with all calls; so it is one to us. */
export function withoutExpansion(rule: AuditRule, oldMachine: boolean): AuditRule {
  const { syscalls, permissions, arch } = rule;
  if (syscalls === 'all' || permissions === undefined || arch === undefined) {
    return rule;
  }
  const needed = lettersOf(permissions).flatMap((letter) => neededCalls(letter, oldMachine));
  return needed.every((name) => syscalls.includes(name)) ? { ...rule, syscalls: 'all' } : rule;
}

export function lettersOf(permissions: string): readonly Permission[] {
  return (['r', 'w', 'x', 'a'] as const).filter((letter) => permissions.includes(letter));
}
