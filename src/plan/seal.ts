import { digestOf } from '../model/canonical.ts';
import type { Plan, PlanDraft } from '../model/plan.ts';

/** Gives a plan its digest, the id taken from it, and the seal over what is not in the digest. */
export function sealPlan(draft: PlanDraft): Plan {
  const digest = planDigest(draft);
  const id = digest.slice('sha256:'.length, 'sha256:'.length + 8);
  return { ...draft, id, digest, seal: sealOf(draft, digest) };
}

/** True where `plan` still is what its digest and its seal say; how long it may be applied is under the seal. */
export function isIntact(plan: Plan): boolean {
  const digest = planDigest(plan);
  return plan.digest === digest && digest.startsWith(`sha256:${plan.id}`) && plan.seal === sealOf(plan, digest);
}

function sealOf({ createdAt, expiresAt, createdBy, tool, source }: PlanDraft, digest: string): `sha256:${string}` {
  return `sha256:${digestOf({ digest, createdAt, expiresAt, createdBy, tool, source })}`;
}

/**
 * Over what a person approves. When, by whom and with which build a plan was made is not part of it, so that the same host,
 * content and selection give the same digest.
 */
function planDigest(plan: PlanDraft | Plan): `sha256:${string}` {
  const parts: Record<string, unknown> = { ...plan };
  for (const outside of ['id', 'digest', 'seal', 'createdAt', 'expiresAt', 'createdBy', 'tool', 'approvals']) {
    Reflect.deleteProperty(parts, outside);
  }
  parts['source'] = { type: plan.source.type };
  return `sha256:${digestOf(parts)}`;
}
