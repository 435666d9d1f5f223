import { EXIT, HardenError } from '../model/errors.ts';
import type { Fd, Sys } from '../model/sys.ts';
import { errnoName, reasonOf } from './trouble.ts';

export const LOCK = 'lock';
const NOTE_LIMIT = 4096;

/** Who holds a lock, for people; trusted for nothing. */
export interface Holder {
  readonly pid: number;
  readonly command: string;
}

/**
 * Takes the kernel's lock on the file `lock` of a folder, which is made where it is missing and never removed.
 * The descriptor holds it; it falls with the process. @throws HardenError (exit 9) where another process has it.
 */
export function takeLock(sys: Sys, folder: Fd, holder: Holder): Fd {
  const file = open(sys, folder);
  try {
    if (!sys.lock(file)) {
      throw locked(noteOf(sys, file));
    }
    if (sys.statAt(folder, LOCK)?.ino !== sys.stat(file).ino) {
      throw locked('a process whose lock file was taken away');
    }
    const note = new TextEncoder().encode(`${holder.pid} ${holder.command.slice(0, 200)}\n`);
    sys.truncate(file, 0);
    sys.write(file, note, 0);
    return file;
  } catch (error) {
    sys.close(file);
    if (error instanceof HardenError) {
      throw error;
    }
    throw new HardenError({
      code: 'H2105',
      exit: EXIT.cannotWriteOutput,
      message: `The lock could not be taken: ${reasonOf(error)}. Nothing was changed.`,
      cause: error,
    });
  }
}

function open(sys: Sys, folder: Fd): Fd {
  if (sys.statAt(folder, LOCK) === undefined) {
    try {
      sys.close(sys.createFile(folder, LOCK));
    } catch (error) {
      // Another process made it at this moment.
      if (errnoName(error) !== 'EEXIST') {
        throw error;
      }
    }
  }
  return sys.openFile(folder, LOCK);
}

function noteOf(sys: Sys, file: Fd): string {
  const [, pid, command] = /^(\d+) ([^\n]*)/.exec(new TextDecoder().decode(sys.read(file, NOTE_LIMIT))) ?? [];
  return pid === undefined ? 'another process' : `process ${pid} (${command ?? ''})`;
}

function locked(by: string): HardenError {
  return new HardenError({
    code: 'H2104',
    exit: EXIT.locked,
    message: `Another run is at work: ${by} holds the lock. Nothing was changed.`,
    hint: 'Wait until it has ended and run the command again.',
  });
}
