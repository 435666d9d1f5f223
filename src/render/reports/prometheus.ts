import type { Report } from '../../model/report.ts';
import { RESULTS } from '../../model/report.ts';
import { printable } from '../printable.ts';

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/**
 * For the textfile collector of node_exporter: how many controls have which result, which is which, when it was looked, and when the next
 * waiver ends. Times are seconds since 1970, so that the age of a look that stopped happening grows by itself.
 */
export function prometheusReport(report: Report): string {
  const ends = report.controls.flatMap(({ waiver }) => (waiver === undefined ? [] : [endOfDay(waiver.until)]));
  const blocks = [
    metric(
      'harden_controls',
      'Number of controls by result.',
      RESULTS.map((result) => ({ labels: { result }, value: report.counts[result] })),
    ),
    metric(
      'harden_control_result',
      'One for the result each control has.',
      report.controls.map(({ slug, ids, result }) => ({
        labels: { control: slug, id: ids[0] ?? '', result },
        value: 1,
      })),
    ),
    metric('harden_last_look_timestamp_seconds', 'When this host was last looked at.', [
      { labels: { kind: report.kind }, value: Math.floor(Date.parse(report.createdAt) / 1000) },
    ]),
    ...(ends.length === 0
      ? []
      : [
          metric('harden_next_waiver_end_timestamp_seconds', 'When the next waiver in use ends.', [
            { labels: {}, value: Math.min(...ends) },
          ]),
        ]),
    metric('harden_info', 'What was looked at with what.', [
      { labels: { version: report.tool.version, profile: report.content.profile, digest: report.digest }, value: 1 },
    ]),
  ];
  return blocks
    .flat()
    .map((line) => `${line}\n`)
    .join('');
}

function metric(name: string, help: string, samples: readonly Sample[]): readonly string[] {
  return [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} gauge`,
    ...samples.map(({ labels, value }) => `${name}${labelText(labels)} ${value}`),
  ];
}

function labelText(labels: Sample['labels']): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${labelValue(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function labelValue(text: string): string {
  return printable(text.toWellFormed()).replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}

function endOfDay(date: string): number {
  return Date.parse(`${date}T00:00:00Z`) / 1000 + 86_400;
}
