import type { AbsPath } from './brand.ts';
import type { Json } from './canonical.ts';

export const WAIVER_SCHEMA = 'urn:harden:waiver:1';
/** A waiver is looked at anew at least once a year. */
export const LONGEST_WAIVER_DAYS = 365;
export const DAY_MS = 86_400_000;
/** From so many days before its end a waiver is spoken of. */
export const SOON_DAYS = 30;

/** A site's decision to live with a control that does not hold. Days are `YYYY-MM-DD`, UTC. */
export interface Waiver {
  /** `CONTROL@HOSTS` as written; no two waivers of one host have the same. */
  readonly id: string;
  /** A name, a number or a pattern, as written. */
  readonly control: string;
  /** Names of the controls it means. */
  readonly controls: readonly string[];
  /** Patterns on the host's name; one of them fits. */
  readonly hosts: readonly string[];
  readonly reason: string;
  readonly owner: string;
  readonly approvedBy: string | undefined;
  /** First day; undefined: since ever. */
  readonly from: string | undefined;
  /** Last day. */
  readonly until: string;
  /** All must be seen, or the waiver does not count. */
  readonly onlyWhile: readonly WaiverCondition[];
  readonly file: string;
  readonly line: number;
}

/** A value it was granted for; `wanted` null: not there. */
export type WaiverCondition =
  | { readonly type: 'daemon-key'; readonly written: string; readonly keys: readonly string[]; readonly wanted: Json }
  | { readonly type: 'mode'; readonly written: string; readonly path: AbsPath; readonly wanted: string | null };

/** What a condition's place holds: a value, null for "not there", or why nobody can say. */
export type ConditionSeen =
  { readonly type: 'value'; readonly value: Json } | { readonly type: 'unknown'; readonly reason: string };

/** How a waiver stands here and now. */
export type WaiverState =
  | { readonly type: 'counts' }
  /** Over, but taken for a while longer by --waiver-grace: until this moment (ISO 8601). */
  | { readonly type: 'grace'; readonly until: string }
  | { readonly type: 'not-yet' }
  | { readonly type: 'over' }
  | { readonly type: 'other-host' }
  /** A sentence: what is not as it was when it was granted. */
  | { readonly type: 'moved'; readonly reason: string };

export interface WaiverStanding {
  readonly waiver: Waiver;
  readonly state: WaiverState;
}

/** `until 2027-01-31`, or what stands instead of it while a waiver is only taken for a while longer. */
export function waiverEnd({
  until,
  graceUntil,
}: {
  readonly until: string;
  readonly graceUntil?: string | null | undefined;
}): string {
  return graceUntil === null || graceUntil === undefined
    ? `until ${until}`
    : `ended on ${until}, taken until ${graceUntil.slice(0, 16).replace('T', ' ')} UTC by --waiver-grace`;
}

/** Whole days from the day of `at` (ISO 8601) to the last day of a waiver; 0 on that day, negative after it. */
export function daysLeft(until: string, at: string): number {
  return Math.round((Date.parse(until) - Date.parse(at.slice(0, 10))) / DAY_MS);
}
