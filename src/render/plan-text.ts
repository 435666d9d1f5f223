import { thingAt } from '../model/plain-names.ts';
import type { Plan } from '../model/plan.ts';
import { liveWhen } from '../model/plan-changes.ts';
import { type Detail, changeLines } from './change-text.ts';
import { breakSentences, fixSentence, interruptions, lossSentences, undoSentence } from './effect-sentences.ts';
import { type Style, columns, count, mark, paint, spread, wrap } from './layout.ts';
import { type GroupBy, groupsOf } from './plan-groups.ts';
import { printable } from './printable.ts';
import { waivedLines } from './waiver-text.ts';

/** More changes than this get one line each. */
const MANY = 40;

export interface Layout {
  readonly groupBy: GroupBy;
  /** Nothing is folded, however long. */
  readonly full: boolean;
  /** Passing controls are named, not only counted. */
  readonly showPass: boolean;
  /** Options that make `harden explain N` count the changes as this plan does. */
  readonly again?: readonly string[];
  /** The command that shows what is folded, where `harden explain N` counts in another plan. */
  readonly unfold?: string;
  /** What files look like before and after, ready to be shown. */
  readonly exact?: string;
}
/** Why something stays that an apply had changed. */
export const NEVER_OVER = 'harden overwrites nothing that was changed since.';
const USUAL: Layout = { groupBy: 'effect', full: false, showPass: false };

/** A whole plan for a person: counts, effects, changes by rising interruption, what is left alone, and what to run next. */
export function planText(plan: Plan, style: Style, next: readonly string[], layout: Layout = USUAL): string {
  const blocks = [
    headLines('harden plan', plan, style),
    ...(isNothing(plan) ? [nothingLines(plan, style)] : [summaryLines(plan, style), effectLines(plan, style)]),
    ...groupBlocks(plan, style, layout),
    layout.exact === undefined ? [] : [paint(style, 'bold', 'EXACT DIFFERENCES'), '', layout.exact.trimEnd()],
    pendingLines(plan, style),
    untouchedLines(plan, style),
    layout.showPass ? passingLines(plan, style) : [],
    waivedLines(plan, style),
    warningLines(plan, style),
    wrap(style, 0, plan.content.notCovered, 2).map((line) => paint(style, 'dim', line)),
    next.flatMap((line) => wrap(style, 0, line, 2)),
  ];
  return textOf(blocks);
}

function textOf(blocks: readonly (readonly string[])[]): string {
  const lines = blocks.filter((block) => block.length > 0).map((block) => block.join('\n'));
  return `${lines.join('\n\n')}\n`;
}

function warningLines({ warnings }: Plan, style: Style): readonly string[] {
  return warnings.flatMap((warning) => wrap(style, 2, `${mark(style, '!')} ${printable(warning)}`, 4));
}

/** The way back as a plan: what is put back and what that interrupts; how the host stands otherwise is not its subject. */
export function rollbackPlanText(plan: Plan, style: Style, unfold = 'harden snapshot show'): string {
  const left = plan.warnings.flatMap((text) => wrap(style, 2, `${mark(style, '!')} ${printable(text)}`, 4));
  const blocks = [
    headLines('harden rollback', plan, style),
    wayBackLines(plan, style),
    ...groupBlocks(plan, style, { ...USUAL, unfold }),
    left.length === 0
      ? []
      : [...spread(style, paint(style, 'bold', 'LEFT AS IT IS'), count(plan.warnings.length, 'change')), ...left],
  ];
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')}\n`;
}

/** The effects of a plan of more changes have left the screen when a question comes, and are shown again with it. */
export const FEW = 3;

/** A plan somebody has read before: counts, effects and what breaks, unless these stand with the question. */
export function planBrief(plan: Plan, style: Style): string {
  const blocks = [
    headLines('harden apply', plan, style),
    summaryLines(plan, style),
    plan.changes.length > FEW ? [] : effectLines(plan, style),
  ];
  return textOf(blocks);
}

