import type { Plan } from '../model/plan.ts';
import { type Style, columns, count, mark, paint, spread, wrap } from './layout.ts';
import { printable, shown } from './printable.ts';

/** A list of more lines than this is folded where nobody asked for all of it. */
export const FOLD_AFTER = 12;

type PlanChange = Plan['changes'][number];

const SIGNS: Readonly<Record<PlanChange['op'], string>> = { add: '+', set: '~', remove: '-', activate: '~' };
/** The same for a screen reader. */
const WORDS: Readonly<Record<PlanChange['op'], string>> = {
  add: 'add:',
  set: 'change:',
  remove: 'remove:',
  activate: 'make live:',
};
const COLOURS = { '+': 'green', '~': 'yellow', '-': 'red' } as const;

/**
 * `line`: the first line only. Else long lists are cut, with the command that shows all: `harden explain N`, told `again` besides, or
 * `instead`, where no plan it could count in has these numbers.
 */
export type Detail = 'line' | 'full' | { readonly again: readonly string[]; readonly instead?: string };

/** One change: number, sign, title and risk; then what exactly, what it breaks, what else to know. */
export function changeLines(change: PlanChange, ids: string, style: Style, detail: Detail): readonly string[] {
  const number = change.id.slice(1).padStart(2);
  const sign = signOf(change, style);
  const warns = change.breaks.length === 0 ? ' ' : style.accessible === true ? 'warning: ' : '!';
  const risk = change.risk === 'low' ? 'low' : change.risk.toUpperCase();
  const head = spread(style, `${number} ${warns}${sign} ${printable(change.title)}`, risk, 6);
  if (detail === 'line') {
    return head;
  }
  return [
    ...head,
    ...columns(style, 6, [ids, ...whatChanges(change, style)]),
    ...ruleLines(change, style, detail),
    ...change.breaks
      .flatMap((text) => wrap(style, 6, `${mark(style, '!')} ${printable(text)}`, 8))
      .map((line) => paint(style, 'red', line)),
    ...change.notes.flatMap((text) => wrap(style, 6, printable(text), 8)).map((line) => paint(style, 'dim', line)),
    ...laterLines(change, style),
  ];
}

function signOf(change: PlanChange, style: Style): string {
  const sign = SIGNS[change.op];
  if (style.accessible === true) {
    return WORDS[change.op];
  }
  return sign === '+' || sign === '~' || sign === '-' ? paint(style, COLOURS[sign], sign) : sign;
}

function whatChanges(change: PlanChange, style: Style): readonly string[] {
  const { target } = change;
  switch (target.type) {
    case 'audit-rule':
      return [printable(target.file)];
    case 'file-access':
      return [printable(target.path), arrow(change, style)];
    case 'daemon-option':
      return [printable(target.file), printable(target.key), arrow(change, style)];
  }
}

function ruleLines(change: PlanChange, style: Style, detail: Exclude<Detail, 'line'>): readonly string[] {
  switch (change.target.type) {
    case 'audit-rule': {
      const sign = style.accessible === true ? 'rule:' : change.op === 'remove' ? '-' : '+';
      const lines = change.target.rules.flatMap((rule) => wrap(style, 6, `${sign} ${printable(rule)}`, 10));
      const more = lines.length - FOLD_AFTER;
      return detail === 'full' || more <= 0
        ? lines
        : [
            ...lines.slice(0, FOLD_AFTER),
            ...wrap(
              style,
              6,
              `${count(more, 'more line', 'more lines')}: ${detail.instead ?? ['harden explain', change.id.slice(1), ...detail.again].join(' ')}`,
              8,
            ),
          ];
    }
    case 'file-access':
      return change.target.durable === undefined
        ? []
        : wrap(
            style,
            6,
            `${style.accessible === true ? 'also' : '+'} ${printable(change.target.durable.file)}, so that it lasts`,
            10,
          );
    case 'daemon-option':
      return [];
  }
}

function laterLines(change: PlanChange, style: Style): readonly string[] {
  switch (change.liveAfter) {
    case 'now':
      return [];
    case 'restart':
      return wrap(style, 6, 'written now, live after the next restart of dockerd', 8);
    case 'reboot':
      return wrap(style, 6, 'written now, live after the next boot', 8);
  }
}

function arrow(change: PlanChange, { unicode, accessible }: Style): string {
  const to = accessible === true ? 'becomes' : unicode === true ? '\u2192' : '->';
  const where = change.op === 'activate' ? ' (in the file already)' : '';
  return `${stateText(change.before)} ${to} ${stateText(change.after)}${where}`;
}

/** `{"state":"unset","effective":true}` as `(unset, true)`; `{"mode":"0664","owner":"root"}` as `mode 0664, owner root`. */
function stateText(value: PlanChange['before']): string {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const members = Object.entries(value);
    if ('state' in value) {
      return `(${members.map(([, member]) => shown(member)).join(', ')})`;
    }
    return members.map(([key, member]) => `${printable(key)} ${shown(member)}`).join(', ');
  }
  return shown(value);
}
