import { hearInternals } from '../host/internals.ts';
import { commandLine } from '../host/redact-argv.ts';
import type { LogEntry } from '../model/log.ts';
import { logOfAnybody } from './log.ts';
import { tell } from './output.ts';
import { TOOL_VERSION } from './version.ts';

/** From now on what harden does inside goes to the log, each entry with the number of this process; says where that is read. */
export function logInternals(args: readonly string[]): void {
  const program = `harden ${TOOL_VERSION}, node ${process.version}, ${process.platform} ${process.arch}`;
  const place = logOfAnybody(internal(`${commandLine('harden', args)}: begins (${program})`));
  hearInternals((line) => void logOfAnybody(internal(line)));
  tell(place === undefined ? '' : `harden: what is done inside goes to the log: ${place}\n`);
}

/** The stack of a bug of root's, or of whoever asked for it, for the morning after. Gives the command that shows it. */
export function logBug(error: unknown, asked: boolean): string | undefined {
  if (process.geteuid?.() !== 0 && !asked) {
    return undefined;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return logOfAnybody({ ...internal(`internal error: ${text}`), priority: 3 });
}

function internal(message: string): LogEntry {
  const fields = { HARDEN_EVENT: 'internal', HARDEN_PROCESS: String(process.pid) };
  return { priority: 7, message: `${process.pid} ${message}`, fields };
}
