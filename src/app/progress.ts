import type { Driver } from '../engine/execute.ts';
import type { Ui } from './ui.ts';

/** Reports steps to the caller as they happen. */
export function driverFor(ui: Ui, of: number): Driver {
  return {
    started: (index, what, limitMs) => {
      const step = { type: 'step-started', number: index + 1, of, what } as const;
      ui.progress(limitMs === undefined ? step : { ...step, limitMs });
    },
    done: (index, what) => {
      ui.progress({ type: 'step-done', number: index + 1, of, what });
    },
    failed: (index, what, reason) => {
      ui.progress({ type: 'step-failed', number: index + 1, of, what, reason });
    },
    stop: () => ui.stopRequested(),
  };
}
