import type { Plan, PlanControl } from './plan.ts';

/** The one vocabulary of all reports; XCCDF's nine results have the same meanings. */
export const RESULTS = [
  'pass',
  'fail',
  'fixed',
  'waived',
  'manual',
  'not-applicable',
  'not-checked',
  'not-selected',
  'error',
] as const;
export type Result = (typeof RESULTS)[number];

/** Renderings of a report; `json` and `md` are renderings of its plan. */
export const REPORT_KINDS = ['json', 'md', 'html', 'sarif', 'junit', 'csv', 'xccdf', 'oscal', 'prom'] as const;
export type ReportKind = (typeof REPORT_KINDS)[number];

/** An accepted exception, as far as a report shows it. */
export interface ReportWaiver {
  readonly reason: string;
  readonly owner: string;
  /** Last day it counts, `YYYY-MM-DD`, UTC. */
  readonly until: string;
  /** It is over, and taken until this moment by --waiver-grace (ISO 8601). */
  readonly graceUntil?: string;
}

export interface ReportControl {
  readonly slug: string;
  /** Numbers in the benchmark, the first one leading. */
  readonly ids: readonly string[];
  readonly title: string;
  /** Undefined where it was not selected. */
  readonly level: 1 | 2 | undefined;
  readonly result: Result;
  /** One sentence; empty for a pass. */
  readonly reason: string;
  readonly evidence: PlanControl['evidence'];
  readonly steps: readonly string[];
  /** What would be changed, or was: titles. */
  readonly changes: readonly string[];
  /** Files and objects the changes are about. */
  readonly paths: readonly string[];
  readonly waiver: ReportWaiver | undefined;
}

/** What every report is a rendering of: a plan, and what an apply made of it. */
export interface Report {
  readonly kind: 'plan' | 'verify' | 'apply' | 'rollback';
  readonly createdAt: string;
  readonly tool: Plan['tool'];
  readonly host: Plan['host'];
  readonly content: Plan['content'];
  readonly source: Plan['source'];
  readonly digest: Plan['digest'];
  readonly warnings: readonly string[];
  readonly refusal: Plan['refusal'];
  readonly counts: Readonly<Record<Result, number>>;
  /** Somebody asked for it. */
  readonly score?: string;
  /** In the order of the benchmark; those that were not selected last. */
  readonly controls: readonly ReportControl[];
}
