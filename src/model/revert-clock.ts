/** How this very program can be started again by root, later and by itself. */
export interface OwnProgram {
  /** Absolute paths: the executable, or a Node and the program file. */
  readonly argv: readonly [string, ...string[]];
  /** Set where somebody else than root could change what would be started. */
  readonly unsafe: { readonly reason: string; readonly mend: string } | undefined;
}

/** What a clock starts when its time is up: the revert of that run. */
export interface RevertAlarm {
  readonly id: string;
  /** `harden-revert-ID-NUMBER`; one of its own for each time it is set. */
  readonly name: string;
  readonly inMs: number;
  /** Said to everybody who is logged in, where that can be done. */
  readonly words?: readonly AlarmWords[];
}

export interface AlarmWords {
  readonly inMs: number;
  readonly text: string;
}

/** What a guard process writes to its standard output once it waits. */
export const GUARD_READY = 'armed\n';

/** `systemd`: a timer of the system's own. `guard`: a process that waits. */
export type ClockKind = 'systemd' | 'guard';

/** Starts a revert after a time, whatever becomes of this process, its terminal and its session. */
export interface RevertClock {
  readonly kind: ClockKind;
  /** Starts, once and without effect, what an alarm would start, the way it would. @throws Error where that does not work. */
  rehearse(): Promise<void>;
  /** Sets the alarm and looks whether it is set. Returns when it goes off, in ms of CLOCK_MONOTONIC. @throws Error where it is not seen. */
  arm(alarm: RevertAlarm): Promise<number>;
  /** Nothing where it is not set any more. */
  disarm(name: string): Promise<void>;
}

export interface RevertClocks {
  readonly unsafe: OwnProgram['unsafe'];
  of(kind: ClockKind): RevertClock;
  /** Milliseconds since boot, as CLOCK_MONOTONIC counts them. */
  monotonicMs(): number;
}
