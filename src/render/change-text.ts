import type { Plan } from '../model/plan.ts';
import { type Style, columns, paint, spread, wrap } from './layout.ts';
import { printable, shown } from './printable.ts';

type PlanChange = Plan['changes'][number];

const SIGNS: Readonly<Record<PlanChange['op'], string>> = { add: '+', set: '~', remove: '-', activate: '~' };
const COLOURS = { '+': 'green', '~': 'yellow', '-': 'red' } as const;

/** One change: number, sign, title and risk; then what exactly, what it breaks, what else to know. `short` keeps the first line only. */
export function changeLines(change: PlanChange, ids: string, style: Style, short: boolean): readonly string[] {
  const number = change.id.slice(1).padStart(2);
  const sign = signOf(change, style);
  const risk = change.risk === 'low' ? 'low' : change.risk.toUpperCase();
  const head = spread(
    style,
    `${number} ${change.breaks.length > 0 ? '!' : ' '}${sign} ${printable(change.title)}`,
    risk,
  );
  if (short) {
    return head;
  }
  return [
    ...head,
    ...columns(style, 6, [ids, ...whatChanges(change)]),
    ...ruleLines(change, style),
    ...change.breaks
      .flatMap((text) => wrap(style, 6, `! ${printable(text)}`, 8))
      .map((line) => paint(style, 'red', line)),
    ...change.notes.flatMap((text) => wrap(style, 6, printable(text), 6)).map((line) => paint(style, 'dim', line)),
    ...laterLines(change, style),
  ];
}

function signOf(change: PlanChange, style: Style): string {
  const sign = SIGNS[change.op];
  return sign === '+' || sign === '~' || sign === '-' ? paint(style, COLOURS[sign], sign) : sign;
}

function whatChanges(change: PlanChange): readonly string[] {
  const { target } = change;
  switch (target.type) {
    case 'audit-rule':
      return [printable(target.file)];
    case 'file-access':
      return [printable(target.path), arrow(change)];
    case 'daemon-option':
      return [printable(target.file), printable(target.key), arrow(change)];
  }
}

function ruleLines(change: PlanChange, style: Style): readonly string[] {
  switch (change.target.type) {
    case 'audit-rule':
      return change.target.rules.flatMap((rule) =>
        wrap(style, 6, `${change.op === 'remove' ? '-' : '+'} ${printable(rule)}`, 10),
      );
    case 'file-access':
      return change.target.durable === undefined
        ? []
        : wrap(style, 6, `+ ${printable(change.target.durable.file)}, so that it lasts`, 10);
    case 'daemon-option':
      return [];
  }
}

function laterLines(change: PlanChange, style: Style): readonly string[] {
  switch (change.liveAfter) {
    case 'now':
      return [];
    case 'restart':
      return wrap(style, 6, 'written now, live after the next restart of dockerd');
    case 'reboot':
      return wrap(style, 6, 'written now, live after the next boot');
  }
}

function arrow(change: PlanChange): string {
  return change.op === 'activate'
    ? `${stateText(change.before)} -> ${stateText(change.after)} (in the file already)`
    : `${stateText(change.before)} -> ${stateText(change.after)}`;
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
