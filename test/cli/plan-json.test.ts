import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { buildDigest } from '../../scripts/build-digest.ts';
import { GENERATED, generatedText } from '../../scripts/gen.ts';
import { planJsonSchema } from '../../src/model/plan-schema.ts';
import { DOCKER_CE, NIXOS, RED_HAT, REFUSED } from '../fixtures/hosts/trees.ts';
import { harden } from '../helpers/program.ts';
import { canOwn, plantTree, type TreeFiles } from '../helpers/tree.ts';

const YES = ['--yes', '--max-risk', 'high', '--max-impact', 'restart'];
const HOSTS: readonly (readonly [string, TreeFiles])[] = [
  ["docker-ce's layout", DOCKER_CE],
  ['a Red Hat-like host', RED_HAT],
  ['NixOS', NIXOS],
  ['a broken daemon.json', { ...DOCKER_CE, '/etc/docker/daemon.json': '{' }],
  ...Object.entries(REFUSED).map(([name, [files]]) => [name, files] as const),
];

test.each(Object.entries(GENERATED))('%s is current; if not: node scripts/gen.ts', async (path, make) => {
  expect(readFileSync(join(import.meta.dirname, '../..', path), 'utf8')).toBe(await generatedText(make()));
});

describe.runIf(canOwn())('plan --json', () => {
  const validate = new Ajv2020({ strict: false, formats: { 'date-time': true } }).compile(planJsonSchema());

  test.each(HOSTS)('%s: fits the published schema, and so does the file of -o', async (_name, files) => {
    using tree = plantTree(files);
    const file = `${tree.outside}/plan.json`;
    const { code, stdout, stderr } = await harden([
      'plan',
      '--json',
      '--root',
      tree.root,
      '-o',
      file,
      '-p',
      'cis-docker-1.8.0/L2',
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const text of [stdout, readFileSync(file, 'utf8')]) {
      expect(validate(JSON.parse(text)), JSON.stringify(validate.errors)).toBe(true);
    }
    expect(readFileSync(file, 'utf8')).toBe(stdout);
  });

  test('every selected control is there once, with verdict and evidence; lists and counts agree', async () => {
    using tree = plantTree(DOCKER_CE);
    const plan = JSON.parse((await harden(['plan', '--json', '--root', tree.root])).stdout) as Shape;
    const slugs = plan.controls.map(({ slug }) => slug);
    expect(new Set(slugs).size).toBe(slugs.length);
    expect(plan.summary.controls).toBe(slugs.length);
    const members = { pass: 'pass', fail: 'toFix', manual: 'manual', 'not-applicable': 'notApplicable' } as const;
    for (const verdict of ['pass', 'fail', 'manual', 'not-applicable'] as const) {
      const member = members[verdict];
      expect(plan.summary[member]).toBe(plan.controls.filter((control) => control.verdict === verdict).length);
    }
    for (const control of plan.controls.filter(({ verdict }) => verdict === 'pass' || verdict === 'fail')) {
      expect(control.evidence.length, control.slug).toBeGreaterThan(0);
      for (const { source, read } of control.evidence) {
        expect([source, read].every((text) => text !== '')).toBe(true);
      }
    }
    const ids = new Set(plan.changes.map(({ id }) => id));
    expect(plan.controls.flatMap(({ changes }) => changes).every((id) => ids.has(id))).toBe(true);
  });

  test('the built program says what it was built from', async () => {
    using tree = plantTree(DOCKER_CE);
    const plan = JSON.parse((await harden(['plan', '--json', '--root', tree.root])).stdout) as Shape;
    expect(plan.tool.build).toBe(buildDigest());
  });

  test('the schema refuses what is no plan', () => {
    expect(validate({ schema: 'urn:harden:plan:1' })).toBe(false);
    expect(validate([])).toBe(false);
  });

  test('the same host gives the same digest twice; another selection gives another', async () => {
    using tree = plantTree(DOCKER_CE);
    const digest = async (...more: readonly string[]) =>
      (JSON.parse((await harden(['plan', '--json', '--root', tree.root, ...more])).stdout) as Shape).digest;
    expect(await digest()).toBe(await digest());
    expect(await digest('-x', '2.2')).not.toBe(await digest());
  });
});

describe.runIf(canOwn())('JSON of the other commands', () => {
  test('one document on standard output with a name for its schema, whatever the outcome', async () => {
    using tree = plantTree(DOCKER_CE);
    const steps: readonly (readonly [args: readonly string[], schema: string, code: number])[] = [
      [['apply', '--dry-run'], 'urn:harden:result:1', 0],
      [['apply', ...YES], 'urn:harden:result:1', 0],
      [['verify'], 'urn:harden:plan:1', 2],
      [['snapshot', 'list'], 'urn:harden:snapshots:1', 0],
      [['snapshot', 'show'], 'urn:harden:snapshot:1', 0],
      [['snapshot', 'verify'], 'urn:harden:snapshot-verification:1', 0],
      [['rollback', '--plan'], 'urn:harden:plan:1', 0],
      [['rollback', ...YES], 'urn:harden:result:1', 0],
      [['recover'], 'urn:harden:recovery:1', 0],
    ];
    for (const [args, schema, code] of steps) {
      const result = await harden([...args, '--json', '--root', tree.root]);
      expect(result.code, `${args.join(' ')}: ${result.stderr}`).toBe(code);
      const told = JSON.parse(result.stdout) as { schema: unknown; exit?: unknown };
      expect(told.schema, args.join(' ')).toBe(schema);
      if (schema === 'urn:harden:result:1') {
        expect(told.exit).toBe(code);
      }
    }
    const recording = JSON.parse((await harden(['record', '--root', tree.root])).stdout) as { schema: string };
    expect(recording.schema).toMatch(/^urn:harden:recording:\d+$/);
  });

  test('a recording of a folder can be planned from elsewhere, with the same verdicts', async () => {
    using tree = plantTree(DOCKER_CE);
    const file = `${tree.outside}/recording.json`;
    expect((await harden(['record', '--root', tree.root, '-o', file])).code).toBe(0);
    const from = JSON.parse((await harden(['plan', '--json', '--from', file], { uid: 0 })).stdout) as Shape;
    const live = JSON.parse((await harden(['plan', '--json', '--root', tree.root])).stdout) as Shape;
    expect(from.controls.length).toBe(live.controls.length);
    expect(from.source.type).toBe('recorded');
  });
});

interface Shape {
  readonly tool: { readonly build?: string };
  readonly digest: string;
  readonly source: { readonly type: string };
  readonly summary: Readonly<Record<'controls' | 'pass' | 'toFix' | 'manual' | 'notApplicable', number>>;
  readonly controls: readonly {
    readonly slug: string;
    readonly verdict: string;
    readonly changes: readonly string[];
    readonly evidence: readonly { readonly source: string; readonly read: string }[];
  }[];
  readonly changes: readonly { readonly id: string }[];
}
