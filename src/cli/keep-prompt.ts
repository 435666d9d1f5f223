import { type Interface, createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PendingRevert } from '../app/revert-timer.ts';
import { monotonicMs } from '../host/monotonic.ts';
import { atPlace } from '../model/command-place.ts';
import { EXIT, type ExitCode, HardenError } from '../model/errors.ts';
import { errorText } from '../render/error-text.ts';
import { remaining, takenBackText } from '../render/keep-text.ts';
import type { Style } from '../render/layout.ts';
import { confirmText, keep } from './commands/confirm.ts';
import { keptAt } from './store-place.ts';
import { confirmExit } from './confirm-exit.ts';
import type { StateArguments } from './keeping.ts';
import { tell } from './output.ts';
import { whenTimeIsUp } from './time-limit.ts';

const LOOK_EVERY_MS = 500;
/** How long the revert may take, after the time is up, before we say that somebody should look. */
const REVERT_LIMIT_MS = 180_000;
/** Seconds left at which it is said again. */
const SAID_AT = [3600, 1800, 600, 300, 120, 60, 30, 10] as const;

/** `health`: checks that the apply was told of, besides those of the machine. */
export type KeepPlace = StateArguments & { readonly health: readonly string[] };

type End = { readonly type: 'typed' | 'left' } | { readonly type: 'ended'; readonly code: ExitCode };

/**
 * At the terminal of an apply whose changes wait: says how much time is left, takes "keep", and notices what another session or the
 * clock does. It holds no lock, and however it ends, the clock goes on.
 */
export async function waitForKeep(pending: PendingRevert, place: KeepPlace, style: Style): Promise<ExitCode> {
  const lines = createInterface({ input: process.stdin });
  try {
    for (;;) {
      const stop = new AbortController();
      const end = await Promise.race([
        typed(lines, stop.signal),
        signalled(stop.signal),
        watched({ pending, place, style }, stop.signal),
      ]).finally(() => stop.abort());
      if (end.type === 'ended') {
        return end.code;
      }
      if (end.type === 'left') {
        const next = atPlace(`To keep the changes: sudo harden confirm ${pending.id}`, place);
        tell(`\nharden: the clock goes on. ${next}\n`);
        return EXIT.ok;
      }
      const code = await tryToKeep(pending, place, style);
      if (code !== undefined) {
        return code;
      }
    }
  } finally {
    lines.close();
  }
}

/** "keep" and Enter; anything else says what may be typed. The end of the input is somebody who leaves. */
function typed(lines: Interface, signal: AbortSignal): Promise<End> {
  return new Promise((resolve) => {
    const listen = (line: string): void => {
      if (line.trim().toLowerCase() === 'keep') {
        resolve({ type: 'typed' });
      } else if (line.trim() !== '') {
        tell('To keep the changes, type: keep\n');
      }
    };
    const leave = (): void => resolve({ type: 'left' });
    lines.on('line', listen).once('close', leave);
    signal.addEventListener('abort', () => lines.off('line', listen).off('close', leave), { once: true });
  });
}

function signalled(signal: AbortSignal): Promise<End> {
  return new Promise((resolve) => {
    const leave = (): void => resolve({ type: 'left' });
    signal.addEventListener('abort', whenTimeIsUp(leave), { once: true });
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(name, leave);
      signal.addEventListener('abort', () => process.off(name, leave), { once: true });
    }
  });
}

interface Watch {
  readonly pending: PendingRevert;
  readonly place: StateArguments;
  readonly style: Style;
}

/** What became of the run, seen from outside. */
async function watched({ pending, place, style }: Watch, signal: AbortSignal): Promise<End> {
  const { id, due } = pending;
  let said = Math.round(pending.withinMs / 1000);
  while (!signal.aborted) {
    const left = Math.ceil((due.dueMs - monotonicMs()) / 1000);
    const now = SAID_AT.find((mark) => left <= mark && mark < said);
    if (now !== undefined && left > 0) {
      said = SAID_AT.findLast((mark) => left <= mark) ?? now;
      tell(`  ${remaining(left)} left; to keep the changes, type: keep\n`);
    }
    const code = becameOf({ pending, place, style });
    if (code !== undefined) {
      return { type: 'ended', code };
    }
    if (left < -REVERT_LIMIT_MS / 1000) {
      const next = atPlace('To do it now: sudo harden recover', place);
      tell(`harden: the time is up, but run ${id} was not taken back.\n  ${next}\n`);
      return { type: 'ended', code: EXIT.needsAttention };
    }
    await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
  return { type: 'left' };
}

/** How another session or the clock ended it, and says so; undefined while it waits. */
function becameOf({ pending: { id }, place, style }: Watch): ExitCode | undefined {
  const kept = keptAt({ root: undefined, ...place });
  if (kept === undefined || kept.openRuns.some((run) => run.id === id)) {
    return undefined;
  }
  if (kept.list.snapshots.some((snapshot) => snapshot.id === id)) {
    tell(`Kept from another session. ${atPlace(`Undo any time: sudo harden rollback ${id}`, place)}\n`);
    return EXIT.ok;
  }
  const note = kept.notes.find((one) => one.id === id);
  const troubles = note?.notAsBefore ?? null;
  // Whoever takes it back has still to look at the host.
  if (kept.unfinished.includes(id) || (note !== undefined && troubles === null)) {
    return undefined;
  }
  tell(takenBackText({ id, troubles, place }, style));
  return (troubles ?? []).length > 0 ? EXIT.needsAttention : EXIT.rolledBack;
}

/** Undefined where the clock goes on and it can be tried again. */
async function tryToKeep({ id }: PendingRevert, place: KeepPlace, style: Style): Promise<ExitCode | undefined> {
  try {
    const outcome = await keep({ wish: id, ...place });
    tell(confirmText(outcome, style));
    return outcome.type === 'not-as-proven' || outcome.type === 'unwell' ? undefined : confirmExit(outcome);
  } catch (error) {
    if (!(error instanceof HardenError)) {
      throw error;
    }
    tell(errorText(error, style, place));
    // Whoever holds the lock keeps it, takes it back, or only looks: that is seen from here.
    return error.exit === EXIT.locked ? undefined : error.exit;
  }
}
