import type { Ground } from '../app/ground.ts';
import {
  LONGEST_AHEAD_MS,
  type Later,
  type LaterPlace,
  dueNow,
  endToTell,
  isMissed,
  laterRun,
  refuseWithoutSystemd,
  takeAway,
  tooLate,
} from '../app/later.ts';
import { wordsOf } from '../app/ending.ts';
import { applyClock } from '../host/apply-clock.ts';
import { liveSys } from '../host/live-sys.ts';
import { ownProgram } from '../host/own-program.ts';
import { absPath } from '../model/brand.ts';
import { EXIT, type ExitCode, HardenError } from '../model/errors.ts';
import type { Plan } from '../model/plan.ts';
import { RESULT_SCHEMA, RESULT_SCHEMA_MINOR } from '../model/result.ts';
import type { ScheduledApply } from '../model/scheduled.ts';
import { printableJson } from '../render/printable.ts';
import { type RunsOptions, keepRunAt } from '../state/runs.ts';
import { claimScheduled, dropScheduled, endScheduled, keepScheduled, lookAtScheduled } from '../state/scheduled.ts';
import { layScheduledUnits, removeScheduledUnits } from '../state/scheduled-units.ts';
import { changeableGround } from './compose.ts';
import { runsPlace } from './store-place.ts';
import type { Finish } from './finish.ts';
import { type LaterArguments, laterWords, refuseOutOfPlace, wrongLater } from './later-words.ts';
import { print, tell } from './output.ts';
import { runOf } from './stored-runs.ts';

export interface PutOff {
  readonly later: Later;
  readonly at: string | null;
  /** How long the plan that is approved now may be applied. */
  readonly validForMs: number;
}

type StatePart = Pick<LaterArguments, 'state-dir' | 'accept-volatile-state'>;

const DAY_MS = 86_400_000;

/** Reads `--at` and looks whether this host can do it. @throws HardenError; nothing was asked or written then */
export async function putOff(
  args: LaterArguments & { readonly runId: string; readonly at: string },
  ground: Ground,
  fromFile: Pick<Plan, 'expiresAt'> | undefined,
  signedBy: string | undefined,
): Promise<PutOff> {
  refuseOutOfPlace(args);
  refuseWithoutSystemd(ground);
  const place = placeOf(args, laterWords(args));
  const now = ground.now().getTime();
  const at = await momentOf(args.at, place, now);
  const due = at === null ? undefined : Date.parse(at);
  const later = laterRun(ground, place, { id: args.runId, at });
  await later.refuseWhereImpossible();
  // No refresh makes a signature last longer.
  if (fromFile === undefined || (args.refresh && signedBy === undefined)) {
    return { later, at, validForMs: due === undefined ? LONGEST_AHEAD_MS : due - now + DAY_MS };
  }
  const expires = Date.parse(fromFile.expiresAt);
  if (due !== undefined && expires < due) {
    throw new HardenError({
      code: 'H4023',
      exit: EXIT.planNotApplicable,
      message: `the plan may be applied until ${fromFile.expiresAt} only, and --at is later. Nothing was changed.`,
      hint: 'To make one that lasts: harden plan --expires 7d -o FILE',
    });
  }
  return { later, at, validForMs: expires - now };
}

/** `--at never` */
export async function takeBack(args: LaterArguments): Promise<void> {
  refuseOutOfPlace(args);
  if (args.plan !== undefined) {
    throw wrongLater('--at never takes back what was set, and no plan');
  }
  changeableGround(undefined);
  const { look } = placeOf(args, []);
  const { damaged, begun } = look();
  const dropped = dropScheduled(optionsOf(args));
  const why = await takeAway(placeOf(args, []));
  if (why !== undefined) {
    tell(`harden: its units stay in /etc/systemd/system, where they start nothing: ${why}\n`);
  }
  await print(
    !dropped && begun !== undefined
      ? `Run ${begun.id} is not taken back: its time has come, so it is at work, or it was ended in the middle.\nTo see which: harden status\n`
      : dropped
        ? `${damaged ? 'What was kept' : 'The apply that was set for later'} is taken back. Nothing was changed.\n`
        : 'Nothing was set for later. Nothing was changed.\n',
  );
}

/** What `work` says of an end that is not 0 is kept for `harden status`. */
export type DueWork = (due: ScheduledApply, finish: Finish) => Promise<string>;

