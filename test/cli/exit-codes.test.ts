import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EXIT } from '../../src/model/errors.ts';
import { DOCKER_CE } from '../fixtures/hosts/trees.ts';
import { HARDEN, harden, type ProgramResult, run } from '../helpers/program.ts';
import { canOwn, plantTree, type Tree, treeChanges } from '../helpers/tree.ts';

const ROOT = join(import.meta.dirname, '../..');
const YES = ['--yes', '--max-risk', 'high'];
const ALL = ['-p', 'cis-docker-1.8.0/L2', ...YES];
/** System calls that fail as on a bad disk, from one call on. */
type Faults = readonly (readonly [calls: string, when: string])[];

const LINK = 'link,linkat';
const CHMOD = 'chmod,fchmod,fchmodat';

/** 1 is a bug, 9 is shown with a held lock, 69 on a real host, 130 and 143 with signals; the rest in one table. */
const TABLE: readonly (readonly [code: number, what: string, act: (tree: Tree) => Promise<ProgramResult>])[] = [
  [EXIT.ok, 'a plan with changes', (tree) => harden(['plan', '--root', tree.root])],
  [EXIT.ok, 'an apply', (tree) => harden(['apply', '--root', tree.root, ...YES])],
  [EXIT.notAsItShouldBe, 'a verify with findings', (tree) => harden(['verify', '--root', tree.root])],
  [
    EXIT.notAsItShouldBe,
    'plan --exit-code with changes',
    (tree) => harden(['plan', '--exit-code', '--root', tree.root]),
  ],
  [EXIT.notAsItShouldBe, 'its other name', (tree) => harden(['plan', '--detailed-exitcode', '--root', tree.root])],
  [EXIT.approvalNeeded, 'nobody to ask', (tree) => harden(['apply', '--root', tree.root])],
  [
    EXIT.approvalNeeded,
    'above the ceiling',
    (tree) => harden(['apply', '--root', tree.root, '--yes', '--max-risk', 'low']),
  ],
  [
    EXIT.planNotApplicable,
    'no engine',
    (tree) => harden(['apply', '--root', `${tree.root}/etc`, '--state-dir', `${tree.outside}/state`, ...YES]),
  ],
  [
    EXIT.rolledBack,
    'a step that fails',
    async (tree) => faulty(tree, [[LINK, String((await callsBeforeTheFirstChange(tree, LINK)) + 2)]]),
  ],
  [
    EXIT.notEverythingChecked,
    'only unknowns',
    (tree) => harden(['plan', '--exit-code', '-c', '2.3', '--root', tree.root]),
  ],
  [EXIT.usage, 'a wrong option', (tree) => harden(['plan', '--nope', '--root', tree.root])],
  [EXIT.malformed, 'a profile that is not there', (tree) => harden(['plan', '-p', './no.json5', '--root', tree.root])],
  [
    EXIT.cannotWriteOutput,
    'no place for the result',
    (tree) => harden(['plan', '-o', '/proc/no/x', '--root', tree.root]),
  ],
  [EXIT.cannotWriteOutput, 'no snapshot to be had', (tree) => faulty(tree, [['rename,renameat,renameat2', '1+']])],
  [
    EXIT.noPrivilege,
    "root's folder, without root",
    (tree) => harden(['apply', '--root', tree.root, ...YES], { uid: 65_534 }),
  ],
];

describe.runIf(canOwn())('exit codes', () => {
  test.each(TABLE)('%i: %s', async (code, _what, act) => {
    using tree = plantTree(DOCKER_CE);
    const before = tree.state();
    const result = await act(tree);
    expect(result.code, result.stderr + result.stdout).toBe(code);
    if (code !== EXIT.ok) {
      expect(treeChanges(before, tree.state())).toEqual([]);
    }
  });

  test(
    '7: a step that fails, and a way back that fails too; the next command ends it',
    { timeout: 120_000 },
    async () => {
      for (let from = 1; from < 30; from += 1) {
        using tree = plantTree(DOCKER_CE);
        const before = tree.state();
        const links = await callsBeforeTheFirstChange(tree, LINK);
        const chmods = await callsBeforeTheFirstChange(tree, CHMOD);
        const result = await faulty(tree, [
          [LINK, String(links + 2)],
          [CHMOD, `${chmods + from}+`],
        ]);
        expect([EXIT.rolledBack, EXIT.needsAttention, EXIT.cannotWriteOutput]).toContain(result.code);
        if (result.code !== EXIT.needsAttention) {
          expect(treeChanges(before, tree.state())).toEqual([]);
          continue;
        }
        expect(result.stdout).toContain('Not everything is as before');
        expect(result.stdout).toContain('sudo harden recover');
        expect((await harden(['recover', '--root', tree.root])).code).toBe(EXIT.ok);
        expect(treeChanges(before, tree.state())).toEqual([]);
        return;
      }
      expect.unreachable('no fault hit the way back');
    },
  );
});

test('no code of shells, timeout and container runtimes is used, and none twice', () => {
  const codes: readonly number[] = Object.values(EXIT);
  expect(new Set(codes).size).toBe(codes.length);
  expect(codes.filter((code) => code >= 124 && code <= 127)).toEqual([]);
});

test('the README tells every code but the one of a bug', () => {
  const rows = readFileSync(join(ROOT, 'README.md'), 'utf8').matchAll(/^\| *(\d+(?:[, /]+\d+)*) *\|/gm);
  const told = [...rows].flatMap(([, codes]) => (codes ?? '').split(/[, /]+/).map(Number));
  const known: readonly number[] = Object.values(EXIT);
  expect(told.filter((code) => !known.includes(code))).toEqual([]);
  expect(known.filter((code) => code !== EXIT.bug && !told.includes(code))).toEqual([]);
});

test('the process is ended from the middle of the program by a second Ctrl-C only', () => {
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  expect(files.filter((name) => readFileSync(join(ROOT, 'src', name), 'utf8').includes('process.exit('))).toEqual([
    'cli/signals.ts',
  ]);
});

/** How often a run makes these calls until all is saved and rehearsed: a dry run does no more. */
async function callsBeforeTheFirstChange(tree: Tree, calls: string): Promise<number> {
  const log = join(tree.outside, 'calls');
  const strace = ['-f', '-qq', '-e', `trace=${calls}`, '-o', log];
  const dry = await run('strace', [...strace, HARDEN, 'apply', '--dry-run', '--root', tree.root, ...ALL]);
  expect(dry.code, dry.stderr).toBe(EXIT.ok);
  return readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => / (?:f?chmod(?:at)?|link(?:at)?)\(/.test(line)).length;
}

/** An apply of everything on a disk that fails. */
function faulty(tree: Tree, faults: Faults): Promise<ProgramResult> {
  const traced = ['-e', `trace=${faults.map(([calls]) => calls).join(',')}`];
  const injected = faults.flatMap(([calls, when]) => ['-e', `inject=${calls}:error=EIO:when=${when}`]);
  return run('strace', [
    '-f',
    '-qq',
    ...traced,
    ...injected,
    '-o',
    '/dev/null',
    HARDEN,
    'apply',
    '--root',
    tree.root,
    ...ALL,
  ]);
}
