import type { Catalogue } from '../catalogue/catalogue.ts';
import { suggestion } from '../catalogue/nearest.ts';
import { selectControls } from '../catalogue/select.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import type { Plan } from '../model/plan.ts';
import type { Profile, Remediation } from '../model/remediation.ts';
import type { Ground } from './ground.ts';
import { type PlanWish, makePlan } from './make-plan.ts';
import { said } from './said.ts';

/** Adds what the site lives with. */
type Site = (wish: PlanWish) => Promise<PlanWish>;

/** One control, and how this host stands to it. */
export interface Explained {
  readonly remediation: Remediation;
  readonly profile: Profile;
  /** Of this control alone; undefined where it is not part of the profile. */
  readonly plan: Plan | undefined;
}

/**
 * @param name a slug, or a number in the profile's benchmark.
 * @throws HardenError (exit 64, H2005) where there is no such control.
 */
export async function explainControl(ground: Ground, profile: Profile, name: string, site: Site): Promise<Explained> {
  const remediation = controlNamed(ground.catalogue, profile, name);
  const lists = { control: [remediation.control], exclude: [] };
  if (!isSelectable(ground.catalogue, profile, remediation)) {
    return { remediation, profile, plan: undefined };
  }
  const selection = selectControls(ground.catalogue, profile, lists);
  const wish = await site({ selection, include: lists.control, exclude: [], validForMs: 0 });
  const { plan } = await makePlan(ground, wish);
  return { remediation, profile, plan };
}

/**
 * The change with this number in the plan that `wish` makes, with the plan.
 * @param words options that make the same plan again.
 * @throws HardenError (exit 64, H2006)
 */
export async function explainChange(
  ground: Ground,
  number: number,
  wish: PlanWish,
  words: readonly string[],
): Promise<{ readonly plan: Plan; readonly change: Plan['changes'][number] }> {
  const { plan } = await makePlan(ground, wish);
  const change = plan.changes.find(({ id }) => id === `c${number}`);
  if (change === undefined) {
    throw new HardenError({
      code: 'H2006',
      exit: EXIT.usage,
      message: `the plan of this host has no change ${number}. Nothing was changed.`,
      details: [plan.changes.length === 0 ? 'it has no change at all' : `its changes are 1 to ${plan.changes.length}`],
      hint: `To see them: harden ${said('plan', words, [])}`,
    });
  }
  return { plan, change };
}

function controlNamed({ remediations }: Catalogue, { benchmark }: Profile, name: string): Remediation {
  const found = remediations.find(({ control, references }) => control === name || references[benchmark] === name);
  if (found !== undefined) {
    return found;
  }
  const known = remediations.flatMap(({ control, references }) => [control, references[benchmark] ?? control]);
  throw new HardenError({
    code: 'H2005',
    exit: EXIT.usage,
    message: `there is no control "${name}" in ${benchmark}${suggestion(name, known)}. Nothing was looked at.`,
    hint: 'Every control with its number: harden profile show',
  });
}

function isSelectable(catalogue: Catalogue, profile: Profile, { control }: Remediation): boolean {
  const { selected, leftOut } = selectControls(catalogue, profile, { control: [], exclude: [] });
  return selected.some((one) => one.remediation.control === control) || leftOut.some((one) => one.control === control);
}