/** A plan that is carried out without a question: counts, effects and what has to be read, for the log of whoever began it. */
export function planUnasked(plan: Plan, style: Style, verb: 'apply' | 'rollback'): string {
  const blocks = [
    headLines(`harden ${verb}`, plan, style),
    ...(verb === 'apply' ? [summaryLines(plan, style), effectLines(plan, style)] : [wayBackLines(plan, style)]),
    warningLines(plan, style),
  ];
  return textOf(blocks);
}

/** Only what a person must weigh again before an answer: effects and what breaks. */
export function planEffects(plan: Plan, style: Style, verb: 'apply' | 'rollback'): string {
  return `${(verb === 'apply' ? effectLines(plan, style) : wayBackLines(plan, style)).join('\n')}\n`;
}

function wayBackLines(plan: Plan, style: Style): readonly string[] {
  return plan.changes.length === 0
    ? wrap(style, 2, `Nothing of it can be put back. ${NEVER_OVER}`)
    : [
        ...wrap(style, 2, `${count(plan.changes.length, 'change')} can be put back. That`),
        ...interruptions(plan).flatMap((text) => wrap(style, 4, text, 6)),
        ...alarmLines(lossSentences(plan), style),
      ];
}

function alarmLines(texts: readonly string[], style: Style): readonly string[] {
  return texts
    .flatMap((text) => wrap(style, 2, `${mark(style, '!')} ${printable(text)}`, 4))
    .map((line) => paint(style, 'red', line));
}

/** Nothing to change, nothing waiting, nothing unknown. */
export function isNothing(plan: Plan): boolean {
  return (
    plan.changes.length === 0 &&
    plan.pending.length === 0 &&
    plan.summary.toFix === 0 &&
    plan.notChecked.length === 0 &&
    plan.refusal === null
  );
}

function headLines(title: string, plan: Plan, style: Style): readonly string[] {
  const minute = (time: string): string => `${time.slice(0, 16).replace('T', ' ')} UTC`;
  const { recording, type } = plan.source;
  const when = recording === null ? [type, minute(plan.createdAt)] : [`recorded ${minute(recording.takenAt)}`];
  return columns(style, 0, [paint(style, 'bold', title), printable(plan.host.name), plan.content.profile, ...when]);
}

function nothingLines(plan: Plan, style: Style): readonly string[] {
  const { pass, waived, manual } = plan.summary;
  const counts = [
    `${pass} pass`,
    ...(waived > 0 ? [`${waived} waived`] : []),
    ...(manual > 0 ? [`${manual} manual`] : []),
  ].join(', ');
  const part = plan.selection.leftOut.length > 0 ? 'the chosen part of ' : '';
  return wrap(style, 0, `${printable(plan.host.name)} already matches ${part}${plan.content.profile}: ${counts}.`);
}

function summaryLines(plan: Plan, style: Style): readonly string[] {
  const { summary } = plan;
  const cells = [
    [summary.controls, summary.controls === 1 ? 'control' : 'controls'],
    [summary.pass, 'pass'],
    [summary.toFix, 'to fix'],
    [summary.waived, 'waived'],
    [summary.manual, 'manual'],
    [summary.notApplicable, 'not applicable'],
    [summary.notChecked + summary.errors, 'not checked'],
  ] as const;
  return columns(
    style,
    2,
    cells.filter(([n], index) => index < 3 || n > 0).map(([n, word]) => `${n} ${word}`),
  );
}

function effectLines(plan: Plan, style: Style): readonly string[] {
  if (plan.refusal !== null) {
    return [...wrap(style, 2, `${mark(style, '!')} ${printable(plan.refusal)} Nothing is changed here.`, 4)];
  }
  if (plan.changes.length === 0) {
    return [];
  }
  return [
    ...wrap(style, 2, `${fixSentence(plan)} Applying all of them`),
    ...interruptions(plan).flatMap((text) => wrap(style, 4, text, 6)),
    ...alarmLines([...lossSentences(plan), ...breakSentences(plan)], style),
    ...wrap(style, 4, undoSentence(plan), 6),
  ];
}

