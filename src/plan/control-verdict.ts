import type { Assessment, Comparison } from '../model/change.ts';
import type { Verdict } from '../model/plan.ts';
import type { Evidence } from '../model/state.ts';

/** What several comparisons say of one control. */
export interface ControlVerdict {
  readonly verdict: Verdict;
  /** One sentence; empty for a pass. */
  readonly reason: string;
  readonly evidence: readonly Evidence[];
  readonly steps: readonly string[];
}

/** The gravest wins: a control passes only where every part that applies was seen to pass. */
const GRAVITY: Readonly<Record<Comparison['verdict'], number>> = {
  error: 5,
  fail: 4,
  'not-checked': 3,
  manual: 2,
  pass: 1,
  'not-applicable': 0,
};

/** `assessments` may be empty: then only a person can tell, and `manual` are the steps. */
export function controlVerdict(assessments: readonly Assessment[], manual: readonly string[]): ControlVerdict {
  if (assessments.length === 0) {
    return { verdict: 'manual', reason: 'only a person can decide this', evidence: [], steps: manual };
  }
  const comparisons = assessments.map((assessment) => assessment.comparison);
  const verdict = comparisons.reduce((worst, next) =>
    GRAVITY[next.verdict] > GRAVITY[worst.verdict] ? next : worst,
  ).verdict;
  const decisive = comparisons.filter((comparison) => comparison.verdict === verdict);
  const reasons = decisive.flatMap((comparison) => ('reason' in comparison ? [comparison.reason] : []));
  return {
    verdict,
    reason: [...new Set(reasons)].join('; '),
    evidence: distinct(comparisons.flatMap((comparison) => comparison.evidence)),
    steps: [...new Set(decisive.flatMap((comparison) => ('steps' in comparison ? comparison.steps : [])))],
  };
}

function distinct(evidence: readonly Evidence[]): readonly Evidence[] {
  return [...new Map(evidence.map((item) => [JSON.stringify([item.source, item.read, item.value]), item])).values()];
}
