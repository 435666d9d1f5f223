import type { Change } from '../model/change.ts';
import { changesOf } from '../model/plan-changes.ts';
import type { SnapshotSummary } from '../model/transaction.ts';
import type { PastRun } from '../resources/resource-type.ts';
import type { Snapshots } from '../state/snapshots.ts';
import { planOfSnapshot, undoneChanges } from './snapshots.ts';

/** All that this host keeps of what was done to it, oldest first. A damaged snapshot is left out, as one that was removed would be. */
export function pastRuns(snapshots: Snapshots): readonly PastRun[] {
  const { snapshots: all } = snapshots.list();
  return all.map((summary) => ({
    purpose: summary.purpose,
    files: snapshots.read(summary.id).files,
    takenBack: summary.purpose === 'apply' ? changesBack(summary, all) : [],
  }));
}

function changesBack(apply: SnapshotSummary, all: readonly SnapshotSummary[]): readonly Change[] {
  const isUndone = undoneChanges(apply.id, all);
  return isUndone === undefined ? [] : changesOf(planOfSnapshot(apply)).filter(({ id }) => isUndone(id));
}
