import type { AbsPath } from '../model/brand.ts';
import type { Trouble, UndoReport } from '../model/transaction.ts';
import type { Journal } from './journal.ts';
import { type Manifest, type ManifestStep, sameState } from './manifest.ts';
import { type Gate, closeGate, gatesOf, passingGates } from './gates.ts';
import { failureOf } from './perform.ts';
import { type RestoreGround, needsBlob, restore } from './restore.ts';
import { type Touched, touchedPaths } from './touched.ts';
import { blobBytes, originalBlob } from './save.ts';
import { attempt } from './trouble.ts';
import { sayOldValues } from './undo-phases.ts';

/** `leave`: no service and no kernel list of ours can be running yet (early at boot); systemd is, and reads its units again. `files`: no program at all. */
export type Runtime = 'assert' | 'leave' | 'files';

export interface UndoGround extends RestoreGround {
  readonly manifest: Manifest;
  readonly journal: Journal;
  readonly sameBoot: boolean;
  readonly runtime: Runtime;
}

interface Progress {
  readonly restored: string[];
  readonly kept: Trouble[];
  readonly failed: Trouble[];
  /** What only a look at the host can tell. */
  readonly unsure: Trouble[];
  /** Paths whose files are as they were before. */
  readonly back: Set<AbsPath>;
}

/**
 * Puts everything back: files in reverse order, then commands, then services; a folder that was open to others is closed all the while. Does not stop at a failure. Repeatable.
 * The caller has made sure that no COMMIT can be in the journal. An undo without `failed` is complete.
 */
export function undo(ground: UndoGround): UndoReport {
  const progress: Progress = { restored: [], kept: [], failed: [], unsure: [], back: new Set() };
  const touched = touchedPaths(ground.manifest).filter(({ object }) => ground.sameBoot || !object.volatile);
  const gates = gatesOf(ground.targets, touched);
  const looking = { ...ground, targets: passingGates(ground.targets, ground.manifest) };
  const lacking = touched.flatMap((one) => lackingCopy(looking, one));
  if (lacking.length > 0) {
    return { restored: [], kept: [], failed: lacking };
  }
  const restoring = { ...ground, gates: gates.map((gate) => gate.touched.object.path) };
  const closed = gates.map((gate) => ({ gate, ...closeOne(ground, gate) }));
  const between = touched.filter((one) => gates.every((gate) => gate.touched !== one));
  const unrecorded =
    between.map((one) => restoreOne(restoring, one, progress)).includes(true) || closed.some((one) => one.unrecorded);
  const begun = begunSteps(ground, unrecorded);
  if (ground.runtime === 'leave') {
    undoCommands(
      ground,
      begun.filter(({ step }) => rereadsUnits(step)),
      progress,
      false,
    );
  }
  if (ground.runtime === 'assert') {
    undoCommands(ground, begun, progress, wasUndone(ground, between, progress));
    const activated = begun.flatMap(({ step }) => (step.kind === 'activate' ? [step.activation.action] : []));
    if (activated.length > 0) {
      sayOldValues(ground, touched, progress, activated.includes('restart') ? 'restart' : 'reload');
    }
  }
  for (const { gate, moved } of closed.toReversed()) {
    openAgain(ground, gate.touched, moved ? progress : { ...progress, restored: [] });
  }
  const { restored, kept, failed, unsure } = progress;
  return { restored, kept, failed, ...(unsure.length === 0 ? {} : { unsure }) };
}

/** Damage that would leave some objects new and some old is found before the first one is put back. */
function lackingCopy(ground: UndoGround, touched: Touched): readonly Trouble[] {
  const { before, path } = touched.object;
  if (before.kind !== 'object' || before.content === null) {
    return [];
  }
  const name = originalBlob(touched.index, before.content.sha256);
  const whole = attempt(() => ground.blobs !== undefined && blobBytes(ground.state, ground.blobs, name) !== undefined);
  if (whole.ok && whole.value) {
    return [];
  }
  const needed = attempt(() => needsBlob(ground, touched, ground.manifest));
  const reason = 'its saved copy is missing or damaged; nothing was put back';
  return needed.ok && !needed.value ? [] : [{ what: path, reason }];
}

/** Where it cannot be closed, what is below it is refused. The record tells a later undo that it was this one that closed it. */
function closeOne(ground: UndoGround, gate: Gate): { readonly moved: boolean; readonly unrecorded: boolean } {
  const { journal, targets } = ground;
  const own = new Set(gate.touched.steps.map(({ index }) => index));
  const isKnown = (): boolean =>
    [...stepsOf(journal, 'intent'), ...stepsOf(journal, 'undoing')].some((step) => own.has(step));
  const [first] = own;
  const known = isKnown();
  const announce = (): void => {
    if (first !== undefined && !known) {
      attempt(() => journal.append({ type: 'undoing', step: first }));
    }
  };
  const result = attempt(() => closeGate(targets, gate, announce));
  const moved = result.ok && result.value;
  return { moved, unrecorded: moved && !known };
}

