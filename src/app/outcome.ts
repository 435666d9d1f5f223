import type { ChangeProof } from '../engine/prove.ts';
import type { HealthReport, WayOut } from '../model/health.ts';
import type { Plan } from '../model/plan.ts';
import type { ContainersSeen } from '../model/containers-seen.ts';
import type { TakenBackBecause } from '../model/revert.ts';
import type { LeftByChoice } from '../plan/narrow.ts';
import type { Trouble, UndoReport } from '../model/transaction.ts';
import type { PendingRevert } from './revert-timer.ts';

/** What became of a waiver that was given; `problem`: why it was not written. */
export interface WaiverGiven {
  readonly control: string;
  readonly until: string;
  readonly file: string;
  readonly problem?: string;
}

/** What a rollback left as it found it. */
export interface Left extends Trouble {
  readonly address?: string;
  /** Ids of later applies it goes back with. */
  readonly until?: readonly string[];
  /** When the file it stands in was last touched; ISO 8601, UTC. */
  readonly touched?: string;
}

/** How an apply or a rollback ended. The exit code is a function of it. */
export type RunOutcome =
  | {
      readonly type: 'nothing-to-do';
      readonly plan: Plan;
      /** Controls that could be met, all of them beyond the ceilings. */
      readonly leftOut?: readonly LeftByChoice[];
      /** Waivers that were given at the question. */
      readonly waiversGiven?: readonly WaiverGiven[];
    }
  | { readonly type: 'declined'; readonly plan: Plan }
  /** Approved for later; `at` null: the next boot. */
  | { readonly type: 'scheduled'; readonly plan: Plan; readonly id: string; readonly at: string | null }
  | { readonly type: 'dry-run'; readonly plan: Plan; readonly steps: readonly string[] }
  | {
      readonly type: 'done';
      readonly plan: Plan;
      readonly snapshot: string;
      readonly proofs: readonly ChangeProof[];
      /** Controls of the plan that pass after an apply, found with the same code; a report says fixed of no other. */
      readonly met?: readonly string[];
      /** What a rollback left alone because it was changed since. */
      readonly kept: readonly Left[];
      /** After a rollback of a part: how many changes of that apply still stand. */
      readonly standing?: number;
      /** What the health gate looked at; left out where there was none. */
      readonly health?: HealthReport | undefined;
      /** What became of those that ran; left out where dockerd was not restarted, none ran, or the engine does not tell. */
      readonly containers?: ContainersSeen | undefined;
      /** Set where the changes are taken back unless somebody keeps them. */
      readonly pendingRevert?: PendingRevert | undefined;
      /** Controls that could be met and were not, because whoever was asked chose so. */
      readonly leftOut?: readonly LeftByChoice[];
      /** Waivers that were given at the question. */
      readonly waiversGiven?: readonly WaiverGiven[];
    }
  /** A run that had no end was taken back. */
  | {
      readonly type: 'reverted';
      readonly plan: Plan;
      readonly snapshot: string;
      readonly undo: UndoReport;
      readonly notAsBefore: readonly Trouble[];
      readonly cause?: TakenBackBecause;
      /** False where nobody looked at the running host afterwards. */
      readonly looked?: boolean;
    }
  | {
      readonly type: 'rolled-back';
      readonly plan: Plan;
      readonly at: string;
      readonly reason: string;
      /** Set where a signal or the time limit, not a failure, ended the run. */
      readonly signal: string | undefined;
      readonly undo: UndoReport;
      /** What is not as before after the undo; empty where the old state was proven. */
      readonly notAsBefore: readonly Trouble[];
      readonly containers?: ContainersSeen | undefined;
      /** Words of dockerd about why it did not take the change. */
      readonly said?: readonly string[];
      /** Where something is not as before: what a person does. */
      readonly wayOut?: readonly WayOut[];
      /** Waivers that were given at the question; none of them is written. */
      readonly waiversGiven?: readonly WaiverGiven[];
    };
