import { EXIT, HardenError } from '../model/errors.ts';
import { numbersIn } from '../model/plain-names.ts';
import type { Approval, Plan } from '../model/plan.ts';
import { type Ceiling, overCeiling } from '../plan/ceiling.ts';
import { withoutThose } from '../plan/closure.ts';
import { isFinal, isGrave, mayKeepOut, removesContainers } from '../plan/strength.ts';
import { said } from './said.ts';
import type { Question } from './ui.ts';

/** Consent that was given before, on the command line. */
export interface Unattended {
  /** The digest of exactly the plan that is approved, without its prefix, or its first digits. */
  readonly approve: string | undefined;
  /** Controls, by number or name, whose changes cannot be undone, may keep somebody out or remove containers, and are wanted all the same. */
  readonly accept: readonly string[];
  /** What the ceilings do not cover is left out, with what needs it, instead of refusing the whole plan. */
  readonly skipOverCeiling: boolean;
  /** Kept with the approval. */
  readonly note: Pick<Approval, 'reason' | 'ticket' | 'signedBy'>;
}

export const NOT_UNATTENDED: Unattended = { approve: undefined, accept: [], skipOverCeiling: false, note: {} };

export interface CeilingRequest {
  readonly plan: Plan;
  readonly verb: 'apply' | 'rollback';
  readonly ceiling: Ceiling;
  readonly unattended: Unattended;
  readonly part: Question['part'];
  /** What the command said besides its approval. */
  readonly words?: readonly string[];
  readonly fromFile?: Plan | undefined;
}

/** @throws HardenError exit 5 where the digest is of none of these plans */
export function refuseOtherDigest(approve: string, plans: readonly Pick<Plan, 'digest'>[]): void {
  if (!plans.some(({ digest }) => digest.startsWith(`sha256:${approve}`))) {
    throw new HardenError({
      code: 'H4020',
      exit: EXIT.planNotApplicable,
      message: `the plan is not the one that was approved (${approve.slice(0, 8)}). Nothing was changed.`,
      details: [...new Set(plans.map(({ digest }) => `the plan has ${digest}`))],
      hint: 'To see what would be applied: harden plan; to see what differs from a plan file: harden plan --against FILE',
    });
  }
}

/**
 * The part of the plan that `--yes` covers: all of it, or with `skipOverCeiling` what is left without what goes beyond the ceilings, which
 * may be nothing: a second run of the same command ends as the first.
 * @throws HardenError exit 4 where that is not enough, 64 where a control was accepted that the plan does not have
 */
export function coveredByYes(request: CeilingRequest): Plan {
  const { plan, ceiling, unattended, part } = request;
  const accepted = request.verb === 'apply' ? acceptedChanges(plan, unattended.accept) : new Set(idsOf(plan.changes));
  const over = overCeiling(plan, ceiling, accepted);
  if (over.length === 0) {
    return plan;
  }
  const left = withoutThose(plan.changes, new Set(idsOf(plan.changes)), new Set(idsOf(over)));
  if (!unattended.skipOverCeiling || part === undefined) {
    throw aboveCeiling(request, over);
  }
  const rest = part(left);
  const named = new Set(plan.effects.flatMap(({ containersStopped }) => containersStopped));
  const unnamed = rest.effects.flatMap(({ containersStopped }) => containersStopped).filter((name) => !named.has(name));
  if (unnamed.length > 0) {
    throw aboveCeiling(request, over, [`without them ${[...new Set(unnamed)].join(', ')} would stop`]);
  }
  return rest;
}

function idsOf(changes: Plan['changes']): readonly string[] {
  return changes.map(({ id }) => id);
}

function acceptedChanges(plan: Plan, accept: readonly string[]): ReadonlySet<string> {
  const unknown = accept.filter((name) => !plan.controls.some((control) => isNamed(control, name)));
  if (unknown.length > 0) {
    throw new HardenError({
      code: 'H4021',
      exit: EXIT.usage,
      message: `--accept names what the plan does not have: ${unknown.join(', ')}. Nothing was changed.`,
      hint: 'To see the controls of the plan: harden plan',
    });
  }
  const controls = plan.controls.filter((control) => accept.some((name) => isNamed(control, name)));
  return new Set(controls.flatMap(({ changes }) => changes));
}

function isNamed({ slug, ids }: Plan['controls'][number], name: string): boolean {
  return slug === name || ids.includes(name);
}

function aboveCeiling(request: CeilingRequest, over: Plan['changes'], why: readonly string[] = []): HardenError {
  const { plan, verb, ceiling, words = [], unattended } = request;
  const { maxRisk, maxImpact } = plan.summary;
  // A rollback goes back to a state that was: nothing of it is accepted by name.
  const grave = verb === 'apply' ? over.filter((change) => isGrave(plan, change)) : [];
  const toAccept = numbersOf(plan, grave);
  const accept = [...unattended.accept, ...toAccept];
  const allowing = approving(maxRisk ?? 'low', maxImpact, accept);
  const leave = verb === 'apply' && over.length < plan.changes.length ? leavingOut(request, over) : undefined;
  return new HardenError({
    code: 'H4002',
    exit: EXIT.approvalNeeded,
    message: `the plan goes beyond what --yes covers (risk ${ceiling.maxRisk}, impact ${ceiling.maxImpact}). Nothing was changed.`,
    details: [...over.map((change) => overLine(plan, change)), ...why],
    hint: `To allow it: harden ${said(verb, words, allowing)}${leave === undefined ? '' : `\nTo leave it out: ${leave}`}`,
  });
}

/** A plan file is applied as it is, or a part of it. */
function leavingOut(
  { plan, verb, ceiling, words = [], unattended, fromFile }: CeilingRequest,
  over: Plan['changes'],
): string {
  const out = fromFile === undefined ? ['-x', numbersOf(plan, over).join(',')] : ['--skip-over-ceiling'];
  return `harden ${said(verb, words, [...out, ...approving(ceiling.maxRisk, ceiling.maxImpact, unattended.accept)])}`;
}

function approving(maxRisk: string, maxImpact: string, accept: readonly string[]): readonly string[] {
  const accepting = accept.length === 0 ? [] : ['--accept', [...new Set(accept)].join(',')];
  return ['--yes', '--max-risk', maxRisk, '--max-impact', maxImpact, ...accepting];
}

function overLine(plan: Plan, change: Plan['changes'][number]): string {
  const { title, risk, impact } = change;
  const grave = [
    ...(isFinal(change) ? [', cannot be undone'] : []),
    ...(mayKeepOut(change) ? [', may keep somebody out'] : []),
    ...(removesContainers(plan, change) ? [', removes containers that were started with --rm'] : []),
  ];
  return `${numbersOf(plan, [change]).join(' ')} ${title}: risk ${risk}, impact ${impact}${grave.join('')}`;
}

function numbersOf(plan: Plan, changes: Plan['changes']): readonly string[] {
  return numbersIn(
    plan,
    changes.flatMap(({ controls }) => controls),
  );
}
