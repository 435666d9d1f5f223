import { EXIT, HardenError } from '../model/errors.ts';
import { nestsDeeper } from '../model/json-depth.ts';
import type { Plan } from '../model/plan.ts';
import { RESULT_SCHEMA, RESULT_SCHEMA_MINOR, type Run, RunResult } from '../model/result.ts';
import type { Report } from '../model/report.ts';
import type { TakenBackBecause } from '../model/revert.ts';
import type { SnapshotSummary, Trouble } from '../model/transaction.ts';
import type { ReportProof } from '../plan/report-of.ts';
import { isIntact } from '../plan/seal.ts';
import type { RunEntry, Runs } from '../state/runs.ts';
import { readPlan } from './plan-file.ts';
import { planOfSnapshot } from './snapshots.ts';

/** A beginning of an id; an empty or mistyped variable in a script must not name one. */
const SHORTEST_WISH = 4;

/** Something that can be shown again: a run, a snapshot, or a plan from a file. */
export interface PastPlan {
  readonly kind: Report['kind'];
  readonly plan: Plan;
  /** Of an apply that stayed. */
  readonly proofs: readonly ReportProof[];
  readonly met: readonly string[];
  /** Undefined of a plan or a snapshot. */
  readonly result: RunResult | undefined;
  /** What `--format json` gives: the text as it was written. */
  readonly json: string;
}

/** One line of the history. */
export interface HistoryLine extends RunEntry {
  readonly by: string;
  readonly profile: string;
  readonly changes: number;
  readonly run: Run | undefined;
  /** The apply that was kept or taken back. */
  readonly of: string | undefined;
  readonly cause: TakenBackBecause | undefined;
  /** What a rollback left as others had made it; undefined where nothing. */
  readonly left: readonly string[] | undefined;
}

/** Newest first, with what is kept and cannot be read. */
export function historyOf(runs: Runs): {
  readonly lines: readonly HistoryLine[];
  readonly damaged: readonly Trouble[];
} {
  const lines: HistoryLine[] = [];
  const damaged: Trouble[] = [];
  for (const entry of runs.list().toReversed()) {
    try {
      const { plan, result } = readRun(runs, entry);
      const run = result?.run;
      const by = run?.by ?? plan.createdBy;
      lines.push({ ...entry, by, profile: plan.content.profile, changes: plan.changes.length, run, ...whatOf(result) });
    } catch (error) {
      damaged.push({ what: `run ${entry.id}`, reason: error instanceof HardenError ? error.message : String(error) });
    }
  }
  return { lines, damaged };
}

/** Which apply a run was about, other than itself, and why. */
export function whatOf(result: RunResult | undefined): Pick<HistoryLine, 'of' | 'cause' | 'left'> {
  if (result?.type === 'kept' || result?.type === 'reverted') {
    return { of: result.snapshot, cause: result.type === 'kept' ? undefined : result.cause, left: undefined };
  }
  const isRollback = result?.type === 'done' && result.run?.verb === 'rollback';
  const left = isRollback && result.kept.length > 0 ? result.kept.map(({ what }) => what) : undefined;
  return { of: isRollback ? result.snapshot : undefined, cause: undefined, left };
}

/**
 * The run, or else the snapshot, somebody means: the whole id, or a beginning that only one has.
 * @throws HardenError where there is none, more than one, or it cannot be read.
 */
export function chosenRun(runs: Runs, snapshots: readonly SnapshotSummary[], wish: string): PastPlan {
  if (wish.length < SHORTEST_WISH) {
    throw noRun(`"${wish}" is too short to name a run`);
  }
  const entries = runs.list().filter(({ id }) => id.startsWith(wish));
  const ids = new Set(entries.map(({ id }) => id));
  const kept = snapshots.filter(({ id }) => id.startsWith(wish) && !ids.has(id));
  const all = [...ids, ...kept.map(({ id }) => id)];
  const [entry] = entries;
  const [snapshot] = kept;
  if (all.length > 1) {
    throw noRun(`${wish} is the beginning of several runs: ${all.join(', ')}`);
  }
  if (entry !== undefined) {
    return readRun(runs, entry);
  }
  if (snapshot === undefined) {
    throw noRun(`there is no run ${wish}`);
  }
  return planOnly(planOfSnapshot(snapshot), snapshot.purpose);
}