function groupBlocks(plan: Plan, style: Style, layout: Layout): readonly (readonly string[])[] {
  const { full, again = [], unfold } = layout;
  const folded: Detail = unfold === undefined ? { again } : { again, instead: unfold };
  const detail: Detail = full ? 'full' : plan.changes.length > MANY ? 'line' : folded;
  return groupsOf(plan, layout.groupBy).map(({ heading, changes }) => {
    const head = spread(style, paint(style, 'bold', printable(heading)), count(changes.length, 'change'));
    const idsOf = (slugs: readonly string[]): string =>
      slugs.map((slug) => plan.controls.find((control) => control.slug === slug)?.ids[0] ?? slug).join(' ');
    const bodies = changes.map((change) =>
      changeLines(
        { ...change, liveAfter: liveWhen(plan, change), notes: firstTold(plan, change) },
        idsOf(change.controls),
        style,
        detail,
      ),
    );
    return [...head, '', ...bodies.flatMap((body, index) => (index === 0 || detail === 'line' ? body : ['', ...body]))];
  });
}

function passingLines({ controls }: Plan, style: Style): readonly string[] {
  const passing = controls.filter(({ verdict }) => verdict === 'pass');
  return passing.length === 0
    ? []
    : [
        ...spread(style, paint(style, 'bold', 'PASSING'), count(passing.length, 'control')),
        ...passing.flatMap(({ ids, title }) => wrap(style, 2, printable(`${ids[0] ?? ''} ${title}`), 6)),
      ];
}

/** A remark that several changes share stands with the first of them. */
function firstTold(plan: Plan, change: Plan['changes'][number]): readonly string[] {
  const before = plan.changes.slice(
    0,
    plan.changes.findIndex((other) => other.id === change.id),
  );
  return change.notes.filter((note) => !before.some((other) => other.notes.includes(note)));
}

function pendingLines(plan: Plan, style: Style): readonly string[] {
  if (plan.pending.length === 0) {
    return [];
  }
  return [
    ...spread(style, paint(style, 'bold', 'WRITTEN, NOT LIVE YET'), count(plan.pending.length, 'setting')),
    ...plan.pending.flatMap((item) =>
      wrap(
        style,
        2,
        `${mark(style, '~')} ${printable(thingAt(item.address))}: pending-${item.until}. ${printable(item.reason)}`,
        6,
      ),
    ),
    ...[...new Set(plan.pending.map((item) => item.command))].flatMap((command) =>
      wrap(style, 2, `To make it live: ${printable(command)}`, 4),
    ),
  ];
}

function untouchedLines(plan: Plan, style: Style): readonly string[] {
  const unfixed = plan.controls.filter(
    (control) =>
      control.verdict === 'fail' &&
      control.changes.length === 0 &&
      !plan.pending.some((item) => item.controls.includes(control.slug)),
  );
  const items = [
    ...unfixed.map(({ ids, title, reason }) => `${mark(style, 'x')} ${ids[0] ?? ''} ${title}: ${reason}`),
    ...plan.manual.map(({ id, title, reason }) => `${mark(style, 'm')} ${id} ${title}: ${reason}`),
    ...plan.notChecked.map(({ id, title, reason }) => `${mark(style, '?')} ${id} ${title}: ${reason}`),
  ];
  if (items.length === 0) {
    return [];
  }
  const counts = [
    ...(unfixed.length > 0 ? [`${unfixed.length} failing`] : []),
    ...(plan.manual.length > 0 ? [`${plan.manual.length} manual`] : []),
    ...(plan.notChecked.length > 0 ? [`${plan.notChecked.length} not checked`] : []),
  ].join(', ');
  return [
    ...spread(style, paint(style, 'bold', 'NOT CHANGED BY HARDEN'), counts),
    ...items.flatMap((item) => wrap(style, 2, printable(item), 6)),
  ];
}
