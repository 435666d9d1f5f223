import { type Arch, callsOf, inOrder } from './audit-syscalls.ts';

export interface RuleField {
  readonly name: string;
  readonly op: string;
  readonly value: string;
}

/** A rule as the kernel holds it. Two are one rule exactly where all of this is equal, fields in their order. */
export interface KernelRule {
  /** `watch`: given with -w, which looks whether the path is a folder. Not part of what the rule is. */
  readonly form: 'watch' | 'fields';
  readonly list: string;
  readonly action: string;
  /** `none`: nothing was said; the kernel then records every call, and a rule on a path with permissions is listed as a watch. */
  readonly calls: 'none' | 'all' | readonly string[];
  /** arch first, then in the order given. */
  readonly fields: readonly RuleField[];
}

/** How auditctl says no: its line on standard error. */
export class RuleRefused extends Error {}

const NAMES =
  /^(?:arch|path|dir|perm|key|auid|loginuid|uid|euid|suid|fsuid|gid|egid|sgid|fsgid|obj_uid|obj_gid|pid|ppid|exe|exit|success|inode|devmajor|devminor|filetype|msgtype|pers|sessionid|subj_(?:user|role|type|sen|clr)|obj_(?:user|role|type|lev_low|lev_high)|a[0-3])$/;
const IDENTITY = /^(?:auid|loginuid|[efs]?[su]?[ug]id|fs[ug]id|obj_[ug]id|sessionid)$/;
const LISTS = ['task', 'exit', 'user', 'exclude', 'filesystem', 'io_uring'];
const ACTIONS = ['always', 'never'];

interface Draft {
  readonly form: KernelRule['form'];
  list: string;
  action: string;
  calls: 'none' | 'all' | string[];
  fields: RuleField[];
}

/**
 * The arguments behind the first one (`-a`, `-A`, `-d`: the list; `-w`, `-W`: the path).
 * @throws RuleRefused with what auditctl says.
 */
export function parseRule(
  option: string,
  first: string,
  rest: readonly string[],
  version: readonly [number, number],
): KernelRule {
  const draft = option.toLowerCase() === '-w' ? watchDraft(first) : listDraft(first, option);
  for (let at = 0; at < rest.length; at += 2) {
    takeOption(draft, rest[at] ?? '', rest[at + 1]);
  }
  if (option.toLowerCase() === '-w' && !draft.fields.some(({ name }) => name === 'perm')) {
    draft.fields.splice(1, 0, { name: 'perm', op: '=', value: 'rwxa' });
  }
  return completed(draft, version);
}

export function sameRule(a: KernelRule, b: KernelRule): boolean {
  return ruleIdentity(a) === ruleIdentity(b);
}

export function keysOf(rule: KernelRule): readonly string[] {
  return rule.fields.filter(({ name }) => name === 'key').map(({ value }) => value);
}

/** One line of `auditctl -l`. */
export function ruleLine(rule: KernelRule): string {
  const place = rule.fields.find(({ name }) => name === 'path' || name === 'dir');
  const permissions = rule.fields.find(({ name }) => name === 'perm');
  const plain = rule.fields.every(({ name }) => ['path', 'dir', 'perm', 'key'].includes(name));
  if (place !== undefined && permissions !== undefined && plain && rule.list === 'exit' && !Array.isArray(rule.calls)) {
    return ['-w', place.value, '-p', permissions.value, ...keysOf(rule).flatMap((key) => ['-k', key])].join(' ');
  }
  const arch = rule.fields.filter(({ name }) => name === 'arch');
  const others = rule.fields.filter(({ name }) => name !== 'arch');
  const calls = rule.list === 'exit' ? ['-S', typeof rule.calls === 'string' ? 'all' : rule.calls.join(',')] : [];
  return ['-a', `${rule.action},${rule.list}`, ...arch.flatMap(option), ...calls, ...others.flatMap(option)].join(' ');
}

function ruleIdentity({ list, action, calls, fields }: KernelRule): string {
  return JSON.stringify([
    list,
    action,
    calls === 'none' ? 'all' : calls,
    fields.map(({ name, op, value }) => [name, op, value]),
  ]);
}

