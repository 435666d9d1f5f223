import type { Plan } from '../model/plan.ts';

type Changes = Plan['changes'];

/** A choice of changes after one more was taken or left. */
export interface Toggled {
  readonly chosen: ReadonlySet<string>;
  /** Ids that came or went with it, in the order of the plan. */
  readonly also: readonly string[];
}

/** `ids` with every change of `changes` they need, directly or not. */
export function withNeeds(changes: Changes, ids: ReadonlySet<string>): ReadonlySet<string> {
  return closure(ids, (id) => needsOf(changes, id));
}

/** `chosen` without `ids` and without every change that needs one of them, directly or not. */
export function withoutThose(
  changes: Changes,
  chosen: ReadonlySet<string>,
  ids: ReadonlySet<string>,
): ReadonlySet<string> {
  const gone = closure(ids, (id) => neededBy(changes, id));
  return new Set([...chosen].filter((id) => !gone.has(id)));
}

/**
 * Takes `ids` where one of them is not chosen yet, else leaves all of them; what they need comes along, what needs them goes along.
 * A choice that was closed before is closed after.
 */
export function toggled(changes: Changes, chosen: ReadonlySet<string>, ids: readonly string[]): Toggled {
  const wanted = new Set(ids);
  const after = ids.every((id) => chosen.has(id))
    ? withoutThose(changes, chosen, wanted)
    : withNeeds(changes, new Set([...chosen, ...ids]));
  const also = changes.map(({ id }) => id).filter((id) => chosen.has(id) !== after.has(id) && !wanted.has(id));
  return { chosen: after, also };
}

function closure(start: ReadonlySet<string>, next: (id: string) => readonly string[]): ReadonlySet<string> {
  const found = new Set(start);
  // A set that grows while it is walked is walked to its new end.
  for (const id of found) {
    for (const more of next(id)) {
      found.add(more);
    }
  }
  return found;
}

function needsOf(changes: Changes, id: string): readonly string[] {
  const needs = changes.find((change) => change.id === id)?.needs ?? [];
  return changes.filter(({ address }) => needs.includes(address)).map((change) => change.id);
}

function neededBy(changes: Changes, id: string): readonly string[] {
  const address = changes.find((change) => change.id === id)?.address;
  return address === undefined ? [] : changes.filter(({ needs }) => needs.includes(address)).map((change) => change.id);
}
