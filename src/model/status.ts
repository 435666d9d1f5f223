import type { RevertNote } from './revert.ts';
import type { ScheduledEnd } from './scheduled.ts';

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
    /** Taken back as a whole, but for this many changes that rollbacks left as others had made them; left out where none. */
    readonly left?: number;
  } | null;
  /** Older applies that were not taken back as a whole, newest first; left out where there are none. */
  readonly standing?: readonly { readonly snapshot: string; readonly at: string; readonly changes: number }[];
  /** What applies that stand have written and the host does not run with yet; left out where there is nothing, or nobody could look. */
  readonly notLive?: readonly NotLive[];
  /** Controls the last apply had set and that fail now; left out where there are none, or nobody could look. */
  readonly drift?: readonly string[];
  /** Left out where there are none, or the engine does not tell. */
  readonly containers?: ContainersDown;
  /** Runs that were taken back by themselves and that nobody has said they saw; newest first. */
  readonly reverts: readonly RevertNote[];
  /** Of applies that were approved for later. */
  readonly scheduled?: ScheduledStatus | undefined;
  /** Left out where the host has none. */
  readonly waivers?: StatusWaivers | undefined;
}

export interface NotLive {
  /** An option of dockerd, or whatever else is set. */
  readonly what: string;
  /** Numbers of the controls it is for. */
  readonly controls: readonly string[];
  readonly until: 'restart' | 'reboot';
  /** Makes it live. */
  readonly command: string;
}

/** Names of containers that ran before a run and did not run after it. */
export interface ContainersDown {
  readonly run: string;
  /** Are there; can be started. */
  readonly down: readonly string[];
  /** Were removed when they ended. */
  readonly gone: readonly string[];
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

/** How scheduled applies stand. */
export interface ScheduledStatus {
  readonly pending: {
    readonly id: string;
    /** ISO 8601; null: at the next boot. */
    readonly at: string | null;
    readonly by: string;
    readonly changes: number;
    readonly expiresAt: string;
    /** Its time went by and it did not begin. */
    readonly missed: boolean;
  } | null;
  /** One whose time came and that has no end yet. */
  readonly begun: { readonly id: string } | null;
  /** The last one that did not do what it was set for and that nobody has said they saw. */
  readonly ended: ScheduledEnd | null;
  readonly damaged: boolean;
}
