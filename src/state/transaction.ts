import { EXIT, HardenError } from '../model/errors.ts';
import type { RevertDue } from '../model/revert.ts';
import type { CommitReport, TransactionSpec, UndoReport } from '../model/transaction.ts';
import { type Manifest, type ManifestStep, isObjectStep, listedNames } from './manifest.ts';
import { type Ground, type OpenTransaction, finishCommit, undoAndFinish } from './open-transaction.ts';
import type { Survey } from './survey.ts';
import { activate, performObjectStep, runAll } from './perform.ts';
import { holdingOriginal } from './snapshots.ts';
import { reasonOf } from './trouble.ts';

/** A begun transaction. All calls are synchronous; between them the caller may wait, look at the host, and decide. */
export interface Transaction {
  readonly id: string;
  /** Carries out one step, each once and in order. @throws HardenError; then only `undo` is left. */
  perform(index: number): void;
  /**
   * Makes it final: when this returns, all of it is on the disk. @throws HardenError H2131 where it is not committed and
   * `undo` is to be called; H2132 where nobody can tell, nothing is to be touched, and recovery decides. `unproven` is kept with the
   * snapshot: the work is done, but the host was not seen to be as it should.
   */
  commit(proof?: 'unproven'): CommitReport;
  /**
   * Leaves it complete but open, to be kept or taken back by whoever opens it again; this object is done with then.
   * @throws Error where that could not be written; then only `undo` is left.
   */
  wait(due: RevertDue): void;
  /** Puts everything back. May be called again where something failed. */
  undo(): UndoReport;
}

/** What was asked for, and what was found. */
interface Begun {
  readonly spec: Pick<TransactionSpec, 'steps'>;
  readonly survey: Pick<Survey, 'exposed'>;
}

type Phase = 'open' | 'failed' | 'doubtful' | 'waiting' | 'committed' | 'undone';

/** A transaction that waits, opened again: everything was performed by the run that began it. */
export function resumeTransaction(ground: Ground, open: OpenTransaction): Pick<Transaction, 'id' | 'commit' | 'undo'> {
  const begun: Begun = { spec: { steps: [] }, survey: { exposed: new Map() } };
  return transactionFrom(ground, open, begun, open.manifest.steps.length);
}

export function runTransaction(ground: Ground, open: OpenTransaction, begun: Begun): Transaction {
  return transactionFrom(ground, open, begun, 0);
}

function transactionFrom(ground: Ground, open: OpenTransaction, begun: Begun, done: number): Transaction {
  const { id, manifest, journal } = open;
  let phase: Phase = 'open';
  let performed = done;
  const wrongPhase = (): Error => new Error(`transaction ${id} is ${phase}`);
  const expectOpen = (): void => {
    if (phase !== 'open') {
      throw wrongPhase();
    }
  };
  const expectAllPerformed = (): void => {
    expectOpen();
    if (performed !== manifest.steps.length) {
      throw new Error(`transaction ${id} has steps that were not performed`);
    }
  };
  return {
    id,
    perform: (index) => {
      expectOpen();
      const step = nextStep(manifest, index, performed);
      performed += 1;
      phase = 'failed';
      performNamed(ground, open, { index, step, begun });
      phase = 'open';
    },
    wait: (due) => {
      expectAllPerformed();
      // Where it may have reached the disk, nothing is undone before it is written over.
      phase = 'doubtful';
      journal.append({ type: 'waiting', ...due });
      phase = 'waiting';
      journal.close();
    },
    commit: (proof) => {
      expectAllPerformed();
      phase = 'doubtful';
      const refused = tryCommit(open, proof);
      if (refused !== undefined) {
        phase = 'failed';
        throw notCommitted(id, refused);
      }
      phase = 'committed';
      return { pending: finishAndClose(ground, open) };
    },
    undo: () => {
      if (phase === 'waiting' || phase === 'committed' || phase === 'undone') {
        throw wrongPhase();
      }
      abort(open, phase === 'doubtful');
      phase = 'failed';
      const report = undoAndFinish(ground, open, 'assert');
      if (report.failed.length === 0) {
        phase = 'undone';
        journal.close();
      }
      return report;
    },
  };
}

