import { HardenError } from '../model/errors.ts';

/** Something we will not do to the object concerned; the message is the reason, in plain words. */
export class Refusal extends Error {
  /** What a person can do about it. */
  readonly hint: string | undefined;

  constructor(reason: string, hint?: string) {
    super(reason);
    this.name = 'Refusal';
    this.hint = hint;
  }
}

const WORDS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EBUSY: 'in use, or a mount point',
  EDQUOT: 'the disk quota is used up',
  EEXIST: 'something of that name is there already',
  EFBIG: 'too large',
  EINVAL: 'not possible with an object of that type',
  EIO: 'the disk reports an error',
  ELOOP: 'a symbolic link',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files',
  ENOENT: 'not there',
  ENOSPC: 'no space left, or no free inode',
  ENOTDIR: 'not a folder',
  ENOTEMPTY: 'the folder is not empty',
  ENOTSUP: 'the file system or a tool cannot do it',
  EPERM: 'not permitted; it may be immutable or append-only',
  EROFS: 'the file system is read-only',
};

/** The errno name of a failed call of Sys; undefined for anything else. */
export function errnoName(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && /^E[A-Z0-9]+$/.test(error.code)
    ? error.code
    : undefined;
}

/**
 * Why something could not be done, for people.
 * @throws what it was given where that is neither a refusal nor a failed call: a bug is not a reason.
 */
export function reasonOf(error: unknown): string {
  if (error instanceof Refusal || error instanceof HardenError) {
    return error.message;
  }
  const code = errnoName(error);
  if (code === undefined || !(error instanceof Error)) {
    throw error;
  }
  const words = WORDS[code];
  return words === undefined ? error.message : `${words} (${code})`;
}

/** The result, or the reason why there is none. */
export function attempt<T>(
  work: () => T,
): { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string } {
  try {
    return { ok: true, value: work() };
  } catch (error) {
    return { ok: false, reason: reasonOf(error) };
  }
}
