import { canonicalJson } from '../model/canonical.ts';
import type { DifferentChange, DifferentResult, PlanDifference } from '../model/difference.ts';
import type { Plan } from '../model/plan.ts';
import type { ReportControl } from '../model/report.ts';
import { type ReportProof, reportOf } from './report-of.ts';

type PlanChange = Plan['changes'][number];

/** A plan, and what an apply made of it. */
export interface DifferenceSide {
  readonly plan: Plan;
  readonly proofs: readonly ReportProof[];
  readonly met: readonly string[];
}

/** Members of a change that somebody weighs, with the word for them. What it is called and noted is not part of it. */
const WEIGHED = [
  ['before', 'value now'],
  ['after', 'value after'],
  ['target', 'place'],
  ['risk', 'risk'],
  ['impact', 'impact'],
  ['liveAfter', 'when it is live'],
  ['reversible', 'way back'],
  ['needs', 'what it needs'],
  ['breaks', 'what it breaks'],
] as const satisfies readonly (readonly [keyof PlanChange, string])[];

/** What became different from `old` to `now`; a change is the same one where it does the same thing to the same object. */
export function differenceOf(old: DifferenceSide, now: DifferenceSide): PlanDifference {
  const [before, after] = [byKey(old.plan), byKey(now.plan)];
  const named = (plan: Plan) => (change: PlanChange) => nameOf(plan, change);
  return {
    since: old.plan.digest,
    sinceAt: old.plan.createdAt,
    added: now.plan.changes.filter((change) => !before.has(keyOf(change))).map(named(now.plan)),
    removed: old.plan.changes.filter((change) => !after.has(keyOf(change))).map(named(old.plan)),
    changed: now.plan.changes.flatMap((change) => {
      const was = before.get(keyOf(change));
      const what = was === undefined ? [] : weighedDifferently(was, change);
      return what.length === 0 ? [] : [{ ...nameOf(now.plan, change), what }];
    }),
    results: resultsOf(old, now),
    others: othersOf(old.plan, now.plan),
  };
}

function keyOf({ address, op }: PlanChange): string {
  return `${op} ${address}`;
}

function byKey(plan: Plan): ReadonlyMap<string, PlanChange> {
  return new Map(plan.changes.map((change) => [keyOf(change), change]));
}

function nameOf(plan: Plan, { title, controls }: PlanChange): DifferentChange {
  return { title, controls: controls.map((slug) => plan.controls.find((one) => one.slug === slug)?.ids[0] ?? slug) };
}

function weighedDifferently(was: PlanChange, is: PlanChange): readonly string[] {
  return WEIGHED.filter(([member]) => canonicalJson(was[member]) !== canonicalJson(is[member])).map(([, word]) => word);
}

function resultsOf(old: DifferenceSide, now: DifferenceSide): readonly DifferentResult[] {
  const [before, after] = [resultsBySlug(old), resultsBySlug(now)];
  return [...new Set([...after.keys(), ...before.keys()])].flatMap((slug) => {
    const [was, is] = [before.get(slug), after.get(slug)];
    const known = is ?? was;
    return known === undefined || was?.result === is?.result
      ? []
      : [{ slug, id: known.ids[0] ?? slug, title: known.title, before: was?.result, after: is?.result }];
  });
}

function resultsBySlug({ plan, proofs, met }: DifferenceSide): ReadonlyMap<string, ReportControl> {
  const { controls } = reportOf(plan, { kind: 'plan', proofs, met, waivers: new Map() });
  return new Map(controls.map((control) => [control.slug, control]));
}

function othersOf(old: Plan, now: Plan): readonly string[] {
  const rows: readonly (readonly [string, string, string])[] = [
    ...(old.host.idHmac === now.host.idHmac ? [] : ([['another host', old.host.name, now.host.name]] as const)),
    ['another profile', old.content.profile, now.content.profile],
    ['another benchmark', old.content.benchmark, now.content.benchmark],
    ['another Docker', old.host.docker.version ?? 'unknown', now.host.docker.version ?? 'unknown'],
  ];
  return rows
    .filter(([what, was, is]) => what === 'another host' || was !== is)
    .map(([what, was, is]) => `${what}: ${was} -> ${is}`);
}
