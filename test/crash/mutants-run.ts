import { execFile } from 'node:child_process';
import { cpSync, linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';

/** The product with one mistake in it, and the test that has to notice. */
export interface SourceMutant {
  /** Short and stable: it names the folder of the copy. */
  readonly name: string;
  /** Row of the matrix; undefined for those beyond it. */
  readonly row?: string;
  /** Below the project. */
  readonly file: string;
  /** Stands exactly once in the file. */
  readonly from: string;
  readonly to: string;
  readonly caughtBy: TestPlace;
}

/** `line`: a piece of text that stands in exactly one line of the file, the one in which the test is made. */
export interface TestPlace {
  readonly file: string;
  readonly line: string;
}

/** `untried`: the copy could not be made, or its test did not even begin. */
export interface MutantVerdict {
  readonly name: string;
  readonly verdict: 'caught' | 'survived' | 'untried';
  readonly why: string;
}

const PROJECT = join(import.meta.dirname, '../..');
/** All copies together, on a machine with other work. */
const LIMIT_MS = 540_000;
const UNCHANGED = 'unchanged';

const Report = z.looseObject({
  testResults: z.array(
    z.looseObject({
      name: z.string(),
      message: z.string(),
      assertionResults: z.array(
        z.looseObject({ title: z.string(), status: z.string(), failureMessages: z.array(z.string()) }),
      ),
    }),
  ),
});
type FileReport = z.infer<typeof Report>['testResults'][number];

/**
 * Runs each mutant's test in a copy of the product that has the mistake, and all of these tests in one that has none: those have to
 * pass, or a failure would say nothing. One vitest runs them all.
 */
export async function tryMutants(mutants: readonly SourceMutant[]): Promise<readonly MutantVerdict[]> {
  const scratch = mkdtempSync(join(tmpdir(), 'harden-mutants-'));
  try {
    writeCommonParts(scratch);
    const made = mutants.map((mutant) => ({ mutant, test: makeMutant(scratch, mutant) }));
    const tried = made.flatMap(({ mutant, test }) => (test.type === 'at' ? [{ mutant, place: test.place }] : []));
    makeCopy(
      scratch,
      UNCHANGED,
      tried.map(({ mutant }) => mutant.caughtBy),
    );
    const files = await runVitest(scratch, [
      ...new Set(tried.map(({ place }) => `${UNCHANGED}/${place}`)),
      ...tried.map(({ mutant, place }) => `${mutant.name}/${place}`),
    ]);
    return [
      ...judgeUnchanged(
        files,
        tried.map(({ mutant }) => mutant.caughtBy.file),
        scratch,
      ),
      ...made.map(({ mutant, test }) =>
        test.type === 'at'
          ? judge(mutant.name, files.get(join(scratch, mutant.name, mutant.caughtBy.file)))
          : { name: mutant.name, verdict: 'untried' as const, why: test.why },
      ),
    ];
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function writeCommonParts(scratch: string): void {
  for (const file of ['package.json', 'tsconfig.json']) {
    cpSync(join(PROJECT, file), join(scratch, file));
  }
  symlinkSync(join(PROJECT, 'node_modules'), join(scratch, 'node_modules'));
  const test =
    "{ include: ['*/test/**/*.test.ts'], isolate: false, pool: 'threads', maxWorkers: 2, testTimeout: 60_000 }";
  writeFileSync(join(scratch, 'vitest.config.ts'), `export default { test: ${test} };\n`);
}

/** Sources are linked, not copied: whatever is changed there gets a file of its own. */
function makeCopy(scratch: string, name: string, tests: readonly TestPlace[]): void {
  const folder = join(scratch, name);
  for (const part of ['src', 'test/support', 'test/helpers', 'test/crash']) {
    cpSync(join(PROJECT, part), join(folder, part), { recursive: true });
  }
  for (const part of ['remediations', 'snapshots']) {
    symlinkSync(join(PROJECT, part), join(folder, part));
  }
  for (const file of new Set(tests.map((test) => test.file))) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    copyFile(join(PROJECT, file), join(folder, file));
  }
}

function copyFile(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    // Another file system.
    cpSync(from, to);
  }
}

/** Where its test is, as vitest is told; or why there is no such mutant. */
type Made = { readonly type: 'at'; readonly place: string } | { readonly type: 'not-made'; readonly why: string };

function makeMutant(scratch: string, { name, file, from, to, caughtBy }: SourceMutant): Made {
  const text = readFileSync(join(PROJECT, file), 'utf8');
  const found = text.split(from).length - 1;
  if (found !== 1) {
    return { type: 'not-made', why: `${file} holds the text to be replaced ${found} times` };
  }
  const lines = linesOf(caughtBy);
  if (lines.length !== 1) {
    return { type: 'not-made', why: `${caughtBy.file} has ${lines.length} lines with ${caughtBy.line}` };
  }
  makeCopy(scratch, name, [caughtBy]);
  const place = join(scratch, name, file);
  rmSync(place);
  writeFileSync(
    place,
    text.replace(from, () => to),
  );
  return { type: 'at', place: `${caughtBy.file}:${lines.join()}` };
}

/** Counted from 1. */
function linesOf({ file, line }: TestPlace): readonly number[] {
  const lines = readFileSync(join(PROJECT, file), 'utf8').split('\n');
  return lines.flatMap((text, index) => (text.includes(line) ? [index + 1] : []));
}

async function runVitest(scratch: string, filters: readonly string[]): Promise<ReadonlyMap<string, FileReport>> {
  const output = join(scratch, 'report.json');
  const vitest = join(PROJECT, 'node_modules/vitest/vitest.mjs');
  const args = [vitest, 'run', '--reporter=json', `--outputFile=${output}`, ...filters];
  const environment = Object.entries(process.env).filter(([name]) => !/^(?:VITEST|VITE_|NODE_ENV|TEST$)/.test(name));
  const options = { cwd: scratch, env: Object.fromEntries(environment), timeout: LIMIT_MS, maxBuffer: 2 ** 26 };
  const ended = await promisify(execFile)(process.execPath, args, options).catch((error: unknown) => error);
  try {
    const report = Report.parse(JSON.parse(readFileSync(output, 'utf8')));
    return new Map(report.testResults.map((file) => [file.name, file]));
  } catch (cause) {
    throw new Error(`no report of the copies: ${ended instanceof Error ? ended.message.slice(-2000) : ''}`, { cause });
  }
}

/** Caught where a test failed by what it saw; a copy whose tests cannot be loaded shows nothing. */
function judge(name: string, file: FileReport | undefined): MutantVerdict {
  const run = file?.assertionResults.filter(({ status }) => status === 'passed' || status === 'failed') ?? [];
  if (run.length === 0) {
    return {
      name,
      verdict: 'untried',
      why: `no test was run: ${file?.message.slice(0, 300) ?? 'its file is missing'}`,
    };
  }
  const failed = run.find(({ status }) => status === 'failed');
  return failed === undefined
    ? { name, verdict: 'survived', why: run.map(({ title }) => title).join('; ') }
    : { name, verdict: 'caught', why: `${failed.title}: ${failed.failureMessages[0]?.split('\n')[0] ?? ''}` };
}

/** Only where something is amiss. */
function judgeUnchanged(
  files: ReadonlyMap<string, FileReport>,
  tests: readonly string[],
  scratch: string,
): readonly MutantVerdict[] {
  return [...new Set(tests)].flatMap((file): readonly MutantVerdict[] => {
    const { verdict, why } = judge(UNCHANGED, files.get(join(scratch, UNCHANGED, file)));
    return verdict === 'survived'
      ? []
      : [{ name: UNCHANGED, verdict: 'untried', why: `${file} fails without any mutant: ${why}` }];
  });
}
