import type { RunEvent } from '../model/event.ts';
import type { Progress, Ui } from './ui.ts';

/** Who wants to know which plan a run is about, and how the host was found after it. */
type Plans = Pick<Required<Ui>, 'planned' | 'proved'>;

/** `ui`, with everything it is told also given to `emit`, first, and plans to `plans`. */
export function withEvents(ui: Ui, emit: (event: RunEvent) => void, plans: Plans): Ui {
  return {
    ...ui,
    get unasked() {
      return ui.unasked;
    },
    get canAsk() {
      return ui.canAsk;
    },
    progress: (progress) => {
      const event = eventOf(progress);
      if (event !== undefined) {
        emit(event);
      }
      ui.progress(progress);
    },
    planned: plans.planned,
    proved: plans.proved,
    ask: (question) => ui.ask(question),
    stopRequested: () => ui.stopRequested(),
  };
}

/** Undefined: told at the end of the run. */
export function eventOf(progress: Progress): RunEvent | undefined {
  switch (progress.type) {
    case 'recovered':
      return { type: 'recovered', lines: progress.lines };
    case 'snapshot': {
      const { objects, bytes } = progress.rehearsed;
      return { type: 'snapshot.made', snapshot: progress.id, steps: progress.steps, objects, bytes };
    }
    case 'rehearsed': {
      const { objects, bytes } = progress.rehearsed;
      return { type: 'snapshot.rehearsed', objects, bytes };
    }
    case 'step-started':
      return { type: 'step.started', ...stepOf(progress) };
    case 'step-done':
      return { type: 'step.done', ...stepOf(progress) };
    case 'step-failed':
      return { type: 'step.failed', ...stepOf(progress), reason: progress.reason };
    case 'looking':
      return { type: 'health.looked', what: progress.what };
    case 'verifying':
      return { type: 'verify.started' };
    case 'waiting':
      return undefined;
    case 'rolling-back':
      return { type: 'undo.started', reason: progress.why };
  }
}

function stepOf({ number, of, what, changes }: Extract<Progress, { readonly number: number }>): {
  readonly number: number;
  readonly of: number;
  readonly what: string;
  readonly changes: string[];
} {
  return { number, of, what, changes: [...changes] };
}
