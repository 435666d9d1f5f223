import { digestOf } from '../model/canonical.ts';
import type { Plan, PlanDraft } from '../model/plan.ts';

/** Gives a plan its digest and the id taken from it. */
export function sealPlan(draft: PlanDraft): Plan {
  const digest = planDigest(draft);
  return { ...draft, id: digest.slice('sha256:'.length, 'sha256:'.length + 8), digest };
}

/** True where `plan` still is what its digest says. */
export function isIntact(plan: Plan): boolean {
  const digest = planDigest(plan);
  return plan.digest === digest && digest.startsWith(`sha256:${plan.id}`);
}

/**
 * Over what a person approves. When, by whom and with which build a plan was made is not part of it, so that the same host,
 * content and selection give the same digest.
 */
function planDigest(plan: PlanDraft | Plan): `sha256:${string}` {
  const parts: Record<string, unknown> = { ...plan };
  for (const outside of ['id', 'digest', 'createdAt', 'expiresAt', 'createdBy', 'tool', 'approvals']) {
    Reflect.deleteProperty(parts, outside);
  }
  parts['source'] = { type: plan.source.type };
  return `sha256:${digestOf(parts)}`;
}
