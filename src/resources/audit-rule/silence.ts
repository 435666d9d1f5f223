import { isBelow } from '../../model/brand.ts';
import type { PathLookup } from './paths.ts';
import type { Place } from './place.ts';
import type { AuditRule, Field } from './rule.ts';
import { avoidsCalls } from './syscalls.ts';

/**
 * What a rule keeps out of the log. `everything`: no record of this place at all. `place`: a `never` rule of the exit list that matches it.
 * `part`: accesses of some program or user, or a folder further down. `never-mind`: nothing of this place.
 */
export type Silence = 'everything' | 'place' | 'part' | 'never-mind';

export function silences(rule: AuditRule, place: Place, lookup: PathLookup): Silence {
  switch (rule.list) {
    case 'task':
      return rule.action === 'never' ? 'everything' : 'never-mind';
    case 'exclude':
      return excludes(rule);
    case 'filesystem':
      return rule.action === 'never' && namesFileSystem(rule, place.fsType) ? 'everything' : 'never-mind';
    case 'exit':
      return rule.action === 'never' ? neverOnExit(rule, place, lookup) : 'never-mind';
    case 'user':
    case 'io_uring':
      return 'never-mind';
  }
}

/** The kernel drops what an exclude rule matches whatever its action says. Without the SYSCALL record an event has no key and no actor. */
function excludes(rule: AuditRule): Silence {
  const types = rule.fields.filter((field) => field.name === 'msgtype');
  if (!types.every(admitsSyscallRecord)) {
    return 'never-mind';
  }
  const others = rule.fields.filter((field) => field.name !== 'msgtype');
  return others.some(concernsFew) ? 'part' : 'everything';
}

const SYSCALL_RECORD = 1300;

function admitsSyscallRecord({ op, value }: Field): boolean {
  const type = value === 'SYSCALL' ? SYSCALL_RECORD : Number(value);
  switch (op) {
    case '=':
      return type === SYSCALL_RECORD;
    case '!=':
      return type !== SYSCALL_RECORD;
    case '>':
      return !(type >= SYSCALL_RECORD);
    case '>=':
      return !(type > SYSCALL_RECORD);
    case '<':
      return !(type <= SYSCALL_RECORD);
    case '<=':
      return !(type < SYSCALL_RECORD);
    case '&':
    case '&=':
      return true;
  }
}

/** A condition that only a few programs or one ordinary user fulfil; root, everybody and what we do not know are not few. */
function concernsFew({ name, op, value }: Field): boolean {
  if (
    /^(?:exe|pid|ppid|sessionid|success|exit|subj_\w+|obj_\w+|inode|devmajor|devminor|a[0-3]|pers|saddr_fam|filetype)$/.test(
      name,
    )
  ) {
    return op === '=' || op === '&' || op === '&=';
  }
  return /^(?:auid|[efs]?[ug]id|s[ug]id)$/.test(name) && op === '=' && value !== '0';
}

/** As `statfs` and the kernel number them. */
const FILE_SYSTEM_NUMBERS: Readonly<Record<string, readonly string[]>> = {
  61267: ['ext2', 'ext3', 'ext4'],
  1481003842: ['xfs'],
  2435016766: ['btrfs'],
  2035054128: ['overlay'],
  16914836: ['tmpfs'],
  801189825: ['zfs'],
};

function namesFileSystem(rule: AuditRule, fsType: string | undefined): boolean {
  const types = rule.fields.filter((field) => field.name === 'fstype');
  return types.every(({ op, value }) => {
    const names = FILE_SYSTEM_NUMBERS[String(Number(value))] ?? [value];
    const same = fsType === undefined || names.includes(fsType);
    return op === '=' ? same : true;
  });
}

function neverOnExit(rule: AuditRule, place: Place, lookup: PathLookup): Silence {
  if (place.permissions.every((permission) => avoidsCalls(rule.syscalls, permission))) {
    return 'never-mind';
  }
  if (
    rule.permissions !== undefined &&
    !place.permissions.some((letter) => rule.permissions?.includes(letter) === true)
  ) {
    return 'never-mind';
  }
  const where = whereItConcerns(rule, place, lookup);
  return where === 'place' && (rule.fields.some(concernsFew) || rule.comparisons.length > 0) ? 'part' : where;
}

function whereItConcerns({ where }: AuditRule, place: Place, lookup: PathLookup): Silence {
  if (where === undefined) {
    return 'place';
  }
  const path = lookup.canonical(where.path);
  if (path === undefined) {
    return 'part';
  }
  if (path === place.path || (where.form !== 'path' && isBelow(place.path, path))) {
    return 'place';
  }
  return place.recursive && isBelow(path, place.path) ? 'part' : 'never-mind';
}
