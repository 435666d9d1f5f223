import { readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { resultJsonSchema } from '../../src/model/result-schema.ts';
import { RunResult } from '../../src/model/result.ts';
import { DOCKER_CE } from '../fixtures/hosts/trees.ts';
import { expectError } from '../helpers/error-shape.ts';
import { harden } from '../helpers/program.ts';
import { canOwn, plantTree, type Tree } from '../helpers/tree.ts';

const YES = ['--yes', '--max-risk', 'high'];
const RUNS = '/var/lib/harden/runs';

interface Listed {
  readonly runs: readonly {
    readonly id: string;
    readonly verb: string;
    readonly exit: number;
    readonly reason?: string;
    readonly ticket?: string;
  }[];
  readonly damaged: readonly unknown[];
}

async function history(tree: Tree): Promise<Listed> {
  const { stdout } = await harden(['history', 'list', '--json', '--root', tree.root]);
  return JSON.parse(stdout) as Listed;
}

async function applied(tree: Tree, ...more: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await harden(['apply', '--root', tree.root, '-c', '3.*', ...YES, ...more]);
  expect(code, stdout + stderr).toBe(0);
}

describe.runIf(canOwn())('stored runs', () => {
  test('apply, verify and rollback are listed newest first, with reason and ticket, and show as they ended', async () => {
    using tree = plantTree(DOCKER_CE);
    await applied(tree, '--reason', 'first boot', '--ticket', 'OPS-1');
    await harden(['verify', '--root', tree.root]);
    await harden(['rollback', '--root', tree.root, ...YES, '--reason', 'not yet']);
    const { runs, damaged } = await history(tree);
    expect(damaged).toEqual([]);
    expect(runs.map(({ verb, exit, reason, ticket }) => ({ verb, exit, reason, ticket }))).toEqual([
      { verb: 'rollback', exit: 0, reason: 'not yet', ticket: undefined },
      { verb: 'verify', exit: 2, reason: undefined, ticket: undefined },
      { verb: 'apply', exit: 0, reason: 'first boot', ticket: 'OPS-1' },
    ]);
    const shown = await harden(['history', 'show', runs[2]?.id ?? '', '--root', tree.root]);
    expect(shown.code).toBe(0);
    expect(shown.stdout).toContain('ticket: OPS-1');
    const text = shown.stdout.replaceAll(/\s+/g, ' ');
    expect(text).toMatch(
      /approved by \S+, \S+ \S+ UTC, with --yes; up to risk high and impact reload; ticket OPS-1; because: first boot/,
    );
    expect(text).toMatch(/- [A-Z][^(]+\(3\.\d+/);
    expect(shown.stdout).toContain(`Undo any time: sudo harden rollback ${runs[2]?.id ?? ''}`);
    const listed = (await harden(['history', 'list', '--root', tree.root])).stdout;
    expect(listed.indexOf('rollback')).toBeLessThan(listed.indexOf('OPS-1'));
  });

  test('the id of an apply is that of its snapshot; every result fits the published schema and is private', async () => {
    using tree = plantTree(DOCKER_CE);
    await applied(tree);
    await harden(['verify', '--root', tree.root]);
    await harden(['rollback', '--root', tree.root, ...YES]);
    const validate = new Ajv2020({ strict: false, formats: { 'date-time': true, date: true } }).compile(
      resultJsonSchema(),
    );
    const names = readdirSync(tree.at(RUNS));
    expect(names).toHaveLength(3);
    for (const name of names) {
      expect(statSync(tree.at(`${RUNS}/${name}`)).mode & 0o777).toBe(0o600);
      const result: unknown = JSON.parse(readFileSync(tree.at(`${RUNS}/${name}`), 'utf8'));
      expect(validate(result), JSON.stringify(validate.errors)).toBe(true);
      expect(RunResult.parse(result)).toEqual(result);
    }
    expect(statSync(tree.at(RUNS)).mode & 0o777).toBe(0o700);
    const ids = (await history(tree)).runs.map(({ id }) => id);
    const snapshots = JSON.parse((await harden(['snapshot', 'list', '--json', '--root', tree.root])).stdout) as {
      readonly snapshots: readonly { readonly id: string }[];
    };
    expect(ids).toEqual(expect.arrayContaining(snapshots.snapshots.map(({ id }) => id)));
  });

  test.each([
    ['junit', '<testsuites'],
    ['csv', '"host","profile"'],
    ['sarif', '"$schema"'],
    ['html', '<!doctype html>'],
    ['md', '<!-- harden:plan'],
    ['prom', '# HELP'],
    ['xccdf', '<?xml'],
    ['oscal', '"assessment-results"'],
  ])('report renders a stored run as %s, with what the apply fixed', async (kind, sign) => {
    using tree = plantTree(DOCKER_CE);
    const beside = `${tree.outside}/beside`;
    await applied(tree, '--report', `${kind}:${beside}`);
    const id = (await history(tree)).runs[0]?.id ?? '';
    const { code, stdout } = await harden(['report', id, '--format', kind, '--root', tree.root]);
    expect(code).toBe(0);
    expect(stdout.toLowerCase()).toContain(sign.toLowerCase());
    expect(stdout).toBe(readFileSync(beside, 'utf8'));
    if (kind === 'csv') {
      expect(stdout).toContain('"fixed"');
    }
  });

  test('report takes a plan file and a result file, and gives the very result back as json', async () => {
    using tree = plantTree(DOCKER_CE);
    const [plan, result, out] = [`${tree.outside}/plan.json`, `${tree.outside}/result.json`, `${tree.outside}/out`];
    await harden(['plan', '--root', tree.root, '-c', '3.*', '-o', plan]);
    await applied(tree, '-o', result);
    expect((await harden(['report', plan, '--format', 'csv'])).stdout).toContain('"fail"');
    expect((await harden(['report', result, '--format', 'csv', '-o', out])).stdout).toBe('');
    expect(readFileSync(out, 'utf8')).toContain('"fixed"');
    expect((await harden(['report', result, '--format', 'json'])).stdout).toBe(readFileSync(result, 'utf8'));
  });

  test('what changed nothing leaves no run: a dry run, nobody to ask, a second apply', async () => {
    using tree = plantTree(DOCKER_CE);
    await harden(['apply', '--root', tree.root, '-c', '3.*', '--dry-run']);
    await harden(['apply', '--root', tree.root, '-c', '3.*']);
    await harden(['verify', '--root', tree.root]);
    expect((await history(tree)).runs).toEqual([]);
    await applied(tree);
    await applied(tree);
    expect((await history(tree)).runs).toHaveLength(1);
  });

  test('the number of runs is bounded, and verifies do not push out what changed the host', async () => {
    using tree = plantTree(DOCKER_CE);
    await applied(tree);
    const [name = ''] = readdirSync(tree.at(RUNS));
    const text = tree.read(`${RUNS}/${name}`);
    const planted = (verb: string, number: number): string =>
      `20200101T0000${String(number).padStart(5, '0')}Z-${verb}-0-${String(number).padStart(8, '0')}.json`;
    for (let number = 0; number < 60; number += 1) {
      writeFileSync(tree.at(`${RUNS}/${planted('verify', number)}`), text, { mode: 0o600 });
      writeFileSync(tree.at(`${RUNS}/${planted('apply', number)}`), text, { mode: 0o600 });
    }
    await harden(['verify', '--root', tree.root]);
    const left = readdirSync(tree.at(RUNS));
    expect(left.filter((one) => one.includes('-verify-'))).toHaveLength(20);
    expect(left.filter((one) => one.includes('-apply-'))).toHaveLength(50);
    expect(left).toContain(name);
    expect(left).not.toContain(planted('apply', 0));
  });

  test('a result that cannot be kept is told, and changes neither exit code nor host', async () => {
    using tree = plantTree(DOCKER_CE);
    await applied(tree);
    await harden(['rollback', '--root', tree.root, ...YES]);
    rmSync(tree.at(RUNS), { recursive: true });
    tree.plant({ [RUNS]: 'not a folder' });
    const { code, stdout, stderr } = await harden(['apply', '--root', tree.root, '-c', '3.*', ...YES]);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('1 of 1 change live');
    expect(stderr).toContain('the result of this run is not kept for harden history');
  });

  test('a damaged result is named, the others are still listed', async () => {
    using tree = plantTree(DOCKER_CE);
    await applied(tree);
    await harden(['rollback', '--root', tree.root, ...YES]);
    const [first = ''] = readdirSync(tree.at(RUNS));
    truncateSync(tree.at(`${RUNS}/${first}`), 500);
    const { code, stdout } = await harden(['history', 'list', '--root', tree.root]);
    expect(code).toBe(8);
    expect(stdout).toMatch(/^! run [0-9a-f]{8}: .*Nothing was changed/m);
    expect(stdout).toContain('rollback');
  });

  test('what is no run is refused: unknown, too short, a changed file, not JSON', async () => {
    using tree = plantTree(DOCKER_CE);
    await applied(tree, '-o', `${tree.outside}/result.json`);
    const state = tree.state();
    const show = (what: string) => harden(['history', 'show', what, '--root', tree.root]);
    expectError(await show('0000000000'), { code: 64, id: 'H2050', says: ['there is no run'] });
    expectError(await show('abc'), { code: 64, id: 'H2050', says: ['too short'] });
    const text = readFileSync(`${tree.outside}/result.json`, 'utf8');
    writeFileSync(`${tree.outside}/changed.json`, text.replace('"toFix": ', '"toFix": 1'));
    expectError(await show(`${tree.outside}/changed.json`), { code: 65, id: 'H1040', says: ['digest'] });
    writeFileSync(`${tree.outside}/newer.json`, text.replace('urn:harden:result:1', 'urn:harden:result:2'));
    expectError(await show(`${tree.outside}/newer.json`), { code: 65, id: 'H1040', says: ['newer'] });
    writeFileSync(`${tree.outside}/no.json`, '{');
    expectError(await show(`${tree.outside}/no.json`), { code: 65, id: 'H1020', says: ['JSON'] });
    expect(tree.state()).toEqual(state);
  });

  test('history diff and plan --against say what was added, removed and changed', async () => {
    using tree = plantTree(DOCKER_CE);
    const [some, all] = [`${tree.outside}/some.json`, `${tree.outside}/all.json`];
    await harden(['plan', '--root', tree.root, '-c', '2.*', '-o', some]);
    await harden(['plan', '--root', tree.root, '-c', '2.*,3.*', '-o', all]);
    const same = await harden(['history', 'diff', some, some, '--root', tree.root]);
    expect(same).toMatchObject({ code: 0, stdout: expect.stringContaining('no difference') as string });
    const more = await harden(['history', 'diff', some, all, '--root', tree.root]);
    expect(more.code).toBe(2);
    expect(more.stdout).toMatch(/ 1 more, 0 fewer, 0 different/);
    expect(more.stdout).toMatch(/^ {2}\+ Tighten the mode of .*/m);
    const fewer = await harden(['plan', '--root', tree.root, '-c', '2.*', '--against', all]);
    expect(fewer).toMatchObject({ code: 0, stdout: expect.stringContaining('0 more, 0 fewer') as string });
    expect(fewer.stdout).toMatch(/^ {2}! not chosen now, so not compared: \d+ controls, with 1 change$/m);
    const markdown = await harden(['plan', '--root', tree.root, '-c', '2.*,3.*', '--format', 'md', '--against', some]);
    expect(markdown.stdout).toContain('Since the plan');
    expect(markdown.stdout).toContain('**+1** change (3.2)');
    const json = await harden(['plan', '--root', tree.root, '-c', '2.*', '--json', '--against', all]);
    expect(JSON.parse(json.stdout)).toMatchObject({ schema: 'urn:harden:plan:1' });
    expect(json.stderr).toContain('with 1 change');
  });

  test('plan --redact masks host, containers and paths in Markdown only', async () => {
    using tree = plantTree(DOCKER_CE);
    const { code, stdout } = await harden(['plan', '--root', tree.root, '--format', 'md', '--redact']);
    expect(code).toBe(0);
    expect(stdout).not.toContain('image-01');
    expect(stdout).not.toContain('/usr/lib/systemd');
    expect(stdout).toContain('path-1');
    expectError(await harden(['plan', '--root', tree.root, '--redact']), { code: 64, id: 'H0080', says: ['Markdown'] });
  });
});
