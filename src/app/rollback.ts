import { assessSelection } from '../engine/assess.ts';
import { performSteps } from '../engine/execute.ts';
import { gatherFacts } from '../engine/facts/gather-facts.ts';
import type { ChangeProof } from '../engine/prove.ts';
import { stepText } from '../engine/steps-text.ts';
import { reversalOf } from '../engine/work.ts';
import type { ControlLists } from '../catalogue/select.ts';
import type { Change, Comparison } from '../model/change.ts';
import { canonicalJson, toJson } from '../model/canonical.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import type { HostFacts } from '../model/facts.ts';
import type { FileDifference } from '../model/file-difference.ts';
import type { HealthSetup } from '../model/health.ts';
import type { Plan } from '../model/plan.ts';
import { changesOf } from '../model/plan-changes.ts';
import { stoppedBy } from '../model/stop.ts';
import type { TransactionSpec } from '../model/transaction.ts';
import type { Ceiling } from '../plan/ceiling.ts';
import type { AppliedSnapshot, Reversal } from '../resources/resource-type.ts';
import type { Begun } from '../state/begin.ts';
import type { Store } from '../state/store.ts';
import { selectionOf } from './applied-selection.ts';
import { chosenPart } from './chosen-part.ts';
import { containersAfter } from './containers-after.ts';
import { pastRuns } from './past-runs.ts';
import { areTakenBack, chosenSnapshot, planOfSnapshot, standingChanges } from './snapshots.ts';
import { type ConsentRequest, consentGiven, consentTo } from './consent.ts';
import { stillTheWayBack } from './still-approved.ts';
import { type TransactionEnd, endOf, failureOf, reasonOf, refuseStopped } from './ending.ts';
import type { Ground } from './ground.ts';
import { changedSince } from './left-alone.ts';
import { type HealthGate, announcedBy, openGate } from './health.ts';
import type { RunOutcome } from './outcome.ts';
import { type Looked, putBack } from './put-back.ts';
import { driverFor } from './progress.ts';
import type { Ui } from './ui.ts';
import { type WayBack, isBack, wayBack } from './way-back.ts';
import { NOT_UNATTENDED, type Unattended } from './unattended.ts';

export interface RollbackRequest {
  /** Id or unique beginning of one; undefined: the last apply that was not taken back. */
  readonly snapshot: string | undefined;
  /** Only these controls of the apply; absent or empty: all of it. */
  readonly part?: ControlLists | undefined;
  readonly yes: boolean;
  readonly ceiling: Ceiling;
  readonly dryRun: boolean;
  readonly newId: () => string;
  /** Undefined where there is no live host. */
  readonly health?: HealthSetup | undefined;
  /** What the command said besides its approval, for a text that proposes another one. */
  readonly words?: readonly string[];
  /** Kept with the approval. */
  readonly note?: Unattended['note'];
  /** In a dry run, told what became of the files others changed since, where there are such; secrets and all. */
  readonly changedSince?: (files: readonly FileDifference[]) => void;
}

