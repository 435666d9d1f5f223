import { fileSink, hasJournal, journalSink, logFile } from '../host/log-sinks.ts';
import { redactText } from '../host/redact-text.ts';
import { shellWord } from '../model/command-place.ts';
import type { LogEntry, LogSink } from '../model/log.ts';
import { tell } from './output.ts';

interface Chosen {
  readonly sink: LogSink;
  /** Where it is read, as a command; undefined where nothing is written. */
  readonly place: string | undefined;
}

let chosen: Chosen | undefined;

/**
 * Writes to the log of this machine what is done to it: systemd's journal, without one a file, or what HARDEN_LOG says. Only root changes a
 * machine, so nobody else's runs are logged. A log that cannot be written is told once, and no run depends on it.
 */
export function log(entry: LogEntry): void {
  if (process.geteuid?.() === 0) {
    logOfAnybody(entry);
  }
}

/** What was asked for, by whomever: somebody who is not root has a log of their own. Gives the command that reads it. */
export function logOfAnybody({ priority, message, fields }: LogEntry): string | undefined {
  chosen ??= chosenLog();
  const lost = chosen.sink.write({
    priority,
    message: masked(message),
    fields: Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, masked(value)])),
  });
  if (lost !== undefined) {
    tell(`harden: the log of this run is not written (${lost}); the run goes on.\n`);
    chosen = { ...chosen, place: undefined };
  }
  return chosen.place;
}

function masked(text: string): string {
  return redactText(text, () => undefined);
}

function chosenLog(): Chosen {
  const wish = process.env['HARDEN_LOG'] ?? '';
  if (wish === 'off') {
    return { sink: { write: () => undefined }, place: undefined };
  }
  // The journal of a machine is for those who keep it.
  const isRoot = process.geteuid?.() === 0;
  if (wish === 'journal' || (wish !== 'file' && isRoot && hasJournal())) {
    return { sink: journalSink(), place: 'journalctl -t harden' };
  }
  const path = logFile(process.env);
  return { sink: fileSink(path, () => new Date()), place: `cat ${shellWord(path)}` };
}
