import { EXIT, HardenError } from '../model/errors.ts';
import type { Plan } from '../model/plan.ts';
import type { OwnProgram } from '../model/revert-clock.ts';
import { absPath } from '../model/brand.ts';
import {
  type ApplyClock,
  SCHEDULED_SCHEMA,
  type Scheduled,
  type ScheduledApply,
  type ScheduledEnd,
} from '../model/scheduled.ts';
import { isIntact } from '../plan/seal.ts';
import { wordsOf } from './ending.ts';
import type { Ground } from './ground.ts';
import type { RunOutcome } from './outcome.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** A busy machine may start what is due a little late; a clock of systemd that was asleep goes off on waking, hours late. */
const LATEST_MINUTES = 5;
/** An approval that waits longer than this was given for another host than the one it meets. */
export const LONGEST_AHEAD_MS = 30 * DAY_MS;

/** An apply that is approved now and carried out later. */
export interface Later {
  /** @throws HardenError where this host cannot start it later; nothing was asked or written then */
  refuseWhereImpossible(): Promise<void>;
  /** Sets the clock and keeps what was approved, the approval included. @throws HardenError; nothing is set then */
  set(plan: Plan): Promise<Extract<RunOutcome, { readonly type: 'scheduled' }>>;
}

/** Where scheduled applies are kept and what starts them. Each call of `units` gives why it could not be done. */
export interface LaterPlace {
  readonly look: () => Scheduled;
  readonly keep: (record: ScheduledApply) => void;
  readonly units: {
    readonly lay: (run: Pick<ScheduledApply, 'id' | 'at'>) => string | undefined;
    readonly remove: () => string | undefined;
  };
  readonly clock: ApplyClock;
  readonly unsafe: OwnProgram['unsafe'];
}

/** @param run `at`: ISO 8601, UTC; null for the next boot. */
export function laterRun(
  ground: Pick<Ground, 'now' | 'host'>,
  place: LaterPlace,
  run: { readonly id: string; readonly at: string | null },
): Later {
  return {
    refuseWhereImpossible: async () => {
      if (place.unsafe !== undefined) {
        throw new HardenError({
          code: 'H6031',
          exit: EXIT.noPrivilege,
          message: 'this program may not be started by a clock: others could change it. Nothing was changed.',
          details: [place.unsafe.reason],
          hint: `To mend it: ${place.unsafe.mend}`,
        });
      }
      refuseSecond(place.look(), ground.now());
      await place.clock.rehearse().catch((cause: unknown) => {
        throw impossible([wordsOf(cause)]);
      });
    },
    set: async (plan) => {
      refuseSecond(place.look(), ground.now());
      if (run.at !== null && Date.parse(run.at) <= ground.now().getTime()) {
        throw impossible(['the time went by before it was approved']);
      }
      const setAt = ground.now().toISOString();
      const { bootId } = ground.host.identity();
      await setOrTakeBack(place, { schema: SCHEDULED_SCHEMA, ...run, setAt, bootId, plan });
      return { type: 'scheduled', plan, ...run };
    },
  };
}

/** The record comes last: what is kept as waiting was seen armed. */
async function setOrTakeBack(place: LaterPlace, record: ScheduledApply): Promise<void> {
  const why = place.units.lay(record);
  if (why !== undefined) {
    // Nothing is set, and what has the names of our units may be somebody else's.
    place.units.remove();
    throw impossible([why]);
  }
  try {
    await place.clock.arm(record);
    place.keep(record);
  } catch (cause) {
    await takeAway(place);
    throw impossible([wordsOf(cause)]);
  }
}

/** Clock and units; gives why units stay. */
export async function takeAway({ clock, units }: Pick<LaterPlace, 'clock' | 'units'>): Promise<string | undefined> {
  await clock.disarm();
  return units.remove();
}

/** Undefined where it was taken back. @throws HardenError where it was damaged */
export function dueNow(scheduled: Scheduled, id: string): ScheduledApply | undefined {
  const { pending } = scheduled;
  if (pending === undefined && scheduled.damaged) {
    throw damaged();
  }
  if (pending?.id !== id) {
    return undefined;
  }
  if (!isIntact(pending.plan)) {
    throw damaged();
  }
  return pending;
}

/** What is kept of a run that did not do what it was set for; undefined where it did. */
export function endToTell(id: string, at: Date, exit: number, message: string): ScheduledEnd | undefined {
  return exit === EXIT.ok ? undefined : { id, at: at.toISOString(), exit, message };
}

/** Its time is over and it did not begin: the machine was off or slept, or the clock was taken away. */
export function isMissed({ at }: Pick<ScheduledApply, 'at'>, now: Date): boolean {
  return at !== null && now.getTime() - Date.parse(at) > LATEST_MINUTES * MINUTE_MS;
}

/** What was approved for the night is not for the middle of the day after. */
export function tooLate(id: string): HardenError {
  return new HardenError({
    code: 'H6034',
    exit: EXIT.planNotApplicable,
    message: `the time that run ${id} was approved for is more than ${LATEST_MINUTES} minutes ago, so it is not begun. Nothing was changed.`,
    details: ['The machine slept, or was too busy to start it.'],
    hint: 'To set it anew: sudo harden apply --at TIME; to forget it: sudo harden apply --at never',
  });
}

/** @throws HardenError */
export function refuseWithoutSystemd({ host }: Pick<Ground, 'host'>): void {
  if (host.stat(absPath('/run/systemd/system')).status !== 'present') {
    throw impossible(['systemd does not run here, and nothing else surely starts a program at a time']);
  }
}

function refuseSecond({ pending }: Scheduled, now: Date): void {
  if (pending !== undefined && !isMissed(pending, now)) {
    throw new HardenError({
      code: 'H6032',
      exit: EXIT.locked,
      message: `an apply is set for later already (run ${pending.id}, ${pending.at ?? 'at the next boot'}), and there is one at most. Nothing was changed.`,
      hint: 'To see it: harden status; to take it back: harden apply --at never',
    });
  }
}

function impossible(details: readonly string[]): HardenError {
  return new HardenError({
    code: 'H6030',
    exit: EXIT.planNotApplicable,
    message: 'an apply cannot be set for later on this host. Nothing was changed.',
    details,
    hint: 'To let another clock do it (cron, at, your own automation): harden plan -o FILE, and then: harden apply FILE --approve DIGEST',
  });
}

function damaged(): HardenError {
  return new HardenError({
    code: 'H6033',
    exit: EXIT.malformed,
    message: 'what was approved for now cannot be read any more, so it is not carried out. Nothing was changed.',
    hint: 'To see how this host stands: harden status; to approve again: harden apply --at TIME',
  });
}
