import type { RevertNote } from './revert.ts';

/** What is kept of this host's runs, as it stands at this moment. */
export interface HostStatus {
  /** `secondsLeft` 0: its time is up, and what takes it back is at work or due. */
  readonly pending: { readonly id: string; readonly changes: number; readonly secondsLeft: number } | null;
  /** Ids of runs without an end that do not wait: at work, or killed. */
  readonly unfinished: readonly string[];
  readonly lastApply: {
    readonly snapshot: string;
    readonly at: string;
    readonly by: string;
    readonly profile: string;
    readonly changes: number;
    /** The rollback that took all of it back, and was proven. */
    readonly takenBackBy: string | null;
    /** The last rollback, where that is not so; left out where there was none. */
    readonly attempt?: { readonly by: string; readonly how: 'partly' | 'unproven' };
  } | null;
  /** Controls the last apply had set and that fail now; left out where there are none, or nobody could look. */
  readonly drift?: readonly string[];
  /** Runs that were taken back by themselves and that nobody has said they saw; newest first. */
  readonly reverts: readonly RevertNote[];
  /** Left out where the host has none. */
  readonly waivers?: StatusWaivers | undefined;
}

export interface StatusWaivers {
  /** Over, or so within 30 days; the first to end first. */
  readonly ending: readonly {
    readonly id: string;
    readonly until: string;
    readonly owner: string;
    readonly daysLeft: number;
  }[];
  /** Why their files cannot be taken; null where they can. */
  readonly problem: string | null;
}
