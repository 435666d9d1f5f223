import type { SnapshotSummary, Trouble } from '../model/transaction.ts';
import { type Manifest, type ObjectState, isObjectStep } from '../state/manifest.ts';
import type { Snapshots } from '../state/snapshots.ts';
import { type SnapshotEntry, rollbackOf, snapshotEntries, unreadablePlans } from './snapshots.ts';

export interface PruneWish {
  /** As many of the newest stay in any case. */
  readonly keep: number | undefined;
  /** What is younger stays in any case. */
  readonly olderThanMs: number | undefined;
  readonly now: Date;
}

/** A snapshot that may go, with what it takes. */
export interface Going extends Pick<SnapshotEntry, 'id' | 'createdAt' | 'purpose' | 'takenBack'> {
  readonly bytes: number;
}

export interface PruneChoice {
  /** Oldest first, which is the order they go in: a rollback never before the apply it took back. */
  readonly going: readonly Going[];
  readonly staying: readonly Staying[];
  /** Snapshots nobody can judge; they stay too. */
  readonly damaged: readonly Trouble[];
}

export interface Staying {
  readonly id: string;
  readonly why: string;
}

/** What is known of one snapshot, with the paths it changed. */
export interface Prunable {
  readonly summary: SnapshotSummary;
  /** By path: equal texts for equal content and access. */
  readonly files: ReadonlyMap<string, { readonly before: string; readonly after: string }>;
}

/** Reads what is kept and judges it. */
export function pruneChoice(snapshots: Snapshots, wish: PruneWish): PruneChoice {
  const { snapshots: all, damaged } = snapshots.list();
  const known = all.map((summary) => ({
    summary,
    files: filesOf(snapshots.read(summary.id).manifest),
  }));
  const { going, staying } = whatMayGo(known, wish);
  return { going: going.map((one) => ({ ...one, bytes: snapshots.size(one.id) })), staying, damaged };
}

function filesOf({ objects, steps }: Manifest): Prunable['files'] {
  return new Map(
    objects.map(({ path, before }) => {
      const last = steps.filter(isObjectStep).findLast((step) => step.path === path);
      return [path, { before: textOf(before), after: textOf(last?.after ?? before) }];
    }),
  );
}

/** What a way back reads of a state; attributes and times are not among it. */
function textOf(state: ObjectState): string {
  return state.kind === 'absent'
    ? 'absent'
    : JSON.stringify([state.fileType, state.access.mode, state.access.uid, state.access.gid, state.content?.sha256]);
}

/**
 * Without a wish all goes that no rollback needs: applies that were taken back, and the rollbacks that did it. With one, older applies that
 * stand go too, all but the newest. What a way back of an apply that stays reads, stays with it: of the runs that changed the same files every
 * later one, and every earlier one since the first that was taken back, since what such a run had replaced may be what is put back now. An
 * apply and the rollback right after it, which left every file as it was, count for nothing there, and go or stay together.
 * Pure. `all`: oldest first.
 */
export function whatMayGo(
  all: readonly Prunable[],
  wish: PruneWish,
): { readonly going: readonly Omit<Going, 'bytes'>[]; readonly staying: readonly Staying[] } {
  const entries = snapshotEntries(all.map(({ summary }) => summary));
  const stands = (id: string): boolean =>
    entries.some((entry) => entry.id === id && entry.purpose === 'apply' && entry.takenBack?.how !== 'whole');
  const why = new Map<string, string>(reasonsOfTheirOwn(all, entries, wish));
  const add = (id: string, reason: string): void => void why.set(id, why.get(id) ?? reason);
  const circles = closedCircles(all, entries);
  const counting = all.filter(({ summary }) => !circles.has(summary.id));
  for (let before = -1; before !== why.size;) {
    before = why.size;
    for (const [id, reason] of reasonsByOthers(counting, entries, (one) => why.has(one) && stands(one))) {
      add(id, reason);
    }
    for (const { summary } of all) {
      const of = rollbackOf(summary)?.of ?? '';
      const partner = circles.get(summary.id) ?? '';
      if (why.has(of)) {
        add(summary.id, `it says what was taken back of ${of}`);
      } else if (why.has(partner)) {
        add(summary.id, `${partner} took it back`);
      }
    }
  }
  return {
    going: entries.toReversed().filter(({ id }) => !why.has(id)),
    staying: all.flatMap(({ summary: { id } }) => ({ id, why: why.get(id) ?? '' })).filter((one) => one.why !== ''),
  };
}

