import type { Begun } from '../state/begin.ts';
import type { Store } from '../state/store.ts';
import { performSteps } from '../engine/execute.ts';
import { type ChangeProof, lostAlongTheWay, proveChanges } from '../engine/prove.ts';
import { restartFactsOf } from '../engine/restart-facts.ts';
import { stepText } from '../engine/steps-text.ts';
import { workOf } from '../engine/work.ts';
import { toJson } from '../model/canonical.ts';
import { choiceWords } from '../model/choice-words.ts';
import type { Change } from '../model/change.ts';
import type { HealthReport, HealthSetup } from '../model/health.ts';
import type { Approval, Plan } from '../model/plan.ts';
import { changesOf } from '../model/plan-changes.ts';
import type { RevertDue } from '../model/revert.ts';
import { stoppedBy } from '../model/stop.ts';
import type { TransactionSpec, Trouble } from '../model/transaction.ts';
import type { Ceiling } from '../plan/ceiling.ts';
import { leftByChoice, narrowed } from '../plan/narrow.ts';
import type { Work } from '../resources/resource-type.ts';
import { containersAfter } from './containers-after.ts';
import { type Consent, consentGiven, consentTo } from './consent.ts';
import { Stopped, type TransactionEnd, endOf, failureOf, reasonOf, refuseStopped } from './ending.ts';
import { fileDifferences } from './file-differences.ts';
import { type WaiverDesk, wishWith, withoutControls } from './given-waivers.ts';
import type { Ground } from './ground.ts';
import { type HealthGate, announcedBy, openGate, refuseUnhealthy } from './health.ts';
import { type PlanWish, type PlannedHost, makePlan } from './make-plan.ts';
import type { RunOutcome } from './outcome.ts';
import { preflight } from './preflight.ts';
import type { Later } from './later.ts';
import { driverFor } from './progress.ts';
import { type Looked, putBack } from './put-back.ts';
import { type KeepSettings, type PendingRevert, type RevertTimer, timerFor } from './revert-timer.ts';
import { plannedFor, stillApproved } from './still-approved.ts';
import { said } from './said.ts';
import type { Question, Ui } from './ui.ts';
import { refuseWhereNotChangeable } from './unfit-host.ts';
import { NOT_UNATTENDED, type Unattended } from './unattended.ts';
import { withGiven } from './write-waivers.ts';

export interface ApplyRequest {
  readonly wish: PlanWish;
  /** A plan from a file: exactly its changes are carried out, after they were found again on the host. */
  readonly approvedPlan: Plan | undefined;
  readonly yes: boolean;
  readonly ceiling: Ceiling;
  readonly dryRun: boolean;
  readonly newId: () => string;
  /** Undefined where there is no live host. */
  readonly health?: HealthSetup | undefined;
  /** Undefined: the changes stay without being kept. */
  readonly keep?: KeepSettings | undefined;
  /** Consent given on the command line. */
  readonly unattended?: Unattended;
  /** What the command said besides its approval, for a text that proposes it otherwise. */
  readonly words?: readonly string[];
  /** Consent to `approvedPlan` that was given before. */
  readonly given?: Approval | undefined;
  /** What is approved now is carried out later. */
  readonly later?: Later | undefined;
  /** With `approvedPlan`: the plan of this moment is carried out where it is the approved one or less, however old that is, unless it is signed. */
  readonly refresh?: boolean;
  /** Where a person may turn changes into waivers. */
  readonly waiving?: WaiverDesk | undefined;
}

/**
 * Plan, consent, look again, snapshot, change, prove; on any failure everything is put back.
 * What is asked, judged by the ceilings, carried out and kept is the same plan, found on the host; one from a file only narrows it.
 * The caller holds the store, which has recovered what a dead run left.
 */
export async function apply(ground: Ground, store: Store, request: ApplyRequest, ui: Ui): Promise<RunOutcome> {
  const first = await makePlan(ground, request.wish);
  ui.planned?.(request.approvedPlan ?? first.plan);
  refuseWhereNotChangeable(first, withoutHint(request));
  const plan = plannedFor(request, first, ground);
  if (plan.changes.length === 0) {
    refuseStopped(ui);
    return { type: 'nothing-to-do', plan: first.plan };
  }
  const timer = await timerFor(request.keep, plan, first.facts);
  const { yes, ceiling } = request;
  const choice = { ...choiceIn(plan, first.facts, ground), waiving: request.waiving };
  const { unattended = NOT_UNATTENDED, approvedPlan: fromFile, given } = request;
  const asking = { plan, verb: 'apply', yes, ceiling, by: ground.operator, now: ground.now, choice } as const;
  const consenting = { ...asking, unattended, fromFile, given, words: request.words };
  if (request.dryRun) {
    const covered = consentGiven(consenting)?.plan ?? plan;
    return covered.changes.length === 0
      ? { type: 'nothing-to-do', plan: first.plan, leftOut: leftByChoice(plan, covered) }
      : dryRun({ ground, request, ui, plan: covered, before: first }, store);
  }
  const consent = await consentTo(consenting, ui);
  if (consent.type === 'declined') {
    return { type: 'declined', plan };
  }
  return carryOutAgreed({ ground, request, ui, timer, plan, consent }, store);
}

