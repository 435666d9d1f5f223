import type { AbsPath } from '../model/brand.ts';
import { type Observed, absent, unreadable } from '../model/state.ts';

/** The errno name of a failed system call; `unknown` for anything else that was thrown. */
export function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
}

const WORDS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  ENOENT: 'no such file or folder',
  EEXIST: 'it is there already',
  ENOTDIR: 'a part of the path is no folder',
  EISDIR: 'it is a folder',
  ENXIO: 'nobody writes to it',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  ELOOP: 'too many symbolic links',
  EIO: 'the disk reports an error',
  ENAMETOOLONG: 'the name is too long',
  EMFILE: 'too many open files',
  ESTALE: 'the network file system has lost it',
};

export function wordsFor(error: unknown): string {
  const code = errnoOf(error);
  return WORDS[code] ?? (code === 'unknown' && error instanceof Error ? error.message : code);
}

/** Not there, or there and not to be read: never confused. */
export function failedRead(path: AbsPath, error: unknown): Exclude<Observed<never>, { status: 'present' }> {
  const code = errnoOf(error);
  return code === 'ENOENT' || code === 'ENOTDIR' ? absent : unreadable(`${path}: ${wordsFor(error)}`);
}
