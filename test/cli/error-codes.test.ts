import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type ErrorCode, ERROR_CODES } from '../../src/model/error-codes.ts';
import { DOCKER_CE } from '../fixtures/hosts/trees.ts';
import { expectError } from '../helpers/error-shape.ts';
import { harden, type ProgramResult } from '../helpers/program.ts';
import { canOwn, plantTree, type Tree, treeChanges } from '../helpers/tree.ts';

const YES = ['--yes', '--max-risk', 'high', '--max-impact', 'restart'];
const LOOSE = {
  ...DOCKER_CE,
  '/etc/docker/daemon.json': { type: 'file', text: '{}\n', mode: 0o666, uid: 7, gid: 7 },
} as const;

type Row = readonly [
  code: ErrorCode,
  exit: number,
  args: (tree: Tree) => readonly string[] | Promise<readonly string[]>,
];

/** Command lines that end with a code nothing else in the tests is about. Each is refused before anything is changed. */
const TABLE: readonly Row[] = [
  ['H0061', 64, () => ['apply', '--confirm-within', '48h', ...YES]],
  ['H0064', 64, () => ['plann']],
  ['H0065', 64, () => ['plan', '--expires', 'never']],
  ['H0068', 64, async (tree) => ['apply', await planFile(tree), '-c', '2.2']],
  ['H0069', 64, () => ['plan', '--json', '--report', 'sarif:-']],
  ['H0070', 64, () => ['plan', '--report', 'nothing']],
  ['H1032', 65, (tree) => ['plan', '--from', textFile(tree, '{}')]],
  ['H1034', 64, () => ['plan', '--root', '/nowhere']],
  ['H2005', 64, (tree) => ['explain', 'icc-disabld', '--root', tree.root]],
  ['H2006', 64, (tree) => ['explain', '99', '--root', tree.root]],
  ['H2007', 64, () => ['explain', 'H9999']],
  ['H2011', 64, (tree) => ['rollback', 'abcd1234', '--root', tree.root, ...YES]],
  ['H2012', 64, async (tree) => ['rollback', await rollbackOf(tree), '--root', tree.root, ...YES]],
  ['H2013', 64, (tree) => ['verify', '--since-run', 'abcd1234', '--root', tree.root]],
  ['H2014', 64, (tree) => ['verify', '--since-run', 'abcd1234', '-c', '2.2', '--root', tree.root]],
  ['H2103', 77, (tree) => ['apply', '--root', tree.root, '--state-dir', '/proc/nowhere', ...YES]],
  ['H4001', 4, (tree) => ['apply', '--root', tree.root]],
  ['H4002', 4, (tree) => ['apply', '--root', tree.root, '--yes', '--max-risk', 'low']],
  ['H4010', 64, async (tree) => [...(await afterApply(tree)), '-c', '1.1.3']],
  ['H4011', 64, async (tree) => [...(await afterTiedApply(tree)), '-c', 'iptables-managed']],
];

describe.runIf(canOwn())('codes of the command line', () => {
  test.each(TABLE)('%s, exit %i', async (code, exit, argsOf) => {
    using tree = plantTree(LOOSE);
    const args = await argsOf(tree);
    const before = tree.state();
    expectError(await harden(args), { code: exit, id: code, says: [] });
    expect(treeChanges(before, tree.state())).toEqual([]);
  });

  test.each([
    ['plan', 73, []],
    ['plan', 73, ['--exit-code']],
    ['verify', 2, []],
    ['verify', 2, ['--json']],
  ] as const)(
    'H0074: %s, exit %i %j: what was asked for is shown, only its file is missing',
    async (verb, exit, more) => {
      using tree = plantTree(LOOSE);
      const asked = [verb, '--root', tree.root, ...more];
      const [{ stdout: whole }, { code, stdout, stderr }] = await Promise.all([
        harden(asked),
        harden([...asked, '-o', '/proc/no/x']),
      ]);
      expect(code, stdout + stderr).toBe(exit);
      expect(stderr).toContain('H0074   harden explain H0074');
      expect(stdout.length).toBeGreaterThan(100);
      expect(withoutTimes(stdout)).toBe(withoutTimes(whole));
    },
  );
});

