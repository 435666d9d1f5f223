import fc from 'fast-check';
import { type AuditRule, type Field, normalRule, type Where } from '../../src/resources/audit-rule/rule.ts';

const pick = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });

const permissions = fc.subarray(['r', 'w', 'x', 'a'], { minLength: 1 }).map((letters) => letters.join(''));
const key = fc.stringMatching(/^[a-z][a-z0-9_-]{0,20}$/);
const field = (
  name: fc.Arbitrary<string>,
  value: fc.Arbitrary<string>,
  ...ops: readonly Field['op'][]
): fc.Arbitrary<Field> => fc.record({ name, op: pick(...ops), value });

const number = fc.integer({ min: 0, max: 70_000 }).map(String);
const knownField = fc.oneof(
  field(pick('auid', 'loginuid'), fc.oneof(number, pick('unset', '-1')), '=', '!=', '>', '>=', '<', '<='),
  field(
    pick('uid', 'gid', 'euid', 'fsuid', 'obj_uid'),
    fc.oneof(number, pick('root')),
    '=',
    '!=',
    '>',
    '>=',
    '<',
    '<=',
  ),
  field(pick('pid', 'ppid'), number, '=', '!='),
  field(pick('a0', 'a1', 'a2', 'a3'), number, '=', '&', '&='),
  field(pick('success'), pick('0', '1'), '=', '!='),
  field(pick('exit'), pick('-EACCES', '-EPERM', '0'), '=', '!='),
  field(pick('filetype'), pick('file', 'dir', 'socket', 'link'), '='),
  field(pick('sessionid'), pick('unset', '5'), '=', '!='),
);
const unknownField = field(
  fc.stringMatching(/^new_[a-z]{1,8}$/),
  fc.stringMatching(/^[a-zA-Z0-9:_./-]{1,12}$/),
  '=',
  '!=',
  '>=',
);
const comparison = fc
  .subarray(['auid', 'uid', 'euid', 'fsuid', 'suid', 'obj_uid'], { minLength: 2, maxLength: 2 })
  .chain(([name = '', value = '']) =>
    fc.record({ name: fc.constant(name), op: pick<Field['op']>('=', '!='), value: fc.constant(value) }),
  );
const syscalls = fc.oneof(
  fc.constant('all' as const),
  fc.subarray(['open', 'openat', 'unlink', 'execve', 'chmod', 'adjtimex', 'connect', 'mount'], { minLength: 1 }),
);

/** Odd letters included: spaces, backslashes, quotes, `#`, what is not ASCII. */
const anyPath = fc
  .array(
    fc.string({
      minLength: 1,
      maxLength: 8,
      unit: fc.oneof(pick(' ', '\\', '"', "'", '#', '\t', 'ü', '-', '=', ','), fc.stringMatching(/^[a-zA-Z0-9._]$/)),
    }),
    {
      minLength: 1,
      maxLength: 4,
    },
  )
  .map((parts) => `/${parts.join('/')}`);
const anyWhere: fc.Arbitrary<Where> = fc.record({ form: pick<Where['form']>('path', 'dir'), path: anyPath });

const syscallRule = fc.record({
  list: pick<AuditRule['list']>('exit', 'exit', 'exit', 'task', 'user', 'exclude', 'filesystem', 'io_uring'),
  action: pick<AuditRule['action']>('always', 'never'),
  arch: maybe(pick('b64', 'b32', 'x86_64', 'i686', 'aarch64')),
  syscalls,
  where: maybe(anyWhere),
  permissions: maybe(permissions),
  fields: fc.array(fc.oneof(knownField, unknownField), { maxLength: 4 }),
  comparisons: fc.array(comparison, { maxLength: 2 }),
  keys: fc.array(key, { maxLength: 3 }),
});
const watchRule = fc.record({
  list: fc.constant('exit' as const),
  action: fc.constant('always' as const),
  arch: fc.constant(undefined),
  syscalls: fc.constant('all' as const),
  where: anyPath.map((path): Where => ({ form: 'watch', path })),
  permissions,
  fields: fc.oneof(
    { weight: 4, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(knownField, { maxLength: 2 }) },
  ),
  comparisons: fc.constant([]),
  keys: fc.array(key, { maxLength: 3 }),
});

/** Any rule that can be written down, in normal form. */
export const anyRule: fc.Arbitrary<AuditRule> = fc.oneof(syscallRule, watchRule).map(normalRule);

const realWhere = fc.oneof(
  fc.record({
    form: pick<Where['form']>('path', 'watch'),
    path: pick('/srv/file', '/srv/dir/f', '/srv/missing', '/srv/odd name', '/var/run/x'),
  }),
  fc.record({
    form: pick<Where['form']>('dir', 'watch'),
    path: pick('/srv/dir', '/srv', '/etc', '/srv/odd name', '/'),
  }),
);
const realField = fc.oneof(
  field(pick('auid'), fc.oneof(number, pick('unset')), '=', '!=', '>', '>='),
  field(pick('uid', 'euid', 'gid'), number, '=', '!=', '>='),
  field(pick('success'), pick('0', '1'), '='),
  field(pick('a1'), number, '=', '&'),
);

/** Rules that a kernel takes where /srv/dir, /srv/file and `/srv/odd name` are there. */
export const loadableRules: fc.Arbitrary<AuditRule> = fc
  .record({
    action: pick<AuditRule['action']>('always', 'always', 'never'),
    arch: maybe(pick('b64', 'b32')),
    syscalls,
    where: realWhere,
    permissions: maybe(permissions),
    fields: fc.uniqueArray(realField, { maxLength: 2, selector: ({ name }) => name }),
    comparisons: fc.array(comparison, { maxLength: 1 }),
    keys: fc.uniqueArray(key, { minLength: 1, maxLength: 2 }),
  })
  .map((rule) => {
    const watch = rule.where.form === 'watch';
    return normalRule({
      ...rule,
      list: 'exit',
      action: watch ? 'always' : rule.action,
      arch: watch ? undefined : rule.arch,
      // Names of calls mean something only with an arch; perm= with a list of calls is widened by audit 4.
      syscalls: watch || rule.arch === undefined || rule.permissions !== undefined ? 'all' : rule.syscalls,
      permissions: watch ? (rule.permissions ?? 'wa') : rule.permissions,
      fields: watch ? [] : rule.fields,
      comparisons: watch ? [] : rule.comparisons,
    });
  });
