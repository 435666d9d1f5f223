import type { Plan } from '../model/plan.ts';
import { changesOf } from '../model/plan-changes.ts';
import { changeSummary } from './change-summary.ts';
import { type RestartFacts, effectsOf } from './effects.ts';
import { sealPlan } from './seal.ts';

/** A control that goes on failing because a change was left out of a plan. */
export interface LeftByChoice {
  readonly id: string;
  readonly title: string;
}

/** The controls of `plan` that fail and lose a change in `part`, which holds some of its changes. */
export function leftByChoice(plan: Plan, part: Plan): readonly LeftByChoice[] {
  const kept = new Set(part.changes.map((change) => change.id));
  return plan.controls
    .filter(({ verdict, changes }) => verdict === 'fail' && changes.some((id) => !kept.has(id)))
    .map(({ ids, slug, title }) => ({ id: ids[0] ?? slug, title }));
}

/** `plan` with only the changes of these ids, as a plan of its own: effects, counts and digest are those of what is left. */
export function narrowed(plan: Plan, ids: ReadonlySet<string>, restart: RestartFacts): Plan {
  if (plan.changes.every((change) => ids.has(change.id))) {
    return plan;
  }
  const changes = changesOf(plan).filter((change) => ids.has(change.id));
  const { id: _id, digest: _digest, ...rest } = plan;
  return sealPlan({
    ...rest,
    changes,
    effects: effectsOf(changes, restart),
    controls: plan.controls.map((control) => ({
      ...control,
      changes: control.changes.filter((change) => ids.has(change)),
    })),
    summary: { ...plan.summary, ...changeSummary(changes) },
    rollback: {
      covered: plan.rollback.covered.filter((change) => ids.has(change)),
      notCovered: plan.rollback.notCovered.filter(({ change }) => ids.has(change)),
    },
  });
}
