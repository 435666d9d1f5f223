import { EXIT, HardenError } from '../model/errors.ts';
import { Plan } from '../model/plan.ts';
import type { SnapshotSummary } from '../model/transaction.ts';
import type { Snapshots } from '../state/snapshots.ts';

/** A beginning of an id; an empty or mistyped variable in a script must not name one. */
const SHORTEST_WISH = 4;

/** One snapshot, with the plan it carried out and the rollback that took it back, if any. */
export interface SnapshotEntry extends Pick<SnapshotSummary, 'id' | 'purpose' | 'createdAt'> {
  readonly plan: Plan;
  readonly takenBackBy: string | undefined;
}

/** Newest first. @throws HardenError for a snapshot whose plan this version cannot read. */
export function snapshotEntries(summaries: readonly SnapshotSummary[]): readonly SnapshotEntry[] {
  const takenBack = new Map(
    summaries.flatMap((summary) => (rollbackOf(summary) === undefined ? [] : [[rollbackOf(summary), summary.id]])),
  );
  return summaries
    .map((summary) => ({
      id: summary.id,
      purpose: summary.purpose,
      createdAt: summary.createdAt,
      plan: planOfSnapshot(summary),
      takenBackBy: takenBack.get(summary.id),
    }))
    .toReversed();
}

/**
 * The id somebody means: whole, or a beginning that only one has. Without a wish the last apply that was not taken back.
 * @throws HardenError where there is none, or more than one.
 */
export function chosenSnapshot(snapshots: Snapshots, wish: string | undefined): string {
  const { snapshots: all } = snapshots.list();
  if (wish === undefined) {
    const takenBack = new Set(all.map(rollbackOf));
    const last = all.findLast((summary) => summary.purpose === 'apply' && !takenBack.has(summary.id));
    if (last === undefined) {
      throw none('there is no apply to take back', 'To see what was kept: harden snapshot list');
    }
    return last.id;
  }
  if (wish.length < SHORTEST_WISH) {
    throw none(`"${wish}" is too short to name a snapshot`, 'To see their ids: harden snapshot list');
  }
  const hits = all.filter((summary) => summary.id.startsWith(wish));
  const [hit] = hits;
  if (hit === undefined || hits.length > 1) {
    const what =
      hit === undefined
        ? `there is no snapshot ${wish}`
        : `${wish} is the beginning of several snapshots: ${hits.map((summary) => summary.id).join(', ')}`;
    throw none(what, 'To see their ids: harden snapshot list');
  }
  return hit.id;
}

/** @throws HardenError where the snapshot was made by a version whose plan this one cannot read. */
export function planOfSnapshot({ id, about }: Pick<SnapshotSummary, 'id' | 'about'>): Plan {
  const plan =
    typeof about === 'object' && about !== null && 'plan' in about ? Plan.safeParse(about['plan']) : undefined;
  if (plan?.success !== true) {
    throw new HardenError({
      code: 'H2010',
      exit: EXIT.malformed,
      message: `snapshot ${id} does not hold a plan this version can read. Nothing was changed.`,
      hint: 'To put it back, use the version of harden that made it.',
    });
  }
  return plan.data;
}

function rollbackOf({ about }: SnapshotSummary): string | undefined {
  return typeof about === 'object' && about !== null && 'of' in about && typeof about['of'] === 'string'
    ? about['of']
    : undefined;
}

function none(what: string, hint: string): HardenError {
  return new HardenError({ code: 'H2011', exit: EXIT.usage, message: `${what}. Nothing was changed.`, hint });
}
