import { EXIT, HardenError } from '../model/errors.ts';
import { Plan } from '../model/plan.ts';
import type { SnapshotSummary, Trouble } from '../model/transaction.ts';
import type { Snapshots } from '../state/snapshots.ts';

/** A beginning of an id; an empty or mistyped variable in a script must not name one. */
const SHORTEST_WISH = 4;

/** How far an apply was taken back. `partly`: some of its changes. `unproven`: a rollback ran, and the host was not seen to be as before. */
export type TakenBack =
  /** `left`: how many of its changes rollbacks left as others had made them. */
  | { readonly by: string; readonly how: 'whole'; readonly left: number }
  | { readonly by: string; readonly how: 'partly' | 'unproven' };

/** One snapshot, with the plan it carried out and what became of it. */
export interface SnapshotEntry extends Pick<SnapshotSummary, 'id' | 'purpose' | 'createdAt'> {
  readonly plan: Plan;
  readonly takenBack: TakenBack | undefined;
}

/** Newest first. Those whose plan this version cannot read are left out: `unreadablePlans` names them. */
export function snapshotEntries(summaries: readonly SnapshotSummary[]): readonly SnapshotEntry[] {
  return summaries
    .filter((summary) => planIn(summary) !== undefined)
    .map((summary) => ({
      id: summary.id,
      purpose: summary.purpose,
      createdAt: summary.createdAt,
      plan: planOfSnapshot(summary),
      takenBack: takenBackOf(summary, summaries),
    }))
    .toReversed();
}

/** Snapshots that are whole, and hold a plan only another version can read. */
export function unreadablePlans(summaries: readonly SnapshotSummary[]): readonly Trouble[] {
  return summaries
    .filter((summary) => planIn(summary) === undefined)
    .map(({ id }) => ({ what: `snapshot ${id}`, reason: 'its plan was made by another version of harden' }));
}

/** How many changes of this apply no proven rollback took back. */
export function standingChanges(id: string, all: readonly SnapshotSummary[]): number {
  const done = changesTakenBack(
    id,
    all.filter((summary) => summary.proven),
  );
  const apply = all.find((summary) => summary.id === id);
  return apply === undefined || done === undefined ? 0 : changeIdsOf(apply).filter((one) => !done.has(one)).length;
}

/** Whether proven rollbacks took back all of these changes of `id`. */
export function areTakenBack(id: string, changes: readonly string[], all: readonly SnapshotSummary[]): boolean {
  const done = changesTakenBack(
    id,
    all.filter((summary) => summary.proven),
  );
  return done === undefined || changes.every((change) => done.has(change));
}

/** Ids of the changes of `id` that rollbacks put back, or left to somebody who had changed them since. Undefined: all of them. */
export function changesTakenBack(id: string, all: readonly SnapshotSummary[]): ReadonlySet<string> | undefined {
  const parts = rollbacksOf(id, all).map(({ rollback }) => rollback.changes);
  return parts.includes(undefined) ? undefined : new Set(parts.flatMap((part) => part ?? []));
}

/** Which changes of `id` rollbacks took back, without those they left to somebody else. Undefined: there was no rollback. */
export function undoneChanges(id: string, all: readonly SnapshotSummary[]): ((change: string) => boolean) | undefined {
  const rollbacks = rollbacksOf(id, all).map(({ rollback }) => rollback);
  return rollbacks.length === 0
    ? undefined
    : (change) => rollbacks.some(({ changes, left }) => (changes?.includes(change) ?? true) && !left.includes(change));
}

