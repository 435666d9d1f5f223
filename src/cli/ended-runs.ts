import { type ConfirmOutcome, notPutBack } from '../app/confirm.ts';
import type { Ground } from '../app/ground.ts';
import { type EndedRun, takenBackRuns } from '../app/revert.ts';
import { HardenError } from '../model/errors.ts';
import { RESULT_SCHEMA, RESULT_SCHEMA_MINOR, type Run } from '../model/result.ts';
import type { OpenRun, RevertNote } from '../model/revert.ts';
import type { Recovered } from '../model/transaction.ts';
import { printableJson } from '../render/printable.ts';
import type { Store } from '../state/store.ts';
import { confirmExit } from './confirm-exit.ts';
import { newId } from './new-id.ts';
import { outcomeExit, outcomeJson } from './outcome.ts';
import { tellNotKept } from './output.ts';

type HistoryStore = Pick<Store, 'keepRun' | 'notes'>;

/** Keeps for the history that runs were taken back without anybody's hand, or because they had been killed. */
export function keepEnded(
  store: HistoryStore,
  ground: Pick<Ground, 'now' | 'operator'>,
  runs: { readonly before: readonly OpenRun[]; readonly ended: readonly (Recovered & Partial<EndedRun>)[] },
): void {
  for (const outcome of takenBackRuns(runs.before, runs.ended, notesIn(store))) {
    const by = outcome.cause === 'clock' || outcome.cause === 'boot' ? 'harden' : ground.operator;
    const run: Run = { id: newId(), verb: 'revert', at: ground.now().toISOString(), by };
    tellNotKept(store.keepRun({ ...run, exit: outcomeExit(outcome) }, outcomeJson(outcome, run)));
  }
}

/** Without them only the reason is less known. */
function notesIn(store: HistoryStore): readonly RevertNote[] {
  try {
    return store.notes.list();
  } catch (error) {
    if (error instanceof HardenError) {
      return [];
    }
    throw error;
  }
}

/** Keeps for the history who kept a run, or that it could not be kept. */
export function keepConfirmed(
  store: Pick<Store, 'keepRun'>,
  ground: Pick<Ground, 'now' | 'operator'>,
  outcome: ConfirmOutcome,
): void {
  if ((outcome.type !== 'kept' && outcome.type !== 'put-back') || outcome.plan === undefined) {
    return;
  }
  const { plan, id } = outcome;
  const run: Run = { id: newId(), verb: 'confirm', at: ground.now().toISOString(), by: ground.operator };
  const exit = confirmExit(outcome);
  const head = { schema: RESULT_SCHEMA, schemaMinor: RESULT_SCHEMA_MINOR, exit, run, plan, snapshot: id };
  const json =
    outcome.type === 'kept'
      ? printableJson({ ...head, type: 'kept', proofs: outcome.proofs })
      : printableJson({
          ...{ ...head, type: 'reverted', cause: 'not-final', looked: false, undo: outcome.undo },
          notAsBefore: notPutBack(outcome.undo),
        });
  tellNotKept(store.keepRun({ ...run, exit }, json));
}