/** Two plans of one host differ in when they were made. */
function withoutTimes(text: string): string {
  return text
    .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::[\d.]+Z)?/g, 'TIME')
    .replaceAll(/"(?:seal|digest|idHmac)": "[^"]*"/g, 'DIGEST');
}

describe('harden explain CODE', () => {
  test('every code has a page: its title, why, and what to do; without a host', async () => {
    for (const code of Object.keys(ERROR_CODES)) {
      const { code: exit, stdout, stderr } = await explained(code);
      expect({ exit, stderr }, code).toEqual({ exit: 0, stderr: '' });
      expect(stdout).toMatch(new RegExp(`^${code} {2}\\S`));
      expect(stdout).toContain('\nWHY\n');
      expect(stdout).toContain('\nWHAT TO DO\n');
      expect(stdout.split('\n').every((line) => line.length <= 80)).toBe(true);
    }
  }, 120_000);

  test('in small letters it is the same page', async () => {
    expect((await explained('h1102')).stdout).toBe((await explained('H1102')).stdout);
  });
});

test('the line, the one before it and a caret below the place are shown', async () => {
  using tree = plantTree({});
  const profile = join(tree.outside, 'web.json5');
  writeFileSync(profile, "{\n\tname: 'web',\n\ttitle 'x',\n}\n");
  const { stderr } = await harden(['plan', '-p', profile, '--root', tree.root]);
  const [place = '', rest = ''] = stderr.slice(stderr.indexOf('  not')).split(/(?<=\^)\n/);
  expect(place).toBe(`  not JSON5: invalid character '\\''
      2 |  name: 'web',
      3 |  title 'x',
        |        ^`);
  expect(rest.replaceAll(/\s+/g, ' ').trim()).toBe(
    `Correct the file, then: harden plan -p ${profile} --root ${tree.root} H2002 harden explain H2002`,
  );
});

function explained(code: string): Promise<ProgramResult> {
  return harden(['explain', code]);
}

async function planFile(tree: Tree): Promise<string> {
  const file = join(tree.outside, 'plan.json');
  const { code, stderr } = await harden(['plan', '--root', tree.root, '-o', file]);
  expect(code, stderr).toBe(0);
  expect(readFileSync(file, 'utf8')).toContain('urn:harden:plan:1');
  return file;
}

function textFile(tree: Tree, text: string): string {
  const file = join(tree.outside, 'text.json');
  writeFileSync(file, text);
  return file;
}

async function afterApply(tree: Tree): Promise<readonly string[]> {
  const { code, stderr } = await harden([
    'apply',
    '--root',
    tree.root,
    '-p',
    'cis-docker-1.8.0/L2',
    '-c',
    '3.17,3.18',
    ...YES,
  ]);
  expect(code, stderr).toBe(0);
  return ['rollback', '--root', tree.root, ...YES];
}

/** icc stays in force only where iptables is managed, so the one cannot go back without the other. */
async function afterTiedApply(tree: Tree): Promise<readonly string[]> {
  tree.plant({ '/etc/docker/daemon.json': '{ "iptables": false }\n' });
  const both = ['-c', 'icc-disabled,iptables-managed'];
  const { code, stderr } = await harden(['apply', '--root', tree.root, ...both, ...YES]);
  expect(code, stderr).toBe(0);
  return ['rollback', '--root', tree.root, ...YES];
}

async function rollbackOf(tree: Tree): Promise<string> {
  const { code, stderr } = await harden(await afterApply(tree));
  expect(code, stderr).toBe(0);
  const { stdout } = await harden(['snapshot', 'list', '--root', tree.root, '--json']);
  const { snapshots } = JSON.parse(stdout) as {
    readonly snapshots: readonly { readonly id: string; readonly purpose: string }[];
  };
  return snapshots.find(({ purpose }) => purpose === 'rollback')?.id ?? '';
}
