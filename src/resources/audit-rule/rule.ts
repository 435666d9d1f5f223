import { canonicalJson } from '../../model/canonical.ts';

export type Permission = 'r' | 'w' | 'x' | 'a';
/** In the order in which `auditctl -l` prints them. */
const PERMISSIONS: readonly Permission[] = ['r', 'w', 'x', 'a'];
export const LISTS = ['task', 'exit', 'user', 'exclude', 'filesystem', 'io_uring'] as const;
export type RuleList = (typeof LISTS)[number];
export type Action = 'always' | 'never';
export const OPERATORS = ['!=', '>=', '<=', '&=', '=', '>', '<', '&'] as const;
type Operator = (typeof OPERATORS)[number];

/** `-F name op value`, or for `-C` the two compared fields. */
export interface Field {
  readonly name: string;
  readonly op: Operator;
  readonly value: string;
}

/**
 * What a rule is put on. `watch` is `-w`: a directory with all below it where the path is a directory when the rule is loaded, else the entry alone.
 * `path` is the entry alone, `dir` the directory with all below it.
 */
export interface Where {
  readonly form: 'watch' | 'path' | 'dir';
  readonly path: string;
}

/** A rule in normal form: what it means, with every freedom of spelling taken out. Build it with `normalRule`. */
export interface AuditRule {
  readonly list: RuleList;
  readonly action: Action;
  /** `b64`, `b32` or the name of a machine; undefined: all. */
  readonly arch: string | undefined;
  readonly syscalls: 'all' | readonly string[];
  readonly where: Where | undefined;
  /** Letters in the order rwxa; undefined: the rule does not ask. */
  readonly permissions: string | undefined;
  readonly fields: readonly Field[];
  readonly comparisons: readonly Field[];
  readonly keys: readonly string[];
}

export function normalRule(rule: AuditRule): AuditRule {
  const takesSyscalls = rule.list === 'exit' || rule.list === 'io_uring';
  return {
    list: rule.list,
    action: rule.action,
    arch: rule.arch === undefined ? undefined : normalArch(rule.arch),
    syscalls: takesSyscalls ? normalSyscalls(rule.syscalls) : 'all',
    where:
      rule.where === undefined ? undefined : { form: rule.where.form, path: withoutTrailingSlash(rule.where.path) },
    permissions: rule.permissions === undefined ? undefined : normalPermissions(rule.permissions),
    fields: rule.fields.map(normalField).sort(byText),
    comparisons: rule.comparisons.map(normalComparison).sort(byText),
    keys: rule.keys,
  };
}

/** Letters in the order rwxa, each once. */
export function normalPermissions(letters: string): string {
  return PERMISSIONS.filter((letter) => letters.includes(letter)).join('');
}

/** Equal exactly for rules that are one rule to the kernel, but for what `-w` leaves to the moment of loading. */
export function ruleKey(rule: AuditRule): string {
  const known = ruleKeys.get(rule);
  if (known !== undefined) {
    return known;
  }
  const key = canonicalJson(normalRule(rule));
  ruleKeys.set(rule, key);
  return key;
}

const ruleKeys = new WeakMap<AuditRule, string>();

/**
 * True for a rule on the exit list with nothing but a place, permissions and keys. `auditctl -l` prints all of them as `-w PATH -p … -k …`,
 * also those that were written with path= or dir=, and also `never` rules.
 */
function isListedAsWatch(rule: AuditRule): boolean {
  return (
    rule.list === 'exit' &&
    rule.arch === undefined &&
    rule.syscalls === 'all' &&
    rule.where !== undefined &&
    rule.permissions !== undefined &&
    rule.fields.length === 0 &&
    rule.comparisons.length === 0
  );
}

/** Equal for rules that `auditctl -l` does not tell apart. */
export function listedKey(rule: AuditRule): string {
  const normal = normalRule(rule);
  if (isListedAsWatch(normal)) {
    return canonicalJson({ watch: normal.where?.path, permissions: normal.permissions, keys: normal.keys });
  }
  const where = normal.where?.form === 'watch' ? { ...normal.where, form: 'path' } : normal.where;
  return canonicalJson({ ...normal, where });
}

const ARCH_NAMES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    x86_64: 'b64',
    i386: 'b32',
    i486: 'b32',
    i586: 'b32',
    i686: 'b32',
  }),
);

function normalArch(arch: string): string {
  return ARCH_NAMES.get(arch.toLowerCase()) ?? arch;
}

function normalSyscalls(syscalls: 'all' | readonly string[]): 'all' | readonly string[] {
  if (syscalls === 'all' || syscalls.length === 0 || syscalls.includes('all')) {
    return 'all';
  }
  return [...new Set(syscalls)].sort();
}

function withoutTrailingSlash(path: string): string {
  return path.replace(/(?<=.)\/+$/, '');
}

const FIELD_ALIASES: ReadonlyMap<string, string> = new Map(Object.entries({ loginuid: 'auid' }));
const IDENTITY = /^(?:auid|[efs]?uid|[efs]?gid|s[ug]id|obj_[ug]id|sessionid)$/;
const FILE_TYPES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    fifo: '4096',
    character: '8192',
    dir: '16384',
    block: '24576',
    file: '32768',
    link: '40960',
    socket: '49152',
  }),
);
const MESSAGE_TYPES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    1300: 'SYSCALL',
    1302: 'PATH',
    1305: 'CONFIG_CHANGE',
    1307: 'CWD',
    1309: 'EXECVE',
    1327: 'PROCTITLE',
  }),
);

function normalField(field: Field): Field {
  const lower = field.name.toLowerCase();
  const name = FIELD_ALIASES.get(lower) ?? lower;
  return { name, op: field.op, value: normalValue(name, field.value) };
}

function normalValue(name: string, value: string): string {
  if (IDENTITY.test(name)) {
    if (value === 'unset' || value === '4294967295') {
      return '-1';
    }
    return value === 'root' ? '0' : value;
  }
  if (/^a[0-3]$/.test(name) && /^(?:0x[0-9a-f]+|\d+)$/i.test(value)) {
    return `0x${BigInt(value).toString(16)}`;
  }
  if (name === 'filetype') {
    return FILE_TYPES.get(value) ?? value;
  }
  return name === 'msgtype' ? (MESSAGE_TYPES.get(value) ?? value) : value;
}

function normalComparison(comparison: Field): Field {
  const { name, op, value } = comparison;
  return name <= value ? comparison : { name: value, op, value: name };
}

function byText(a: Field, b: Field): number {
  const left = `${a.name} ${a.op} ${a.value}`;
  const right = `${b.name} ${b.op} ${b.value}`;
  return left < right ? -1 : left > right ? 1 : 0;
}