/** Puts back what an apply changed, as far as nobody else changed it since, and looks at the host whether it is back. */
export async function rollback(ground: Ground, store: Store, request: RollbackRequest, ui: Ui): Promise<RunOutcome> {
  const id = chosenSnapshot(store.snapshots, request.snapshot);
  const { manifest, files: kept } = store.snapshots.read(id);
  const files = { ...kept, runs: pastRuns(store.snapshots) };
  refuseRollbackOfRollback(id, manifest.purpose);
  const applied = chosenPart(planOfSnapshot({ id, about: manifest.about }), request.part, ground.catalogue);
  const first = await wayBack(ground, applied, files);
  const { plan } = first;
  ui.planned?.(plan);
  const changes = applied.changes.map((change) => change.id);
  if (isBack(first) && (request.dryRun || areTakenBack(id, changes, store.snapshots.list().snapshots))) {
    return { type: 'nothing-to-do', plan };
  }
  const moves = first.reversal.steps.length > 0;
  refuseUnjudged(id, first, request);
  const specFor = ({ facts, reversal, unjudged }: WayBack, way: Plan): TransactionSpec => ({
    id: request.newId(),
    purpose: 'rollback',
    createdAt: ground.now().toISOString(),
    bootId: facts.identity.bootId,
    about: toJson({ type: 'rollback', of: id, ...takenBack(applied, reversal, unjudged), plan: way }),
    steps: reversal.steps,
    undoPhases: reversal.undoPhases,
  });
  if (request.dryRun) {
    if (moves) {
      consentGiven(consentWish(first, { ground, request }));
      ui.progress({ type: 'rehearsed', rehearsed: store.rehearse(specFor(first, plan)) });
    }
    request.changedSince?.(changedSince(applied, first.left, files, ground.host));
    const left = first.left.map(({ what, reason }) => `leave ${what}: ${reason}`);
    return { type: 'dry-run', plan, steps: [...first.reversal.steps.map(stepText), ...left] };
  }
  // Nobody is asked where nothing moves; that it was asked for is kept all the same, for what is taken back later.
  const agreed = moves
    ? await agreedWay(first, { ground, applied, files, request, ui })
    : { way: first, plan, approvals: [] };
  if (agreed === undefined) {
    return { type: 'declined', plan };
  }
  const { way } = agreed;
  const { facts, reversal } = way;
  refuseStopped(ui);
  // What is unwell may be why it is put back; it is only not held against the way back.
  const gate =
    reversal.steps.length === 0
      ? undefined
      : await openGate({ ground, facts, setup: request.health, steps: reversal.steps, ui }, false);
  refuseStopped(ui);
  const transaction = store.begin(specFor(way, { ...agreed.plan, approvals: agreed.approvals }));
  const run = { ground, ui, applied, files, reversal, facts, plan: agreed.plan, gate };
  const end = await endOf(transaction, () => performAndProve(run, transaction));
  if (end.type === 'failed') {
    const look = async (): Promise<Looked> => ({ facts: await gatherFacts(ground.host), moved: [] });
    return putBack({ ui, plan: agreed.plan, facts, gate, look, sees: false }, transaction, end);
  }
  const standing = standingChanges(id, store.snapshots.list().snapshots);
  const done = { type: 'done', plan: agreed.plan, snapshot: id, proofs: end.proofs, kept: way.left } as const;
  const containers = await containersAfter(ground.host, facts, agreed.plan);
  return { ...done, ...(standing === 0 ? {} : { standing }), health: end.health, containers };
}

/** Ids of the changes a way back settles, and which of them stay as somebody else has made them. What nobody can judge is not settled. */
function takenBack(
  { changes }: Plan,
  { kept }: Reversal,
  unjudged: WayBack['unjudged'],
): { readonly changes: readonly string[]; readonly left: readonly string[] } {
  const theirs = new Set<string>(kept.filter(({ until }) => until === undefined).map(({ address }) => address));
  const settled = changes.filter(({ address }) => !unjudged.has(address));
  return {
    changes: settled.map(({ id }) => id),
    left: settled.filter(({ address }) => theirs.has(address)).map(({ id }) => id),
  };
}

/**
 * Whose a setting is that stands in a broken file is not known; to call it taken back would turn the next rollback to an older apply.
 * @throws HardenError (exit 65, H1102) where that is all there is to do
 */
function refuseUnjudged(id: string, { left, unjudged, reversal }: WayBack, { dryRun }: RollbackRequest): void {
  const unknown = left.filter(({ address }) => unjudged.has(address));
  if (unknown.length > 0 && reversal.steps.length === 0 && !dryRun) {
    throw new HardenError({
      code: 'H1102',
      exit: EXIT.malformed,
      message: 'nothing can be put back while a file of this host cannot be judged. Nothing was changed.',
      details: unknown.map(({ what, reason }) => `${what}: ${reason}`),
      hint: `Correct it, then: sudo harden rollback ${id}`,
    });
  }
}

interface Asking {
  readonly ground: Ground;
  readonly applied: Plan;
  readonly files: AppliedSnapshot;
  readonly request: RollbackRequest;
  readonly ui: Ui;
}

/** A way back that somebody agreed to and that still is the one. */
interface AgreedWay {
  readonly way: WayBack;
  readonly plan: Plan;
  readonly approvals: Plan['approvals'];
}

