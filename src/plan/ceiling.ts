import { type Impact, IMPACTS } from '../model/change.ts';
import type { Plan } from '../model/plan.ts';
import type { Risk } from '../model/remediation.ts';
import { isGrave } from './strength.ts';

/** What an unattended approval covers at most. */
export interface Ceiling {
  readonly maxRisk: Risk;
  readonly maxImpact: Impact;
}
export const RISK_LEVELS: readonly Risk[] = ['low', 'medium', 'high'];

/** The changes of `plan` that `ceiling` does not cover; what is grave it covers where its id is in `accepted`. */
export function overCeiling(plan: Plan, ceiling: Ceiling, accepted: ReadonlySet<string>): Plan['changes'] {
  return plan.changes.filter(
    (change) =>
      RISK_LEVELS.indexOf(change.risk) > RISK_LEVELS.indexOf(ceiling.maxRisk) ||
      IMPACTS.indexOf(change.impact) > IMPACTS.indexOf(ceiling.maxImpact) ||
      (isGrave(plan, change) && !accepted.has(change.id)),
  );
}
