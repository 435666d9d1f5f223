import { type CommandPlace, atPlace } from '../model/command-place.ts';
import type { ErrorCode } from '../model/error-codes.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import type { HostFacts } from '../model/facts.ts';
import { numbersIn } from '../model/plain-names.ts';
import type { Plan } from '../model/plan.ts';
import type { RevertDue } from '../model/revert.ts';
import type { AlarmWords, ClockKind, RevertClock, RevertClocks } from '../model/revert-clock.ts';
import type { Transaction } from '../state/transaction.ts';
import { wordsOf } from './ending.ts';

/** What was said on the command line, and what is known of who works here. */
export interface KeepSettings {
  /** Milliseconds; undefined where nothing was said. */
  readonly wish: number | 'never' | undefined;
  /** Somebody works here from another machine. */
  readonly remote: boolean;
  /** Somebody sits at the terminal and answers. */
  readonly attended: boolean;
  readonly clocks: RevertClocks;
  /** Where whoever reads what everybody is told finds the run. */
  readonly place?: CommandPlace;
}

const MINUTE_MS = 60_000;
export const DEFAULT_WITHIN_MS = 5 * MINUTE_MS;

/** A revert that is due unless the changes are kept, as a result tells it. */
export interface PendingRevert {
  readonly id: string;
  readonly withinMs: number;
  readonly kind: ClockKind;
  readonly due: RevertDue;
}

/** The clock of one apply. */
export interface RevertTimer {
  /** Sets the clock before anything is changed. Gives why it is not seen armed, where it is not. */
  start(id: string): Promise<string | undefined>;
  /** Gives the whole time once more and leaves the transaction open. @throws Error; then it is to be undone. */
  wait(transaction: Pick<Transaction, 'id' | 'wait'>): Promise<PendingRevert>;
  /** After everything was put back. */
  cancel(): Promise<void>;
}

/** How long the changes of a plan may stay without being kept; undefined: they stay. Pure. @throws HardenError where a clock is wanted and cannot be had. */
export function withinFor(
  {
    wish,
    remote,
    attended,
    clocks,
  }: Pick<KeepSettings, 'wish' | 'remote' | 'attended'> & {
    readonly clocks: Pick<RevertClocks, 'unsafe'>;
  },
  plan: Pick<Plan, 'changes' | 'controls' | 'effects'>,
  facts: Pick<HostFacts, 'hostKind' | 'serviceManager' | 'engine'>,
): { readonly withinMs: number; readonly kind: ClockKind } | undefined {
  const wanted = wish ?? (remote && attended && mayCutOff(plan, facts) ? DEFAULT_WITHIN_MS : 'never');
  if (wanted === 'never') {
    return undefined;
  }
  if (facts.hostKind !== 'live') {
    throw refused('H6001', EXIT.usage, 'a folder has no clock that could take changes back', {
      hint: 'To apply without one: leave --confirm-within out',
    });
  }
  const final = plan.changes.filter((change) => !change.reversible);
  if (final.length > 0) {
    throw refused(
      'H6002',
      EXIT.planNotApplicable,
      'the plan has changes that cannot be undone, so no clock can take them back',
      {
        details: final.map((change) => `${numbersIn(plan, change.controls).join(' ')} ${change.title}`),
        hint: `To leave them out: -x ${numbersIn(
          plan,
          final.flatMap((change) => change.controls),
        ).join(',')}; to go without a clock: --confirm-within never`,
      },
    );
  }
  if (clocks.unsafe !== undefined) {
    throw refused('H6003', EXIT.noPrivilege, 'this program may not be started by a clock: others could change it', {
      details: [clocks.unsafe.reason],
      hint: `To mend it: ${clocks.unsafe.mend}; to go without a clock: --confirm-within never`,
    });
  }
  if (facts.serviceManager.type === 'systemd') {
    return { withinMs: wanted, kind: 'systemd' };
  }
  if (wish === undefined) {
    throw refused(
      'H6004',
      EXIT.planNotApplicable,
      'you work from another machine, and without systemd there is no clock that outlasts everything',
      {
        details: [facts.serviceManager.reason],
        hint: 'To go without one: --confirm-within never; with one that only a reboot or its own end stops: --confirm-within 5m',
      },
    );
  }
  return { withinMs: wanted, kind: 'guard' };
}