/** All of `plan` but the writes. */
async function dryRun(
  run: Pick<Run, 'ground' | 'request' | 'ui' | 'plan' | 'before'>,
  store: Store,
): Promise<RunOutcome> {
  const { ground, request, ui, plan, before } = run;
  const work = await workOf(changesOf(plan), ground.types, before.facts, ground.host);
  preflight(work, before.facts, ground.host, store);
  await refuseUnhealthy(request.health, ui);
  const rehearsed = store.rehearse(specOf(run, work));
  refuseStopped(ui);
  ui.progress({ type: 'rehearsed', rehearsed });
  return { type: 'dry-run', plan, steps: work.steps.map(stepText) };
}

interface Agreement extends Pick<Run, 'ground' | 'request' | 'ui' | 'timer'> {
  /** What was asked about. */
  readonly plan: Plan;
  readonly consent: Extract<Consent, { readonly type: 'approved' }>;
}

/** Looks again, does what was agreed to, and writes the waivers that belong to it: all of it or nothing. */
async function carryOutAgreed(agreement: Agreement, store: Store): Promise<RunOutcome> {
  const { ground, ui, timer, plan, consent } = agreement;
  const { waivers = [], approval } = consent;
  const files = waivers.length === 0 ? [] : ((await agreement.request.waiving?.files(waivers)) ?? []);
  const approved = withoutControls(consent.plan, waivers);
  const left = leftByChoice(withoutControls(plan, waivers), approved);
  const request = { ...agreement.request, wish: wishWith(agreement.request.wish, files) };
  if (request.later !== undefined && approved.changes.length > 0) {
    refuseStopped(ui);
    return request.later.set({ ...approved, approvals: [...approved.approvals, approval] });
  }
  const second = await makePlan(ground, request.wish);
  const agreed = approved.changes.length === 0 ? approved : stillApproved(approved, second, ground);
  refuseStopped(ui);
  if (agreed.changes.length === 0) {
    const leftOut = approved.changes.length === 0 ? { leftOut: left } : {};
    return withGiven({ type: 'nothing-to-do', plan: second.plan, ...leftOut }, request.waiving, files);
  }
  const run = { ground, request, ui, timer, plan: { ...agreed, approvals: [...agreed.approvals, approval] } };
  const outcome = await carryOut({ ...run, changes: changesOf(agreed), before: second }, store);
  const whole = outcome.type === 'done' && left.length > 0 ? { ...outcome, leftOut: left } : outcome;
  return withGiven(whole, request.waiving, files);
}

/** What a person may choose of `plan`, and look into before. */
function choiceIn(
  plan: Plan,
  facts: PlannedHost['facts'],
  ground: Ground,
): Required<Pick<Question, 'part' | 'differences'>> {
  return {
    part: (ids) => narrowed(plan, ids, restartFactsOf(facts)),
    differences: (changes) => fileDifferences(ground, facts, changes),
  };
}

interface Run {
  readonly ground: Ground;
  readonly request: ApplyRequest;
  readonly ui: Ui;
  readonly plan: Plan;
  readonly changes: readonly Change[];
  readonly before: PlannedHost;
  readonly timer: RevertTimer | undefined;
}

interface GatedRun extends Run {
  readonly gate: HealthGate | undefined;
}

async function carryOut(run: Run, store: Store): Promise<RunOutcome> {
  const { ground, before, changes, plan } = run;
  const work = await workOf(changes, ground.types, before.facts, ground.host);
  preflight(work, before.facts, ground.host, store);
  const gate = await openGate(
    { ground, facts: before.facts, setup: run.request.health, steps: work.steps, ui: run.ui },
    true,
  );
  refuseStopped(run.ui);
  const transaction = store.begin(specOf(run, work));
  const { timer } = run;
  let pendingRevert: PendingRevert | undefined;
  const { id } = transaction;
  const stoppable = { id, wait: (due: RevertDue) => waitUnlessStopped(run.ui, transaction, due) };
  const wait = async (): Promise<void> => void (pendingRevert = await timer?.wait(stoppable));
  const end = await endOf(
    transaction,
    async () => {
      const reason = await timer?.start(transaction.id);
      return reason === undefined
        ? performAndProve({ ...run, gate }, transaction, work)
        : { type: 'failed', at: 'setting the clock', reason, signal: undefined };
    },
    timer === undefined ? undefined : wait,
  );
  if (end.type === 'failed') {
    const look = (): Promise<Looked> => lookAgain(run);
    const outcome = await putBack({ ui: run.ui, plan, facts: before.facts, gate, look }, transaction, end);
    await timer?.cancel();
    return outcome;
  }
  const { proofs, health, met = [] } = end;
  const containers = await containersAfter(ground.host, before.facts, plan);
  return { type: 'done', plan, snapshot: transaction.id, proofs, met, kept: [], health, containers, pendingRevert };
}

