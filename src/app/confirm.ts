import type { ChangeProof } from '../engine/prove.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import type { Plan } from '../model/plan.ts';
import type { OpenRun, RevertDue } from '../model/revert.ts';
import type { RevertClocks } from '../model/revert-clock.ts';
import type { Trouble, UndoReport } from '../model/transaction.ts';
import type { Store } from '../state/store.ts';
import type { Ground } from './ground.ts';
import { planOf, proofsNow } from './revert.ts';

/** A run that waits to be kept. */
export type WaitingRun = OpenRun & { readonly waiting: RevertDue };

export type ConfirmOutcome =
  | {
      readonly type: 'kept';
      readonly id: string;
      readonly plan: Plan | undefined;
      readonly proofs: readonly ChangeProof[];
    }
  /** It was kept before. */
  | { readonly type: 'kept-already'; readonly id: string }
  /** The host is not as it was proven; the clock goes on. */
  | {
      readonly type: 'not-as-proven';
      readonly id: string;
      readonly proofs: readonly ChangeProof[];
      readonly secondsLeft: number;
    }
  /** Checks of the site fail; the clock goes on. */
  | {
      readonly type: 'unwell';
      readonly id: string;
      readonly failing: readonly Trouble[];
      readonly secondsLeft: number;
    }
  /** It could not be made final, so everything was put back. */
  | {
      readonly type: 'put-back';
      readonly id: string;
      readonly plan: Plan | undefined;
      readonly reason: string;
      readonly undo: UndoReport;
    };

/** What is not as before after an undo that nobody held against the host: what could not be sure counts too. */
export function notPutBack({ failed, kept, unsure = [] }: UndoReport): readonly Trouble[] {
  return [...failed, ...kept, ...unsure];
}

export interface ConfirmRequest {
  /** Id or its beginning; undefined: the newest that waits. */
  readonly wish: string | undefined;
  /** Runs the checks of the site, and gives those that fail; left out where somebody keeps the changes whatever they say. */
  readonly failing?: (() => Promise<readonly Trouble[]>) | undefined;
  /** Called with the run once the checks are done; throws where somebody has stopped them: what they say then is no finding. */
  readonly unlessStopped?: (id: string) => void;
  /** Called right before the changes are kept for good; throws where somebody has stopped it. From then on nothing asks any more. */
  readonly lastChance: () => void;
}

/**
 * Keeps a run that waits: looks at the host once more, runs the checks of the site, makes the changes final on the disk, and only then stops the clock.
 * The caller holds the store, which has recovered; what was due by then was taken back by that.
 * @throws HardenError where nothing waits, or what waited was taken back.
 */
export async function confirm(
  ground: Ground,
  store: Store,
  { wish, failing, unlessStopped, lastChance }: ConfirmRequest,
  clocks: RevertClocks,
): Promise<ConfirmOutcome> {
  const run = waitingRunOf(store, wish);
  if (run === undefined) {
    return keptOrGone(store, wish);
  }
  const { id, waiting } = run;
  const left = (): number => Math.max(0, Math.ceil((waiting.dueMs - clocks.monotonicMs()) / 1000));
  const plan = planOf(run.about);
  const proofs = plan === undefined ? [] : await proofsNow(ground, plan);
  if (proofs.some(({ proof }) => proof === 'failed')) {
    return { type: 'not-as-proven', id, proofs, secondsLeft: left() };
  }
  const troubles = (await failing?.()) ?? [];
  unlessStopped?.(id);
  if (troubles.length > 0) {
    return { type: 'unwell', id, failing: troubles, secondsLeft: left() };
  }
  lastChance();
  const reason = commitOrPutBack(store, id);
  if (reason !== undefined) {
    return { type: 'put-back', id, plan, ...reason };
  }
  await stopClocks(clocks, waiting.clock);
  return { type: 'kept', id, plan, proofs };
}

/** The run somebody means, of those that wait; without a wish the newest. */
export function waitingRunOf(store: Pick<Store, 'openRuns'>, wish: string | undefined): WaitingRun | undefined {
  return store
    .openRuns()
    .filter((run): run is WaitingRun => run.waiting !== undefined)
    .find(({ id }) => wish === undefined || isMeant(id, wish));
}

/** A beginning of an id will do; an empty or mistyped variable in a script must not name one. */
export function isMeant(id: string, wish: string): boolean {
  return wish.length >= 4 && id.startsWith(wish);
}

/** Both kinds: which one it was is known to the run that set it. */
export async function stopClocks(clocks: RevertClocks, name: string): Promise<void> {
  await clocks
    .of('systemd')
    .disarm(name)
    .catch(() => undefined);
  await clocks
    .of('guard')
    .disarm(name)
    .catch(() => undefined);
}

/** Undefined where it is final. @throws HardenError H2132 where nobody can tell. */
function commitOrPutBack(store: Store, id: string): { readonly reason: string; readonly undo: UndoReport } | undefined {
  const transaction = store.resume(id);
  try {
    transaction.commit();
    return undefined;
  } catch (error) {
    if (!(error instanceof HardenError) || error.code !== 'H2131') {
      throw error;
    }
    return { reason: error.message, undo: transaction.undo() };
  }
}

function keptOrGone(store: Store, wish: string | undefined): ConfirmOutcome {
  const note = store.notes.list().findLast(({ id }) => wish === undefined || isMeant(id, wish));
  const kept = store.snapshots.list().snapshots.find(({ id }) => wish !== undefined && isMeant(id, wish));
  if (kept !== undefined) {
    return { type: 'kept-already', id: kept.id };
  }
  if (note !== undefined) {
    throw new HardenError({
      code: 'H6012',
      exit: EXIT.rolledBack,
      message: `run ${note.id} was taken back by itself before it was kept.`,
      hint: 'To see it: harden status; to make the changes again: harden apply',
    });
  }
  throw new HardenError({
    code: 'H6011',
    exit: EXIT.usage,
    message: `${wish === undefined ? 'nothing waits to be kept' : `no run ${wish} waits to be kept`}. Nothing was changed.`,
    hint: 'To see what is there: harden status',
  });
}
