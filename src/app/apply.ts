import type { Store } from '../state/store.ts';
import { type DrivenTransaction, performSteps } from '../engine/execute.ts';
import { type ChangeProof, lostAlongTheWay, proveChanges } from '../engine/prove.ts';
import { restartFactsOf } from '../engine/restart-facts.ts';
import { stepText } from '../engine/steps-text.ts';
import { workOf } from '../engine/work.ts';
import { toJson } from '../model/canonical.ts';
import type { Change } from '../model/change.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import { type Plan, changesOf } from '../model/plan.ts';
import type { Trouble } from '../model/transaction.ts';
import type { Ceiling } from '../plan/ceiling.ts';
import { narrowed } from '../plan/narrow.ts';
import { approvedPart, staleness } from '../plan/stale.ts';
import type { Work } from '../resources/resource-type.ts';
import { refuseBrokenFiles } from './broken-files.ts';
import { consentTo } from './consent.ts';
import { type TransactionEnd, endOf, failureOf, refuseStopped, wordsOf } from './ending.ts';
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
 * What is asked, judged by the ceilings, carried out and kept is the same plan, found on the host; one from a file only narrows it.
 * The caller holds the store, which has recovered what a dead run left.
 */
export async function apply(ground: Ground, store: Store, request: ApplyRequest, ui: Ui): Promise<RunOutcome> {
  const first = await makePlan(ground, request.wish);
  refuseWhereNotChangeable(first);
  const plan = request.approvedPlan === undefined ? first.plan : stillApproved(request.approvedPlan, first, ground);
  if (plan.changes.length === 0) {
    refuseStopped(ui);
    return { type: 'nothing-to-do', plan: first.plan };
  }
  if (request.dryRun) {
    const work = await workOf(changesOf(plan), ground.types, first.facts, ground.host);
    preflight(work, first.facts, ground.host, store);
    refuseStopped(ui);
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
  const agreed = stillApproved(plan, second, ground);
  refuseStopped(ui);
  if (agreed.changes.length === 0) {
    return { type: 'nothing-to-do', plan: second.plan };
  }
  const run = { ground, request, ui, plan: { ...agreed, approvals: [...agreed.approvals, consent.approval] } };
  return carryOut({ ...run, changes: changesOf(agreed), before: second }, store);
}

interface Run {
  readonly ground: Ground;
  readonly request: ApplyRequest;
  readonly ui: Ui;
  readonly plan: Plan;
  readonly changes: readonly Change[];
  readonly before: PlannedHost;
}

async function carryOut(run: Run, store: Store): Promise<RunOutcome> {
  const { ground, before, changes, plan } = run;
  const work = await workOf(changes, ground.types, before.facts, ground.host);
  preflight(work, before.facts, ground.host, store);
  const transaction = store.begin({
    id: run.request.newId(),
    purpose: 'apply',
    createdAt: ground.now().toISOString(),
    bootId: before.facts.identity.bootId,
    about: toJson({ type: 'apply', plan }),
    steps: work.steps,
    undoPhases: work.undoPhases,
  });
  const end = await endOf(transaction, () => performAndProve(run, transaction, work));
  if (end.type === 'failed') {
    return putBack(run, transaction, end);
  }
  return { type: 'done', plan, snapshot: transaction.id, proofs: end.proofs, kept: [] };
}

async function performAndProve(run: Run, transaction: DrivenTransaction, work: Work): Promise<TransactionEnd> {
  const { ground, ui, before } = run;
  ui.progress({ type: 'snapshot', id: transaction.id, steps: work.steps.length });
  const engine = { host: ground.host, socket: before.facts.engine.apiSocket };
  const performed = await performSteps(transaction, work.steps, engine, driverFor(ui, work.steps.length));
  if (performed.type !== 'done') {
    return failureOf(performed);
  }
  ui.progress({ type: 'verifying' });
  const { proofs, troubles } = await prove(run);
  // One that came during the last step or the proof: until the commit there is a way back.
  const signal = ui.stopRequested();
  if (signal !== undefined) {
    return { type: 'failed', at: 'verification', reason: `stopped by ${signal}`, signal };
  }
  if (troubles.length > 0) {
    const reason = troubles.map(({ what, reason: why }) => `${what}: ${why}`).join('; ');
    return { type: 'failed', at: 'verification', reason, signal: undefined };
  }
  return { type: 'proven', proofs };
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

async function putBack(
  run: Run,
  transaction: DrivenTransaction,
  end: Extract<TransactionEnd, { type: 'failed' }>,
): Promise<RunOutcome> {
  const { at, reason, signal } = end;
  run.ui.progress({ type: 'rolling-back', why: reason });
  const undo = transaction.undo();
  const notAsBefore = [...undo.failed, ...undo.kept, ...(await movedSince(run))];
  return { type: 'rolled-back', plan: run.plan, at, reason, signal, undo, notAsBefore };
}

/** What is not as it was before the apply; a host that cannot be looked at is not known to be as before. */
async function movedSince(run: Run): Promise<readonly Trouble[]> {
  try {
    const now = await makePlan(run.ground, run.request.wish);
    const moved = run.changes.filter(
      (change) =>
        !now.plan.changes.some((other) => other.address === change.address && other.fingerprint === change.fingerprint),
    );
    return [
      ...moved.map((change) => ({ what: change.title, reason: 'is not as it was before the apply' })),
      ...lostAlongTheWay(run.before.facts, now.facts, []),
    ];
  } catch (error) {
    return [{ what: 'this host', reason: `could not be looked at again: ${wordsOf(error)}` }];
  }
}

/**
 * The part of the host's plan that was approved.
 * @throws HardenError exit 5 where the approved plan does not fit this host any more, or more containers would stop than it named.
 */
function stillApproved(approved: Plan, now: PlannedHost, ground: Ground): Plan {
  const stale = staleness(approved, now.plan, ground.now().toISOString());
  switch (stale.type) {
    case 'fresh':
      return withoutNewStops(approved, narrowed(now.plan, approvedPart(approved, now.plan), restartFactsOf(now.facts)));
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

function withoutNewStops(approved: Plan, plan: Plan): Plan {
  const named = new Set(approved.effects.flatMap((effect) => effect.containersStopped));
  const unnamed = plan.effects.flatMap((effect) => effect.containersStopped).filter((name) => !named.has(name));
  if (unnamed.length > 0) {
    throw notApplicable('containers would stop that the plan did not name', [unnamed.join(', ')]);
  }
  return plan;
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
  const blind = blindControls(plan, facts);
  if (blind.length > 0) {
    throw new HardenError({
      code: 'H3002',
      exit: EXIT.dockerUnreachable,
      message: 'the Docker engine does not answer, so what it runs with cannot be judged. Nothing was changed.',
      details: [facts.engine.unreachable ?? '', `concerned: ${blind.join(' ')}`],
      hint: `Start it and try again, or leave these out: harden apply -x ${blind.join(',')}`,
    });
  }
}

/** Numbers of the controls that need an answer of the engine and have none; a folder has no engine that could answer. */
function blindControls(plan: Plan, { hostKind, engine }: PlannedHost['facts']): readonly string[] {
  const { unreachable } = engine;
  if (hostKind !== 'live' || unreachable === undefined) {
    return [];
  }
  const options = new Set(plan.changes.filter(({ target }) => target.type === 'daemon-option').map(({ id }) => id));
  return plan.controls
    .filter(
      ({ verdict, reason, changes }) =>
        (verdict === 'not-checked' && reason.includes(unreachable)) || changes.some((id) => options.has(id)),
    )
    .flatMap(({ ids }) => ids[0] ?? []);
}