/** Closing it may have been all that was needed. */
function openAgain(ground: UndoGround, touched: Touched, progress: Progress): void {
  const { path } = touched.object;
  restoreOne(ground, touched, progress);
  if (progress.back.has(path) && !progress.restored.includes(path)) {
    progress.restored.push(path);
  }
}

/** True where something was put back that no record says was begun. */
function restoreOne(ground: UndoGround, touched: Touched, progress: Progress): boolean {
  const { path } = touched.object;
  const result = attempt(() => restore(ground, touched));
  if (!result.ok) {
    progress.failed.push({ what: path, reason: result.reason });
    return false;
  }
  switch (result.value.type) {
    case 'kept':
      progress.kept.push({ what: path, reason: result.value.reason });
      return false;
    case 'untouched':
      progress.back.add(path);
      return false;
    case 'restored': {
      progress.restored.push(path);
      progress.back.add(path);
      const recorded = new Set(stepsOf(ground.journal, 'intent'));
      return !touched.steps.some(({ index }) => recorded.has(index));
    }
  }
}

interface BegunStep {
  readonly index: number;
  readonly step: ManifestStep;
}

/** A drop-in that is gone again still counts for a systemd that read it earlier in this boot. */
function rereadsUnits(step: ManifestStep): boolean {
  return step.kind === 'command' && step.undo.tool === 'systemctl' && step.undo.args[0] === 'daemon-reload';
}

/**
 * What may have been begun: all of it where the records cannot be the whole truth. Another boot has made systemd read its units, with
 * whatever of ours stood there; no record tells of that.
 */
function begunSteps({ manifest, journal, sameBoot }: UndoGround, unrecorded: boolean): readonly BegunStep[] {
  const steps = manifest.steps.map((step, index) => ({ index, step }));
  const said = journal.records().some((record) => record.type === 'abort' && record.everything);
  if (unrecorded || said || !journal.intact()) {
    return steps;
  }
  const recorded = new Set(stepsOf(journal, 'intent'));
  return steps.filter(({ index, step }) => recorded.has(index) || (!sameBoot && rereadsUnits(step)));
}

/** An inverse that finds nothing to undo may say so by failing; that counts only where it was surely needed. */
function undoCommands(
  ground: UndoGround,
  begun: readonly BegunStep[],
  progress: Progress,
  undoneBefore: boolean,
): void {
  const done = new Set(stepsOf(ground.journal, 'done'));
  const tried = new Set(stepsOf(ground.journal, 'undoing'));
  for (const { index, step } of begun.toReversed()) {
    if (step.kind !== 'command') {
      continue;
    }
    // Without the record a later undo could take "nothing left to undo" for a failure, no more than that.
    attempt(() => ground.journal.append({ type: 'undoing', step: index }));
    const end = ground.targets.sys.run(step.undo, step.timeoutMs);
    const reason = failureOf(end);
    const readByBoot = !ground.sameBoot && rereadsUnits(step);
    const took = readByBoot || (ground.sameBoot && done.has(index));
    // What did not run to its end has not found that there is nothing to undo.
    const toldNothing = end.type !== 'exited' || (!tried.has(index) && !undoneBefore);
    // Reading units again never finds that there is nothing to undo.
    const needed = took && (toldNothing || rereadsUnits(step));
    const trouble = { what: step.what, reason: `${[step.undo.tool, ...step.undo.args].join(' ')} ${reason ?? ''}` };
    if (reason === undefined) {
      progress.restored.push(step.what);
    } else if (needed) {
      progress.failed.push(trouble);
    } else if (took) {
      progress.unsure.push(trouble);
    }
  }
}

/**
 * True where all that was surely changed is found as it was before: there was an undo already, on a disk that took no records of it any
 * more. What undid the files undid the commands too.
 */
function wasUndone({ journal }: UndoGround, touched: readonly Touched[], { back, restored }: Progress): boolean {
  const done = new Set(stepsOf(journal, 'done'));
  const changed = touched.filter(({ object, steps }) => {
    const last = steps.findLast(({ index }) => done.has(index));
    return last !== undefined && !sameState(last.step.after, object.before);
  });
  return changed.length > 0 && changed.every(({ object: { path } }) => back.has(path) && !restored.includes(path));
}

function stepsOf(journal: Journal, type: 'intent' | 'done' | 'undoing'): readonly number[] {
  return journal.records().flatMap((record) => (record.type === type && 'step' in record ? [record.step] : []));
}
