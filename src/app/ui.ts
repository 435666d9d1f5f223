import type { Plan } from '../model/plan.ts';

/** What a use case tells while it works. Text is made by whoever shows it. */
export type Progress =
  | { readonly type: 'recovered'; readonly lines: readonly string[] }
  | { readonly type: 'snapshot'; readonly id: string; readonly steps: number }
  | { readonly type: 'step-started'; readonly number: number; readonly of: number; readonly what: string }
  | { readonly type: 'step-done'; readonly number: number; readonly of: number; readonly what: string }
  | {
      readonly type: 'step-failed';
      readonly number: number;
      readonly of: number;
      readonly what: string;
      readonly reason: string;
    }
  | { readonly type: 'verifying' }
  | { readonly type: 'rolling-back'; readonly why: string };

/** What a person must say to a plan. `word` is typed where the plan interrupts something or breaks a use. */
export interface Question {
  readonly plan: Plan;
  readonly verb: 'apply' | 'rollback';
  readonly word: string | undefined;
}

/** How the use cases reach the person or program that called. */
export interface Ui {
  progress(event: Progress): void;
  /** Shows the plan and asks. Called only where somebody can answer. */
  ask(question: Question): Promise<'approved' | 'declined'>;
  readonly canAsk: boolean;
  /** The signal that asked us to stop, once one came. */
  stopRequested(): 'SIGINT' | 'SIGTERM' | 'SIGHUP' | undefined;
}
