import { EXIT, HardenError } from '../model/errors.ts';
import type { Approval, Plan } from '../model/plan.ts';
import type { Ceiling } from '../plan/ceiling.ts';
import type { GivenWaiver } from './given-waivers.ts';
import { said } from './said.ts';
import type { Question, Ui } from './ui.ts';
import { NOT_UNATTENDED, type Unattended, coveredByYes, refuseOtherDigest } from './unattended.ts';

type Verb = 'apply' | 'rollback';

/** How the caller may approve: by `--yes` under a ceiling, or by answering. */
export interface ConsentRequest {
  readonly plan: Plan;
  readonly verb: Verb;
  readonly yes: boolean;
  readonly ceiling: Ceiling;
  readonly by: string;
  readonly now: () => Date;
  /** What a person may choose of the plan and look into; without it all or nothing. */
  readonly choice?: Pick<Question, 'part' | 'differences' | 'waiving'>;
  /** Consent given on the command line. */
  readonly unattended?: Unattended;
  /** What the command said besides its approval, for a text that proposes another one. */
  readonly words?: readonly string[] | undefined;
  /** Consent that was given to this plan before, or to one of which it is a part. */
  readonly given?: Approval | undefined;
  /** The plan as it was read from a file: its digest may be approved too. */
  readonly fromFile?: Plan | undefined;
}

/** `plan`: what was approved, which a person may have narrowed; `waivers`: what that person lives with instead. */
export type Consent =
  | {
      readonly type: 'approved';
      readonly plan: Plan;
      readonly approval: Approval;
      readonly waivers?: readonly GivenWaiver[] | undefined;
    }
  | { readonly type: 'declined' };

/**
 * Nobody to ask means no.
 * @throws HardenError exit 4 where approval is needed and not possible.
 */
export async function consentTo(request: ConsentRequest, ui: Ui): Promise<Consent> {
  const given = consentGiven(request);
  if (given === undefined) {
    return consentAskedFor(request, ui);
  }
  if (given.plan.changes.length > 0) {
    ui.approved?.(given.plan);
  }
  return given;
}

type Approved = Extract<Consent, { readonly type: 'approved' }>;

/** What was approved without a question; undefined where nothing was said. @throws HardenError exit 4 where that does not cover the plan */
export function consentGiven(request: ConsentRequest): Approved | undefined {
  const { plan, verb, by, now, words = [] } = request;
  const { unattended = NOT_UNATTENDED, ceiling, fromFile } = request;
  if (request.given !== undefined) {
    return { type: 'approved', plan: stillCovered(request, request.given), approval: request.given };
  }
  const note = { by, at: now().toISOString(), ...unattended.note };
  if (unattended.approve !== undefined) {
    refuseOtherDigest(unattended.approve, [plan, ...(fromFile === undefined ? [] : [fromFile])]);
    return { type: 'approved', plan, approval: { ...note, how: '--approve', ceiling: null } };
  }
  if (request.yes) {
    const covered = coveredByYes({ plan, verb, ceiling, unattended, part: request.choice?.part, words, fromFile });
    const accepted = unattended.accept.length === 0 ? {} : { accepted: [...unattended.accept] };
    return { type: 'approved', plan: covered, approval: { ...note, how: '--yes', ceiling, ...accepted } };
  }
  return undefined;
}

async function consentAskedFor(request: ConsentRequest, ui: Ui): Promise<Consent> {
  const { plan, verb, by, now, words = [], unattended = NOT_UNATTENDED } = request;
  const note = { by, ...unattended.note };
  if (!ui.canAsk) {
    throw nobodyToAsk(plan, verb, ui.unasked ?? 'there is nobody to ask', words);
  }
  const { part, differences, waiving } = request.choice ?? {};
  const answer = await ui.ask({ plan, verb, part, differences, waiving });
  return answer.type === 'declined'
    ? answer
    : {
        type: 'approved',
        plan: answer.plan,
        waivers: answer.waivers,
        approval: { ...note, at: now().toISOString(), how: 'prompt', ceiling: null },
      };
}

/** What was approved under ceilings stays under them, also where the same changes weigh more by now. @throws HardenError exit 4 */
function stillCovered({ plan, verb }: ConsentRequest, { ceiling, accepted = [] }: Approval): Plan {
  return ceiling === null
    ? plan
    : coveredByYes({ plan, verb, ceiling, unattended: { ...NOT_UNATTENDED, accept: accepted }, part: undefined });
}

function nobodyToAsk(plan: Plan, verb: Verb, why: string, words: readonly string[]): HardenError {
  const { maxRisk, maxImpact } = plan.summary;
  const { changes } = plan;
  const byClass = `harden ${said(verb, words, ['--yes', '--max-risk', maxRisk ?? 'low', '--max-impact', maxImpact])}`;
  return new HardenError({
    code: 'H4001',
    exit: EXIT.approvalNeeded,
    message: `approval is needed, and ${why}. Nothing was changed.`,
    details: [
      `${changes.length} ${changes.length === 1 ? 'change' : 'changes'}, highest risk ${maxRisk ?? 'none'}, impact ${maxImpact}.`,
    ],
    hint: `${verb === 'apply' ? `To approve exactly this plan: harden ${said(verb, words, ['--approve', plan.id])}\n` : ''}To approve a class of plans: ${byClass}`,
  });
}
