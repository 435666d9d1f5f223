import type { Report, ReportControl, Result } from '../../model/report.ts';
import { waiverEnd } from '../../model/waiver.ts';
import { evidenceLines } from './evidence-lines.ts';
import { element } from './xml.ts';

type Outcome = 'passed' | 'failure' | 'error' | 'skipped';

const OUTCOMES: Readonly<Record<Result, Outcome>> = {
  pass: 'passed',
  fixed: 'passed',
  fail: 'failure',
  error: 'error',
  'not-checked': 'error',
  waived: 'skipped',
  manual: 'skipped',
  'not-applicable': 'skipped',
  'not-selected': 'skipped',
};

/**
 * For the test panes of CI: one suite for each chapter of the benchmark, one case for each control. Not checked is an error, never a
 * pass; waived and manual are skipped with their text.
 */
export function junitReport(report: Report): string {
  const chapters = [...new Set(report.controls.map(chapterOf))];
  const suites = chapters.map((chapter) => {
    const own = report.controls.filter((control) => chapterOf(control) === chapter);
    return element(
      'testsuite',
      {
        name: `${report.content.benchmark} chapter ${chapter}`,
        ...totals(own),
        skipped: countOf(own, 'skipped'),
        time: '0',
        timestamp: report.createdAt.slice(0, 19),
        hostname: report.host.name,
      },
      [properties(report), ...own.map((control) => testCase(report, control))],
    );
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element('testsuites', { name: 'harden', ...totals(report.controls) }, suites)}\n`;
}

function properties(report: Report): string {
  const values = { profile: report.content.profile, digest: report.digest, harden: report.tool.version };
  return element(
    'properties',
    {},
    Object.entries(values).map(([name, value]) => element('property', { name, value })),
  );
}

function testCase(report: Report, control: ReportControl): string {
  const attributes = {
    name: [...control.ids.slice(0, 1), control.title].join(' '),
    classname: `${report.content.benchmark}.${control.slug}`,
    time: '0',
  };
  const outcome = OUTCOMES[control.result];
  if (outcome === 'passed') {
    return element('testcase', attributes);
  }
  const message = messageOf(control);
  const details = [message, ...evidenceLines(control.evidence), ...control.changes, ...control.steps].join('\n');
  return element('testcase', attributes, [
    outcome === 'skipped'
      ? element('skipped', { type: control.result, message })
      : element(outcome, { type: control.result, message }, details),
  ]);
}

function messageOf({ result, reason, waiver }: ReportControl): string {
  const waived = waiver === undefined ? '' : ` (${waiver.owner}, ${waiverEnd(waiver)}: ${waiver.reason})`;
  return `${result}${reason === '' ? '' : `: ${reason}`}${waived}`;
}

function totals(controls: readonly ReportControl[]): Readonly<Record<'tests' | 'failures' | 'errors', number>> {
  return { tests: controls.length, failures: countOf(controls, 'failure'), errors: countOf(controls, 'error') };
}

function countOf(controls: readonly ReportControl[], outcome: Outcome): number {
  return controls.filter((control) => OUTCOMES[control.result] === outcome).length;
}

function chapterOf(control: ReportControl): string {
  return control.ids[0]?.split('.')[0] ?? '0';
}
