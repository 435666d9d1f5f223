import type { OpenRun, RevertNote } from '../model/revert.ts';
import { secondsLeft } from '../model/revert.ts';
import type { HostStatus } from '../model/status.ts';
import type { SnapshotSummary } from '../model/transaction.ts';
import { planOf } from './revert.ts';
import { type TakenBack, takenBackOf } from './snapshots.ts';

type LastApply = NonNullable<HostStatus['lastApply']>;

export interface KeptRuns {
  readonly snapshots: readonly SnapshotSummary[];
  readonly unfinished: readonly string[];
  readonly openRuns: readonly OpenRun[];
  readonly notes: readonly RevertNote[];
}

/** Pure: `bootId` and `monotonicMs` are those of this moment. */
export function statusOf(kept: KeptRuns, now: { readonly bootId: string; readonly monotonicMs: number }): HostStatus {
  const waiting = kept.openRuns.find((run) => run.waiting !== undefined);
  const pending =
    waiting?.waiting === undefined
      ? null
      : {
          id: waiting.id,
          changes: planOf(waiting.about)?.changes.length ?? 0,
          secondsLeft: secondsLeft(waiting.waiting, now.bootId, now.monotonicMs),
        };
  const isOpen = new Set(kept.unfinished);
  const standing = standingOf(kept.snapshots);
  return {
    pending,
    unfinished: kept.unfinished.filter((id) =>
      kept.openRuns.every((run) => run.id !== id || run.waiting === undefined),
    ),
    lastApply: lastApplyOf(kept.snapshots),
    ...(standing.length === 0 ? {} : { standing }),
    // While it is still open the revert itself is not done.
    reverts: kept.notes.filter(({ id }) => !isOpen.has(id)).toReversed(),
  };
}

function howFarBack(takenBack: TakenBack | undefined): Pick<LastApply, 'takenBackBy' | 'attempt' | 'left'> {
  return takenBack?.how === 'whole'
    ? { takenBackBy: takenBack.by, ...(takenBack.left === 0 ? {} : { left: takenBack.left }) }
    : { takenBackBy: null, ...(takenBack === undefined ? {} : { attempt: takenBack }) };
}

/** Applies before the last one that were not taken back as a whole; the newest first. */
function standingOf(snapshots: readonly SnapshotSummary[]): NonNullable<HostStatus['standing']> {
  const last = snapshots.findLastIndex(({ purpose }) => purpose === 'apply');
  return snapshots
    .slice(0, Math.max(0, last))
    .filter((one) => one.purpose === 'apply' && takenBackOf(one, snapshots)?.how !== 'whole')
    .map(({ id, createdAt, about }) => ({ snapshot: id, at: createdAt, changes: planOf(about)?.changes.length ?? 0 }))
    .toReversed();
}

function lastApplyOf(snapshots: readonly SnapshotSummary[]): HostStatus['lastApply'] {
  const last = snapshots.findLast(({ purpose }) => purpose === 'apply');
  if (last === undefined) {
    return null;
  }
  const plan = planOf(last.about);
  return {
    snapshot: last.id,
    at: last.createdAt,
    by: plan?.approvals.at(-1)?.by ?? plan?.createdBy ?? 'unknown',
    profile: plan?.content.profile ?? 'unknown',
    changes: plan?.changes.length ?? 0,
    ...howFarBack(takenBackOf(last, snapshots)),
  };
}
