import { fileSink, hasJournal, journalSink } from '../host/log-sinks.ts';
import { redactText } from '../host/redact-text.ts';
import type { LogEntry, LogSink } from '../model/log.ts';
import { tell } from './output.ts';

let sink: LogSink | undefined;

/**
 * Writes to the log of this machine what is done to it: the system's journal, or what HARDEN_LOG says. Only root's runs are logged. A log
 * that cannot be written is told once, and no run depends on it.
 */
export function log(entry: LogEntry): void {
  if (process.geteuid?.() !== 0) {
    return;
  }
  sink ??= chosenSink();
  const masked = redactText(entry.message, () => undefined);
  const lost = sink.write({ ...entry, message: masked });
  if (lost !== undefined) {
    tell(`harden: the log of this run is not written (${lost}); the run goes on.\n`);
  }
}

function chosenSink(): LogSink {
  const wish = process.env['HARDEN_LOG'] ?? '';
  if (wish === 'file') {
    return fileSink(() => new Date());
  }
  return wish === 'journal' || (wish !== 'off' && hasJournal()) ? journalSink() : { write: () => undefined };
}
