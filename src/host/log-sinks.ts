import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import type { LogEntry, LogSink } from '../model/log.ts';
import { wordsFor } from './errno.ts';
import { lineSink } from './line-sink.ts';
import { CLEAN_ENVIRONMENT, findTool } from './tools.ts';

const JOURNAL = '/run/systemd/journal/socket';
const LIMIT_MS = 2000;
const ROOTS_FOLDER = '/var/log/harden';
const NAME = 'harden.log';
const FILE_LIMIT = 4 * 1024 * 1024;

export function hasJournal(): boolean {
  return existsSync(JOURNAL);
}

/** The system's journal, through logger(1): an entry is there before the next step, whatever becomes of this process. */
export function journalSink(): LogSink {
  return once((entry) => {
    const logger = findTool('logger');
    if (logger.type !== 'found') {
      return 'logger(1) is not there';
    }
    const { status, error } = spawnSync(logger.path, ['--journald'], {
      cwd: '/',
      env: CLEAN_ENVIRONMENT,
      input: journalText(entry),
      stdio: ['pipe', 'ignore', 'ignore'],
      timeout: LIMIT_MS,
      killSignal: 'SIGKILL',
    });
    return status === 0
      ? undefined
      : `logger(1): ${error === undefined ? `ended with ${status ?? 'a signal'}` : wordsFor(error)}`;
  });
}

/** Where a log in a file goes: of root to the machine's own logs, of anybody else to their own state folder. */
export function logFile(environment: Readonly<Record<string, string | undefined>>): string {
  if (process.geteuid?.() === 0) {
    return join(ROOTS_FOLDER, NAME);
  }
  const wished = environment['XDG_STATE_HOME'] ?? '';
  return join(isAbsolute(wished) ? wished : join(homedir(), '.local/state'), 'harden/log', NAME);
}

/** A file of mode 0600 in a folder that nobody but its user can write to; a full one makes room as `harden.log.1`. */
export function fileSink(path: string, now: () => Date): LogSink {
  const folder = dirname(path);
  return once((entry) => {
    try {
      mkdirSync(folder, { recursive: true, mode: folder === ROOTS_FOLDER ? 0o750 : 0o700 });
      const stat = lstatSync(folder);
      if (!stat.isDirectory() || stat.uid !== process.geteuid?.() || (stat.mode & 0o022) !== 0) {
        return `${folder} is no folder that only you can write to`;
      }
      if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > FILE_LIMIT) {
        renameSync(path, `${path}.1`);
      }
      const file = lineSink(path);
      const lost = file.write(`${now().toISOString()} ${plain(entry.message)}\n`);
      file.close();
      return lost;
    } catch (error) {
      return `${path}: ${wordsFor(error)}`;
    }
  });
}

function once(write: (entry: LogEntry) => string | undefined): LogSink {
  let lost = false;
  return {
    write: (entry) => {
      const why = lost ? undefined : write(entry);
      lost ||= why !== undefined;
      return why;
    },
  };
}

/** As journalctl(1) calls the fields; a line break would begin another one. */
function journalText({ priority, message, fields }: LogEntry): string {
  const all = { MESSAGE: message, PRIORITY: String(priority), SYSLOG_IDENTIFIER: 'harden', ...fields };
  return `${Object.entries(all)
    .map(([name, value]) => `${name}=${plain(value)}`)
    .join('\n')}\n`;
}

function plain(text: string): string {
  return text.replaceAll(/[\0-\x1f\x7f-\x9f\u2028\u2029]+/g, ' ');
}