function* reasonsOfTheirOwn(
  all: readonly Prunable[],
  entries: readonly SnapshotEntry[],
  { keep, olderThanMs, now }: PruneWish,
): Generator<readonly [string, string]> {
  const summaries = all.map(({ summary }) => summary);
  if (unreadablePlans(summaries).length > 0) {
    // Which of the others they go with is known to another version only.
    yield* summaries.map(({ id }) => [id, 'another version of harden made some of these snapshots'] as const);
  }
  const standing = entries.filter(({ purpose, takenBack }) => purpose === 'apply' && takenBack?.how !== 'whole');
  for (const [index, { id }] of standing.entries()) {
    if (index === 0) {
      yield [id, 'the newest apply that stands'];
    } else if (keep === undefined && olderThanMs === undefined) {
      yield [id, 'an apply that stands'];
    }
  }
  for (const [index, { id, createdAt }] of entries.entries()) {
    if (keep !== undefined && index < keep) {
      yield [id, `one of the newest ${keep}`];
    }
    // What says no time has none that has passed.
    if (olderThanMs !== undefined && !(now.getTime() - Date.parse(createdAt) > olderThanMs)) {
      yield [id, 'not old enough'];
    }
  }
}

/** Applies with the rollback that left every file as it was before them, each by the other's id; nothing in between changed those files. */
function closedCircles(all: readonly Prunable[], entries: readonly SnapshotEntry[]): ReadonlyMap<string, string> {
  const circles = new Map<string, string>();
  for (
    let left = all, before = -1;
    before !== circles.size;
    left = left.filter(({ summary }) => !circles.has(summary.id))
  ) {
    before = circles.size;
    for (const [at, apply] of left.entries()) {
      const back = left.slice(at + 1).find((one) => share(one, apply));
      if (back !== undefined && isUndoneBy(apply, back, entries)) {
        circles.set(apply.summary.id, back.summary.id).set(back.summary.id, apply.summary.id);
      }
    }
  }
  return circles;
}

function isUndoneBy(apply: Prunable, back: Prunable, entries: readonly SnapshotEntry[]): boolean {
  const takenBack = entries.find(({ id }) => id === apply.summary.id)?.takenBack;
  return (
    takenBack?.how === 'whole' &&
    takenBack.by === back.summary.id &&
    back.files.size === apply.files.size &&
    [...apply.files].every(([path, { before, after }]) => {
      const now = back.files.get(path);
      return now?.before === after && now.after === before;
    })
  );
}

function share(one: Prunable, other: Prunable): boolean {
  return [...one.files.keys()].some((path) => other.files.has(path));
}

function* reasonsByOthers(
  all: readonly Prunable[],
  entries: readonly SnapshotEntry[],
  needsItsWayBack: (id: string) => boolean,
): Generator<readonly [string, string]> {
  const unsettled = new Set(
    entries.filter(({ purpose, takenBack }) => purpose === 'rollback' || takenBack !== undefined).map(({ id }) => id),
  );
  for (const [at, apply] of all.entries()) {
    if (!needsItsWayBack(apply.summary.id)) {
      continue;
    }
    const related = all
      .map((one, index) => ({ id: one.summary.id, index, shares: share(one, apply) }))
      .filter(({ shares }) => shares);
    const first = related.find(({ id }) => unsettled.has(id))?.index ?? at;
    for (const { id, index } of related) {
      if (index > at || (index < at && index >= first)) {
        yield [id, `the way back of ${apply.summary.id} reads it`];
      }
    }
  }
}
