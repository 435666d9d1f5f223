import type { Json } from '../../model/canonical.ts';

/** What the value of a key looks like in the file. `any`: several forms, left to dockerd. */
export type KeyShape =
  | 'boolean'
  | 'integer'
  | 'string'
  | 'strings'
  | 'string-map'
  | 'boolean-map'
  | 'ulimits'
  | 'object'
  | 'objects'
  | 'any';

/** One key of daemon.json. */
export interface KeyRow {
  readonly key: string;
  /** Long flags of the same setting; mostly, but not always, named like the key. */
  readonly flags: readonly string[];
  readonly shorthand?: string;
  readonly shape: KeyShape;
  /** What an engine does without the key; undefined where it depends on the machine. */
  readonly standard?: Json;
  /** Default of engines before `until`. */
  readonly formerly?: { readonly until: string; readonly standard: Json };
  /** First engine that knows it; undefined: all we speak of (20.10 and later). */
  readonly since?: string;
  /** First engine that no longer knows it. */
  readonly until?: string;
}
