import type { AbsPath } from './brand.ts';

/** A file before and after a set of changes, as text; null where it is not there. */
export interface FileDifference {
  readonly path: AbsPath;
  readonly before: string | null;
  readonly after: string | null;
}

export interface Differences {
  readonly files: readonly FileDifference[];
  /** Ids of changes that write files which cannot be looked into here. */
  readonly unseen: readonly string[];
}
