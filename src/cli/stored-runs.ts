import { printableJson } from '../render/printable.ts';
import type { RunOutcome } from '../app/outcome.ts';
import { type PastPlan, chosenRun, readPast } from '../app/history.ts';
import type { Ground } from '../app/ground.ts';
import { atPlace } from '../model/command-place.ts';
import { HardenError } from '../model/errors.ts';
import type { Approval, Plan } from '../model/plan.ts';
import { RESULT_SCHEMA, RESULT_SCHEMA_MINOR, type Run, type RunVerb } from '../model/result.ts';
import type { ReportParts } from '../plan/report-of.ts';
import { type Runs, keepRunAt, withRuns } from '../state/runs.ts';
import type { Store } from '../state/store.ts';
import { readableSnapshots, runsPlace } from './compose.ts';
import { outcomeExit, outcomeJson } from './outcome.ts';
import { tellNotKept } from './output.ts';
import { commandPlace } from './place.ts';
import { readInput } from './result-file.ts';

/** Which state folder. */
export interface RunsArguments {
  readonly root: string | undefined;
  readonly 'state-dir': string | undefined;
}

/** What the caller says of a run. */
export interface RunNote {
  readonly id: string;
  readonly verb: RunVerb;
  readonly reason?: string | undefined;
  readonly ticket?: string | undefined;
  /** Of an apply that was put off: whose approval it is, and of when. */
  readonly given?: Pick<Approval, 'by' | 'at'> | undefined;
}

export function runOf({ id, verb, reason, ticket, given }: RunNote, ground: Pick<Ground, 'now' | 'operator'>): Run {
  return {
    id,
    verb,
    at: ground.now().toISOString(),
    by: given?.by ?? ground.operator,
    ...(reason === undefined ? {} : { reason }),
    ...(ticket === undefined ? {} : { ticket }),
    ...(given === undefined ? {} : { approvedAt: given.at }),
  };
}

/** How a run ended, and the result as it is printed and kept. */
export interface EndedRun {
  readonly outcome: RunOutcome;
  readonly json: string;
}

/** Keeps the result of a run that changed the host, or tried to, or was approved before; others leave nothing. That it could not be kept is told, and changes nothing. */
export function endedRun(store: Pick<Store, 'keepRun'>, ended: RunOutcome, run: Run): EndedRun {
  const outcome = withPlace(ended);
  const json = outcomeJson(outcome, run);
  const changed = outcome.type === 'done' || outcome.type === 'rolled-back' || outcome.type === 'reverted';
  if (changed || run.approvedAt !== undefined) {
    tellNotKept(store.keepRun({ ...run, exit: outcomeExit(outcome) }, json));
  }
  return { outcome, json };
}

/** The commands it names, for this place. */
function withPlace(outcome: RunOutcome): RunOutcome {
  if (outcome.type !== 'rolled-back' || outcome.wayOut === undefined) {
    return outcome;
  }
  const here = (command: string): string => atPlace(command, commandPlace());
  const wayOut = outcome.wayOut.map(({ why, commands }) => ({ why, commands: commands.map(here) }));
  return { ...outcome, wayOut };
}

/** What an apply proved; of one that was put back, and of a rollback, nothing stayed. */
export function provedBy(outcome: RunOutcome): Pick<ReportParts, 'proofs' | 'met'> {
  return outcome.type === 'done' ? { proofs: outcome.proofs, met: outcome.met ?? [] } : { proofs: [], met: [] };
}

/** Keeps what a verify found, where runs of this host are kept already and we may write there. */
export function keepVerified(
  args: RunsArguments,
  verified: { readonly plan: Plan; readonly exit: number },
  run: Run,
): void {
  if (args.root === undefined && args['state-dir'] === undefined && process.geteuid?.() !== 0) {
    return;
  }
  const { plan, exit } = verified;
  const json = printableJson({
    schema: RESULT_SCHEMA,
    schemaMinor: RESULT_SCHEMA_MINOR,
    exit,
    run,
    type: 'verified',
    plan,
  });
  try {
    tellNotKept(keepRunAt(placeOf(args), { ...run, exit }, json));
  } catch (error) {
    if (!(error instanceof HardenError)) {
      throw error;
    }
    tellNotKept(error.message);
  }
}

/** Looks at what is kept; where nothing ever was there is an empty list. */
export function lookAtRuns<T>(args: RunsArguments, use: (runs: Runs) => T): T {
  const empty: Runs = { list: () => [], read: () => undefined };
  return withRuns(placeOf(args), (runs) => ({ value: use(runs) }))?.value ?? use(empty);
}

/** A plan or result from a file, else a run or snapshot by its id. @throws HardenError */
export function pastPlan(args: RunsArguments, wish: string): PastPlan {
  if (!/^[0-9a-f]+$/.test(wish)) {
    return readPast(wish === '-' ? 'standard input' : wish, readInput(wish));
  }
  const snapshots = readableSnapshots(args, (kept) => kept?.list().snapshots ?? []);
  return lookAtRuns(args, (runs) => chosenRun(runs, snapshots, wish));
}

function placeOf(args: RunsArguments): Parameters<typeof withRuns>[0] {
  return runsPlace({ root: args.root, stateDir: args['state-dir'] });
}
