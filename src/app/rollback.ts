import { assessSelection } from '../engine/assess.ts';
import { type DrivenTransaction, performSteps } from '../engine/execute.ts';
import { gatherFacts } from '../engine/facts/gather-facts.ts';
import type { ChangeProof } from '../engine/prove.ts';
import { restartFactsOf } from '../engine/restart-facts.ts';
import { stepText } from '../engine/steps-text.ts';
import { reversalOf } from '../engine/work.ts';
import type { Change, Comparison } from '../model/change.ts';
import { canonicalJson, toJson } from '../model/canonical.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import type { HostFacts } from '../model/facts.ts';
import { type Plan, changesOf } from '../model/plan.ts';
import type { Selection } from '../model/remediation.ts';
import type { Ceiling } from '../plan/ceiling.ts';
import { reversePlan } from '../plan/reverse.ts';
import type { Reversal, SnapshotFiles } from '../resources/resource-type.ts';
import type { Store } from '../state/store.ts';
import { chosenSnapshot, planOfSnapshot } from './snapshots.ts';
import { consentTo } from './consent.ts';
import { type TransactionEnd, endOf, failureOf, refuseStopped } from './ending.ts';
import type { Ground } from './ground.ts';
import type { RunOutcome } from './outcome.ts';
import { driverFor } from './progress.ts';
import type { Ui } from './ui.ts';

export interface RollbackRequest {
  /** Id or unique beginning of one; undefined: the last apply that was not taken back. */
  readonly snapshot: string | undefined;
  readonly yes: boolean;
  readonly ceiling: Ceiling;
  readonly dryRun: boolean;
  readonly newId: () => string;
}

/** Puts back what an apply changed, as far as nobody else changed it since, and looks at the host whether it is back. */
export async function rollback(ground: Ground, store: Store, request: RollbackRequest, ui: Ui): Promise<RunOutcome> {
  const id = chosenSnapshot(store.snapshots, request.snapshot);
  const { manifest, files } = store.snapshots.read(id);
  refuseRollbackOfRollback(id, manifest.purpose);
  const applied = planOfSnapshot({ id, about: manifest.about });
  const facts = await gatherFacts(ground.host);
  const reversal = await reversalOf({ changes: changesOf(applied), files }, ground.types, facts, ground.host);
  const plan = wayBackPlan(ground, applied, reversal, facts);
  if (reversal.steps.length === 0 && reversal.kept.length === 0) {
    return { type: 'nothing-to-do', plan };
  }
  if (request.dryRun) {
    const left = reversal.kept.map(({ what, reason }) => `leave ${what}: ${reason}`);
    return { type: 'dry-run', plan, steps: [...reversal.steps.map(stepText), ...left] };
  }
  const consent = await consentTo(
    { plan, verb: 'rollback', yes: request.yes, ceiling: request.ceiling, by: ground.operator, now: ground.now },
    ui,
  );
  refuseStopped(ui);
  if (consent.type === 'declined') {
    return { type: 'declined', plan };
  }
  const transaction = store.begin({
    id: request.newId(),
    purpose: 'rollback',
    createdAt: ground.now().toISOString(),
    bootId: facts.identity.bootId,
    about: toJson({ type: 'rollback', of: id, plan: { ...plan, approvals: [consent.approval] } }),
    steps: reversal.steps,
    undoPhases: reversal.undoPhases,
  });
  const end = await endOf(transaction, () =>
    performAndProve({ ground, ui, applied, files, reversal, facts }, transaction),
  );
  if (end.type === 'failed') {
    const { at, reason, signal } = end;
    ui.progress({ type: 'rolling-back', why: reason });
    const undo = transaction.undo();
    return { type: 'rolled-back', plan, at, reason, signal, undo, notAsBefore: [...undo.failed, ...undo.kept] };
  }
  return { type: 'done', plan, snapshot: id, proofs: end.proofs, kept: reversal.kept };
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
  readonly files: SnapshotFiles;
  readonly reversal: Reversal;
  readonly facts: HostFacts;
}

async function performAndProve(run: WayBackRun, transaction: DrivenTransaction): Promise<TransactionEnd> {
  const { ground, ui, reversal, facts } = run;
  ui.progress({ type: 'snapshot', id: transaction.id, steps: reversal.steps.length });
  const engine = { host: ground.host, socket: facts.engine.apiSocket };
  const performed = await performSteps(transaction, reversal.steps, engine, driverFor(ui, reversal.steps.length));
  if (performed.type !== 'done') {
    return failureOf(performed);
  }
  ui.progress({ type: 'verifying' });
  const proofs = await proveBack(run);
  const signal = ui.stopRequested();
  return signal === undefined
    ? { type: 'proven', proofs }
    : { type: 'failed', at: 'verification', reason: `stopped by ${signal}`, signal };
}

function wayBackPlan(ground: Ground, applied: Plan, reversal: Reversal, facts: HostFacts): Plan {
  const out = new Set([...reversal.kept.map((item) => item.address), ...reversal.already]);
  const { running, keepsContainers } = restartFactsOf(facts);
  const kept = keepsContainers(changesOf(applied));
  const now = ground.now();
  return reversePlan(applied, {
    restorable: new Set(
      changesOf(applied)
        .filter((change) => !out.has(change.address))
        .map((change) => change.id),
    ),
    activations: reversal.steps.flatMap((step) => (step.kind === 'activate' ? [step.activation.action] : [])),
    containersKept: kept ? running : [],
    containersStopped: kept ? [] : running,
    createdAt: now.toISOString(),
    expiresAt: new Date(now.getTime() + 3_600_000).toISOString(),
    createdBy: ground.operator,
    toolVersion: ground.toolVersion,
  });
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

function selectionOf(ground: Ground, changes: readonly Change[], applied: Plan): Selection {
  const slugs = new Set(changes.flatMap((change) => change.controls));
  const { benchmark, profile, level, parameters, notCovered } = applied.content;
  const remediations = ground.catalogue.remediations.filter((remediation) => slugs.has(remediation.control));
  return {
    profile: {
      name: profile,
      title: profile,
      benchmark: benchmark as Selection['profile']['benchmark'],
      level,
      parameters,
      include: [],
      exclude: [],
    },
    selected: remediations.map((remediation) => ({
      remediation,
      id: remediation.control,
      parameters: Object.fromEntries(
        remediation.parameters.flatMap(({ name }) => (name in parameters ? [[name, parameters[name] ?? null]] : [])),
      ),
    })),
    leftOut: [],
    notCovered,
  };
}
