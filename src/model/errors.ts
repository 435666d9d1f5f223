import type { ErrorCode } from './error-codes.ts';

/** Exit codes: a promise to scripts. 124 to 127 belong to shells and are never used. */
export const EXIT = {
  ok: 0,
  bug: 1,
  notAsItShouldBe: 2,
  declined: 3,
  approvalNeeded: 4,
  planNotApplicable: 5,
  rolledBack: 6,
  needsAttention: 7,
  notEverythingChecked: 8,
  locked: 9,
  usage: 64,
  malformed: 65,
  dockerUnreachable: 69,
  cannotWriteOutput: 73,
  noPrivilege: 77,
  interrupted: 130,
  terminated: 143,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A place in a file, counted from 1. */
export interface FilePosition {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

export interface HardenErrorDetails {
  /** Of the catalogue; stable. */
  readonly code: ErrorCode;
  readonly exit: ExitCode;
  /** One line: what happened, and that nothing (or what) was changed. No final "ERROR", no blame. */
  readonly message: string;
  /** Why, with the place; each a line. */
  readonly details?: readonly string[];
  readonly position?: FilePosition;
  /** The line of the file concerned, for the pointer under it. */
  readonly excerpt?: string;
  /** The line before it. */
  readonly before?: string | undefined;
  /** What to do, as a command or a sentence that ends in one. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** Everything an operator may meet and mend. A bug stays a plain Error. */
export class HardenError extends Error {
  readonly code: ErrorCode;
  readonly exit: ExitCode;
  readonly details: readonly string[];
  readonly position: FilePosition | undefined;
  readonly excerpt: string | undefined;
  readonly before: string | undefined;
  readonly hint: string | undefined;

  constructor(details: HardenErrorDetails) {
    super(details.message, { cause: details.cause });
    this.name = 'HardenError';
    this.code = details.code;
    this.exit = details.exit;
    this.details = details.details ?? [];
    this.position = details.position;
    this.excerpt = details.excerpt;
    this.before = details.before;
    this.hint = details.hint;
  }
}
