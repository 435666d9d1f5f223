import type { RunOutcome } from '../app/outcome.ts';
import type { Ui } from '../app/ui.ts';
import { EVENT_SCHEMA, type RunEvent } from '../model/event.ts';
import { EXIT, type ExitCode, HardenError } from '../model/errors.ts';
import type { Finish } from './finish.ts';
import { tell } from './output.ts';

export interface EventsArguments {
  readonly events: string | undefined;
  readonly root: string | undefined;
  readonly 'dry-run': boolean;
}

/** Where a run tells what it does while it does it. */
export interface Events {
  under(ui: Ui): Ui;
  started(run: string, verb: 'apply' | 'rollback'): void;
  ended(outcome: RunOutcome): void;
}

/**
 * Runs a command with its events; whatever becomes of it, the last event has the exit code of the process.
 * @throws what `work` throws, and HardenError exit 73 where the place cannot be written to; nothing was done then
 */
export async function withRunEvents(
  args: EventsArguments,
  finish: Finish,
  work: (events: Events, finish: Finish) => Promise<unknown>,
): Promise<void> {
  const { withEvents } = await import('../app/events.ts');
  const writer = await bothOf(args);
  const end: { code: ExitCode; outcome: RunOutcome | undefined } = { code: EXIT.ok, outcome: undefined };
  const close = (error: unknown): void => {
    writer.emit(endEvent(error, end));
    writer.close();
  };
  const seen: Events = {
    under: (ui) => withEvents(ui, writer.emit),
    started: (run, verb) => writer.emit({ type: 'run.start', schema: EVENT_SCHEMA, run, verb }),
    ended: (outcome) => {
      end.outcome = outcome;
      if (outcome.type === 'done' && outcome.pendingRevert !== undefined) {
        writer.emit({ type: 'revert.armed', withinMs: outcome.pendingRevert.withinMs });
      }
    },
  };
  try {
    await work(seen, (code) => {
      end.code = code;
      finish(code);
    });
    close(undefined);
  } catch (error) {
    close(error);
    throw error;
  }
}

/** What `--events` names, and the log of this machine; a folder's runs and what changes nothing are not logged. */
async function bothOf({ events, root, 'dry-run': dryRun }: EventsArguments): Promise<EventWriter> {
  const file = events === undefined ? undefined : await eventWriter(events);
  if (root !== undefined || dryRun) {
    return file ?? { emit: () => undefined, close: () => undefined };
  }
  const [{ log }, { logEntry }] = await Promise.all([import('./log.ts'), import('../render/log-text.ts')]);
  let run = { id: '', verb: '' };
  return {
    emit: (event) => {
      file?.emit(event);
      run = event.type === 'run.start' ? { id: event.run, verb: event.verb } : run;
      log(logEntry(run, event));
    },
    close: () => file?.close(),
  };
}

interface EventWriter {
  readonly emit: (event: RunEvent) => void;
  readonly close: () => void;
}

async function eventWriter(target: string): Promise<EventWriter> {
  const { lineSink } = await import('../host/line-sink.ts');
  const { wordsFor } = await import('../host/errno.ts');
  try {
    const sink = lineSink(target);
    let seq = 0;
    const emit = (event: RunEvent): void => {
      const line = JSON.stringify({ seq, time: new Date().toISOString(), ...event });
      seq += 1;
      const lost = sink.write(`${line}\n`);
      if (lost !== undefined) {
        tell(`harden: no more events are written to ${target} (${lost}); the run goes on.\n`);
      }
    };
    return { emit, close: () => sink.close() };
  } catch (cause) {
    throw new HardenError({
      code: 'H0081',
      exit: EXIT.cannotWriteOutput,
      message: `events cannot be written to ${target} (${wordsFor(cause)}). Nothing was changed.`,
      hint: 'For example: --events /var/log/harden.jsonl, or --events fd:3 3>FILE',
      cause,
    });
  }
}

/** As the program ends: an output that could not be written is never graver than how the run ended. */
function endEvent(
  error: unknown,
  { code, outcome }: { readonly code: ExitCode; readonly outcome: RunOutcome | undefined },
): RunEvent {
  const known = error instanceof HardenError ? error : undefined;
  return {
    type: 'run.end',
    exit: error === undefined ? code : exitOf(known, code),
    outcome: outcome?.type ?? null,
    plan: outcome?.plan.digest ?? null,
    code: known?.code ?? null,
    message: known?.message ?? null,
  };
}

function exitOf(error: HardenError | undefined, code: ExitCode): ExitCode {
  const exit = error?.exit ?? EXIT.bug;
  return exit === EXIT.cannotWriteOutput && code !== EXIT.ok ? code : exit;
}