function option({ name, op, value }: RuleField): readonly string[] {
  return ['-F', `${name}${op}${value}`];
}

function watchDraft(path: string): Draft {
  if (!path.startsWith('/')) {
    throw new RuleRefused("The path must start with '/'");
  }
  return {
    form: 'watch',
    list: 'exit',
    action: 'always',
    calls: 'none',
    fields: [{ name: 'path', op: '=', value: withoutSlash(path) }],
  };
}

function listDraft(pair: string, asked: string): Draft {
  const words = pair.split(',');
  const list = words.find((word) => LISTS.includes(word));
  const action = words.find((word) => ACTIONS.includes(word));
  if (words.length !== 2 || list === undefined || action === undefined) {
    throw new RuleRefused(
      `${asked === '-d' ? 'Delete' : asked === '-A' ? 'Add' : 'Append'} rule - bad keyword ${pair}`,
    );
  }
  return { form: 'fields', list, action, calls: 'none', fields: [] };
}

function takeOption(draft: Draft, name: string, value: string | undefined): void {
  if (value === undefined) {
    throw new RuleRefused(`auditctl: option requires an argument -- '${name.slice(1)}'`);
  }
  switch (name) {
    case '-F':
      draft.fields.push(fieldOf(value));
      return;
    case '-k':
      draft.fields.push({ name: 'key', op: '=', value });
      return;
    case '-p':
      draft.fields.push({ name: 'perm', op: '=', value: lettersOf(value) });
      return;
    case '-S':
      draft.calls =
        draft.calls === 'all' || value === 'all'
          ? 'all'
          : [...(draft.calls === 'none' ? [] : draft.calls), ...value.split(',')];
      return;
    default:
      throw new RuleRefused(`the simulated auditctl does not know ${name}`);
  }
}

function fieldOf(text: string): RuleField {
  const [, name = '', op = '', value = ''] = /^([a-z_0-9]+)(!=|>=|<=|&=|=|>|<|&)(.*)$/is.exec(text) ?? [];
  if (op === '') {
    throw new RuleRefused(`-F missing operation for ${text}`);
  }
  if (!NAMES.test(name)) {
    throw new RuleRefused(`-F unknown field: ${name}`);
  }
  return { name: name === 'loginuid' ? 'auid' : name, op, value: valueOf(name, value) };
}

function valueOf(name: string, value: string): string {
  if (name === 'perm') {
    return lettersOf(value);
  }
  if (name === 'path' || name === 'dir') {
    return withoutSlash(value);
  }
  return IDENTITY.test(name) && (value === 'unset' || value === '4294967295') ? '-1' : value;
}

function lettersOf(value: string): string {
  const strange = /[^rwxa]/i.exec(value)?.[0];
  if (strange !== undefined) {
    throw new RuleRefused(`Permission ${strange} isn't supported`);
  }
  return ['r', 'w', 'x', 'a'].filter((letter) => value.toLowerCase().includes(letter)).join('');
}

function withoutSlash(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, '') : path;
}

/** From version 4 on, permissions on a path of one architecture become the calls they stand for. */
function completed(draft: Draft, version: readonly [number, number]): KernelRule {
  const arch = archOf(draft.fields.find(({ name }) => name === 'arch')?.value);
  const permissions = draft.fields.find(({ name }) => name === 'perm')?.value;
  const hasPlace = draft.fields.some(({ name }) => name === 'path' || name === 'dir');
  const expands =
    version[0] >= 4 && arch !== undefined && permissions !== undefined && hasPlace && draft.calls === 'none';
  return { ...draft, calls: expands ? callsOf(arch, permissions, version) : ordered(draft.calls, arch ?? 'b64') };
}

function ordered(calls: Draft['calls'], arch: Arch): KernelRule['calls'] {
  return typeof calls === 'string' ? calls : (inOrder(arch, calls) ?? calls);
}

function archOf(value: string | undefined): Arch | undefined {
  return value === 'b64' || value === 'b32' ? value : value === 'x86_64' ? 'b64' : undefined;
}
