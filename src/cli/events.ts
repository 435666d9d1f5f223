import { withEvents } from '../app/events.ts';
import type { RunOutcome } from '../app/outcome.ts';
import type { PendingRevert } from '../app/revert-timer.ts';
import type { ContainersSeen } from '../model/containers-seen.ts';
import type { Ui } from '../app/ui.ts';
import { monotonicMs } from '../host/monotonic.ts';
import { EVENT_SCHEMA, EVENT_SCHEMA_MINOR, type RunEvent } from '../model/event.ts';
import { EXIT, type ExitCode, HardenError } from '../model/errors.ts';
import type { Plan } from '../model/plan.ts';
import type { Finish } from './finish.ts';
import { tell } from './output.ts';

export interface EventsArguments {
  readonly events: string | undefined;
}

/** Whether the log of this machine is told too: a folder's runs and what changes nothing are not logged. */
export interface LoggedArguments extends EventsArguments {
  readonly root: string | undefined;
  readonly 'dry-run': boolean;
}

/** How a command ended that is no run. */
interface Answered {
  readonly type: 'planned' | 'verified';
  readonly plan: Plan;
}

/** Where a run tells what it does while it does it. */
export interface Events {
  under(ui: Ui): Ui;
  started(run: string, verb: Started['verb']): void;
  /** Which plan it is about; where it is known first, the start names it. */
  planned(plan: Plan): void;
  ended(outcome: RunOutcome | Answered): void;
}

type Started = Pick<Extract<RunEvent, { readonly type: 'run.start' }>, 'run' | 'verb'>;

interface End {
  code: ExitCode;
  outcome: RunOutcome | Answered | undefined;
  planned: Plan | undefined;
  /** As the host was found after an apply. */
  proved: Plan | undefined;
}

/**
 * Runs an apply or a rollback with its events; whatever becomes of it, the last event has the exit code of the process.
 * @throws what `work` throws, and HardenError exit 73 where the place cannot be written to; nothing was done then
 */
export async function withRunEvents(
  args: LoggedArguments,
  finish: Finish,
  work: (events: Events, finish: Finish) => Promise<unknown>,
): Promise<void> {
  await withWriter(await bothOf(args), finish, work);
}

/** The same for a command that changes nothing, and is not logged. */
export async function withAnswerEvents(
  { events }: EventsArguments,
  finish: Finish,
  work: (events: Events, finish: Finish) => Promise<unknown>,
): Promise<void> {
  await withWriter(events === undefined ? NOWHERE : await eventWriter(events), finish, work);
}

async function withWriter(
  writer: EventWriter,
  finish: Finish,
  work: (events: Events, finish: Finish) => Promise<unknown>,
): Promise<void> {
  const end: End = { code: EXIT.ok, outcome: undefined, planned: undefined, proved: undefined };
  const begun = startOnce(writer);
  const timed = withSeconds();
  const emit = (event: RunEvent): void => {
    begun.tell(null);
    writer.emit(timed(event));
  };
  const planned = (plan: Plan): void => {
    end.planned = plan;
    begun.tell(plan.digest);
  };
  const close = (error: unknown): void => {
    emit(endEvent(error, end));
    writer.close();
  };
  const seen: Events = {
    under: (ui) =>
      withEvents(ui, emit, {
        planned,
        proved: (plan) => {
          end.proved = plan;
        },
      }),
    started: (run, verb) => begun.wait({ run, verb }),
    planned,
    ended: (outcome) => {
      end.outcome = outcome;
      if (outcome.type === 'done' && outcome.pendingRevert !== undefined) {
        emit(armed(outcome.pendingRevert));
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

/** Adds how long a step took. */
function withSeconds(): (event: RunEvent) => RunEvent {
  let began = performance.now();
  return (event) => {
    if (event.type === 'step.started') {
      began = performance.now();
    }
    return event.type === 'step.done' || event.type === 'step.failed'
      ? { ...event, seconds: Math.round(performance.now() - began) / 1000 }
      : event;
  };
}

function armed({ withinMs, due }: PendingRevert): RunEvent {
  const deadline = new Date(Date.now() + due.dueMs - monotonicMs());
  return { type: 'revert.armed', withinMs, deadline: deadline.toISOString() };
}

/** The first event waits for the plan it names, or for whatever else is told before there is one. */
function startOnce(writer: EventWriter): {
  readonly wait: (started: Started) => void;
  readonly tell: (plan: string | null) => void;
} {
  let waiting: Started | undefined;
  return {
    wait: (started) => {
      waiting = started;
    },
    tell: (plan) => {
      if (waiting !== undefined) {
        writer.emit({ type: 'run.start', schema: EVENT_SCHEMA, schemaMinor: EVENT_SCHEMA_MINOR, ...waiting, plan });
        waiting = undefined;
      }
    },
  };
}

/** What `--events` names, and the log of this machine. */
async function bothOf({ events, root, 'dry-run': dryRun }: LoggedArguments): Promise<EventWriter> {
  const file = events === undefined ? undefined : await eventWriter(events);
  if (root !== undefined || dryRun) {
    return file ?? NOWHERE;
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

const NOWHERE: EventWriter = { emit: () => undefined, close: () => undefined };

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
function endEvent(error: unknown, { code, outcome, planned, proved }: End): RunEvent {
  const known = error instanceof HardenError ? error : undefined;
  const plan = outcome?.plan ?? planned;
  return {
    type: 'run.end',
    exit: error === undefined ? code : exitOf(known, code),
    outcome: outcome?.type ?? null,
    plan: outcome?.plan.digest ?? null,
    code: known?.code ?? null,
    message: known?.message ?? null,
    summary: plan === undefined ? null : summaryOf(plan, outcome, proved),
    ...seenIn(outcome),
  };
}

function seenIn(outcome: End['outcome']): { readonly containers?: ContainersSeen } {
  const { containers } = outcome !== undefined && 'containers' in outcome ? outcome : {};
  return containers === undefined ? {} : { containers };
}

type EndSummary = NonNullable<Extract<RunEvent, { readonly type: 'run.end' }>['summary']>;

function summaryOf(plan: Plan, outcome: End['outcome'], proved: Plan | undefined): EndSummary {
  const { proofs, met = [] } = outcome?.type === 'done' ? outcome : { proofs: [] };
  const applied = proofs.filter(({ proof }) => proof !== 'failed').length;
  const after = proved === undefined || outcome?.type !== 'done' ? {} : { after: countsOf(proved) };
  return { ...countsOf(plan), applied, verified: met.length, ...after };
}

function countsOf({ summary }: Plan): NonNullable<EndSummary['after']> {
  const { controls, pass, toFix, waived, manual, notApplicable, notChecked, errors, changes } = summary;
  return { controls, pass, toFix, waived, manual, notApplicable, notChecked, errors, changes };
}

function exitOf(error: HardenError | undefined, code: ExitCode): ExitCode {
  const exit = error?.exit ?? EXIT.bug;
  return exit === EXIT.cannotWriteOutput && code !== EXIT.ok ? code : exit;
}
