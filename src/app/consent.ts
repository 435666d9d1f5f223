import { EXIT, HardenError } from '../model/errors.ts';
import type { Approval, Plan } from '../model/plan.ts';
import { type Ceiling, overCeiling } from '../plan/ceiling.ts';
import type { Ui } from './ui.ts';

/** How the caller may approve: by `--yes` under a ceiling, or by answering. */
export interface ConsentRequest {
  readonly plan: Plan;
  readonly verb: 'apply' | 'rollback';
  readonly yes: boolean;
  readonly ceiling: Ceiling;
  readonly by: string;
  readonly now: () => Date;
}

export type Consent = { readonly type: 'approved'; readonly approval: Approval } | { readonly type: 'declined' };

/**
 * Nobody to ask means no.
 * @throws HardenError exit 4 where approval is needed and not possible.
 */
export async function consentTo(request: ConsentRequest, ui: Ui): Promise<Consent> {
  const { plan, verb, by, now } = request;
  if (request.yes) {
    const over = overCeiling(plan, request.ceiling);
    if (over.length > 0) {
      throw aboveCeiling(plan, over, request);
    }
    return { type: 'approved', approval: { by, at: now().toISOString(), how: '--yes', ceiling: request.ceiling } };
  }
  if (!ui.canAsk) {
    throw nobodyToAsk(plan, verb);
  }
  const answer = await ui.ask({ plan, verb, word: wordFor(plan) });
  return answer === 'declined'
    ? { type: 'declined' }
    : { type: 'approved', approval: { by, at: now().toISOString(), how: 'prompt', ceiling: null } };
}

/** The effect a person must name: a restart, or a use that breaks. */
function wordFor(plan: Plan): string | undefined {
  if (plan.effects.some((effect) => effect.kind === 'restart')) {
    return 'restart';
  }
  return plan.changes.some((change) => change.breaks.length > 0) ? 'break' : undefined;
}

function nobodyToAsk(plan: Plan, verb: string): HardenError {
  const { maxRisk, maxImpact } = plan.summary;
  return new HardenError({
    code: 'H4001',
    exit: EXIT.approvalNeeded,
    message: 'approval is needed, and there is no terminal to ask on. Nothing was changed.',
    details: [`${plan.changes.length} changes, highest risk ${maxRisk ?? 'none'}, impact ${maxImpact}.`],
    hint: `To approve a class of plans: harden ${verb} --yes --max-risk ${maxRisk ?? 'low'} --max-impact ${maxImpact}`,
  });
}

function aboveCeiling(plan: Plan, over: Plan['changes'], request: ConsentRequest): HardenError {
  const { maxRisk, maxImpact } = plan.summary;
  const { ceiling, verb } = request;
  return new HardenError({
    code: 'H4002',
    exit: EXIT.approvalNeeded,
    message: `the plan goes beyond what --yes covers (risk ${ceiling.maxRisk}, impact ${ceiling.maxImpact}). Nothing was changed.`,
    details: over.map(
      (change) =>
        `${change.title} (${change.controls.join(', ')}): risk ${change.risk}, impact ${change.impact}${change.reversible ? '' : ', cannot be undone'}`,
    ),
    hint: `To allow it: harden ${verb} --yes --max-risk ${maxRisk ?? 'low'} --max-impact ${maxImpact}${verb === 'apply' ? leavingOut(over) : ''}`,
  });
}

function leavingOut(over: Plan['changes']): string {
  return `; to leave it out: -x ${[...new Set(over.flatMap((change) => change.controls))].join(',')}`;
}
