import type { RunEvent } from '../model/event.ts';
import type { LogEntry } from '../model/log.ts';
import type { Recovered } from '../model/transaction.ts';

/** Which run an entry is of: `apply 7f3a91c2`. */
export interface LoggedRun {
  readonly id: string;
  readonly verb: string;
}

/** What the log says of an event. */
export function logEntry(run: LoggedRun, event: RunEvent): LogEntry {
  const fields = { HARDEN_RUN: run.id, HARDEN_VERB: run.verb, HARDEN_EVENT: event.type };
  const { priority, text } = saidOf(event);
  return { priority, message: `${run.verb} ${run.id}: ${text}`, fields };
}

/** What became of a run that had no end. */
export function endedEntry({ id, outcome, notKept, undo }: Recovered): LogEntry {
  const why = notKept === undefined ? '' : `, not kept (${notKept})`;
  const bad = undo.failed.map(({ what, reason }) => `; ${what}: ${reason}`).join('');
  const fields = { HARDEN_RUN: id, HARDEN_VERB: 'recover', HARDEN_EVENT: 'run.recovered' };
  return {
    priority: outcome === 'committed' ? 6 : bad === '' ? 4 : 3,
    message: `run ${id}: ${outcome}${why}${bad}`,
    fields,
  };
}

export function keptEntry(id: string, outcome: string): LogEntry {
  const fields = { HARDEN_RUN: id, HARDEN_VERB: 'confirm', HARDEN_EVENT: `confirm.${outcome}` };
  return { priority: outcome.startsWith('kept') ? 6 : 4, message: `confirm ${id}: ${outcome}`, fields };
}

interface Said {
  readonly priority: LogEntry['priority'];
  readonly text: string;
}

function saidOf(event: RunEvent): Said {
  switch (event.type) {
    case 'run.start':
      return { priority: 6, text: 'begun' };
    case 'recovered':
      return { priority: 4, text: event.lines.join('; ') };
    case 'health.looked':
      return { priority: 6, text: `before the change: ${event.what}` };
    case 'snapshot.made':
      return { priority: 6, text: `snapshot ${event.snapshot} made, ${event.steps} steps follow` };
    case 'snapshot.rehearsed':
      return { priority: 6, text: 'the way back was tried' };
    case 'step.started':
    case 'step.done':
    case 'step.failed':
      return stepSaid(event);
    case 'verify.started':
      return { priority: 6, text: 'looking at the host again' };
    case 'undo.started':
      return { priority: 4, text: `everything is put back: ${event.reason}` };
    case 'revert.armed':
      return { priority: 4, text: `taken back in ${Math.round(event.withinMs / 1000)} s unless it is kept` };
    case 'run.end':
      return endSaid(event);
  }
}

function stepSaid(event: Extract<RunEvent, { readonly number: number }>): Said {
  const which = `step ${event.number} of ${event.of}`;
  switch (event.type) {
    case 'step.started':
      return { priority: 6, text: `${which} begun: ${event.what}` };
    case 'step.done':
      return { priority: 6, text: `${which} done: ${event.what}` };
    case 'step.failed':
      return { priority: 3, text: `${which} failed: ${event.what}: ${event.reason}` };
  }
}

function endSaid({ exit, outcome, code, message }: Extract<RunEvent, { readonly type: 'run.end' }>): Said {
  const why = message === null ? '' : `: ${code ?? ''} ${message}`;
  return { priority: exit === 0 ? 6 : 3, text: `ended with exit code ${exit} (${outcome ?? 'no outcome'})${why}` };
}
