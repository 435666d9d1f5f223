import type { Differences } from '../model/file-difference.ts';
import type { Plan } from '../model/plan.ts';
import type { StopCause } from '../model/stop.ts';
import type { Rehearsed } from '../model/transaction.ts';
import type { GivenWaiver, WaiverDesk } from './given-waivers.ts';

/** What a use case tells while it works. Text is made by whoever shows it. */
export type Progress =
  | { readonly type: 'recovered'; readonly lines: readonly string[] }
  | { readonly type: 'snapshot'; readonly id: string; readonly steps: number; readonly rehearsed: Rehearsed }
  /** In a dry run: the way back was tried, nothing was kept. */
  | { readonly type: 'rehearsed'; readonly rehearsed: Rehearsed }
  | (Step & {
      readonly type: 'step-started';
      /** Of one that may take long: it is given up after that, and until then nothing more is told. */
      readonly limitMs?: number;
    })
  | (Step & { readonly type: 'step-done' })
  | (Step & { readonly type: 'step-failed'; readonly reason: string })
  /** Before anything is changed. */
  | { readonly type: 'looking'; readonly what: string }
  | { readonly type: 'verifying' }
  /** Everything is proven, and is taken back unless it is kept: nothing stops that any more. */
  | { readonly type: 'waiting' }
  | { readonly type: 'rolling-back'; readonly why: string };

/** Which step of a run; `changes`: ids of the changes it serves. */
interface Step {
  readonly number: number;
  readonly of: number;
  readonly what: string;
  readonly changes: readonly string[];
}

/** A plan a person is asked to approve, with what is needed to look into it. */
export interface Question {
  readonly plan: Plan;
  readonly verb: 'apply' | 'rollback';
  /** The plan of these changes alone, a plan with effects and a digest of its own; undefined where it is all or nothing. */
  readonly part: ((ids: ReadonlySet<string>) => Plan) | undefined;
  /** What these changes do to files, secrets and all; undefined where that is not known before. */
  readonly differences: ((changes: Plan['changes']) => Promise<Differences>) | undefined;
  /** Where a change can be turned into a waiver; undefined where it cannot. */
  readonly waiving?: Pick<WaiverDesk, 'folder' | 'whyNot' | 'problems'> | undefined;
}

/** `plan`: the one that was approved; where a part was chosen, that part. `waivers`: what is lived with instead of being changed. */
export type Answer =
  | { readonly type: 'approved'; readonly plan: Plan; readonly waivers?: readonly GivenWaiver[] }
  | { readonly type: 'declined' };

/** How the use cases reach the person or program that called. */
export interface Ui {
  progress(event: Progress): void;
  /** Told once which plan it is about, before anything is asked or changed: the approved one, else that of the host as found. */
  planned?(plan: Plan): void;
  /** Told of a plan nobody is asked about, since the command line or an earlier approval covers it; what covers less is its part. */
  approved?(plan: Plan): void;
  /** Told of the host as it was found after an apply, before it is certain that the changes stay. */
  proved?(plan: Plan): void;
  /** Shows the plan and asks. Called only where somebody can answer. */
  ask(question: Question): Promise<Answer>;
  readonly canAsk: boolean;
  /** Why nobody is asked, as a clause. */
  readonly unasked?: string | undefined;
  /** What asked us to stop, once something did. */
  stopRequested(): StopCause | undefined;
}
