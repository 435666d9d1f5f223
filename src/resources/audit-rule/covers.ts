import { isBelow } from '../../model/brand.ts';
import type { PathLookup } from './paths.ts';
import type { Place } from './place.ts';
import type { AuditRule, Permission } from './rule.ts';
import { silences } from './silence.ts';
import { neededCalls } from './syscalls.ts';

/** Numbers are places in the list of rules. */
export type Coverage =
  /** `exceptions`: rules that leave out part of it: accesses by one program, a folder further down. */
  | { readonly status: 'covered'; readonly by: readonly number[]; readonly exceptions: readonly number[] }
  /** A rule keeps these accesses, or all records, out of the log; no rule added behind it helps. */
  | { readonly status: 'silenced'; readonly by: number }
  /** `near`: rules on this place or around it that record less than is wanted. */
  | { readonly status: 'missing'; readonly near: readonly number[] };

/**
 * Whether this list of rules records what is wanted, by its meaning. In each list the first rule that matches decides. A rule counts only where nothing
 * narrows it: with further conditions, or not understood (undefined), it never does.
 */
export function coverageOf(rules: readonly (AuditRule | undefined)[], place: Place, lookup: PathLookup): Coverage {
  const judged = rules.map((rule) => (rule === undefined ? 'never-mind' : silences(rule, place, lookup)));
  const everything = judged.indexOf('everything');
  if (everything !== -1) {
    return { status: 'silenced', by: everything };
  }
  const by = new Set<number>();
  let lastUsed = -1;
  for (const arch of archesOf(place.machine)) {
    for (const permission of place.permissions) {
      const found = rules.findIndex(
        (rule, index) => rule !== undefined && decides(rule, judged[index], { arch, permission, place, lookup }),
      );
      const rule = rules[found];
      if (rule === undefined) {
        return { status: 'missing', near: nearRules(rules, place, lookup) };
      }
      if (rule.action === 'never') {
        return { status: 'silenced', by: found };
      }
      by.add(found);
      lastUsed = Math.max(lastUsed, found);
    }
  }
  const exceptions = judged.flatMap((verdict, index) =>
    verdict === 'part' && isBefore(rules, index, lastUsed) ? [index] : [],
  );
  return { status: 'covered', by: [...by].sort((a, b) => a - b), exceptions };
}

/** The ABIs through which programs reach files on this machine: a rule with an arch watches one of them. */
export function archesOf(machine: string): readonly ('b64' | 'b32')[] {
  if (machine === 'x86_64') {
    return ['b64', 'b32'];
  }
  return /^(?:i[3-6]86|armv[67].*|armhf|ppc|mips|s390)$/.test(machine) ? ['b32'] : ['b64'];
}

/** Machines that still have the system calls without `at`. */
export function isOldMachine(machine: string): boolean {
  return /^(?:x86_64|i[3-6]86|ppc|ppc64|ppc64le|s390|s390x|armv[67].*)$/.test(machine);
}

interface Access {
  readonly arch: 'b64' | 'b32';
  readonly permission: Permission;
  readonly place: Place;
  readonly lookup: PathLookup;
}

/** True where a rule of the exit list certainly matches such an access, or is a `never` rule that may match all of them. */
function decides(rule: AuditRule, judged: string | undefined, access: Access): boolean {
  if (rule.list !== 'exit') {
    return false;
  }
  return rule.action === 'never'
    ? judged === 'place' && mayConcern(rule, access)
    : rule.fields.length === 0 && rule.comparisons.length === 0 && watches(rule, access);
}

function watches(rule: AuditRule, access: Access): boolean {
  return (
    archFits(rule, access) &&
    (rule.permissions === undefined || rule.permissions.includes(access.permission)) &&
    listsCalls(rule, access) &&
    coversPath(rule, access.place, access.lookup)
  );
}

function mayConcern(rule: AuditRule, access: Access): boolean {
  return (
    (rule.arch === undefined || archFits(rule, access)) &&
    (rule.permissions === undefined || rule.permissions.includes(access.permission))
  );
}

function archFits(rule: AuditRule, { arch, place }: Access): boolean {
  return (
    rule.arch === undefined ||
    rule.arch === arch ||
    (rule.arch === place.machine && arch === archesOf(place.machine)[0])
  );
}

/** A list of calls without an arch is read as numbers of one ABI only, so it proves nothing. */
function listsCalls({ syscalls, arch }: AuditRule, { permission, place }: Access): boolean {
  if (syscalls === 'all') {
    return true;
  }
  return (
    arch !== undefined && neededCalls(permission, isOldMachine(place.machine)).every((name) => syscalls.includes(name))
  );
}

/** A recursive rule reaches down to the next mount point; a rule for an entry alone covers no folder. */
function coversPath({ where }: AuditRule, place: Place, lookup: PathLookup): boolean {
  if (where === undefined) {
    return true;
  }
  const path = lookup.canonical(where.path);
  if (path === undefined) {
    return false;
  }
  if (where.form === 'path') {
    return path === place.path && !place.recursive;
  }
  const between = place.mountPoints.some(
    (mount) => mount !== path && isBelow(mount, path) && isBelow(place.path, mount),
  );
  return isBelow(place.path, path) && !between;
}

function nearRules(rules: readonly (AuditRule | undefined)[], place: Place, lookup: PathLookup): readonly number[] {
  return rules.flatMap((rule, index) => {
    const path = rule?.where === undefined ? undefined : lookup.canonical(rule.where.path);
    return path !== undefined && (path === place.path || (rule?.where?.form === 'dir' && isBelow(place.path, path)))
      ? [index]
      : [];
  });
}

/** Rules of other lists count wherever they stand; on the exit list only what stands before the deciding rule. */
function isBefore(rules: readonly (AuditRule | undefined)[], index: number, last: number): boolean {
  return rules[index]?.list !== 'exit' || index < last;
}
