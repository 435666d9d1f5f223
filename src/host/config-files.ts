import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFirstMissing } from './user-files.ts';

/**
 * Files of harden's own settings, which a person asked to have written. Each call is whole or not at all: a reader sees the old text or
 * the new one, also after a power failure.
 */

/** Mode 0644, whatever the umask. Missing folders are made. @throws Error with code EEXIST where the name is taken. */
export function createConfigFile(path: string, text: string): void {
  const folder = dirname(path);
  makeFirstMissing(folder, 0o755);
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  withTemporary(folder, text, undefined, (temporary) => {
    linkSync(temporary, path);
    unlinkSync(temporary);
  });
}

/** Owner and mode stay; where `path` is a link, what it leads to is replaced. */
export function replaceConfigFile(path: string, text: string): void {
  const real = realpathSync(path);
  withTemporary(dirname(real), text, statSync(real), (temporary) => {
    renameSync(temporary, real);
  });
}

export function removeConfigFile(path: string): void {
  unlinkSync(path);
  syncFolder(dirname(path));
}

interface Rights {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

function withTemporary(
  folder: string,
  text: string,
  rights: Rights | undefined,
  place: (temporary: string) => void,
): void {
  const temporary = join(folder, `.harden-${process.pid}.tmp`);
  const file = openSync(
    temporary,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
    0o600,
  );
  try {
    try {
      writeFileSync(file, text);
      if (rights !== undefined) {
        fchownSync(file, rights.uid, rights.gid);
      }
      fchmodSync(file, rights === undefined ? 0o644 : rights.mode & 0o7777);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    place(temporary);
  } catch (error) {
    unlinkIfThere(temporary);
    throw error;
  }
  syncFolder(folder);
}

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It has its own name by now, or never came to be.
  }
}

function syncFolder(folder: string): void {
  const fd = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