/** Undefined: nothing of it was. */
export function takenBackOf(apply: SnapshotSummary, all: readonly SnapshotSummary[]): TakenBack | undefined {
  const rollbacks = rollbacksOf(apply.id, all);
  const proven = rollbacks.filter(({ summary }) => summary.proven);
  const done = changesTakenBack(
    apply.id,
    proven.map(({ summary }) => summary),
  );
  const [whole, last] = [proven.at(-1), rollbacks.at(-1)];
  if (whole !== undefined && (done === undefined || changeIdsOf(apply).every((id) => done.has(id)))) {
    return { by: whole.summary.id, how: 'whole', left: leftOf(apply, proven) };
  }
  return last === undefined ? undefined : { by: last.summary.id, how: last.summary.proven ? 'partly' : 'unproven' };
}

/** Changes that no proven rollback put back: each left them as it found them. */
function leftOf(apply: SnapshotSummary, proven: ReturnType<typeof rollbacksOf>): number {
  return changeIdsOf(apply).filter((id) =>
    proven.every(({ rollback: { changes, left } }) => left.includes(id) || changes?.includes(id) === false),
  ).length;
}

/** For each change of `id` that a rollback took back, or left to others: the last such rollback. */
export function lastRollbacks(
  id: string,
  all: readonly SnapshotSummary[],
): (change: string) => { readonly by: string; readonly left: boolean } | undefined {
  const rollbacks = rollbacksOf(id, all);
  return (change) => {
    const last = rollbacks.findLast(({ rollback }) => rollback.changes?.includes(change) ?? true);
    return last === undefined ? undefined : { by: last.summary.id, left: last.rollback.left.includes(change) };
  };
}

function rollbacksOf(
  id: string,
  all: readonly SnapshotSummary[],
): readonly { readonly summary: SnapshotSummary; readonly rollback: RollbackNote }[] {
  return all.flatMap((summary) => {
    const rollback = rollbackOf(summary);
    return rollback?.of === id ? [{ summary, rollback }] : [];
  });
}

function changeIdsOf(summary: SnapshotSummary): readonly string[] {
  return (planIn(summary)?.changes ?? []).map((change) => change.id);
}

/**
 * The id somebody means: whole, or a beginning that only one has. Without a wish the last apply that was not taken back, proven and whole.
 * @throws HardenError where there is none, or more than one.
 */
export function chosenSnapshot(snapshots: Snapshots, wish: string | undefined): string {
  const { snapshots: all } = snapshots.list();
  if (wish === undefined) {
    const last = all.findLast((summary) => summary.purpose === 'apply' && takenBackOf(summary, all)?.how !== 'whole');
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
  const plan = planIn({ about });
  if (plan === undefined) {
    throw new HardenError({
      code: 'H2010',
      exit: EXIT.malformed,
      message: `snapshot ${id} does not hold a plan this version can read. Nothing was changed.`,
      hint: 'To put it back, use the version of harden that made it.',
    });
  }
  return plan;
}

/** The plan a snapshot carried out, where this version can read it. */
export function planIn({ about }: Pick<SnapshotSummary, 'about'>): Plan | undefined {
  const plan =
    typeof about === 'object' && about !== null && 'plan' in about ? Plan.safeParse(about['plan']) : undefined;
  return plan?.data;
}

/** What a rollback says of itself: which snapshot it took back, which changes of it (undefined: all), and which of them it left to somebody else. */
interface RollbackNote {
  readonly of: string;
  readonly changes: readonly string[] | undefined;
  readonly left: readonly string[];
}

export function rollbackOf({ about }: Pick<SnapshotSummary, 'about'>): RollbackNote | undefined {
  if (typeof about !== 'object' || about === null || !('of' in about) || typeof about['of'] !== 'string') {
    return undefined;
  }
  const idsIn = (list: unknown): readonly string[] | undefined =>
    Array.isArray(list) ? list.filter((id): id is string => typeof id === 'string') : undefined;
  return { of: about['of'], changes: idsIn(about['changes']), left: idsIn(about['left']) ?? [] };
}

function none(what: string, hint: string): HardenError {
  return new HardenError({ code: 'H2011', exit: EXIT.usage, message: `${what}. Nothing was changed.`, hint });
}