/** A restart, or a change of who may reach the engine, can end the very session somebody works in. */
function mayCutOff({ changes, effects }: Pick<Plan, 'changes' | 'effects'>, facts: Pick<HostFacts, 'engine'>): boolean {
  const { apiSocket } = facts.engine;
  return (
    effects.some((effect) => effect.kind === 'restart') ||
    changes.some(
      ({ target }) =>
        target.type === 'file-access' &&
        (target.path === apiSocket || target.path.endsWith('.sock') || target.durable !== undefined),
    )
  );
}

/**
 * Tries, without effect, that a clock would start this program. Undefined where the changes are to stay.
 * @throws HardenError where a clock is wanted and cannot be had; nothing was changed then.
 */
export async function timerFor(
  settings: KeepSettings | undefined,
  plan: Plan,
  facts: HostFacts,
): Promise<RevertTimer | undefined> {
  const within = settings === undefined ? undefined : withinFor(settings, plan, facts);
  if (settings === undefined || within === undefined) {
    return undefined;
  }
  const clock = settings.clocks.of(within.kind);
  try {
    await clock.rehearse();
  } catch (cause) {
    throw refused('H6005', EXIT.planNotApplicable, 'the clock that would take the changes back does not work here', {
      details: [wordsOf(cause)],
      hint: 'To go without one: --confirm-within never',
    });
  }
  return timer(clock, {
    bootId: facts.identity.bootId,
    withinMs: within.withinMs,
    place: settings.place ?? {},
  });
}

function timer(
  clock: RevertClock,
  { bootId, withinMs, place }: Pick<RevertDue, 'bootId' | 'withinMs'> & { readonly place: CommandPlace },
): RevertTimer {
  const names: string[] = [];
  const arm = async (
    id: string,
    words: readonly AlarmWords[],
  ): Promise<{ readonly name: string; readonly dueMs: number }> => {
    const name = clockName(id, names.length + 1);
    // Known before it may be set: what was set and not seen is taken away too.
    names.push(name);
    return { name, dueMs: await clock.arm({ id, name, inMs: withinMs, words }) };
  };
  return {
    start: (id) => arm(id, []).then(() => undefined, wordsOf),
    wait: async (transaction) => {
      const { name, dueMs } = await arm(transaction.id, wordsFor(transaction.id, withinMs, place));
      const due = { bootId, dueMs, withinMs, clock: name };
      transaction.wait(due);
      await disarmAll(
        clock,
        names.filter((other) => other !== name),
      );
      return { id: transaction.id, withinMs, kind: clock.kind, due };
    },
    cancel: () => disarmAll(clock, names),
  };
}

/** At the start, at half of the time, and a minute before the end; a clock of less than two minutes is watched by whoever set it. */
export function wordsFor(id: string, withinMs: number, place: CommandPlace = {}): readonly AlarmWords[] {
  if (withinMs < 2 * MINUTE_MS) {
    return [];
  }
  return [...new Set([withinMs, withinMs / 2, MINUTE_MS])].map((leftMs) => ({
    inMs: Math.round(withinMs - leftMs),
    text: atPlace(
      `harden: the changes of run ${id} on this host are taken back in ${Math.round(leftMs / 1000)} s unless somebody keeps them: sudo harden confirm ${id}`,
      place,
    ),
  }));
}

/** `*`: a pattern for all clocks of a run. */
export function clockName(id: string, number: number | '*'): string {
  return `harden-revert-${id}-${number}`;
}

/** A clock that goes on has nothing to do: what it starts asks the journal. */
async function disarmAll(clock: RevertClock, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await clock.disarm(name).catch(() => undefined);
  }
}

function refused(
  code: ErrorCode,
  exit: HardenError['exit'],
  what: string,
  rest: { readonly details?: readonly string[]; readonly hint: string },
): HardenError {
  return new HardenError({ code, exit, message: `${what}. Nothing was changed.`, ...rest });
}
