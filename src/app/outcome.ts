import type { ChangeProof } from '../engine/prove.ts';
import type { Plan } from '../model/plan.ts';
import type { Trouble, UndoReport } from '../model/transaction.ts';

/** How an apply or a rollback ended. The exit code is a function of it. */
export type RunOutcome =
  | { readonly type: 'nothing-to-do'; readonly plan: Plan }
  | { readonly type: 'declined'; readonly plan: Plan }
  | { readonly type: 'dry-run'; readonly plan: Plan; readonly steps: readonly string[] }
  | {
      readonly type: 'done';
      readonly plan: Plan;
      readonly snapshot: string;
      readonly proofs: readonly ChangeProof[];
      /** What was left alone because somebody else changed it since. */
      readonly kept: readonly Trouble[];
    }
  | {
      readonly type: 'rolled-back';
      readonly plan: Plan;
      readonly at: string;
      readonly reason: string;
      /** Set where a signal, not a failure, ended the run. */
      readonly signal: string | undefined;
      readonly undo: UndoReport;
      /** What is not as before after the undo; empty where the old state was proven. */
      readonly notAsBefore: readonly Trouble[];
    };
