import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { toJson } from '../../src/model/canonical.ts';
import type { Plan } from '../../src/model/plan.ts';
import { RESULTS, type Report } from '../../src/model/report.ts';
import { reportOf } from '../../src/plan/report-of.ts';
import { printable } from '../../src/render/printable.ts';
import { REPORTS } from '../../src/render/reports/index.ts';
import { assessed, failing, optionChange, planOf, selectedControl } from '../helpers/plan-builders.ts';

/** Where the published schemas are; they are not ours to ship. */
const SCHEMAS = process.env['HARDEN_TEST_SCHEMAS'] ?? '';
const REQUIRED = process.env['HARDEN_TEST_REQUIRE_ALL'] === '1';
const XCCDF_SCHEMA = '/usr/share/openscap/schemas/xccdf/1.2/xccdf_1.2.xsd';

const folder = mkdtempSync(join(tmpdir(), 'harden-reports-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** One control of each verdict, one fixed, one waived, one not selected, with words that want out of every format. */
const NASTY = `]]> <script>&amp; "quoted" 'x' \u0007 \u202e \ud800 =1+1 --> \`|\` # @me \\ {{x}}\n2nd line`;
const plan = planOf([
  { control: selectedControl('fails', '2.1'), assessments: [failing(optionChange('icc'), NASTY)] },
  { control: selectedControl('was-fixed', '2.2'), assessments: [failing(optionChange('debug'))] },
  ...(['pass', 'manual', 'not-applicable', 'not-checked', 'error'] as const).map((verdict, index) => ({
    control: selectedControl(`is-${verdict}`, `3.${index + 1}`, { title: `=${NASTY}`, level: index % 2 === 0 ? 1 : 2 }),
    assessments: [
      assessed('report:x', {
        verdict,
        reason: NASTY,
        steps: [NASTY],
        evidence: [{ source: NASTY, read: NASTY, value: { [NASTY]: NASTY } }],
      }),
    ],
  })),
]);
const waived: Plan = {
  ...plan,
  warnings: [NASTY],
  controls: plan.controls.map((control) => (control.slug === 'is-pass' ? { ...control, verdict: 'waived' } : control)),
  selection: { ...plan.selection, leftOut: [{ control: 'left-out', id: '2.9', by: '-x 2.9' }] },
};
const report = reportOf(waived, {
  kind: 'apply',
  proofs: plan.changes
    .filter(({ address }) => address === 'daemon-option:debug')
    .map(({ id }) => ({ change: id, proof: 'live', reason: '' })),
  met: ['was-fixed'],
  waivers: new Map([['is-pass', { reason: NASTY, owner: NASTY, until: '2027-01-31' }]]),
});
const empty: Report = reportOf(planOf([]), { kind: 'plan', proofs: [], met: [], waivers: new Map() });
const BOTH: readonly (readonly [string, Report])[] = [
  ['one control of each result', report],
  ['nothing selected', empty],
];

test('a report has one of each result, and counts them', () => {
  const each = RESULTS.filter((result) => result !== 'pass');
  expect(report.controls.map(({ result }) => result).toSorted()).toEqual(each.toSorted());
  expect(Object.values(report.counts).reduce((sum, n) => sum + n, 0)).toBe(report.controls.length);
});

test('a control whose changes are live is not fixed as long as something else of it does not pass', () => {
  const proofs = plan.changes.map(({ id }) => ({ change: id, proof: 'live' as const, reason: '' }));
  const { controls } = reportOf(plan, { kind: 'apply', proofs, met: ['was-fixed'], waivers: new Map() });
  const result = (wanted: string): string | undefined => controls.find(({ slug }) => slug === wanted)?.result;
  expect([result('fails'), result('was-fixed')]).toEqual(['fail', 'fixed']);
});

test.each(Object.entries(REPORTS))('%s: nothing in it drives a terminal', (_, render) => {
  expect(render(report)).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e]/);
});

test.each(Object.entries(REPORTS))('%s: the same report is the same bytes, well formed', (_, render) => {
  expect(render(report)).toBe(render(structuredClone(report)));
  expect(render(report).isWellFormed()).toBe(true);
});

const published = z.record(z.string(), z.unknown());

