import { IMPACTS } from '../model/change.ts';
import type { Plan } from '../model/plan.ts';
import { RISK_LEVELS } from './ceiling.ts';
import { highest } from './scale.ts';

/** What a plan says of its changes as a whole. */
export function changeSummary(
  changes: readonly Pick<Plan['changes'][number], 'risk' | 'impact' | 'reversible'>[],
): Pick<Plan['summary'], 'changes' | 'maxRisk' | 'maxImpact' | 'reversible'> {
  return {
    changes: changes.length,
    maxRisk:
      highest(
        RISK_LEVELS,
        changes.map((change) => change.risk),
      ) ?? null,
    maxImpact:
      highest(
        IMPACTS,
        changes.map((change) => change.impact),
      ) ?? 'none',
    reversible: changes.every((change) => change.reversible),
  };
}
