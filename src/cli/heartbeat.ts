import { tell } from './output.ts';

const EVERY_MS = 30_000;

/** Says what a long step is about where nothing else is written: silence looks like a hang to whoever reads a log. */
export interface Heartbeat {
  /** From now on this is what takes long. */
  at(what: string): void;
  stop(): void;
}

export function heartbeat(everyMs = EVERY_MS): Heartbeat {
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => clearInterval(timer);
  return {
    at: (what) => {
      stop();
      let beats = 0;
      timer = setInterval(() => {
        beats += 1;
        tell(`  ..  still: ${what} (${Math.round((beats * everyMs) / 1000)} s)\n`);
      }, everyMs);
      // A run that ended is not kept alive by saying so.
      timer.unref();
    },
    stop,
  };
}