/** Held against a schema that is older than draft 7: its name and id are of the older draft, its keywords are not. */
function holdAgainst(schemaFile: string, text: string): void {
  const { id: _, ...schema } = published.parse(JSON.parse(readFileSync(join(SCHEMAS, schemaFile), 'utf8')));
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  const valid = ajv.validate({ ...schema, $schema: 'http://json-schema.org/draft-07/schema#' }, JSON.parse(text));
  expect(valid ? [] : ajv.errors).toEqual([]);
}

describe.runIf(REQUIRED || SCHEMAS !== '')('against the published schemas', () => {
  test.each(BOTH)('SARIF 2.1.0 of %s', (_, of) => {
    holdAgainst('sarif-schema-2.1.0.json', REPORTS.sarif(of));
  });

  test.each(BOTH)('OSCAL assessment results of %s', (_, of) => {
    holdAgainst('oscal_assessment-results_schema.json', REPORTS.oscal(of));
  });

  test.each(BOTH)('JUnit as CI servers read it, of %s', (_, of) => {
    expect(
      tool('xmllint', ['--noout', '--schema', join(SCHEMAS, 'junit-10.xsd'), file('junit.xml', REPORTS.junit(of))]),
    ).toMatchObject({
      status: 0,
    });
  });
});

describe.runIf(REQUIRED || existsSync(XCCDF_SCHEMA))('against the reference readers', () => {
  test('XCCDF 1.2 is valid for OpenSCAP', () => {
    const path = file('xccdf.xml', REPORTS.xccdf(report));
    expect(tool('xmllint', ['--noout', '--schema', XCCDF_SCHEMA, path])).toMatchObject({ status: 0 });
    expect(tool('oscap', ['xccdf', 'validate', path])).toMatchObject({ status: 0 });
  });
});

describe.runIf(REQUIRED || existsSync('/usr/bin/promtool'))('against Prometheus', () => {
  test.each(BOTH)('the text of %s is taken without a remark', (_, of) => {
    expect(tool('promtool', ['check', 'metrics'], REPORTS.prom(of))).toEqual({ status: 0, said: '' });
  });
});

test('CSV has one row for each control, and no cell a spreadsheet would calculate', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('=', '+', '-', '@', '"', ',', '\r', '\n', '\t', ' ', 'a') }),
      (reason) => {
        const rows = parseCsv(REPORTS.csv({ ...report, controls: report.controls.map((one) => ({ ...one, reason })) }));
        expect(rows).toHaveLength(report.controls.length + 1);
        const cells = rows.flat();
        expect(cells.filter((cell) => /^\s*[=+\-@\t\r]/.test(cell))).toEqual([]);
        expect(rows[1]?.[8]?.replace(/^'/, '')).toBe(reason.split('\n').map(printable).join('\n'));
      },
    ),
  );
});

test('waivers and what is unknown are in every report', () => {
  for (const [kind, render] of Object.entries(REPORTS)) {
    const text = render(report);
    expect({ kind, until: text.includes('2027-01-31') || kind === 'prom' }).toEqual({ kind, until: true });
    expect({ kind, unknown: /not-checked|not checked|unknown/.test(text) }).toEqual({ kind, unknown: true });
  }
  expect(REPORTS.prom(report)).toContain('harden_next_waiver_end_timestamp_seconds 1801440000');
});

test('JUnit never counts what is unknown as passed', () => {
  const text = REPORTS.junit(report);
  expect(text).toMatch(/<testsuites name="harden" tests="8" failures="1" errors="2">/);
});

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function tool(
  name: string,
  args: readonly string[],
  input?: string,
): { readonly status: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync(name, args, {
    encoding: 'utf8',
    ...(input === undefined ? {} : { input }),
  });
  return { status, said: `${stdout}${stderr}` };
}

/** RFC 4180, every cell quoted. */
function parseCsv(text: string): readonly (readonly string[])[] {
  const rows: string[][] = [[]];
  const pattern = /"((?:[^"]|"")*)"(,|\r\n)/gy;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    rows.at(-1)?.push((match[1] ?? '').replaceAll('""', '"'));
    if (match[2] !== ',') {
      rows.push([]);
    }
  }
  expect(toJson(rows.pop())).toEqual([]);
  return rows;
}
