import { gatherFacts } from '../engine/facts/gather-facts.ts';
import { restartFactsOf } from '../engine/restart-facts.ts';
import { withRestartPolicies } from '../engine/restart-policies.ts';
import { reversalOf } from '../engine/work.ts';
import type { HostFacts } from '../model/facts.ts';
import type { Plan } from '../model/plan.ts';
import { changesOf } from '../model/plan-changes.ts';
import { containersAtRestart } from '../plan/effects.ts';
import { reversePlan } from '../plan/reverse.ts';
import type { AppliedSnapshot, Reversal } from '../resources/resource-type.ts';
import type { Ground } from './ground.ts';
import { type WhatStays, leftAlone } from './left-alone.ts';

/** What would be put back at this moment. */
export interface WayBack extends WhatStays {
  readonly facts: HostFacts;
  readonly reversal: Reversal;
  readonly plan: Plan;
}

export async function wayBack(ground: Ground, applied: Plan, files: AppliedSnapshot): Promise<WayBack> {
  const found = await gatherFacts(ground.host);
  const reversal = await reversalOf({ changes: changesOf(applied), files }, ground.types, found, ground.host);
  const facts = restarts(reversal) ? await withRestartPolicies(ground.host, found) : found;
  const stays = await leftAlone(ground, { applied, facts }, reversal.kept);
  return { facts, reversal, ...stays, plan: wayBackPlan(ground, applied, { reversal, ...stays, facts }) };
}

function restarts({ steps }: Reversal): boolean {
  return steps.some((step) => step.kind === 'activate' && step.activation.action === 'restart');
}

/** Nothing has to move, and nothing was left to others. */
export function isBack({ reversal }: Pick<WayBack, 'reversal'>): boolean {
  return reversal.steps.length === 0 && reversal.kept.length === 0;
}

function wayBackPlan(ground: Ground, applied: Plan, { reversal, left, facts }: Omit<WayBack, 'plan'>): Plan {
  const out = new Set([...reversal.kept.map((item) => item.address), ...reversal.already]);
  const restart = restartFactsOf(facts);
  const now = ground.now();
  return reversePlan(applied, {
    restorable: new Set(
      changesOf(applied)
        .filter((change) => !out.has(change.address))
        .map((change) => change.id),
    ),
    activations: reversal.steps.flatMap((step) => (step.kind === 'activate' ? [step.activation.action] : [])),
    left: left.map(({ what, reason }) => `${what} is left as it is: ${reason}`),
    containers: containersAtRestart(restart.keepsContainers(changesOf(applied)), restart),
    createdAt: now.toISOString(),
    expiresAt: new Date(now.getTime() + 3_600_000).toISOString(),
    createdBy: ground.operator,
    toolVersion: ground.toolVersion,
    toolBuild: ground.toolBuild,
  });
}
