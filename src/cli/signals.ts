import { type CommandPlace, atPlace } from '../model/command-place.ts';
import { EXIT, HardenError } from '../model/errors.ts';

export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/**
 * Signals ask a running transaction to stop at the next safe place; they never end the process in the middle of a step. Only a second
 * Ctrl-C does: the journal on disk is what repairs then.
 */
export interface StopSignals {
  requested(): StopSignal | undefined;
  /** From now on the host is being changed. */
  begun(): void;
  /** While a question is open, a signal is the answer no: `ask` is told to end its prompt. */
  whileAsking<T>(ask: (signal: AbortSignal) => Promise<T>): Promise<T>;
  release(): void;
}

const SIGNALS: readonly StopSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/** One press can arrive twice, from the terminal and from the program that started us. */
const ONE_PRESS_MS = 250;

/** @param repair the command that ends what a run left half done. */
export function watchSignals(repair: string): StopSignals {
  let first: { readonly signal: StopSignal; readonly at: number } | undefined;
  let working = false;
  let interrupt: ((error: HardenError) => void) | undefined;
  const receive = (signal: StopSignal): void => {
    if (first?.signal === 'SIGINT' && signal === 'SIGINT' && performance.now() - first.at > ONE_PRESS_MS) {
      stopAtOnce(working, repair);
    }
    if (first === undefined) {
      process.stderr.write(`\nharden: ${signal} received; ${whatNow(signal, working)}\n`);
    }
    first ??= { signal, at: performance.now() };
    interrupt?.(interrupted(signal));
  };
  const listeners = SIGNALS.map((signal) => [signal, (): void => receive(signal)] as const);
  listeners.forEach(([signal, listener]) => process.on(signal, listener));
  return {
    requested: () => first?.signal,
    begun: () => {
      working = true;
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
    release: () => listeners.forEach(([signal, listener]) => process.off(signal, listener)),
  };
}

/** What ends a run of this place that was left half done. */
export function repairCommand(place: CommandPlace): string {
  return atPlace('sudo harden recover', place);
}

function whatNow(signal: StopSignal, working: boolean): string {
  const again = signal === 'SIGINT' ? ' (again: stop at once)' : '';
  return working
    ? `the step at work is finished, then everything is put back${again}.`
    : 'stopping before anything is changed.';
}

function stopAtOnce(working: boolean, repair: string): never {
  process.stderr.write(
    working
      ? `\nharden: stopped at once; this host may be half changed.\n  To repair it: ${repair}\n`
      : '\nharden: stopped at once. Nothing was changed.\n',
  );
  // Whatever else still runs is what somebody wants to stop.
  // eslint-disable-next-line n/no-process-exit -- the second Ctrl-C ends the program where it stands
  process.exit(EXIT.interrupted);
}

function interrupted(signal: StopSignal): HardenError {
  return new HardenError({
    code: 'H0130',
    exit: signal === 'SIGINT' ? EXIT.interrupted : EXIT.terminated,
    message: `stopped by ${signal} at the question. Nothing was changed.`,
  });
}
