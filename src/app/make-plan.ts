import { assessSelection } from '../engine/assess.ts';
import { gatherFacts } from '../engine/facts/gather-facts.ts';
import { restartFactsOf } from '../engine/restart-facts.ts';
import { readOnce } from '../engine/read-once.ts';
import type { HostFacts } from '../model/facts.ts';
import { machineKey } from '../model/machine-key.ts';
import type { Plan } from '../model/plan.ts';
import type { Selection } from '../model/remediation.ts';
import { type Finding, buildPlan } from '../plan/build.ts';
import type { Ground } from './ground.ts';

/** A plan with what it was made from. */
export interface PlannedHost {
  readonly plan: Plan;
  readonly facts: HostFacts;
  readonly findings: readonly Finding[];
}

export interface PlanWish {
  readonly selection: Selection;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly validForMs: number;
}

/** Looks at the host and says what would change. Reads only. */
export async function makePlan(ground: Ground, wish: PlanWish): Promise<PlannedHost> {
  const host = readOnce(ground.host);
  const facts = await gatherFacts(host);
  const findings = await assessSelection(wish.selection, facts, host, ground.types);
  const now = ground.now();
  const plan = buildPlan(wish.selection, findings, facts, {
    createdAt: now.toISOString(),
    expiresAt: new Date(now.getTime() + wish.validForMs).toISOString(),
    createdBy: ground.operator,
    toolVersion: ground.toolVersion,
    hostIdHmac: hostIdOf(facts),
    restart: restartFactsOf(facts),
    recording: ground.recording,
    include: wish.include,
    exclude: wish.exclude,
  });
  return { plan, facts, findings };
}

/** The machine id does not leave the host; a recording holds its key already. */
function hostIdOf({ hostKind, identity }: HostFacts): string {
  const keyed = hostKind === 'recorded' || hostKind === 'simulated';
  return keyed ? identity.machineId : machineKey(identity.machineId);
}
