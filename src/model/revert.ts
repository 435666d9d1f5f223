import type { Json } from './canonical.ts';
import type { Trouble } from './transaction.ts';

/** Wall clock for people (ISO 8601, UTC), and milliseconds since boot that no change of it moves (CLOCK_MONOTONIC). */
export interface Moment {
  readonly iso: string;
  readonly monotonicMs: number;
}

/** When a transaction that was proven is taken back, unless somebody keeps it. */
export interface RevertDue {
  /** The boot whose monotonic clock `dueMs` belongs to; in any other one it is overdue. */
  readonly bootId: string;
  readonly dueMs: number;
  readonly withinMs: number;
  /** Name of the clock that counts; another one has nothing to say. */
  readonly clock: string;
}

/** A transaction without an end, by what it says of itself. */
export interface OpenRun {
  readonly id: string;
  readonly purpose: 'apply' | 'rollback';
  readonly createdAt: string;
  readonly about: Json;
  /** Set where all of it was done and proven, and it waits to be kept. */
  readonly waiting: RevertDue | undefined;
}

/** Why nobody's hand took a run back: `clock`, its time was up; `boot`, the machine was started anew. */
export type RevertCause = 'clock' | 'boot';

/** Why a run was taken back, for the history. `unfinished`: it was killed; `not-final`: what kept it could not be written. */
export const TAKEN_BACK_BECAUSE = ['clock', 'boot', 'person', 'unfinished', 'not-final'] as const;
export type TakenBackBecause = (typeof TAKEN_BACK_BECAUSE)[number];

/** What is kept of a run that was taken back by itself, until somebody says that they saw it. */
export interface RevertNote {
  readonly id: string;
  readonly cause: RevertCause;
  readonly at: string;
  /** What is not as before; null where nobody has looked yet. */
  readonly notAsBefore: readonly Trouble[] | null;
}

/** What a recovery may do beyond ending dead runs. */
export interface RecoverWish {
  /** `leave`: files only, because no service and no kernel list of ours can be running yet (early at boot). */
  readonly runtime?: 'assert' | 'leave';
  /** Without it no run that waits in this boot counts as overdue, and no note has a time. */
  readonly now?: Moment;
  /** Nobody is there to read what became of it: a note is kept of every run that is taken back. */
  readonly unattended?: RevertCause;
  /** The run that waits and is to be taken back now; with `clock` only where that is the clock that counts. */
  readonly revert?: { readonly id: string; readonly clock?: string };
}

/** Whole seconds until a run is taken back; 0 where it should have been. */
export function secondsLeft(due: RevertDue, bootId: string, monotonicMs: number): number {
  return due.bootId === bootId ? Math.max(0, Math.ceil((due.dueMs - monotonicMs) / 1000)) : 0;
}
