import { EXIT, HardenError } from '../model/errors.ts';

export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** Signals ask a running transaction to stop at the next safe place; they never end the process in the middle of a step. */
export interface StopSignals {
  requested(): StopSignal | undefined;
  /** While a question is open, a signal is the answer no. */
  whileAsking<T>(ask: () => Promise<T>): Promise<T>;
  release(): void;
}

const SIGNALS: readonly StopSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

export function watchSignals(): StopSignals {
  let first: StopSignal | undefined;
  let interrupt: ((error: HardenError) => void) | undefined;
  const listeners = SIGNALS.map((signal) => {
    const listener = (): void => {
      first ??= signal;
      process.stderr.write(`\nharden: ${signal} received; stopping at the next safe place.\n`);
      interrupt?.(interrupted(signal));
    };
    process.on(signal, listener);
    return [signal, listener] as const;
  });
  return {
    requested: () => first,
    whileAsking: (ask) =>
      new Promise((resolve, reject) => {
        interrupt = reject;
        ask()
          .then(resolve, (error: unknown) => {
            // The prompt library reports Ctrl-C as an error of its own.
            reject(error instanceof Error && error.name !== 'ExitPromptError' ? error : interrupted('SIGINT'));
          })
          .finally(() => {
            interrupt = undefined;
          });
      }),
    release: () => {
      for (const [signal, listener] of listeners) {
        process.off(signal, listener);
      }
    },
  };
}

function interrupted(signal: StopSignal): HardenError {
  return new HardenError({
    code: 'H0130',
    exit: signal === 'SIGINT' ? EXIT.interrupted : EXIT.terminated,
    message: `stopped by ${signal} at the question. Nothing was changed.`,
  });
}
