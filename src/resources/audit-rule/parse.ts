import {
  type Draft,
  emptyDraft,
  finished,
  RuleMistake,
  takeComparison,
  takeField,
  takeHead,
  takeKey,
  takePermissions,
  takeSyscalls,
  takeWhere,
} from './fields.ts';
import type { AuditRule } from './rule.ts';
import { type Token, tokensOf } from './tokens.ts';

/** One line of a rule file. `delete` takes away the rule it spells out; `delete-all` all rules, or those with a key. */
export type RuleLine =
  | { readonly type: 'nothing' }
  | { readonly type: 'rule'; readonly rule: AuditRule; readonly prepend: boolean }
  | { readonly type: 'delete'; readonly rule: AuditRule }
  | { readonly type: 'delete-all'; readonly key: string | undefined }
  | { readonly type: 'setting'; readonly option: string; readonly value: string | undefined }
  /** After it, a line that fails does not end the loading. */
  | { readonly type: 'go-on' }
  | { readonly type: 'mistake'; readonly message: string; readonly column: number };

/** Reads one line as `auditctl -R` does: options, not quotes; a comment only where `#` is the first letter. */
export function parseLine(line: string): RuleLine {
  if (/^ *(?:#|$)/.test(line)) {
    return { type: 'nothing' };
  }
  try {
    return lineOf(optionsOf(tokensOf(line)));
  } catch (error) {
    if (error instanceof RuleMistake) {
      return { type: 'mistake', message: error.message, column: error.column };
    }
    throw error;
  }
}

interface Option {
  readonly name: string;
  readonly value: string | undefined;
  readonly column: number;
  readonly valueColumn: number;
}

const SHORT_WITH_VALUE = /^-[aAdFCSkwWpbefrqm]/;
const WITHOUT_VALUE = /^(?:-[DicslthvP]|--reset-lost|--reset_backlog_wait_time_actual|--loginuid-immutable)$/;
const LONG_WITH_VALUE = /^(--backlog_wait_time|--signal)(?:=(.*))?$/s;

function optionsOf(tokens: readonly Token[]): readonly Option[] {
  const options: Option[] = [];
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index];
    if (token !== undefined) {
      const option = optionAt(token, tokens[index + 1]);
      options.push(option);
      index += option.value !== undefined && option.valueColumn !== token.column ? 1 : 0;
    }
  }
  return options;
}

function optionAt({ text, column }: Token, next: Token | undefined): Option {
  if (WITHOUT_VALUE.test(text)) {
    return { name: text, value: undefined, column, valueColumn: column };
  }
  const [, long, given] = LONG_WITH_VALUE.exec(text) ?? [];
  const name = long ?? (SHORT_WITH_VALUE.test(text) ? text.slice(0, 2) : undefined);
  if (name === undefined) {
    const what = text.startsWith('-') ? `auditctl knows no option ${text}` : `"${text}" has no option before it`;
    throw new RuleMistake(what, column);
  }
  const attached = long === undefined && text.length > 2 ? text.slice(2) : given;
  if (attached !== undefined) {
    return { name, value: attached, column, valueColumn: column };
  }
  if (next === undefined) {
    throw new RuleMistake(`${text} needs a value`, column);
  }
  return { name, value: next.text, column, valueColumn: next.column };
}

function lineOf(options: readonly Option[]): RuleLine {
  const first = options[0];
  if (first === undefined) {
    return { type: 'nothing' };
  }
  switch (first.name) {
    case '-D':
      return deleteAll(options);
    case '-i':
    case '-c':
      return options.length === 1 ? { type: 'go-on' } : refuseSecond(options);
    default:
      return 'aAdwWFSCpk'.includes(first.name.slice(1)) ? ruleLine(options) : setting(options);
  }
}

function deleteAll(options: readonly Option[]): RuleLine {
  const key = options[1];
  if (options.length > 2 || (key !== undefined && key.name !== '-k')) {
    return refuseSecond(options);
  }
  return { type: 'delete-all', key: key?.value };
}

function setting(options: readonly Option[]): RuleLine {
  const [only] = options;
  if (only === undefined || options.length > 1) {
    return refuseSecond(options);
  }
  const numeric = ['-b', '-e', '-f', '-r', '--backlog_wait_time'].includes(only.name);
  const value = only.value ?? '';
  if (numeric && !(only.name === '-e' ? /^[012]$|^lock$/ : only.name === '-f' ? /^[012]$/ : /^\d+$/).test(value)) {
    throw new RuleMistake(`${only.name} cannot be ${value}`, only.valueColumn);
  }
  return { type: 'setting', option: only.name, value: only.value };
}

function refuseSecond(options: readonly Option[]): never {
  const second = options[1];
  throw new RuleMistake(`${second?.name ?? ''} does not go with ${options[0]?.name ?? ''}`, second?.column ?? 1);
}

function ruleLine(options: readonly Option[]): RuleLine {
  const draft = emptyDraft();
  let how: 'append' | 'prepend' | 'delete' = 'append';
  for (const option of options) {
    how = takeOption(draft, option) ?? how;
  }
  const rule = finished(draft);
  return how === 'delete' ? { type: 'delete', rule } : { type: 'rule', rule, prepend: how === 'prepend' };
}

function takeOption(draft: Draft, option: Option): 'prepend' | 'delete' | undefined {
  const { name, column, valueColumn } = option;
  const value = option.value ?? '';
  switch (name) {
    case '-a':
    case '-A':
    case '-d':
      if (draft.head !== undefined || draft.where !== undefined) {
        throw new RuleMistake(`${name} can stand only once and not beside -w`, column);
      }
      draft.head = takeHead(value, valueColumn);
      return name === '-a' ? undefined : name === '-A' ? 'prepend' : 'delete';
    case '-w':
    case '-W':
      if (draft.head !== undefined) {
        throw new RuleMistake('a watch does not go with -a', column);
      }
      takeWhere(draft, { form: 'watch', path: value }, valueColumn);
      return name === '-W' ? 'delete' : undefined;
    default:
      takePart(draft, option, value);
      return undefined;
  }
}

function takePart(draft: Draft, { name, column, valueColumn }: Option, value: string): void {
  const watch = draft.where?.form === 'watch';
  if (draft.head === undefined && !watch) {
    throw new RuleMistake(`${name} needs -a or -w before it`, column);
  }
  switch (name) {
    case '-p':
      if (!watch) {
        throw new RuleMistake('-p needs a watch before it; in a rule with -a it is -F perm=', column);
      }
      takePermissions(draft, value, valueColumn);
      return;
    case '-k':
      takeKey(draft, value, valueColumn);
      return;
    case '-S':
      takeSyscalls(draft, value, valueColumn);
      return;
    case '-F':
      takeField(draft, value, valueColumn);
      return;
    case '-C':
      takeComparison(draft, value, valueColumn);
      return;
    default:
      throw new RuleMistake(`${name} does not belong into a rule`, column);
  }
}
