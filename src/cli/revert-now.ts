import { stopClocks, waitingRunOf } from '../app/confirm.ts';
import type { Ground } from '../app/ground.ts';
import type { RunOutcome } from '../app/outcome.ts';
import { endRuns, planOf } from '../app/revert.ts';
import type { Recovered } from '../model/transaction.ts';
import type { Store } from '../state/store.ts';
import { type StateArguments, clocksFor, moment } from './keeping.ts';

/** `rollback ID` of a run that waits to be kept: it is taken back now, as its clock would. */
export interface RevertNow {
  /** Ends what dead runs left, and that run; gives back what is left to be told. */
  readonly ending: (store: Store) => Promise<readonly Recovered[]>;
  /** Set once that run was taken back. */
  readonly outcome: () => RunOutcome | undefined;
}

/** `wish` undefined: nothing is taken back that waits. */
export function revertNow(ground: Ground, place: StateArguments, wish: string | undefined): RevertNow {
  let outcome: RunOutcome | undefined;
  return {
    outcome: () => outcome,
    ending: async (store) => {
      const run = wish === undefined ? undefined : waitingRunOf(store, wish);
      const plan = run === undefined ? undefined : planOf(run.about);
      if (run === undefined || plan === undefined) {
        return endRuns(ground, store, { now: moment(ground) });
      }
      const { id, waiting } = run;
      const ended = await endRuns(ground, store, { now: moment(ground), revert: { id } });
      const own = ended.find((one) => one.id === id);
      if (own === undefined || own.notAsBefore === null) {
        return ended;
      }
      await stopClocks(clocksFor(place), waiting.clock);
      outcome = { type: 'reverted', plan, snapshot: id, undo: own.undo, notAsBefore: own.notAsBefore, cause: 'person' };
      return ended.filter((one) => one !== own);
    },
  };
}
