import type { Report, ReportControl, Result } from '../../model/report.ts';
import { waiverEnd } from '../../model/waiver.ts';
import { evidenceLines } from './evidence-lines.ts';
import { element } from './xml.ts';

/** Manual is what nobody looked at by program; what could not be looked at is unknown; what is waived is information, its message says so. */
const RESULT_WORDS: Readonly<Record<Result, string>> = {
  pass: 'pass',
  fail: 'fail',
  fixed: 'fixed',
  waived: 'informational',
  manual: 'notchecked',
  'not-applicable': 'notapplicable',
  'not-checked': 'unknown',
  'not-selected': 'notselected',
  error: 'error',
};

/** A benchmark with the controls as rules and one test result, XCCDF 1.2, for SCAP tools. The format asks for one control at least. */
export function xccdfReport(report: Report): string {
  const profileId = `xccdf_harden_profile_${report.content.profile.replaceAll(/[^\w.-]/g, '-')}`;
  const body = [
    element('status', { date: report.createdAt.slice(0, 10) }, 'draft'),
    element('title', {}, `What harden looks at of ${report.content.benchmark}`),
    element('description', {}, report.content.notCovered),
    element('platform', { idref: 'cpe:2.3:a:docker:docker:*:*:*:*:*:*:*:*' }),
    element('version', {}, report.tool.version),
    element('metadata', {}, [element('dc:creator', { 'xmlns:dc': 'http://purl.org/dc/elements/1.1/' }, 'harden')]),
    element('Profile', { id: profileId }, [
      element('title', {}, report.content.profile),
      ...report.controls.map((control) =>
        element('select', { idref: ruleId(control), selected: String(control.result !== 'not-selected') }),
      ),
    ]),
    ...report.controls.map(rule),
    testResult(report, profileId),
  ];
  const attributes = {
    xmlns: 'http://checklists.nist.gov/xccdf/1.2',
    id: `xccdf_harden_benchmark_${report.content.benchmark}`,
    resolved: 'true',
  };
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element('Benchmark', attributes, body)}\n`;
}

function rule(control: ReportControl): string {
  return element('Rule', { id: ruleId(control), selected: 'true', severity: control.level === 2 ? 'low' : 'medium' }, [
    element('title', {}, control.title),
    ...control.ids.map((id) => element('ident', { system: 'urn:harden:benchmark-number' }, id)),
  ]);
}

function testResult(report: Report, profileId: string): string {
  const scored = report.counts.pass + report.counts.fixed;
  const automated = scored + report.counts.fail;
  return element(
    'TestResult',
    {
      id: `xccdf_harden_testresult_${report.digest.slice('sha256:'.length, 'sha256:'.length + 8)}`,
      'start-time': report.createdAt,
      'end-time': report.createdAt,
      'test-system': `cpe:/a:harden:harden:${report.tool.version}`,
      version: report.tool.version,
    },
    [
      element('title', {}, `harden ${report.kind} of ${report.host.name}`),
      element('profile', { idref: profileId }),
      element('target', {}, report.host.name),
      element('target-facts', {}, facts(report)),
      ...report.controls.map((control) => ruleResult(report, control)),
      element('score', { system: 'urn:xccdf:scoring:flat-unweighted', maximum: String(automated) }, String(scored)),
    ],
  );
}

function facts({ host, digest }: Report): readonly string[] {
  const values = {
    'urn:harden:fact:os': host.os,
    'urn:harden:fact:kernel': host.kernel,
    'urn:harden:fact:docker': host.docker.version ?? 'unknown',
    'urn:harden:fact:digest': digest,
  };
  return Object.entries(values).map(([name, value]) => element('fact', { name, type: 'string' }, value));
}

function ruleResult(report: Report, control: ReportControl): string {
  const { result, waiver } = control;
  const waived =
    waiver === undefined
      ? ''
      : `waived by ${waiver.owner}, ${waiverEnd(waiver)}, otherwise a finding: ${waiver.reason}`;
  const words = [waived, control.reason, ...evidenceLines(control.evidence)].filter((line) => line !== '');
  return element('rule-result', { idref: ruleId(control), time: report.createdAt }, [
    element('result', {}, RESULT_WORDS[result]),
    ...words.map((line) => element('message', { severity: result === 'error' ? 'error' : 'info' }, line)),
  ]);
}

function ruleId({ slug }: ReportControl): string {
  return `xccdf_harden_rule_${slug}`;
}
