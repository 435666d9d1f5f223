import { assessSelection } from '../engine/assess.ts';
import { performSteps } from '../engine/execute.ts';
import { gatherFacts } from '../engine/facts/gather-facts.ts';
import type { ChangeProof } from '../engine/prove.ts';
import { stepText } from '../engine/steps-text.ts';
import { reversalOf } from '../engine/work.ts';
import type { Change } from '../model/change.ts';
import { toJson } from '../model/canonical.ts';
import type { HostFacts } from '../model/facts.ts';
import { type Plan, changesOf } from '../model/plan.ts';
import type { Selection } from '../model/remediation.ts';
import type { Ceiling } from '../plan/ceiling.ts';
import { reversePlan } from '../plan/reverse.ts';
import type { Reversal } from '../resources/resource-type.ts';
import type { Store } from '../state/store.ts';
import { chosenSnapshot, planOfSnapshot } from './snapshots.ts';
import { consentTo } from './consent.ts';
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
  const applied = planOfSnapshot({ id, about: manifest.about });
  const changes = changesOf(applied);
  const facts = await gatherFacts(ground.host);
  const reversal = await reversalOf({ changes, files }, ground.types, facts, ground.host);
  const plan = wayBackPlan(ground, applied, reversal, facts);
  if (reversal.steps.length === 0 && reversal.kept.length === 0) {
    return { type: 'nothing-to-do', plan };
  }
  if (request.dryRun) {
    return {
      type: 'dry-run',
      plan,
      steps: [...reversal.steps.map(stepText), ...reversal.kept.map(({ what, reason }) => `leave ${what}: ${reason}`)],
    };
  }
  const consent = await consentTo(
    { plan, verb: 'rollback', yes: request.yes, ceiling: request.ceiling, by: ground.operator, now: ground.now },
    ui,
  );
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
  ui.progress({ type: 'snapshot', id: transaction.id, steps: reversal.steps.length });
  const engine = { host: ground.host, socket: facts.engine.apiSocket };
  const performed = await performSteps(transaction, reversal.steps, engine, driverFor(ui, reversal.steps.length));
  if (performed.type !== 'done') {
    const [at, reason, signal] =
      performed.type === 'stopped'
        ? ['between steps', `stopped by ${performed.signal}`, performed.signal]
        : [performed.at, performed.reason, undefined];
    ui.progress({ type: 'rolling-back', why: reason });
    const undo = transaction.undo();
    return { type: 'rolled-back', plan, at, reason, signal, undo, notAsBefore: [...undo.failed, ...undo.kept] };
  }
  ui.progress({ type: 'verifying' });
  const undone = changes.filter((change) => !reversal.kept.some((item) => item.address === change.address));
  const proofs = await proveBack(ground, undone, applied);
  transaction.commit();
  return { type: 'done', plan, snapshot: id, proofs, kept: reversal.kept };
}

function wayBackPlan(ground: Ground, applied: Plan, reversal: Reversal, facts: HostFacts): Plan {
  const out = new Set([...reversal.kept.map((item) => item.address), ...reversal.already]);
  const running = (facts.engine.containers ?? [])
    .filter((container) => container.running)
    .map((container) => container.name);
  const kept = facts.engine.info['LiveRestoreEnabled'] === true;
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

/** The same observation that the plan was made from must come back; a daemon nobody can restart here still runs with the new values. */
async function proveBack(ground: Ground, changes: readonly Change[], applied: Plan): Promise<readonly ChangeProof[]> {
  const facts = await gatherFacts(ground.host);
  const findings = await assessSelection(selectionOf(ground, changes, applied), facts, ground.host, ground.types);
  const now = new Map(
    findings
      .flatMap(({ assessments }) => assessments)
      .flatMap(({ address, comparison }) =>
        'change' in comparison ? [[address, comparison.change.fingerprint] as const] : [],
      ),
  );
  return changes.map((change) => {
    if (now.get(change.address) === change.fingerprint) {
      return { change: change.id, proof: 'live', reason: '' };
    }
    const waits =
      change.target.type === 'daemon-option' &&
      (facts.serviceManager.type !== 'systemd' || change.liveAfter === 'restart');
    return waits
      ? {
          change: change.id,
          proof: 'pending-restart',
          reason: 'the file is back; the running daemon still has the new value',
        }
      : { change: change.id, proof: 'failed', reason: 'is not as it was before the apply' };
  });
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
