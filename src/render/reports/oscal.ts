import { digestOf } from '../../model/canonical.ts';
import type { Report, ReportControl } from '../../model/report.ts';
import { waiverEnd } from '../../model/waiver.ts';
import { printableJson } from '../printable.ts';
import { evidenceLines } from './evidence-lines.ts';

const OSCAL_VERSION = '1.0.6';

/**
 * OSCAL assessment results, JSON. Each control that was looked at is a finding with its observation; a waiver is a risk with a
 * deadline. Identifiers are made of the plan's digest, so that the same report is the same bytes.
 */
export function oscalReport(report: Report): string {
  const looked = report.controls.filter(({ result }) => result !== 'not-selected');
  const plan = idOf(report, 'plan');
  const document = {
    'assessment-results': {
      uuid: idOf(report, 'document'),
      metadata: {
        title: `harden ${report.kind} of ${report.host.name}`,
        'last-modified': report.createdAt,
        version: report.tool.version,
        'oscal-version': OSCAL_VERSION,
      },
      'import-ap': { href: `#${plan}` },
      results: [
        {
          uuid: idOf(report, 'result'),
          title: `${report.content.profile} on ${report.host.name}`,
          description: `What harden ${report.tool.version} saw. ${report.content.notCovered}`,
          start: report.createdAt,
          end: report.createdAt,
          props: [{ name: 'digest', ns: 'urn:harden:oscal', value: report.digest }],
          'reviewed-controls': {
            'control-selections': [
              looked.length === 0 ? {} : { 'include-controls': looked.map(({ slug }) => ({ 'control-id': slug })) },
            ],
          },
          ...listed(
            'observations',
            looked.map((control) => observation(report, control)),
          ),
          ...listed(
            'risks',
            looked.flatMap((control) => risk(report, control)),
          ),
          ...listed(
            'findings',
            looked.map((control) => finding(report, control)),
          ),
        },
      ],
      'back-matter': {
        resources: [{ uuid: plan, title: `harden plan ${report.digest}`, description: `The plan with this digest.` }],
      },
    },
  };
  return printableJson(document);
}

function observation(report: Report, control: ReportControl): object {
  const evidence = evidenceLines(control.evidence);
  return {
    uuid: idOf(report, 'observation', control.slug),
    title: control.title,
    description: control.reason === '' ? control.result : control.reason,
    methods: [control.result === 'manual' ? 'EXAMINE' : 'TEST'],
    collected: report.createdAt,
    ...listed(
      'relevant-evidence',
      evidence.map((description) => ({ description })),
    ),
  };
}

/** Satisfied is only what was seen; `reason` tells a fail from what could not be judged. */
function finding(report: Report, control: ReportControl): object {
  const { result, slug } = control;
  const satisfied = result === 'pass' || result === 'fixed';
  return {
    uuid: idOf(report, 'finding', slug),
    title: [control.ids[0], control.title].filter((part) => part !== undefined).join(' '),
    description: control.reason === '' ? result : control.reason,
    props: [{ name: 'result', ns: 'urn:harden:oscal', value: result }],
    target: {
      type: 'objective-id',
      'target-id': slug,
      status: {
        state: satisfied ? 'satisfied' : 'not-satisfied',
        reason: satisfied ? 'pass' : result === 'fail' ? 'fail' : 'other',
      },
    },
    'related-observations': [{ 'observation-uuid': idOf(report, 'observation', slug) }],
    ...(control.waiver === undefined ? {} : { 'related-risks': [{ 'risk-uuid': idOf(report, 'risk', slug) }] }),
  };
}

function risk(report: Report, { slug, title, waiver }: ReportControl): readonly object[] {
  if (waiver === undefined) {
    return [];
  }
  return [
    {
      uuid: idOf(report, 'risk', slug),
      title: `Waived: ${title}`,
      description: waiver.reason,
      statement: `Accepted by ${waiver.owner}, ${waiverEnd(waiver)}.`,
      status: 'deviation-approved',
      deadline: waiver.graceUntil ?? `${waiver.until}T23:59:59Z`,
      'related-observations': [{ 'observation-uuid': idOf(report, 'observation', slug) }],
    },
  ];
}

/** The format has no empty lists. */
function listed(name: string, items: readonly object[]): object {
  return items.length === 0 ? {} : { [name]: items };
}

/** A UUID of version 4 form, made of what it names. */
function idOf(report: Report, ...parts: readonly string[]): string {
  const hex = digestOf([report.digest, report.kind, report.createdAt, ...parts]);
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ].join('-');
}