/** A plan or a result somebody saved. @throws HardenError exit 65 or 5 */
export function readPast(file: string, text: string): PastPlan {
  return schemaOf(text).startsWith('urn:harden:result:')
    ? readResult(file, text)
    : planOnly(readPlan(file, text), 'plan');
}

function planOnly(plan: Plan, kind: Report['kind']): PastPlan {
  return { kind, plan, proofs: [], met: [], result: undefined, json: `${JSON.stringify(plan, undefined, 2)}\n` };
}

function readRun(runs: Runs, entry: RunEntry): PastPlan {
  const what = `the result of run ${entry.id}`;
  try {
    const text = runs.read(entry);
    if (text !== undefined) {
      return readResult(what, text);
    }
  } catch (cause) {
    if (cause instanceof HardenError) {
      throw cause;
    }
    throw malformed(what, 'cannot be read', [cause instanceof Error ? cause.message : String(cause)]);
  }
  throw noRun(`run ${entry.id} is not kept any more`);
}

function readResult(file: string, text: string): PastPlan {
  const raw = parsed(text);
  refuseOtherSchema(file, raw);
  const result = nestsDeeper(text) ? undefined : RunResult.safeParse(raw);
  if (result?.success !== true) {
    const problems = result?.error.issues.slice(0, 5) ?? [];
    const details = problems.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw malformed(file, 'is not a whole result', details);
  }
  if (!isIntact(result.data.plan)) {
    throw malformed(file, 'was changed after it was made: the digest of its plan does not fit', []);
  }
  return pastOf(result.data, text);
}

function pastOf(result: RunResult, json: string): PastPlan {
  const kind = kindOf(result);
  const { proofs, met = [] } =
    result.type === 'kept'
      ? { proofs: result.proofs }
      : result.type === 'done' && kind === 'apply'
        ? result
        : { proofs: [] };
  return { kind, plan: result.plan, proofs, met, result, json };
}

function kindOf({ type, run }: RunResult): PastPlan['kind'] {
  switch (run?.verb) {
    case undefined:
      return type === 'verified' ? 'verify' : 'apply';
    case 'confirm':
      return 'apply';
    case 'revert':
      return 'rollback';
    case 'apply':
    case 'rollback':
    case 'verify':
      return run.verb;
  }
}

function refuseOtherSchema(file: string, raw: unknown): void {
  const minor = memberOf(raw, 'schemaMinor');
  if (memberOf(raw, 'schema') !== RESULT_SCHEMA || (typeof minor === 'number' && minor > RESULT_SCHEMA_MINOR)) {
    throw malformed(file, 'was made by a newer harden, or is none of its results', [
      `This version reads ${RESULT_SCHEMA}, minor up to ${RESULT_SCHEMA_MINOR}.`,
    ]);
  }
}

function schemaOf(text: string): string {
  const schema = memberOf(parsed(text), 'schema');
  return typeof schema === 'string' ? schema : '';
}

function memberOf(raw: unknown, name: string): unknown {
  return typeof raw === 'object' && raw !== null ? (raw as Readonly<Record<string, unknown>>)[name] : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function malformed(file: string, what: string, details: readonly string[]): HardenError {
  return new HardenError({
    code: 'H1040',
    exit: EXIT.malformed,
    message: `${file} ${what}. Nothing was changed.`,
    details,
    hint: 'To see what is kept of this host: harden history list',
  });
}

function noRun(what: string): HardenError {
  return new HardenError({
    code: 'H2050',
    exit: EXIT.usage,
    message: `${what}. Nothing was changed.`,
    hint: 'To see their ids: harden history list',
  });
}
