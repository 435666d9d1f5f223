import { Listr, type ListrDefaultRendererLogLevels, ListrLogger, ProcessOutput } from 'listr2';
import type { Progress } from '../app/ui.ts';
import { printable } from '../render/printable.ts';
import { snapshotLine } from '../render/rehearsed-text.ts';
import { timeWords } from '../render/time-words.ts';

/** Progress on a terminal that may be redrawn. */
export interface LiveList {
  /** True where the event is shown by the list; others are the caller's to tell. */
  takes(event: Progress): boolean;
}

interface Step {
  readonly begun: Promise<string>;
  readonly done: Promise<string>;
  readonly begin: (what: string) => void;
  readonly finish: (what: string) => void;
  readonly fail: (error: Error) => void;
}

/** The engine drives; the list only mirrors its events, so each task waits for the event that ends it. */
export function liveList(): LiveList {
  let steps: readonly Step[] = [];
  return {
    takes: (event) => {
      switch (event.type) {
        case 'snapshot':
          process.stderr.write(snapshotLine(event));
          steps = Array.from({ length: event.steps }, newStep);
          start(steps);
          return true;
        case 'step-started':
          steps[event.number - 1]?.begin(titleOf(event));
          return true;
        case 'step-done':
          steps[event.number - 1]?.finish(printable(event.what));
          return true;
        case 'step-failed':
          steps[event.number - 1]?.fail(new Error(printable(`${event.what}: ${event.reason}`)));
          endAll(steps, 'not begun');
          return true;
        case 'rolling-back':
          endAll(steps, 'not begun');
          return false;
        case 'rehearsed':
        case 'looking':
        case 'verifying':
        case 'waiting':
        case 'recovered':
          return false;
      }
    },
  };
}

function titleOf({ what, limitMs }: Extract<Progress, { readonly type: 'step-started' }>): string {
  return printable(what) + (limitMs === undefined ? '' : `: ${timeWords(limitMs)}`);
}

function newStep(): Step {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const begun = Promise.withResolvers<string>();
  // A task that was never begun has nobody waiting for its end.
  promise.catch(() => undefined);
  return { begun: begun.promise, done: promise, begin: begun.resolve, finish: resolve, fail: reject };
}

function start(steps: readonly Step[]): void {
  const list = new Listr(
    steps.map((step, index) => ({
      title: `step ${index + 1}`,
      task: async (_context: unknown, task: { title: string }): Promise<void> => {
        void step.begun.then((what) => {
          task.title = what;
        });
        task.title = await step.done;
      },
    })),
    {
      concurrent: false,
      exitOnError: false,
      registerSignalListeners: false,
      renderer: 'default',
      rendererOptions: { formatOutput: 'truncate', logger: loggerToStandardError() },
    },
  );
  void list.run();
}

/** Standard output is for the result alone. */
function loggerToStandardError(): ListrLogger<ListrDefaultRendererLogLevels> {
  const processOutput = new ProcessOutput(process.stderr, process.stderr);
  return new ListrLogger<ListrDefaultRendererLogLevels>({ useIcons: true, toStderr: [], processOutput });
}

function endAll(steps: readonly Step[], why: string): void {
  for (const step of steps) {
    step.fail(new Error(why));
  }
}
