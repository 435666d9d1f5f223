import { printableJson } from '../render/printable.ts';
import type { RunOutcome } from '../app/outcome.ts';
import { type PastPlan, chosenRun, readPast } from '../app/history.ts';
import type { Ground } from '../app/ground.ts';
import { atPlace } from '../model/command-place.ts';
import { HardenError } from '../model/errors.ts';
import type { HookRun } from '../model/hook.ts';
import type { Approval, Plan } from '../model/plan.ts';
import { RESULT_SCHEMA, RESULT_SCHEMA_MINOR, type Run, type RunVerb } from '../model/result.ts';
import type { Trouble } from '../model/transaction.ts';
import type { ReportParts } from '../plan/report-of.ts';
import { type RunEntry, type Runs, keepRunAt, withRuns } from '../state/runs.ts';
import type { Store } from '../state/store.ts';
import { readableSnapshots, runsPlace } from './store-place.ts';
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
  readonly run: Run;
}

/** Keeps the result of a run that changed the host, or tried to, or was approved before; others leave nothing. That it could not be kept is told, and changes nothing. */
export function endedRun(store: Pick<Store, 'keepRun'>, ended: RunOutcome, run: Run): EndedRun {
  const outcome = withPlace(ended);
  const json = outcomeJson(outcome, run);
  if (isKept(outcome, run)) {
    tellNotKept(store.keepRun({ ...run, exit: outcomeExit(outcome) }, json));
  }
  return { outcome, json, run };
}

/** Runs that changed the host, or tried to, or were approved before. */
function isKept({ type }: RunOutcome, { approvedAt }: Run): boolean {
  return type === 'done' || type === 'rolled-back' || type === 'reverted' || approvedAt !== undefined;
}

/** After a run on this machine that is kept: the site's hooks, which are told of it and stand in what is kept then. */
export async function hooksOfRun(args: RunsArguments, { outcome, json, run }: EndedRun): Promise<void> {
  if (args.root !== undefined || !isKept(outcome, run)) {
    return;
  }
  const { hooksAfter, revertJson } = await import('./hooks.ts');
  const id = 'snapshot' in outcome ? outcome.snapshot : run.id;
  const revert = {
    id,
    cause: 'rollback',
    undo: null,
    notAsBefore: notBack(outcome),
    result: JSON.parse(json) as unknown,
  } as const;
  const hooks =
    run.verb === 'apply'
      ? await hooksAfter('apply', json)
      : await hooksAfter(
          'revert',
          revertJson(revert, () => new Date(run.at)),
        );
  keepWithHooks(args, { ...run, exit: outcomeExit(outcome) }, json, hooks);
}

/** Of a rollback. */
function notBack(outcome: RunOutcome): readonly Trouble[] {
  switch (outcome.type) {
    case 'done':
      return [
        ...outcome.kept.map(({ what, reason }) => ({ what, reason })),
        ...outcome.proofs
          .filter(({ proof }) => proof === 'failed')
          .map(({ change, reason }) => ({ what: change, reason })),
      ];
    case 'reverted':
      return outcome.notAsBefore;
    case 'rolled-back':
      return [{ what: 'the rollback', reason: outcome.reason }];
    case 'nothing-to-do':
    case 'declined':
    case 'scheduled':
    case 'dry-run':
      return [];
  }
}

function keepWithHooks(args: RunsArguments, entry: RunEntry, json: string, hooks: readonly HookRun[]): void {
  if (hooks.length > 0) {
    const result = { ...(JSON.parse(json) as Record<string, unknown>), hooks };
    keepOrTell(args, entry, printableJson(result));
  }
}

/** That a result could not be kept is told and changes nothing. */
function keepOrTell(args: RunsArguments, entry: RunEntry, json: string): void {
  try {
    tellNotKept(keepRunAt(placeOf(args), entry, json));
  } catch (error) {
    if (!(error instanceof HardenError)) {
      throw error;
    }
    tellNotKept(error.message);
  }
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
export async function keepVerified(
  args: RunsArguments,
  verified: { readonly plan: Plan; readonly exit: number },
  run: Run,
): Promise<void> {
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
  keepOrTell(args, { ...run, exit }, json);
  if (args.root === undefined) {
    const { hooksAfter } = await import('./hooks.ts');
    keepWithHooks(args, { ...run, exit }, json, await hooksAfter('verify', json));
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