/** Setting the clock takes a while, in which somebody may have had enough. @throws Stopped */
function waitUnlessStopped(ui: Ui, transaction: Begun, due: RevertDue): void {
  const signal = ui.stopRequested();
  if (signal !== undefined) {
    throw new Stopped(signal);
  }
  transaction.wait(due);
  ui.progress({ type: 'waiting' });
}

/** Which changes are not as they were found before. */
async function lookAgain({ ground, request, changes }: Run): Promise<Looked> {
  const { plan, facts } = await makePlan(ground, request.wish);
  const isSame = (a: Change, b: Plan['changes'][number]): boolean =>
    a.address === b.address && a.fingerprint === b.fingerprint;
  return { facts, moved: changes.filter((change) => !plan.changes.some((now) => isSame(change, now))) };
}

function specOf(run: Pick<Run, 'ground' | 'request' | 'plan' | 'before'>, work: Work): TransactionSpec {
  const { ground, request, plan, before } = run;
  return {
    id: request.newId(),
    purpose: 'apply',
    createdAt: ground.now().toISOString(),
    bootId: before.facts.identity.bootId,
    about: toJson({ type: 'apply', plan }),
    steps: work.steps,
    undoPhases: work.undoPhases,
  };
}

async function performAndProve(run: GatedRun, transaction: Begun, work: Work): Promise<TransactionEnd> {
  const { ground, ui, before } = run;
  ui.progress({ type: 'snapshot', id: transaction.id, steps: work.steps.length, rehearsed: transaction.rehearsed });
  const backMs = run.request.health?.limits.engineMs;
  const engine = { host: ground.host, socket: before.facts.engine.apiSocket, backMs };
  const performed = await performSteps(transaction, work.steps, engine, driverFor(ui, work.steps, run.plan));
  if (performed.type !== 'done') {
    return failureOf(performed);
  }
  ui.progress({ type: 'verifying' });
  const { proofs, troubles, health, met } = await prove(run);
  // One that came during the last step or the proof: until the commit there is a way back.
  const signal = ui.stopRequested();
  if (signal !== undefined) {
    return { type: 'failed', at: 'verification', reason: stoppedBy(signal), signal };
  }
  if (troubles.length > 0) {
    return { type: 'failed', at: 'verification', reason: reasonOf(troubles), signal: undefined };
  }
  return { type: 'proven', proofs, health, met };
}

interface Proven {
  readonly proofs: readonly ChangeProof[];
  readonly troubles: readonly Trouble[];
  readonly health: HealthReport | undefined;
  readonly met: readonly string[];
}

async function prove(run: GatedRun): Promise<Proven> {
  const after = await makePlan(run.ground, run.request.wish);
  run.ui.proved?.(after.plan);
  const proofs = proveChanges(run.changes, after.findings);
  const met = after.plan.controls.filter(({ verdict }) => verdict === 'pass').map(({ slug }) => slug);
  const failed = proofs.filter((proof) => proof.proof === 'failed');
  const mayStop = run.plan.effects.flatMap((effect) => effect.containersStopped);
  const troubles = [
    ...failed.map((proof) => ({
      what: run.changes.find((change) => change.id === proof.change)?.title ?? proof.change,
      reason: proof.reason,
    })),
    ...lostAlongTheWay(run.before.facts, after.facts, mayStop),
  ];
  if (troubles.length > 0 || run.gate === undefined) {
    return { proofs, troubles, health: undefined, met };
  }
  const { troubles: unwell, ...health } = await run.gate.judge(announcedBy(run.plan));
  return { proofs, troubles: unwell, health, met };
}

/** How the same is asked for without some controls; a plan file is applied as it is. */
function withoutHint({ words = [], approvedPlan }: ApplyRequest): (ids: readonly string[]) => string {
  return (ids) =>
    approvedPlan === undefined
      ? `To leave these out: harden ${said('apply', words, ['-x', ids.join(',')])}`
      : `To leave these out, plan anew: harden ${said('plan', choiceWords(approvedPlan.selection), ['-x', ids.join(',')])} -o FILE`;
}
