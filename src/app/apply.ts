import type { Store } from '../state/store.ts';
import { type DrivenTransaction, performSteps } from '../engine/execute.ts';
import { type ChangeProof, lostAlongTheWay, proveChanges } from '../engine/prove.ts';
import { stepText } from '../engine/steps-text.ts';
import { workOf } from '../engine/work.ts';
import { toJson } from '../model/canonical.ts';
import type { Change } from '../model/change.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import { type Approval, type Plan, changesOf } from '../model/plan.ts';
import type { Trouble } from '../model/transaction.ts';
import type { Ceiling } from '../plan/ceiling.ts';
import { approvedPart, staleness } from '../plan/stale.ts';
import type { Work } from '../resources/resource-type.ts';
import { refuseBrokenFiles } from './broken-files.ts';
import { consentTo } from './consent.ts';
import type { Ground } from './ground.ts';
import { type PlanWish, type PlannedHost, makePlan } from './make-plan.ts';
import type { RunOutcome } from './outcome.ts';
import { preflight } from './preflight.ts';
import { driverFor } from './progress.ts';
import type { Ui } from './ui.ts';

export interface ApplyRequest {
  readonly wish: PlanWish;
  /** A plan from a file: exactly its changes are carried out, after they were found again on the host. */
  readonly approvedPlan: Plan | undefined;
  readonly yes: boolean;
  readonly ceiling: Ceiling;
  readonly dryRun: boolean;
  readonly newId: () => string;
}

/**
 * Plan, consent, look again, snapshot, change, prove; on any failure everything is put back.
 * The caller holds the store, which has recovered what a dead run left.
 */
export async function apply(ground: Ground, store: Store, request: ApplyRequest, ui: Ui): Promise<RunOutcome> {
  const first = await makePlan(ground, request.wish);
  refuseWhereNotChangeable(first);
  const plan =
    request.approvedPlan === undefined ? first.plan : stillApplicable(request.approvedPlan, first.plan, ground);
  if (plan.changes.length === 0) {
    return { type: 'nothing-to-do', plan: first.plan };
  }
  if (request.dryRun) {
    const { changes, host } = carriedOut(plan, first);
    const work = await workOf(changes, ground.types, host.facts, ground.host);
    preflight(work, host.facts, store);
    return { type: 'dry-run', plan, steps: work.steps.map(stepText) };
  }
  const consent = await consentTo(
    { plan, verb: 'apply', yes: request.yes, ceiling: request.ceiling, by: ground.operator, now: ground.now },
    ui,
  );
  if (consent.type === 'declined') {
    return { type: 'declined', plan };
  }
  const second = await makePlan(ground, request.wish);
  const { changes, host } = carriedOut(stillApplicable(plan, second.plan, ground), second);
  return carryOut({ ground, store, request, ui, plan, approval: consent.approval, changes, before: host });
}

interface Run {
  readonly ground: Ground;
  readonly store: Store;
  readonly request: ApplyRequest;
  readonly ui: Ui;
  readonly plan: Plan;
  readonly approval: Approval;
  readonly changes: readonly Change[];
  readonly before: PlannedHost;
}

async function carryOut(run: Run): Promise<RunOutcome> {
  const { ground, store, ui, before, changes } = run;
  const work: Work = await workOf(changes, ground.types, before.facts, ground.host);
  preflight(work, before.facts, store);
  const approved: Plan = { ...run.plan, approvals: [...run.plan.approvals, run.approval] };
  const transaction = store.begin({
    id: run.request.newId(),
    purpose: 'apply',
    createdAt: ground.now().toISOString(),
    bootId: before.facts.identity.bootId,
    about: toJson({ type: 'apply', plan: approved }),
    steps: work.steps,
    undoPhases: work.undoPhases,
  });
  ui.progress({ type: 'snapshot', id: transaction.id, steps: work.steps.length });
  const engine = { host: ground.host, socket: before.facts.engine.apiSocket };
  const performed = await performSteps(transaction, work.steps, engine, driverFor(ui, work.steps.length));
  if (performed.type !== 'done') {
    const [at, reason, signal] =
      performed.type === 'stopped'
        ? ['between steps', `stopped by ${performed.signal}`, performed.signal]
        : [performed.at, performed.reason, undefined];
    return rollBack(run, transaction, { at, reason, signal });
  }
  ui.progress({ type: 'verifying' });
  const { proofs, troubles } = await prove(run);
  if (troubles.length > 0) {
    return rollBack(run, transaction, {
      at: 'verification',
      reason: troubles.map(({ what, reason }) => `${what}: ${reason}`).join('; '),
      signal: undefined,
    });
  }
  try {
    transaction.commit();
  } catch (error) {
    if (error instanceof HardenError && error.code === 'H2131') {
      return rollBack(run, transaction, { at: 'commit', reason: error.message, signal: undefined });
    }
    throw error;
  }
  return { type: 'done', plan: approved, snapshot: transaction.id, proofs, kept: [] };
}

