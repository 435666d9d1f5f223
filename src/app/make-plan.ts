import { assessSelection } from '../engine/assess.ts';
import { gatherFacts } from '../engine/facts/gather-facts.ts';
import { restartFactsOf } from '../engine/restart-facts.ts';
import { mayStopContainers, withRestartPolicies } from '../engine/restart-policies.ts';
import { readOnce } from '../engine/read-once.ts';
import type { HostFacts } from '../model/facts.ts';
import { machineKey } from '../model/machine-key.ts';
import type { Plan } from '../model/plan.ts';
import type { CoarseLists, Selection } from '../model/remediation.ts';
import { type Finding, buildPlan } from '../plan/build.ts';
import type { WaiverStanding } from '../model/waiver.ts';
import { countingByControl } from '../plan/waive.ts';
import type { Ground } from './ground.ts';
import { type WaiverBook, weighWaivers } from './weigh-waivers.ts';

/** A plan with what it was made from. */
export interface PlannedHost {
  readonly plan: Plan;
  readonly facts: HostFacts;
  readonly findings: readonly Finding[];
  /** How each waiver stands here. */
  readonly standings: readonly WaiverStanding[];
}

export interface PlanWish {
  readonly selection: Selection;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** Coarse options besides; left out: none was given. */
  readonly coarse?: CoarseLists | undefined;
  readonly validForMs: number;
  /** What the site lives with; left out: nothing. */
  readonly waivers?: WaiverBook | undefined;
}

/** Looks at the host and says what would change. Reads only. */
export async function makePlan(ground: Ground, wish: PlanWish): Promise<PlannedHost> {
  const host = readOnce(ground.host);
  const found = await gatherFacts(host);
  const now = ground.now();
  const standings = wish.waivers === undefined ? [] : weighWaivers(wish.waivers, found, host, now);
  const exempt = new Set(countingByControl(standings).keys());
  const findings = await assessSelection({ ...wish.selection, exempt }, found, host, ground.types);
  const comparisons = findings.flatMap(({ assessments }) => assessments.map(({ comparison }) => comparison));
  const facts = mayStopContainers(comparisons, found) ? await withRestartPolicies(host, found) : found;
  const dated = ground.dated ?? now;
  const plan = buildPlan(wish.selection, findings, facts, {
    createdAt: dated.toISOString(),
    expiresAt: new Date(dated.getTime() + wish.validForMs).toISOString(),
    createdBy: ground.operator,
    toolVersion: ground.toolVersion,
    toolBuild: ground.toolBuild,
    hostIdHmac: hostIdOf(facts),
    restart: restartFactsOf(facts),
    recording: ground.recording,
    include: wish.include,
    exclude: wish.exclude,
    coarse: wish.coarse ?? {},
    waivers: standings,
  });
  return { plan, facts, findings, standings };
}

/** The machine id does not leave the host; a recording holds its key already. */
function hostIdOf({ hostKind, identity }: HostFacts): string {
  const keyed = hostKind === 'recorded' || hostKind === 'simulated';
  return keyed ? identity.machineId : machineKey(identity.machineId);
}
