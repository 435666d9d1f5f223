import type { GivenWaiver } from '../app/given-waivers.ts';
import type { Plan } from '../model/plan.ts';
import { toggled, withoutThose } from '../plan/closure.ts';
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
  /** Controls that are lived with instead; no change that is only for such is chosen. */
  readonly waived: readonly GivenWaiver[];
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
    waived: [],
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

/** The changes that are only for controls that are lived with. */
export function waivedIds(changes: Changes, waived: readonly GivenWaiver[]): ReadonlySet<string> {
  const names = new Set(waived.map(({ control }) => control));
  return new Set(changes.filter(({ controls }) => controls.every((one) => names.has(one))).map(({ id }) => id));
}

/** Takes or leaves these changes, with what they need and what needs them, and says so. What is taken is not waived any more. */
export function toggledChoice(choice: Choice, changes: Changes, ids: readonly string[]): Choice {
  const { chosen, also } = toggled(changes, choice.chosen, ids);
  const taken = changes.filter(({ id }) => chosen.has(id) && waivedIds(changes, choice.waived).has(id));
  const back = new Set(taken.flatMap(({ controls }) => controls));
  const waived = choice.waived.filter(({ control }) => !back.has(control));
  const said = [
    ...(taken.length === 0 ? [] : [`waived no more: ${numbersOf(taken.map(({ id }) => id))}`]),
    ...saidOf(
      ids.some((id) => chosen.has(id)),
      also,
    ),
  ];
  return { ...choice, chosen, waived, said: said.join('; ') };
}

/** All of these changes but the waived ones, taken or left. */
export function toggledGroup(choice: Choice, changes: Changes, ids: readonly string[]): Choice {
  const waived = waivedIds(changes, choice.waived);
  const open = ids.filter((id) => !waived.has(id));
  return open.length === 0 ? choice : toggledChoice(choice, changes, open);
}

/** With these waivers more: the changes they make needless are left, with what needs one of them. */
export function waivedChoice(choice: Choice, changes: Changes, given: readonly GivenWaiver[]): Choice {
  const waived = [...choice.waived, ...given];
  const gone = waivedIds(changes, waived);
  const chosen = withoutThose(changes, choice.chosen, gone);
  const also = changes.map(({ id }) => id).filter((id) => id !== choice.at && choice.chosen.has(id) && !chosen.has(id));
  const until = given[0]?.until ?? '';
  return { ...choice, chosen, waived, said: [`waived until ${until}`, ...saidOf(false, also)].join('; ') };
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

/** The number of a control, where the plan has one. */
export function numberOf({ controls }: Plan, name: string): string {
  return controls.find(({ slug }) => slug === name)?.ids[0] ?? name;
}

function saidOf(taken: boolean, also: readonly string[]): readonly string[] {
  const belong = also.length === 1 ? 'belongs' : 'belong';
  return also.length === 0
    ? []
    : [
        taken
          ? `also taken: ${numbersOf(also)}, needed by it`
          : `also left out: ${numbersOf(also)}, which ${belong} to it`,
      ];
}

function numbersOf(ids: readonly string[]): string {
  const numbers = ids.map((id) => id.slice(1));
  return `${ids.length === 1 ? 'change' : 'changes'} ${printable(listed(numbers, 12))}`;
}
