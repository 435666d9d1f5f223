import type { TakenBackBecause } from '../model/revert.ts';
import type { RunVerb } from '../model/result.ts';
import { type Style, columns, count, listed, wrap } from './layout.ts';
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
  /** The apply that was kept or taken back. */
  readonly of: string | undefined;
  readonly cause: TakenBackBecause | undefined;
  /** What a rollback left as others had made it. */
  readonly left?: readonly string[] | undefined;
  /** Of an apply that was put off. */
  readonly approvedAt?: string | undefined;
}

const WHY: Readonly<Record<TakenBackBecause, string>> = {
  clock: 'nobody kept it in time',
  boot: 'the machine was started anew before it was kept or ended',
  person: 'somebody asked for it',
  unfinished: 'it was killed before it had an end',
  'not-final': 'it could not be made final',
};

/** An apply that was set for a time and did not begin then. */
export type MissedRow = Pick<HistoryRow, 'id' | 'at' | 'by' | 'profile' | 'changes'>;

/** Newest first, as given, and before them what should have been done and was not. */
export function historyText(rows: readonly HistoryRow[], style: Style, missed?: MissedRow): string {
  if (rows.length === 0 && missed === undefined) {
    return 'No run yet: nothing was applied, put back or verified on this host.\n';
  }
  const first = missed === undefined ? [] : missedLines(missed, style);
  return `${first.concat(rows.flatMap((row) => [...headOf(row, style), ...notesOf(row, style)])).join('\n')}\n`;
}

function missedLines({ id, at, by, profile, changes }: MissedRow, style: Style): string[] {
  return [
    ...columns(style, 0, [
      id,
      `${at.slice(0, 16).replace('T', ' ')} UTC`,
      'apply',
      'missed',
      printable(profile),
      count(changes, 'change'),
      printable(by),
    ]),
    ...wrap(style, 2, 'set for that time with --at, and nothing began: harden status', 4),
  ];
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

function notesOf(
  { reason, ticket, approvedAt, verb, of, cause, left, changes }: HistoryRow,
  style: Style,
): readonly string[] {
  const what =
    verb === 'confirm' && cause === undefined
      ? 'kept'
      : left !== undefined && changes === 0
        ? 'put nothing back of'
        : 'took back';
  return [
    ...(of === undefined ? [] : wrap(style, 2, `${what} run ${of}${cause === undefined ? '' : `: ${WHY[cause]}`}`, 4)),
    ...(left === undefined ? [] : wrap(style, 2, `left alone: ${printable(listed(left))}`, 4)),
    ...(approvedAt === undefined
      ? []
      : wrap(style, 2, `approved before, at ${approvedAt.slice(0, 16).replace('T', ' ')} UTC`, 4)),
    ...(ticket === undefined ? [] : wrap(style, 2, `ticket: ${printable(ticket)}`, 4)),
    ...(reason === undefined ? [] : wrap(style, 2, `reason: ${printable(reason)}`, 4)),
  ];
}