function nextStep({ id, steps }: Manifest, index: number, performed: number): ManifestStep {
  const step = index === performed ? steps[index] : undefined;
  if (step === undefined) {
    throw new Error(`step ${index} is not the next one of transaction ${id}`);
  }
  return step;
}

function finishAndClose(ground: Ground, open: OpenTransaction): CommitReport['pending'] {
  const pending = finishCommit(ground, open);
  open.journal.close();
  return pending;
}

interface NextStep {
  readonly index: number;
  readonly step: ManifestStep;
  readonly begun: Begun;
}

/** @throws HardenError that names the step. */
function performNamed(ground: Ground, open: OpenTransaction, next: NextStep): void {
  try {
    performStep(ground, open, next);
  } catch (error) {
    throw stepFailed(next.step, error);
  }
}

function performStep(
  ground: Ground,
  { id, manifest, journal }: OpenTransaction,
  { index, step, begun }: NextStep,
): void {
  const intent = (names: readonly string[]): void => journal.append({ type: 'intent', step: index, names });
  const { sys } = ground.targets;
  if (isObjectStep(step)) {
    const input = begun.spec.steps[index];
    if (input === undefined || input.kind === 'command' || input.kind === 'activate') {
      throw new Error(`step ${index} of transaction ${id} is another one than was begun`);
    }
    const listed = new Set([...listedNames(manifest).values()].flat());
    performObjectStep(
      {
        targets: ground.targets,
        id,
        listed,
        holdingSaved: (from, { path }, use) => holdingOriginal(ground.folders, { ...from, path }, use),
      },
      { index, step, input, seen: isFirst(manifest, index) ? begun.survey.exposed.get(step.path) : undefined },
      intent,
    );
  } else {
    intent([]);
    if (step.kind === 'command') {
      runAll(sys, [step.run], step.timeoutMs);
    } else {
      activate(sys, step.activation);
    }
  }
  journal.append({ type: 'done', step: index });
}

/** True for the first step on its path. */
function isFirst({ steps }: Manifest, index: number): boolean {
  const step = steps[index];
  const isSame = (one: ManifestStep): boolean =>
    step !== undefined && isObjectStep(step) && 'path' in one && one.path === step.path;
  return steps.findIndex(isSame) === index;
}

/** The reason why it is surely not committed; undefined where it is. @throws HardenError where nobody can tell. */
function tryCommit(open: OpenTransaction, proof: 'unproven' | undefined): string | undefined {
  try {
    open.journal.append({ type: 'commit', ...(proof === undefined ? {} : { unproven: true }) });
    return undefined;
  } catch (error) {
    const reason = reasonOf(error);
    abortDoubtful(open);
    return reason;
  }
}

/** A COMMIT that may have reached the disk is written over before anything is undone. */
function abortDoubtful({ id, journal }: OpenTransaction): void {
  try {
    journal.append({ type: 'abort', everything: false });
  } catch (error) {
    throw new HardenError({
      code: 'H2132',
      exit: EXIT.needsAttention,
      message: `Whether transaction ${id} was committed cannot be told: ${reasonOf(error)}. Everything was left as it is now.`,
      hint: 'Once the disk can be written again: harden recover',
      cause: error,
    });
  }
}

function abort(open: OpenTransaction, doubtful: boolean): void {
  if (doubtful) {
    abortDoubtful(open);
  } else {
    writeAbort(open);
  }
}

/** No COMMIT was tried: that this record cannot be written changes nothing. */
function writeAbort({ journal }: OpenTransaction): void {
  if (journal.records().at(-1)?.type === 'abort') {
    return;
  }
  try {
    journal.append({ type: 'abort', everything: false });
  } catch (error) {
    reasonOf(error);
  }
}

function stepFailed(step: ManifestStep, error: unknown): HardenError {
  const what = isObjectStep(step)
    ? step.path
    : step.kind === 'command'
      ? step.what
      : `${step.activation.action} of docker`;
  return new HardenError({
    code: 'H2130',
    exit: EXIT.rolledBack,
    message: `${what}: ${reasonOf(error)}`,
    cause: error,
  });
}

function notCommitted(id: string, reason: string): HardenError {
  return new HardenError({
    code: 'H2131',
    exit: EXIT.rolledBack,
    message: `Transaction ${id} could not be committed: ${reason}.`,
  });
}
