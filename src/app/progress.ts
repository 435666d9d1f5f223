import type { Driver } from '../engine/execute.ts';
import type { Plan } from '../model/plan.ts';
import type { StepInput } from '../model/transaction.ts';
import { servedBy } from '../plan/served-by.ts';
import type { Ui } from './ui.ts';

/** Reports the steps of a plan to the caller as they happen. */
export function driverFor(ui: Ui, steps: readonly StepInput[], plan: Pick<Plan, 'changes' | 'effects'>): Driver {
  const stepAt = (index: number, what: string) => {
    const step = steps[index];
    const changes = step === undefined ? [] : servedBy(step, plan);
    return { number: index + 1, of: steps.length, what, changes };
  };
  return {
    started: (index, what, limitMs) => {
      const step = { type: 'step-started', ...stepAt(index, what) } as const;
      ui.progress(limitMs === undefined ? step : { ...step, limitMs });
    },
    done: (index, what) => {
      ui.progress({ type: 'step-done', ...stepAt(index, what) });
    },
    failed: (index, what, reason) => {
      ui.progress({ type: 'step-failed', ...stepAt(index, what), reason });
    },
    stop: () => ui.stopRequested(),
  };
}
