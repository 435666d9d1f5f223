import { setImmediate as breathe } from 'node:timers/promises';
import { type CommandPlace, atPlace } from '../model/command-place.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import type { StopCause } from '../model/stop.ts';
import { endNow } from './end-now.ts';
import { beyondLimit, timeLimit, whenTimeIsUp } from './time-limit.ts';

/**
 * Signals and the time limit ask a running transaction to stop at the next safe place; they never end the process in the middle of a
 * step, nor an undo. Only a second Ctrl-C does: the journal on disk is what repairs then.
 */
export interface StopSignals {
  requested(): StopCause | undefined;
  /** From now on the host is being changed. */
  begun(): void;
  /** What was changed stays for now: a signal stops nothing any more. */
  waits(): void;
  /** While `work` puts something back, which is never left half done. */
  whilePuttingBack<T>(work: () => Promise<T>): Promise<T>;
  /** While a question is open, a signal is the answer no: `ask` is told to end its prompt. */
  whileAsking<T>(ask: (signal: AbortSignal) => Promise<T>): Promise<T>;
  release(): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** One press can arrive twice, from the terminal and from the program that started us. */
const ONE_PRESS_MS = 250;

/** @param repair the command that ends what a run left half done. @param keep the one that keeps what waits. */
export function watchSignals(repair: string, keep = 'sudo harden confirm'): StopSignals {
  let first: { readonly signal: StopCause; readonly at: number } | undefined;
  let phase: Phase = 'before';
  let interrupt: ((error: HardenError) => void) | undefined;
  const receive = (signal: StopCause): void => {
    if (first?.signal === 'SIGINT' && signal === 'SIGINT' && performance.now() - first.at > ONE_PRESS_MS) {
      stopAtOnce(phase, { repair, keep });
    }
    if (first === undefined || pressedAfterLimit(first.signal, signal)) {
      const why = signal === 'timeout' ? `the time limit of ${timeLimit()} was reached` : `${signal} received`;
      process.stderr.write(`\nharden: ${why}; ${whatNow(signal, phase, keep)}\n`);
      first = { signal, at: performance.now() };
    }
    interrupt?.(interrupted(signal));
  };
  const listeners = SIGNALS.map((signal) => [signal, (): void => receive(signal)] as const);
  listeners.forEach(([signal, listener]) => process.on(signal, listener));
  const unlimited = whenTimeIsUp(() => receive('timeout'));
  return {
    requested: () => first?.signal,
    begun: () => {
      phase = 'working';
    },
    waits: () => {
      phase = 'waiting';
    },
    whilePuttingBack: async (work) => {
      const before = phase;
      phase = 'putting-back';
      try {
        return await work();
      } finally {
        // A signal that came while it could not be heard is heard now.
        await breathe();
        phase = before;
      }
    },
    whileAsking: async (ask) => {
      const end = new AbortController();
      const stopped = new Promise<never>((_resolve, reject) => {
        interrupt = reject;
      });
      try {
        return await Promise.race([ask(end.signal), stopped]);
      } catch (error) {
        // The prompt library reports Ctrl-C as an error of its own.
        throw error instanceof Error && error.name !== 'ExitPromptError' ? error : interrupted('SIGINT');
      } finally {
        interrupt = undefined;
        end.abort();
      }
    },
    release: () => {
      unlimited();
      listeners.forEach(([signal, listener]) => process.off(signal, listener));
    },
  };
}

/** What ends a run of this place that was left half done. */
export function repairCommand(place: CommandPlace): string {
  return atPlace('sudo harden recover', place);
}

type Phase = 'before' | 'working' | 'waiting' | 'putting-back';

/** A person who presses Ctrl-C after the limit was reached is heard as if nothing had been. */
function pressedAfterLimit(first: StopCause, signal: StopCause): boolean {
  return first === 'timeout' && signal === 'SIGINT';
}

function whatNow(signal: StopCause, phase: Phase, keep: string): string {
  const again = signal === 'SIGINT' ? ' (again: stop at once)' : '';
  switch (phase) {
    case 'before':
      return 'stopping before anything is changed.';
    case 'working':
      return `the step at work is finished, then everything is put back${again}.`;
    case 'waiting':
      return `the changes are made, and wait to be kept: ${keep}`;
    case 'putting-back':
      return `what is being put back is put back to its end${again}.`;
  }
}

function stopAtOnce(phase: Phase, { repair, keep }: { readonly repair: string; readonly keep: string }): never {
  process.stderr.write(
    phase === 'working' || phase === 'putting-back'
      ? `\nharden: stopped at once; this host may be half changed.\n  To repair it: ${repair}\n`
      : phase === 'waiting'
        ? `\nharden: stopped at once; the changes are made, and wait to be kept.\n  To keep them: ${keep}\n`
        : '\nharden: stopped at once. Nothing was changed.\n',
  );
  // Whatever else still runs is what somebody wants to stop.
  endNow(EXIT.interrupted);
}

function interrupted(signal: StopCause): HardenError {
  if (signal === 'timeout') {
    return beyondLimit(' Nobody had answered. Nothing was changed.');
  }
  return new HardenError({
    code: 'H0130',
    exit: signal === 'SIGINT' ? EXIT.interrupted : EXIT.terminated,
    message: `stopped by ${signal} at the question. Nothing was changed.`,
    hint: 'To see how this host stands: harden status',
  });
}