/** Undefined where it was declined. @throws HardenError where it cannot be agreed to, or the host moved meanwhile. */
async function agreedWay({ plan }: WayBack, asking: Asking): Promise<AgreedWay | undefined> {
  const { ground, applied, files, request, ui } = asking;
  const consent = await consentTo(consentWish({ plan }, { ground, request }), ui);
  refuseStopped(ui);
  if (consent.type === 'declined') {
    return undefined;
  }
  const way = await wayBack(ground, applied, files);
  return { way, plan: stillTheWayBack(plan, way.plan), approvals: [consent.approval] };
}

function consentWish(
  { plan }: Pick<WayBack, 'plan'>,
  { ground, request }: { readonly ground: Ground; readonly request: RollbackRequest },
): ConsentRequest {
  const { yes, ceiling, note = {}, words } = request;
  const unattended = { ...NOT_UNATTENDED, note };
  return { plan, verb: 'rollback', yes, ceiling, by: ground.operator, now: ground.now, unattended, words };
}

function refuseRollbackOfRollback(id: string, purpose: 'apply' | 'rollback'): void {
  if (purpose === 'rollback') {
    throw new HardenError({
      code: 'H2012',
      exit: EXIT.usage,
      message: `${id} is a rollback itself. Nothing was changed.`,
      hint: 'To make those changes again: harden apply; to see all snapshots: harden snapshot list',
    });
  }
}

interface WayBackRun {
  readonly ground: Ground;
  readonly ui: Ui;
  readonly applied: Plan;
  readonly files: AppliedSnapshot;
  readonly reversal: Reversal;
  readonly facts: HostFacts;
  readonly plan: Plan;
  readonly gate: HealthGate | undefined;
}

async function performAndProve(run: WayBackRun, transaction: Begun): Promise<TransactionEnd> {
  const { ground, ui, reversal, facts } = run;
  const { id, rehearsed } = transaction;
  if (reversal.steps.length > 0) {
    ui.progress({ type: 'snapshot', id, steps: reversal.steps.length, rehearsed });
  }
  const engine = { host: ground.host, socket: facts.engine.apiSocket };
  const performed = await performSteps(transaction, reversal.steps, engine, driverFor(ui, reversal.steps, run.plan));
  if (performed.type !== 'done') {
    return failureOf(performed);
  }
  ui.progress({ type: 'verifying' });
  const proofs = await proveBack(run);
  const unwell = await run.gate?.judge(announcedBy(run.plan));
  const signal = ui.stopRequested();
  if (signal !== undefined) {
    return { type: 'failed', at: 'verification', reason: stoppedBy(signal), signal };
  }
  if (unwell === undefined) {
    return { type: 'proven', proofs };
  }
  const { troubles, ...health } = unwell;
  return troubles.length === 0
    ? { type: 'proven', proofs, health }
    : { type: 'failed', at: 'verification', reason: reasonOf(troubles), signal: undefined };
}

/**
 * Back is what a second look finds nothing to do for. Of an option of dockerd also the running value must be the one from before,
 * unless nobody could restart the daemon for it.
 */
async function proveBack({ ground, applied, files, reversal }: WayBackRun): Promise<readonly ChangeProof[]> {
  const left = new Set(reversal.kept.map((item) => item.address));
  const changes = changesOf(applied).filter((change) => !left.has(change.address));
  const facts = await gatherFacts(ground.host);
  const again = await reversalOf({ changes, files }, ground.types, facts, ground.host);
  const back = new Set(again.already);
  const findings = await assessSelection(selectionOf(ground, changes, applied), facts, ground.host, ground.types);
  const seen = new Map(
    findings.flatMap((finding) => finding.assessments).map(({ address, comparison }) => [address, comparison]),
  );
  return changes.map((change): ChangeProof => {
    if (!back.has(change.address)) {
      return { change: change.id, proof: 'failed', reason: 'is not as it was before the apply' };
    }
    return change.target.type === 'daemon-option' && !runsAsBefore(change, seen.get(change.address), reversal)
      ? { change: change.id, proof: 'pending-restart', reason: 'the file is back; the running daemon is not' }
      : { change: change.id, proof: 'live', reason: '' };
  });
}

/** The daemon took up its restored file, or is seen to run with what it ran with before. */
function runsAsBefore(change: Change, now: Comparison | undefined, { steps }: Reversal): boolean {
  if (now !== undefined && 'change' in now) {
    return canonicalJson(now.change.before) === canonicalJson(change.before);
  }
  return now?.verdict === 'pass' || steps.some((step) => step.kind === 'activate');
}
