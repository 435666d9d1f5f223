import {
  type Action,
  type AuditRule,
  type Field,
  LISTS,
  normalRule,
  OPERATORS,
  type RuleList,
  type Where,
} from './rule.ts';

/** Why a piece of a rule cannot be; the place is the caller's to add. */
export class RuleMistake extends Error {
  readonly column: number;

  constructor(message: string, column: number) {
    super(message);
    this.name = 'RuleMistake';
    this.column = column;
  }
}

/** A rule while its pieces are read. */
export interface Draft {
  head: { readonly list: RuleList; readonly action: Action } | undefined;
  arch: string | undefined;
  readonly syscalls: string[];
  where: Where | undefined;
  permissions: string | undefined;
  readonly fields: Field[];
  readonly comparisons: Field[];
  readonly keys: string[];
}

export function emptyDraft(): Draft {
  return {
    head: undefined,
    arch: undefined,
    syscalls: [],
    where: undefined,
    permissions: undefined,
    fields: [],
    comparisons: [],
    keys: [],
  };
}

export function finished(draft: Draft): AuditRule {
  const watch = draft.where?.form === 'watch';
  return normalRule({
    ...(draft.head ?? { list: 'exit', action: 'always' }),
    arch: draft.arch,
    // A watch is on all calls, whatever -S is given beside it: auditctl takes it, and lists the watch without it.
    syscalls: watch || draft.syscalls.length === 0 ? 'all' : draft.syscalls,
    where: draft.where,
    permissions: draft.permissions ?? (watch ? 'rwxa' : undefined),
    fields: draft.fields,
    comparisons: draft.comparisons,
    keys: draft.keys,
  });
}

/** `exit,always` and `always,exit` alike. */
export function takeHead(text: string, column: number): { readonly list: RuleList; readonly action: Action } {
  const words = text.split(',');
  const list = LISTS.find((name) => words.includes(name));
  const action = (['always', 'never'] as const).find((name) => words.includes(name));
  if (words.length !== 2 || list === undefined || action === undefined) {
    throw new RuleMistake(`"${text}" is not a list and an action such as always,exit`, column);
  }
  return { list, action };
}

/** Longer paths and keys are refused by the kernel. */
const PATH_LIMIT = 4095;
const KEY_LIMIT = 255;

export function takeField(draft: Draft, text: string, column: number): void {
  const field = splitField(text, column);
  const { name, op, value } = field;
  switch (op === '=' ? name.toLowerCase() : '') {
    case 'path':
    case 'dir':
      takeWhere(draft, { form: name.toLowerCase() === 'dir' ? 'dir' : 'path', path: value }, column);
      return;
    case 'perm':
      takePermissions(draft, value, column);
      return;
    case 'key':
      takeKey(draft, value, column);
      return;
    case 'arch':
      if (draft.arch !== undefined) {
        throw new RuleMistake('a second arch', column);
      }
      // auditctl refuses it: a watch is on all calls of every architecture.
      if (draft.where?.form === 'watch') {
        throw new RuleMistake('a watch takes no arch', column);
      }
      draft.arch = value;
      return;
    default:
      draft.fields.push(field);
  }
}

export function takeWhere(draft: Draft, where: Where, column: number): void {
  if (draft.where !== undefined) {
    throw new RuleMistake('a second path in one rule', column);
  }
  if (!where.path.startsWith('/')) {
    throw new RuleMistake(`the path must begin with /: ${where.path}`, column);
  }
  if (Buffer.byteLength(where.path) > PATH_LIMIT) {
    throw new RuleMistake('the path is too long', column);
  }
  draft.where = where;
}

export function takePermissions(draft: Draft, letters: string, column: number): void {
  if (draft.permissions !== undefined) {
    throw new RuleMistake('permissions are given twice', column);
  }
  if (!/^[rwxa]{1,4}$/i.test(letters)) {
    throw new RuleMistake(`"${letters}" is not one to four of the letters r, w, x, a`, column);
  }
  draft.permissions = letters.toLowerCase();
}

export function takeKey(draft: Draft, key: string, column: number): void {
  if (key === '' || Buffer.byteLength([...draft.keys, key].join(' ')) > KEY_LIMIT) {
    throw new RuleMistake(key === '' ? 'the key is empty' : 'the key is too long', column);
  }
  draft.keys.push(key);
}

/** Several names in one `-S`, or several `-S`, are one list. */
export function takeSyscalls(draft: Draft, text: string, column: number): void {
  const names = text.split(',');
  if (names.includes('')) {
    throw new RuleMistake(`"${text}" is not a list of system calls`, column);
  }
  names.forEach((name) => draft.syscalls.push(name));
}

export function takeComparison(draft: Draft, text: string, column: number): void {
  const field = splitField(text, column);
  if (field.op !== '=' && field.op !== '!=') {
    throw new RuleMistake(`-C knows = and != only: ${text}`, column);
  }
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(field.value)) {
    throw new RuleMistake(`-C compares two fields: ${text}`, column);
  }
  draft.comparisons.push(field);
}

function splitField(text: string, column: number): Field {
  const [, name, sign, value] = /^([A-Za-z_][A-Za-z0-9_]*)(!=|>=|<=|&=|=|>|<|&)(.*)$/s.exec(text) ?? [];
  const op = OPERATORS.find((known) => known === sign);
  if (name === undefined || op === undefined || value === undefined) {
    throw new RuleMistake(`"${text}" is not a field, an operator and a value`, column);
  }
  if (value === '') {
    throw new RuleMistake(`"${text}" has no value`, column);
  }
  return { name, op, value };
}