async function prove(
  run: Run,
): Promise<{ readonly proofs: readonly ChangeProof[]; readonly troubles: readonly Trouble[] }> {
  const after = await makePlan(run.ground, run.request.wish);
  const proofs = proveChanges(run.changes, after.findings);
  const failed = proofs.filter((proof) => proof.proof === 'failed');
  const mayStop = run.plan.effects.flatMap((effect) => effect.containersStopped);
  return {
    proofs,
    troubles: [
      ...failed.map((proof) => ({
        what: run.changes.find((change) => change.id === proof.change)?.title ?? proof.change,
        reason: proof.reason,
      })),
      ...lostAlongTheWay(run.before.facts, after.facts, mayStop),
    ],
  };
}

async function rollBack(
  run: Run,
  transaction: DrivenTransaction,
  end: { readonly at: string; readonly reason: string; readonly signal: string | undefined },
): Promise<RunOutcome> {
  run.ui.progress({ type: 'rolling-back', why: end.reason });
  const undo = transaction.undo();
  const now = await makePlan(run.ground, run.request.wish);
  const moved = run.changes
    .filter(
      (change) =>
        !now.plan.changes.some((other) => other.address === change.address && other.fingerprint === change.fingerprint),
    )
    .map((change) => ({ what: change.title, reason: 'is not as it was before the apply' }));
  const notAsBefore = [...undo.failed, ...undo.kept, ...moved, ...lostAlongTheWay(run.before.facts, now.facts, [])];
  return { type: 'rolled-back', plan: run.plan, ...end, undo, notAsBefore };
}

/** The fresh changes that carry out `plan`, with the host they were found on. */
function carriedOut(
  plan: Plan,
  host: PlannedHost,
): { readonly changes: readonly Change[]; readonly host: PlannedHost } {
  const wanted = approvedPart(plan, host.plan);
  return {
    changes: changesOf(host.plan).flatMap((change) => {
      const id = wanted.get(change.id);
      return id === undefined ? [] : [{ ...change, id }];
    }),
    host,
  };
}

function stillApplicable(approved: Plan, now: Plan, ground: Ground): Plan {
  const stale = staleness(approved, now, ground.now().toISOString());
  switch (stale.type) {
    case 'fresh':
      return approved;
    case 'expired':
      throw notApplicable(`the plan expired at ${stale.at}`, []);
    case 'other-host':
      throw notApplicable(`the plan was made for another host (${stale.planned}); this is ${stale.here}`, []);
    case 'other-content':
      throw notApplicable('the plan was made with other remediations or another profile', [
        `planned with harden ${stale.planned}, this is ${stale.here}`,
      ]);
    case 'drifted':
      throw notApplicable(
        'the host is not as planned any more',
        stale.addresses.map((address) => `moved since: ${address}`),
      );
  }
}

function notApplicable(what: string, details: readonly string[]): HardenError {
  return new HardenError({
    code: 'H4003',
    exit: EXIT.planNotApplicable,
    message: `${what}. Nothing was changed.`,
    details,
    hint: 'To plan again: harden plan',
  });
}

function refuseWhereNotChangeable({ facts, plan }: PlannedHost): void {
  if (facts.engine.refusal !== undefined) {
    throw new HardenError({
      code: 'H3001',
      exit: EXIT.planNotApplicable,
      message: `this host is not one harden changes. Nothing was changed.`,
      details: [facts.engine.refusal],
      hint: 'To see what can be said about it: harden plan',
    });
  }
  refuseBrokenFiles(plan);
  const blind = plan.notChecked.filter(
    (item) =>
      item.control !== '' && facts.engine.unreachable !== undefined && item.reason.includes(facts.engine.unreachable),
  );
  if (blind.length > 0 && facts.hostKind === 'live') {
    throw new HardenError({
      code: 'H3002',
      exit: EXIT.dockerUnreachable,
      message: 'the Docker engine does not answer, so what it runs with cannot be judged. Nothing was changed.',
      details: [facts.engine.unreachable ?? '', `not checked for that: ${blind.map((item) => item.id).join(' ')}`],
      hint: `Start it and try again, or leave these out: harden apply -x ${blind.map((item) => item.id).join(',')}`,
    });
  }
}
