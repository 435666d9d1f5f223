import { digestOf } from '../../model/canonical.ts';
import type { Report, ReportControl, Result } from '../../model/report.ts';
import { waiverEnd } from '../../model/waiver.ts';
import { printableJson } from '../printable.ts';
import { evidenceLines } from './evidence-lines.ts';

/** How SARIF says each result; undefined: it is nothing to look at, and only counted. */
const KINDS: Readonly<Record<Result, 'fail' | 'open' | 'review' | undefined>> = {
  fail: 'fail',
  waived: 'fail',
  'not-checked': 'open',
  error: 'open',
  manual: 'review',
  pass: undefined,
  fixed: undefined,
  'not-applicable': undefined,
  'not-selected': undefined,
};

/**
 * SARIF 2.1.0 for code scanning: a rule for each control, a result for each that is not settled. Fingerprints are of host and control, so
 * that the same finding is the same alert tomorrow. Waivers are suppressions with their justification.
 */
export function sarifReport(report: Report): string {
  const rules = report.controls.filter((control) => control.result !== 'not-selected');
  const run = {
    tool: {
      driver: {
        name: report.tool.name,
        version: report.tool.version,
        semanticVersion: report.tool.version,
        rules: rules.map(rule),
      },
    },
    automationDetails: { id: `harden/${report.content.profile}/${report.host.name}` },
    originalUriBaseIds: { HOST: { uri: 'file:///', description: { text: `The file system of ${report.host.name}.` } } },
    invocations: [
      {
        executionSuccessful: report.refusal === null,
        endTimeUtc: report.createdAt,
        toolExecutionNotifications: report.warnings.map((text) => ({ level: 'warning', message: { text } })),
      },
    ],
    columnKind: 'utf16CodeUnits',
    results: rules.flatMap((control, index) => {
      const kind = KINDS[control.result];
      return kind === undefined ? [] : [resultOf(report, control, index, kind)];
    }),
    properties: {
      host: report.host.name,
      profile: report.content.profile,
      digest: report.digest,
      counts: report.counts,
    },
  };
  const log = { $schema: 'https://json.schemastore.org/sarif-2.1.0.json', version: '2.1.0', runs: [run] };
  return printableJson(log);
}

function rule({ slug, ids, title, level }: ReportControl): object {
  return {
    id: slug,
    name: slug
      .split('-')
      .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
      .join(''),
    shortDescription: { text: `${title}.` },
    defaultConfiguration: { level: level === 2 ? 'warning' : 'error' },
    properties: { ids, ...(level === undefined ? {} : { level }), tags: ['security', 'docker'] },
  };
}

function resultOf(report: Report, control: ReportControl, ruleIndex: number, kind: 'fail' | 'open' | 'review'): object {
  const details = [
    ...evidenceLines(control.evidence),
    ...control.changes.map((title) => `Would change: ${title}`),
    ...control.steps,
  ];
  return {
    ruleId: control.slug,
    ruleIndex,
    kind,
    // The format asks for `none` wherever nothing was seen to be wrong.
    level: kind === 'fail' ? (control.level === 2 ? 'warning' : 'error') : 'none',
    message: {
      text: [`${control.title}: ${control.reason === '' ? control.result : control.reason}`, ...details].join('\n'),
    },
    locations: locations(report, control),
    partialFingerprints: { 'hostAndControl/v1': digestOf([report.host.idHmac, control.slug]) },
    ...(control.waiver === undefined
      ? {}
      : {
          suppressions: [
            {
              kind: 'external',
              status: 'accepted',
              justification: `${control.waiver.reason} (${control.waiver.owner}, ${waiverEnd(control.waiver)})`,
            },
          ],
        }),
    properties: { result: control.result, ids: control.ids },
  };
}

/** Code scanning shows nothing without a file; where no file is concerned it is the daemon's configuration. */
function locations(report: Report, control: ReportControl): readonly object[] {
  const paths = control.paths.length === 0 ? ['/etc/docker/daemon.json'] : control.paths;
  return paths.map((path) => ({
    physicalLocation: {
      artifactLocation: { uri: path.slice(1).split('/').map(encodeURIComponent).join('/'), uriBaseId: 'HOST' },
      region: { startLine: 1 },
    },
    logicalLocations: [
      { name: control.slug, kind: 'resource', fullyQualifiedName: `${report.host.name}:${control.slug}` },
    ],
  }));
}
