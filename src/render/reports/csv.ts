import type { Report, ReportControl } from '../../model/report.ts';
import { printable } from '../printable.ts';
import { evidenceLines } from './evidence-lines.ts';

const COLUMNS: readonly (readonly [string, (control: ReportControl, report: Report) => string])[] = [
  ['host', (_, report) => report.host.name],
  ['profile', (_, report) => report.content.profile],
  ['time', (_, report) => report.createdAt],
  ['id', ({ ids }) => ids.join(' ')],
  ['control', ({ slug }) => slug],
  ['title', ({ title }) => title],
  ['level', ({ level }) => (level === undefined ? '' : String(level))],
  ['result', ({ result }) => result],
  ['reason', ({ reason }) => reason],
  ['evidence', ({ evidence }) => evidenceLines(evidence).join('\n')],
  ['changes', ({ changes }) => changes.join('\n')],
  ['waiver_owner', ({ waiver }) => waiver?.owner ?? ''],
  ['waiver_until', ({ waiver }) => waiver?.until ?? ''],
  ['waiver_reason', ({ waiver }) => waiver?.reason ?? ''],
];

/** One row for each control, as RFC 4180 has it. A cell a spreadsheet would take for a formula gets an apostrophe in front. */
export function csvReport(report: Report): string {
  const rows = [
    COLUMNS.map(([name]) => name),
    ...report.controls.map((control) => COLUMNS.map(([, value]) => value(control, report))),
  ];
  return rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

function cell(text: string): string {
  const safe = text.toWellFormed().split('\n').map(printable).join('\n');
  return `"${(/^\s*[=+\-@\t\r]/.test(safe) ? `'${safe}` : safe).replaceAll('"', '""')}"`;
}
