import { EXIT, HardenError } from '../model/errors.ts';
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
   * `undo` is to be called; H2132 where nobody can tell, nothing is to be touched, and recovery decides.
   */
  commit(): CommitReport;
  /** Puts everything back. May be called again where something failed. */
  undo(): UndoReport;
}

/** What was asked for, and what was found. */
interface Begun {
  readonly spec: TransactionSpec;
  readonly survey: Pick<Survey, 'exposed'>;
}

type Phase = 'open' | 'failed' | 'doubtful' | 'committed' | 'undone';

export function runTransaction(ground: Ground, open: OpenTransaction, begun: Begun): Transaction {
  const { id, manifest, journal } = open;
  let phase: Phase = 'open';
  let performed = 0;
  const expectOpen = (): void => {
    if (phase !== 'open') {
      throw new Error(`transaction ${id} is ${phase}`);
    }
  };
  return {
    id,
    perform: (index) => {
      expectOpen();
      const step = manifest.steps[index];
      if (step === undefined || index !== performed) {
        throw new Error(`step ${index} is not the next one of transaction ${id}`);
      }
      performed += 1;
      phase = 'failed';
      try {
        performStep(ground, open, { index, step, begun });
      } catch (error) {
        throw stepFailed(step, error);
      }
      phase = 'open';
    },
    commit: () => {
      expectOpen();
      if (performed !== manifest.steps.length) {
        throw new Error(`transaction ${id} has steps that were not performed`);
      }
      phase = 'doubtful';
      const refused = tryCommit(open);
      if (refused !== undefined) {
        phase = 'failed';
        throw notCommitted(id, refused);
      }
      phase = 'committed';
      const pending = finishCommit(ground, open);
      journal.close();
      return { pending };
    },
    undo: () => {
      if (phase === 'committed' || phase === 'undone') {
        throw new Error(`transaction ${id} is ${phase}`);
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

function performStep(
  ground: Ground,
  { id, manifest, journal }: OpenTransaction,
  { index, step, begun }: { readonly index: number; readonly step: ManifestStep; readonly begun: Begun },
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
function tryCommit(open: OpenTransaction): string | undefined {
  try {
    open.journal.append({ type: 'commit' });
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
