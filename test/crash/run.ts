import { readFile, writeFile } from 'node:fs/promises';
import { release } from 'node:os';
import { join as pathOf } from 'node:path';
import { parseArgs } from 'node:util';
import type { CrashMethod, Effort } from './method.ts';
import { METHODS, methodsOf } from './methods.ts';
import { type Row, type CrashReport, footOfTable, headOfTable, joined, lineOf, reportOf } from './table.ts';

/*
 * npm run test:crash [-- [--quick] [--json FILE] [--allow-missing NAME]... [NAME...]]
 * npm run test:crash -- --join PART.json...      parts that were run one by one (--json) become the table that is kept
 * Ends with 1 where a point did not hold, a method could not run or tried fewer points than it is known to have.
 */
const KEPT = pathOf(import.meta.dirname, '../../docs/crash-safety.json');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    join: { type: 'boolean', default: false },
    'allow-missing': { type: 'string', multiple: true, default: [] },
  },
});
const effort: Effort = values.quick ? 'quick' : 'full';
const say = (text: string): void => void process.stdout.write(`${text}\n`);
await (values.join ? join(positionals) : runChosen(chooseMethods(positionals)));

async function join(files: readonly string[]): Promise<void> {
  const parts = await Promise.all(files.map(async (part) => JSON.parse(await readFile(part, 'utf8')) as CrashReport));
  const names = methodsOf('full').map(({ name }) => name);
  await finish(joined(parts, names), KEPT);
}

async function runChosen(chosen: readonly CrashMethod[]): Promise<void> {
  say(headOfTable());
  const rows: Row[] = [];
  for (const method of chosen) {
    const row = await runOne(method);
    rows.push(row);
    say(lineOf(row));
  }
  // A part of the table is not the table: it is kept only where asked for.
  const file = values.json ?? (effort === 'full' && positionals.length === 0 ? KEPT : undefined);
  await finish(reportOf(rows, { effort, node: process.version, kernel: release() }), file);
}

async function finish(report: CrashReport, file: string | undefined): Promise<void> {
  const { methods } = report;
  say(footOfTable(report));
  methods.flatMap(({ name, violations }) => violations.slice(0, 20).map((one) => `${name}: ${one}`)).forEach(say);
  methods.flatMap(({ name, missing }) => (missing === undefined ? [] : [`${name}: not run: ${missing}`])).forEach(say);
  if (file !== undefined) {
    await writeFile(file, `${JSON.stringify(report, undefined, 2)}\n`);
  }
  const lacking = methods.filter(
    ({ name, missing }) => missing !== undefined && !values['allow-missing'].includes(name),
  );
  process.exitCode = report.violations > 0 || lacking.length > 0 ? 1 : 0;
}

function chooseMethods(names: readonly string[]): readonly CrashMethod[] {
  const unknown = names.filter((name) => METHODS.every((method) => method.name !== name));
  if (unknown.length > 0) {
    const known = METHODS.map(({ name }) => name).join(' ');
    throw new Error(`no method ${unknown.join(', ')}; there are: ${known}`);
  }
  return names.length === 0 ? methodsOf(effort) : METHODS.filter(({ name }) => names.includes(name));
}

async function runOne(method: CrashMethod): Promise<Row> {
  const { name, rows: ids, counts = 'points' } = method;
  const missing = method.missing();
  const start = performance.now();
  if (missing !== undefined) {
    return { name, rows: ids, counts, points: 0, violations: [], seconds: 0, missing };
  }
  const found = await attempt(method);
  const least = method.least?.[effort] ?? 1;
  const few = found.points < least ? [`only ${found.points} points, ${least} are known`] : [];
  const seconds = (performance.now() - start) / 1000;
  return { name, rows: ids, counts, points: found.points, violations: [...found.violations, ...few], seconds, missing };
}

/** A method that breaks down has shown nothing. */
async function attempt(method: CrashMethod): Promise<Pick<Row, 'points' | 'violations'>> {
  try {
    return await method.run(effort);
  } catch (error) {
    return {
      points: 0,
      violations: [`broke down: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`],
    };
  }
}
