import * as z from 'zod';
import { type DeepReadonly, Plan } from './plan.ts';
import { RUN_ID } from './result.ts';

/** What the state folder keeps of an apply that was approved for later. */
export const SCHEDULED_SCHEMA = 'urn:harden:scheduled:1';

export const ScheduledApply = z.lazy(() =>
  z.strictObject({
    schema: z.literal(SCHEDULED_SCHEMA),
    /** Of the run it becomes. */
    id: z.string().regex(RUN_ID),
    /** ISO 8601, UTC; null: at the next boot. */
    at: z.iso.datetime().nullable(),
    setAt: z.iso.datetime(),
    /** The boot it was approved in. */
    bootId: z.string(),
    /** What was approved, with the approval as the last one. */
    plan: Plan,
  }),
);
export type ScheduledApply = DeepReadonly<z.infer<typeof ScheduledApply>>;

/** How a scheduled apply ended that did not do what it was set for; kept until somebody says that they saw it. */
export const ScheduledEnd = z.lazy(() =>
  z.strictObject({ id: z.string().regex(RUN_ID), at: z.iso.datetime(), exit: z.int(), message: z.string() }),
);
export type ScheduledEnd = DeepReadonly<z.infer<typeof ScheduledEnd>>;

/** All that is kept of scheduled applies. */
export interface Scheduled {
  readonly pending: ScheduledApply | undefined;
  /** Its time came, and its end is not written yet: it is at work, or was killed. */
  readonly begun: ScheduledApply | undefined;
  readonly ended: ScheduledEnd | undefined;
  /** Something is kept that cannot be read. */
  readonly damaged: boolean;
}

/** What a text of a person means as a time; `local`: in the words of the machine's own time zone. */
export type MeantTime =
  | { readonly type: 'at'; readonly at: string; readonly local: string }
  | { readonly type: 'none'; readonly why: string };

/** What starts this program at a time, or at the next boot, whatever becomes of this process and its session. */
export interface ApplyClock {
  /** Never rejects. */
  meant(text: string): Promise<MeantTime>;
  /** Starts the program once, without effect, the way it will be started. @throws Error where that does not work. */
  rehearse(): Promise<void>;
  /** With both units laid: sets it and looks whether it is set. @throws Error */
  arm(run: Pick<ScheduledApply, 'id' | 'at'>): Promise<void>;
  /** Before the units are taken away. Nothing where it is not set. */
  disarm(): Promise<void>;
}

export const SCHEDULED_UNIT = 'harden-scheduled-apply';

/** How the description of a unit that belongs to that run ends. */
export function unitMark(id: string): string {
  return `(harden, run ${id})`;
}