/** What the clock starts: takes what was approved for now, once, and carries it out. */
export async function whenDue(
  args: StatePart & { readonly scheduled: string },
  finish: Finish,
  work: DueWork,
): Promise<void> {
  const ground = changeableGround(undefined);
  const options = optionsOf(args);
  const place = placeOf(args, []);
  const due = claimed(args.scheduled, ground, place, options);
  if (due === 'not-yet') {
    tell('harden: what was approved is for the next boot. Nothing was changed.\n');
    return;
  }
  if (due === 'other') {
    tell(`harden: run ${args.scheduled} is not the one that waits. Nothing was changed.\n`);
    return;
  }
  const why = await takeAway(place);
  tell(why === undefined ? '' : `harden: the units of this run stay in /etc/systemd/system: ${why}\n`);
  if (due === 'missed') {
    throw tooLate(args.scheduled);
  }
  if (due === undefined) {
    tell(`harden: run ${args.scheduled} was taken back before. Nothing was changed.\n`);
    return;
  }
  let code: ExitCode = EXIT.ok;
  try {
    const message = await work(due, (ended) => {
      code = ended;
      finish(ended);
    });
    endScheduled(options, endToTell(due.id, ground.now(), code, message));
  } catch (error) {
    keepRefused(due, ground, options, error);
    throw error;
  }
}

function claimed(
  id: string,
  ground: Ground,
  place: LaterPlace,
  options: RunsOptions,
): ScheduledApply | 'not-yet' | 'other' | 'missed' | undefined {
  const kept = place.look();
  if (kept.pending !== undefined && kept.pending.id !== id) {
    // The units are those of the other one by now.
    return 'other';
  }
  const { bootId } = ground.host.identity();
  if (kept.pending?.id === id && kept.pending.at === null && kept.pending.bootId === bootId) {
    return 'not-yet';
  }
  if (kept.pending !== undefined && isMissed(kept.pending, ground.now())) {
    // The record stays, so that it is told.
    return 'missed';
  }
  try {
    const due = dueNow(kept, id);
    return due !== undefined && claimScheduled(options) ? due : undefined;
  } catch (error) {
    dropScheduled(options);
    endScheduled(options, endToTell(id, ground.now(), EXIT.malformed, wordsOf(error)));
    throw error;
  }
}

/** Nothing was begun, or a bug ended it: somebody has to learn of it who was not there. */
function keepRefused(due: ScheduledApply, ground: Ground, options: RunsOptions, error: unknown): void {
  const { id, plan } = due;
  const known = error instanceof HardenError ? error : undefined;
  const exit = known?.exit ?? EXIT.bug;
  const message = wordsOf(error);
  const given = plan.approvals.at(-1);
  const run = runOf({ id, verb: 'apply', reason: given?.reason, ticket: given?.ticket, given }, ground);
  const head = { schema: RESULT_SCHEMA, schemaMinor: RESULT_SCHEMA_MINOR, exit, run, type: 'refused', plan };
  const details = known === undefined || known.details.length === 0 ? '' : ` ${known.details.join('; ')}`;
  keepRunAt(
    options,
    { ...run, exit },
    printableJson({ ...head, code: known?.code ?? null, message: `${message}${details}` }),
  );
  endScheduled(options, endToTell(id, ground.now(), exit, message));
}

function placeOf(args: StatePart, words: readonly string[]): LaterPlace {
  const options = optionsOf(args);
  const program = ownProgram();
  const targets = { sys: liveSys(absPath('/')), trust: 'strict' } as const;
  const laid = { program, stateDir: options.stateDir, args: words, log: process.env['HARDEN_LOG'] };
  return {
    look: () => lookAtScheduled(options),
    keep: (record) => keepScheduled(options, record),
    units: {
      lay: (run) => layScheduledUnits(targets, { run, ...laid }),
      remove: () => removeScheduledUnits(targets),
    },
    clock: applyClock(program),
    unsafe: program.unsafe,
  };
}

function optionsOf(args: Pick<StatePart, 'state-dir'>): RunsOptions {
  return runsPlace({ root: undefined, stateDir: args['state-dir'] });
}

async function momentOf(text: string, { clock }: LaterPlace, now: number): Promise<string | null> {
  if (text === 'boot') {
    return null;
  }
  const meant = await clock.meant(text);
  if (meant.type === 'none') {
    throw wrongLater(`--at "${text}" is no time to set an apply for: ${meant.why}`);
  }
  if (Date.parse(meant.at) - now > LONGEST_AHEAD_MS) {
    throw wrongLater(`--at "${text}" is ${meant.local}, more than 30 days ahead`);
  }
  tell(
    `harden: "${text}" is ${meant.local}${meant.local.endsWith('UTC') ? '' : ` (${meant.at.slice(11, 16)} UTC)`}.\n`,
  );
  return meant.at;
}
