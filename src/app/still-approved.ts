import { restartFactsOf } from '../engine/restart-facts.ts';
import { DEFAULT_PROFILE } from '../catalogue/profiles.ts';
import { choiceWords } from '../model/choice-words.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import { numbersIn, thingAt } from '../model/plain-names.ts';
import type { Approval, Plan } from '../model/plan.ts';
import { differenceOf } from '../plan/difference.ts';
import { narrowed } from '../plan/narrow.ts';
import { approvedPart, isExpired, staleness } from '../plan/stale.ts';
import type { Ground } from './ground.ts';
import type { PlannedHost } from './make-plan.ts';
import { said } from './said.ts';
import type { Unattended } from './unattended.ts';

/** What `plannedFor` has to know of a request. */
export interface ApprovedRequest {
  readonly approvedPlan: Plan | undefined;
  readonly refresh?: boolean;
  readonly unattended?: Pick<Unattended, 'note'>;
  /** Consent that was given before, by a signature perhaps. */
  readonly given?: Approval | undefined;
}

/**
 * What is to be carried out: the plan of this moment, or what a plan from a file leaves of it. A signature is for as long as the plan it
 * is over says, so a refresh makes that no longer.
 * @throws HardenError exit 5
 */
export function plannedFor(
  { approvedPlan, refresh = false, unattended, given }: ApprovedRequest,
  now: PlannedHost,
  ground: Pick<Ground, 'now'>,
): Plan {
  if (approvedPlan === undefined) {
    return now.plan;
  }
  if (!refresh) {
    return stillApproved(approvedPlan, now, ground);
  }
  const { expiresAt } = approvedPlan;
  const signedBy = unattended?.note.signedBy ?? given?.signedBy;
  if (signedBy !== undefined && isExpired(approvedPlan, ground.now().toISOString())) {
    throw notApplicable(
      `the signed plan expired at ${minuteOf(expiresAt)}`,
      ['--refresh does not make a signature last longer'],
      planAgain(approvedPlan),
    );
  }
  return refreshed(approvedPlan, now);
}

/** The plan of this moment where it does nothing that was not approved, and costs nothing more. */
function refreshed(approved: Plan, { plan }: PlannedHost): Plan {
  if (approved.host.idHmac !== plan.host.idHmac) {
    throw otherHost(approved.host.name, plan.host.name, planAgain(approved));
  }
  const part = approvedPart(approved, plan);
  if (plan.changes.every(({ id }) => part.has(id))) {
    return withoutNewStops(approved, plan);
  }
  const numbers = (names: readonly string[]): string => numbersIn(plan, names).join(' ');
  const { added, changed } = differenceOf({ plan: approved, proofs: [], met: [] }, { plan, proofs: [], met: [] });
  throw new HardenError({
    code: 'H4022',
    exit: EXIT.planNotApplicable,
    message: 'the plan of this moment goes beyond the approved one. Nothing was changed.',
    details: [
      ...added.map(({ title, controls }) => `+ ${title} (${numbers(controls)})`),
      ...changed.map(({ title, controls, what }) => `~ ${title} (${numbers(controls)}): ${what.join(', ')}`),
    ],
    hint: `To approve the plan of this moment: ${planAgain(approved)} -o FILE`,
  });
}

/**
 * The part of the host's plan that was approved.
 * @throws HardenError exit 5 where the approved plan does not fit this host any more, or more containers would stop than it named.
 */
export function stillApproved(approved: Plan, now: PlannedHost, ground: Pick<Ground, 'now'>): Plan {
  const again = planAgain(approved);
  const stale = staleness(approved, now.plan, ground.now().toISOString());
  switch (stale.type) {
    case 'fresh':
      return withoutNewStops(approved, narrowed(now.plan, approvedPart(approved, now.plan), restartFactsOf(now.facts)));
    case 'expired':
      throw notApplicable(`the plan expired at ${minuteOf(stale.at)}`, [], again);
    case 'other-host':
      throw otherHost(stale.planned, stale.here, again);
    case 'other-content':
      throw notApplicable(
        'the plan was made with other remediations or another profile',
        [`planned with harden ${stale.planned}, this is ${stale.here}`],
        again,
      );
    case 'other-waivers':
      throw notApplicable(
        'the waivers are not those of the plan any more',
        [
          ...stale.ended.map((id) => `waived in the plan, and not now: ${id}`),
          ...stale.added.map((id) => `to be changed in the plan, and waived now: ${id}`),
        ],
        again,
      );
    case 'drifted':
      throw notApplicable(
        'the host is not as planned any more',
        stale.addresses.map((address) => `moved since: ${thingAt(address)}`),
        again,
      );
  }
}

/**
 * The way back of this moment, where it is the approved one or less.
 * @throws HardenError exit 5 where it would change, leave, activate or stop something that was not shown.
 */
export function stillTheWayBack(approved: Plan, now: Plan): Plan {
  const shown = new Set(approved.changes.map(({ id }) => id));
  const kinds = new Set(approved.effects.map(({ kind }) => kind));
  const moved = [
    ...now.changes.filter(({ id }) => !shown.has(id)).map(({ address }) => `moved since: ${thingAt(address)}`),
    ...now.warnings.filter((left) => !approved.warnings.includes(left)),
    ...now.effects.filter(({ kind }) => !kinds.has(kind)).map(({ kind }) => `not shown before: ${kind} of dockerd`),
  ];
  if (moved.length > 0) {
    throw notApplicable('the host is not as it was when the way back was shown', moved, 'harden rollback --plan');
  }
  return withoutNewStops(approved, now, 'harden rollback --plan');
}

function withoutNewStops(approved: Plan, plan: Plan, again = planAgain(approved)): Plan {
  const named = new Set(approved.effects.flatMap((effect) => effect.containersStopped));
  const unnamed = plan.effects.flatMap((effect) => effect.containersStopped).filter((name) => !named.has(name));
  if (unnamed.length > 0) {
    throw notApplicable('containers would stop that the plan did not name', [unnamed.join(', ')], again);
  }
  const removed = new Set(removedBy(approved));
  const lost = removedBy(plan).filter((name) => !removed.has(name));
  if (lost.length > 0) {
    throw notApplicable('containers would be removed of which the plan did not say so', [lost.join(', ')], again);
  }
  return plan;
}

function removedBy({ effects }: Plan): readonly string[] {
  return effects.flatMap(({ containersAfter }) => containersAfter?.removed ?? []);
}

function notApplicable(what: string, details: readonly string[], again: string): HardenError {
  return new HardenError({
    code: 'H4003',
    exit: EXIT.planNotApplicable,
    message: `${what}. Nothing was changed.`,
    details,
    hint: `To plan again: ${again}`,
  });
}

function otherHost(planned: string, here: string, again: string): HardenError {
  return notApplicable(`the plan was made for another host (${planned}); this is ${here}`, [], again);
}

/** What asks for the same choice; a profile of the site's own is not known by its name alone, and is named again where it was given. */
function planAgain({ selection, content: { profile, benchmark } }: Plan): string {
  const isShipped = profile !== DEFAULT_PROFILE && profile.startsWith(`${benchmark}/`);
  return `harden ${said('plan', [...(isShipped ? ['-p', profile] : []), ...choiceWords(selection)], [])}`;
}

function minuteOf(iso: string): string {
  return `${iso.slice(0, 16).replace('T', ' ')} UTC`;
}
