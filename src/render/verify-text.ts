import type { Plan } from '../model/plan.ts';
import { type Style, count, columns, paint, spread, wrap } from './layout.ts';
import { printable } from './printable.ts';

/** Only what is not as it should be, three kinds apart: failing, written but not live, not checked; manual items are counted. */
export function verifyText(plan: Plan, style: Style): string {
  const failing = plan.controls.filter((control) => control.verdict === 'fail' && !isPending(plan, control.slug));
  const blocks = [
    columns(style, 0, [
      paint(style, 'bold', 'harden verify'),
      printable(plan.host.name),
      plan.content.profile,
      plan.source.type,
    ]),
    columns(style, 2, countCells(plan, failing.length)),
    block(
      style,
      'FAILING',
      failing.map(({ ids, title, reason }) => `x ${ids[0] ?? ''} ${title}: ${reason}`),
    ),
    [
      ...block(
        style,
        'WRITTEN, NOT LIVE YET',
        plan.pending.map(({ address, until, reason }) => `~ ${address}: pending-${until}. ${reason}`),
      ),
      ...[...new Set(plan.pending.map((item) => item.command))].flatMap((command) =>
        wrap(style, 2, `To make it live: ${printable(command)}`, 4),
      ),
    ],
    block(
      style,
      'NOT CHECKED',
      plan.notChecked.map(({ id, title, reason }) => `? ${id} ${title}: ${reason}`),
    ),
    wrap(style, 0, plan.content.notCovered, 2).map((line) => paint(style, 'dim', line)),
    wrap(style, 0, closing(plan, failing.length)),
  ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function isPending(plan: Plan, slug: string): boolean {
  return (
    plan.pending.some((item) => item.controls.includes(slug)) &&
    plan.controls.every((control) => control.slug !== slug || control.changes.length === 0)
  );
}

function countCells(plan: Plan, failing: number): readonly string[] {
  const { summary } = plan;
  const optional = [
    [summary.pending, 'not live yet'],
    [summary.waived, 'waived'],
    [summary.manual, 'manual'],
    [summary.notApplicable, 'not applicable'],
    [summary.notChecked + summary.errors, 'not checked'],
  ] as const;
  return [
    count(summary.controls, 'control'),
    `${summary.pass} pass`,
    `${failing} failing`,
    ...optional.filter(([n]) => n > 0).map(([n, word]) => `${n} ${word}`),
  ];
}

function block(style: Style, heading: string, items: readonly string[]): readonly string[] {
  return items.length === 0
    ? []
    : [
        ...spread(style, paint(style, 'bold', heading), `${items.length}`),
        ...items.flatMap((item) => wrap(style, 2, printable(item), 6)),
      ];
}

function closing(plan: Plan, failing: number): string {
  if (failing > 0) {
    return 'Next: harden plan shows what would change.';
  }
  if (plan.pending.length > 0) {
    return 'Everything is written; what is named above makes it live.';
  }
  return plan.notChecked.length > 0
    ? 'What could be checked is as it should be; the rest is unknown, which is not a pass.'
    : 'As it should be.';
}
