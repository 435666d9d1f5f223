import type { Plan } from '../model/plan.ts';
import { toggled } from '../plan/closure.ts';
import { listed } from '../render/layout.ts';
import { printable } from '../render/printable.ts';

/** Where somebody stands while choosing changes. */
export interface Choice {
  readonly chosen: ReadonlySet<string>;
  /** Id of the change under the cursor. */
  readonly at: string;
  readonly filter: string;
  /** The filter is being typed. */
  readonly filtering: boolean;
  /** What the last key did, where it did more than asked. */
  readonly said: string;
}

type Changes = Plan['changes'];

/** Everything is taken at first: leaving out is the decision. */
export function firstChoice(changes: Changes): Choice {
  return {
    chosen: new Set(changes.map(({ id }) => id)),
    at: changes[0]?.id ?? '',
    filter: '',
    filtering: false,
    said: '',
  };
}

/** The changes whose title, control or place has the words of the filter. */
export function visible(changes: Changes, filter: string): Changes {
  const words = filter
    .toLowerCase()
    .split(' ')
    .filter((word) => word !== '');
  return changes.filter((change) => {
    const text = [change.title, change.address, ...change.controls].join(' ').toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** The cursor `by` visible changes further; it stays where there is no more. */
export function moved(choice: Choice, changes: Changes, by: number): Choice {
  const ids = visible(changes, choice.filter).map(({ id }) => id);
  const now = Math.max(0, ids.indexOf(choice.at));
  return { ...choice, at: ids[Math.min(ids.length - 1, Math.max(0, now + by))] ?? choice.at, said: '' };
}

/** Takes or leaves these changes, with what they need and what needs them, and says so. */
export function toggledChoice(choice: Choice, changes: Changes, ids: readonly string[]): Choice {
  const { chosen, also } = toggled(changes, choice.chosen, ids);
  return {
    ...choice,
    chosen,
    said: saidOf(
      ids.some((id) => chosen.has(id)),
      also,
    ),
  };
}

/** All visible changes of the group under the cursor; a group is what interrupts alike. */
export function groupOf(choice: Choice, changes: Changes): readonly string[] {
  const impact = changes.find(({ id }) => id === choice.at)?.impact;
  return visible(changes, choice.filter)
    .filter((change) => change.impact === impact)
    .map(({ id }) => id);
}

/** With another filter; the cursor goes to the first change that is left. */
export function filtered(choice: Choice, changes: Changes, filter: string): Choice {
  const left = visible(changes, filter);
  const at = left.some(({ id }) => id === choice.at) ? choice.at : (left[0]?.id ?? choice.at);
  return { ...choice, filter, at, said: '' };
}

function saidOf(taken: boolean, also: readonly string[]): string {
  const numbers = printable(
    listed(
      also.map((id) => id.slice(1)),
      12,
    ),
  );
  const [them, belong] = also.length === 1 ? ['change', 'belongs'] : ['changes', 'belong'];
  return also.length === 0
    ? ''
    : taken
      ? `also taken: ${them} ${numbers}, needed by it`
      : `also left out: ${them} ${numbers}, which ${belong} to it`;
}
