import type { Catalogue } from '../catalogue/catalogue.ts';
import { coarseOf } from '../catalogue/coarse.ts';
import { type ControlLists, selectControls } from '../catalogue/select.ts';
import type { ErrorCode } from '../model/error-codes.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import { numbersIn } from '../model/plain-names.ts';
import type { Plan } from '../model/plan.ts';
import type { Profile } from '../model/remediation.ts';

/**
 * The changes of an applied plan that serve the chosen controls; all of it where nothing is chosen.
 * @throws HardenError (exit 64) where a change that stays and one that goes depend on each other, or none is left.
 */
export function chosenPart(applied: Plan, lists: ControlLists | undefined, catalogue: Catalogue): Plan {
  if (lists === undefined || isEverything(lists)) {
    return applied;
  }
  const { selected } = selectControls(catalogue, profileOf(applied), lists);
  const chosen = new Set(selected.map(({ remediation }) => remediation.control));
  const changes = applied.changes.filter((change) => change.controls.some((control) => chosen.has(control)));
  refuseTies(applied, changes, chosen);
  if (changes.length === 0) {
    throw refusal(
      'H4010',
      'that apply changed nothing for these controls',
      applied.changes.map(
        (change) => `it changed, for ${numbersIn(applied, change.controls).join(', ')}: ${change.title}`,
      ),
    );
  }
  const selection = { include: lists.control, exclude: lists.exclude, ...coarseOf(lists), leftOut: [] };
  return { ...applied, changes, selection };
}

function isEverything(lists: ControlLists): boolean {
  return lists.control.length + lists.exclude.length + Object.keys(coarseOf(lists)).length === 0;
}

function refuseTies(applied: Plan, going: Plan['changes'], chosen: ReadonlySet<string>): void {
  const addresses = new Set(going.map((change) => change.address));
  const shared = going.flatMap((change) =>
    change.controls
      .filter((control) => !chosen.has(control))
      .map((control) => `"${change.title}" serves ${numbersIn(applied, [control]).join('')} too, which is to stay`),
  );
  const needed = applied.changes
    .filter((change) => !addresses.has(change.address))
    .flatMap((staying) =>
      going
        .filter((change) => staying.needs.includes(change.address))
        .map((change) => `"${staying.title}" is to stay and needs "${change.title}"`),
    );
  const ties = [...shared, ...needed];
  if (ties.length > 0) {
    throw refusal('H4011', 'a part of that apply depends on another part, so they go back together', ties);
  }
}

/** All controls that plan looked at, by the numbers of its benchmark. */
function profileOf({ content, controls }: Plan): Profile {
  return {
    name: content.profile,
    title: content.profile,
    benchmark: content.benchmark as Profile['benchmark'],
    level: content.level,
    parameters: content.parameters,
    include: controls.map(({ slug }) => slug),
    exclude: [],
  };
}

function refusal(code: ErrorCode, what: string, details: readonly string[]): HardenError {
  return new HardenError({
    code,
    exit: EXIT.usage,
    message: `${what}. Nothing was changed.`,
    details,
    hint: 'To see what it changed: harden snapshot show; to take all of it back: harden rollback',
  });
}
