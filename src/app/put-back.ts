import type { DrivenTransaction } from '../engine/execute.ts';
import { containersSeen } from '../engine/containers-seen.ts';
import { lostAlongTheWay } from '../engine/prove.ts';
import type { Change } from '../model/change.ts';
import type { EngineFacts, HostFacts } from '../model/facts.ts';
import type { Plan } from '../model/plan.ts';
import type { Trouble, UndoReport } from '../model/transaction.ts';
import { restartsDockerd } from './containers-after.ts';
import { type TransactionEnd, wordsOf } from './ending.ts';
import type { HealthGate } from './health.ts';
import type { RunOutcome } from './outcome.ts';
import type { Ui } from './ui.ts';
import { wayOut } from './way-out.ts';

/** A daemon that could not be started is not waited for. */
const DOWN_MS = 3_000;

export interface FailedRun {
  readonly ui: Ui;
  readonly plan: Plan;
  /** As found before anything was begun. */
  readonly facts: HostFacts;
  readonly gate: HealthGate | undefined;
  /** What is not as it was before, as far as the run knows. */
  readonly look: () => Promise<Looked>;
  /** False where `look` does not look at what was changed. */
  readonly sees?: boolean;
}

export interface Looked {
  readonly facts: HostFacts;
  readonly moved: readonly Change[];
}

/** Undoes everything, lets the services take up the old state, and looks whether the host is as before. */
export async function putBack(
  run: FailedRun,
  transaction: DrivenTransaction,
  end: Extract<TransactionEnd, { type: 'failed' }>,
): Promise<RunOutcome> {
  const { at, reason, signal } = end;
  const { facts } = run;
  // Before the undo starts the daemon again, and its journal goes on.
  const said = signal === undefined ? await complaintsOf(run.gate) : [];
  run.ui.progress({ type: 'rolling-back', why: reason });
  const undo = undoAll(transaction);
  const down = undo.failed.some(({ what }) => what.endsWith(' of docker'));
  const now = await movedSince(run, down ? DOWN_MS : undefined);
  const unsure = run.sees === false || now.engine === undefined ? (undo.unsure ?? []) : [];
  const notAsBefore = distinct([...undo.failed, ...undo.kept, ...unsure, ...now.troubles]);
  const systemd = facts.serviceManager.type === 'systemd';
  const engine = now.engine ?? facts.engine;
  const containers = restartsDockerd(run.plan)
    ? containersSeen(facts.engine.containers, now.engine?.containers)
    : undefined;
  const next = notAsBefore.length === 0 ? [] : wayOut({ undo, notAsBefore, engine, systemd, gone: containers?.gone });
  const found = { notAsBefore, containers, said, wayOut: next };
  return { type: 'rolled-back', plan: run.plan, at, reason, signal, undo, ...found };
}

/**
 * The inverse of a command fails where there is nothing to undo any more, which a second undo knows. What a service did not do the
 * first time is left to a person: it may take minutes each time. What is really not back, the look at the host says.
 */
function undoAll(transaction: DrivenTransaction): UndoReport {
  const first = transaction.undo();
  const onlyCommands = first.failed.every(({ what }) => !what.startsWith('/') && !what.endsWith(' of docker'));
  if (first.failed.length === 0 || !onlyCommands) {
    return first;
  }
  const second = transaction.undo();
  return { ...second, restored: [...new Set([...first.restored, ...second.restored])] };
}

async function complaintsOf(gate: HealthGate | undefined): Promise<readonly string[]> {
  try {
    return (await gate?.complaints()) ?? [];
  } catch {
    // They only help to understand; what is to be undone is undone without them.
    return [];
  }
}

interface Moved {
  readonly troubles: readonly Trouble[];
  readonly engine: EngineFacts | undefined;
}

/** What is not as it was before; a host that cannot be looked at is not known to be as before. */
async function movedSince(run: FailedRun, engineMs: number | undefined): Promise<Moved> {
  try {
    // First, because it waits for the engine.
    const health = (await run.gate?.judgeUndone(engineMs))?.troubles ?? [];
    const { facts, moved } = await run.look();
    const dead = health.some(({ what }) => what === 'dockerd');
    return {
      troubles: [
        ...health,
        // What a dead daemon runs with cannot be seen; that it is dead has been said.
        ...moved
          .filter(({ target }) => !dead || target.type !== 'daemon-option')
          .map((change) => ({ what: change.title, reason: 'is not as it was before' })),
        ...lostAlongTheWay(run.facts, facts, []).filter(({ what }) => !dead || what !== 'containers'),
      ],
      engine: facts.engine,
    };
  } catch (error) {
    const reason = `could not be looked at again: ${wordsOf(error)}`;
    return { troubles: [{ what: 'this host', reason }], engine: undefined };
  }
}

function distinct(troubles: readonly Trouble[]): readonly Trouble[] {
  return troubles.filter(
    ({ what, reason }, index) => troubles.findIndex((one) => one.what === what && one.reason === reason) === index,
  );
}
