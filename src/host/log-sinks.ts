import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, renameSync, statSync } from 'node:fs';
import type { LogEntry, LogSink } from '../model/log.ts';
import { wordsFor } from './errno.ts';
import { lineSink } from './line-sink.ts';
import { CLEAN_ENVIRONMENT, findTool } from './tools.ts';

const JOURNAL = '/run/systemd/journal/socket';
const LIMIT_MS = 2000;
const FOLDER = '/var/log/harden';
const FILE = `${FOLDER}/harden.log`;
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

/** A file of mode 0600 in a folder of root's; a full one makes room as `harden.log.1`. */
export function fileSink(now: () => Date): LogSink {
  return once((entry) => {
    try {
      mkdirSync(FOLDER, { recursive: true, mode: 0o750 });
      const folder = lstatSync(FOLDER);
      if (!folder.isDirectory() || folder.uid !== 0 || (folder.mode & 0o022) !== 0) {
        return `${FOLDER} is no folder that only root can write to`;
      }
      if ((statSync(FILE, { throwIfNoEntry: false })?.size ?? 0) > FILE_LIMIT) {
        renameSync(FILE, `${FILE}.1`);
      }
      const file = lineSink(FILE);
      const lost = file.write(`${now().toISOString()} ${plain(entry.message)}\n`);
      file.close();
      return lost;
    } catch (error) {
      return `${FILE}: ${wordsFor(error)}`;
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
  return text.replaceAll(/[\0-\x1f\x7f]+/g, ' ');
}
