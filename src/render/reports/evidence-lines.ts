import type { PlanControl } from '../../model/plan.ts';
import { shown } from '../printable.ts';

/** One line for each thing that was looked at: where, what, and what it said. */
export function evidenceLines(evidence: PlanControl['evidence']): readonly string[] {
  return evidence.map(
    ({ source, read, value }) => `${source}: ${read} = ${value === null ? 'not there' : shown(value)}`,
  );
}
