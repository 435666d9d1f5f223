import { proveChanges } from '../engine/prove.ts';
import type { ChangeProof } from '../engine/prove.ts';
import type { Json } from '../model/canonical.ts';
import { HardenError } from '../model/errors.ts';
import { Plan } from '../model/plan.ts';
import { changesOf } from '../model/plan-changes.ts';
import type { OpenRun, RecoverWish, RevertNote, TakenBackBecause } from '../model/revert.ts';
import type { Recovered, Trouble } from '../model/transaction.ts';
import type { Store } from '../state/store.ts';
import { wordsOf } from './ending.ts';
import type { Ground } from './ground.ts';
import type { RunOutcome } from './outcome.ts';
import { type PlannedHost, makePlan } from './make-plan.ts';
import { selectionOf } from './applied-selection.ts';

/** What became of a run that was ended, and whether the host is as before it; null where that was not looked at. */
export interface EndedRun extends Recovered {
  readonly notAsBefore: readonly Trouble[] | null;
}

/**
 * Ends what dead runs left and takes back what is asked for, then looks at the host whether it is as before.
 * With `wish.unattended` what was found is kept in the note of each run. Early at boot (`leave`) nothing is looked at.
 */
export async function endRuns(ground: Ground, store: Store, wish: RecoverWish): Promise<readonly EndedRun[]> {
  const before = new Map(store.openRuns().map((run) => [run.id, run]));
  const ended: EndedRun[] = [];
  for (const one of store.recover(wish)) {
    const looked = one.outcome === 'undone' || one.outcome === 'incomplete';
    const notAsBefore = looked && wish.runtime !== 'leave' ? await notBack(ground, one, before.get(one.id)) : null;
    ended.push({ ...one, notAsBefore });
  }
  completeNotes(store, ended);
  return ended;
}

export type TakenBackRun = Extract<RunOutcome, { type: 'reverted' }> & { readonly cause: TakenBackBecause };

/** Of runs that were ended, those the host was taken back for, and why. Those whose plan cannot be read are left out. */
export function takenBackRuns(
  before: readonly OpenRun[],
  ended: readonly (Recovered & Partial<Pick<EndedRun, 'notAsBefore'>>)[],
  notes: readonly RevertNote[],
): readonly TakenBackRun[] {
  return ended.flatMap(({ id, outcome, undo, notKept, notAsBefore = null }) => {
    const run = before.find((one) => one.id === id);
    const plan = run === undefined ? undefined : planOf(run.about);
    if (outcome !== 'undone' || plan === undefined) {
      return [];
    }
    // A clock asks for its run by name, as a person does; it leaves a note, and a person none.
    const said = notKept === 'asked' ? 'person' : (notKept ?? 'unfinished');
    const cause = notes.find((note) => note.id === id)?.cause ?? said;
    const troubles = notAsBefore ?? [...undo.failed, ...undo.kept, ...(undo.unsure ?? [])];
    const looked = notAsBefore !== null;
    return [{ type: 'reverted', plan, snapshot: id, undo, notAsBefore: troubles, cause, looked }];
  });
}

/** A note that cannot be completed says that nobody has looked, which is no more than a loss of words. */
function completeNotes(store: Store, ended: readonly EndedRun[]): void {
  try {
    for (const note of store.notes.list()) {
      const one = ended.find(({ id }) => id === note.id);
      if (one !== undefined && one.notAsBefore !== null) {
        store.notes.write({ ...note, notAsBefore: one.notAsBefore });
      }
    }
  } catch (error) {
    if (!(error instanceof HardenError)) {
      throw error;
    }
  }
}

/** The plan a transaction carries out; undefined where this version cannot read it. */
export function planOf(about: Json): Plan | undefined {
  const plan =
    typeof about === 'object' && about !== null && 'plan' in about ? Plan.safeParse(about['plan']) : undefined;
  return plan?.success === true ? plan.data : undefined;
}

/** Holds the changes of an applied plan against the host as it is now. */
export async function proofsNow(ground: Ground, plan: Plan): Promise<readonly ChangeProof[]> {
  const { findings } = await lookAgain(ground, plan);
  return proveChanges(changesOf(plan), findings);
}

async function notBack(ground: Ground, { undo }: Recovered, run: OpenRun | undefined): Promise<readonly Trouble[]> {
  const known = [...undo.failed, ...undo.kept];
  const said = [...known, ...(undo.unsure ?? [])];
  const plan = run?.purpose === 'apply' ? planOf(run.about) : undefined;
  if (plan === undefined) {
    return said;
  }
  try {
    const now = await lookAgain(ground, plan);
    const moved = changesOf(plan).filter(
      (change) =>
        !now.plan.changes.some((other) => other.address === change.address && other.fingerprint === change.fingerprint),
    );
    // What was looked at answers what the undo could not be sure of.
    return [...known, ...moved.map((change) => ({ what: change.title, reason: 'is not as it was before the apply' }))];
  } catch (error) {
    return [...said, { what: 'this host', reason: `could not be looked at again: ${wordsOf(error)}` }];
  }
}

/** Only what the plan changes is looked at, with the parameters it was made with. */
function lookAgain(ground: Ground, plan: Plan): Promise<PlannedHost> {
  return makePlan(ground, {
    selection: selectionOf(ground, changesOf(plan), plan),
    include: plan.selection.include,
    exclude: plan.selection.exclude,
    validForMs: 0,
  });
}
