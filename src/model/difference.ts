import type { Result } from './report.ts';

/** One change of a plan, as a difference names it. */
export interface DifferentChange {
  readonly title: string;
  /** Numbers of its controls. */
  readonly controls: readonly string[];
}

export interface DifferentResult {
  readonly slug: string;
  /** Number in the newer plan's benchmark, else in the older one's. */
  readonly id: string;
  readonly title: string;
  /** Undefined where the control is not in that plan. */
  readonly before: Result | undefined;
  readonly after: Result | undefined;
}

/** What became different from one plan to another. */
export interface PlanDifference {
  /** Digest of the older one. */
  readonly since: string;
  readonly sinceAt: string;
  readonly added: readonly DifferentChange[];
  readonly removed: readonly DifferentChange[];
  /** At the same place, but from or to another value, at another risk, or with other consequences. */
  readonly changed: readonly (DifferentChange & { readonly what: readonly string[] })[];
  readonly results: readonly DifferentResult[];
  /** Said first: plans of two hosts, profiles or contents differ for that reason already. */
  readonly others: readonly string[];
}
