import type { RunVerb } from '../model/result.ts';
import { type Style, columns, count, wrap } from './layout.ts';
import { printable } from './printable.ts';

/** One run in a list. */
export interface HistoryRow {
  readonly id: string;
  readonly at: string;
  readonly verb: RunVerb;
  readonly exit: number;
  readonly by: string;
  readonly profile: string;
  readonly changes: number;
  readonly reason: string | undefined;
  readonly ticket: string | undefined;
}

/** Newest first, as given. */
export function historyText(rows: readonly HistoryRow[], style: Style): string {
  if (rows.length === 0) {
    return 'No run yet: nothing was applied, put back or verified on this host.\n';
  }
  return `${rows.flatMap((row) => [...headOf(row, style), ...notesOf(row, style)]).join('\n')}\n`;
}

/** What stands above a run that is shown again. */
export function historyHead(row: HistoryRow, style: Style): string {
  return `${[...headOf(row, style), ...notesOf(row, style), ''].join('\n')}\n`;
}

function headOf({ id, at, verb, exit, by, profile, changes }: HistoryRow, style: Style): readonly string[] {
  return columns(style, 0, [
    id,
    `${at.slice(0, 16).replace('T', ' ')} UTC`,
    verb,
    `exit ${exit}`,
    printable(profile),
    count(changes, 'change'),
    printable(by),
  ]);
}

function notesOf({ reason, ticket }: HistoryRow, style: Style): readonly string[] {
  return [
    ...(ticket === undefined ? [] : wrap(style, 2, `ticket: ${printable(ticket)}`, 4)),
    ...(reason === undefined ? [] : wrap(style, 2, `reason: ${printable(reason)}`, 4)),
  ];
}
