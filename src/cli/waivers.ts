import type { Ground } from '../app/ground.ts';
import type { PlanWish } from '../app/make-plan.ts';
import { WAIVER_DIR, hasWaiverFolder, trustedWaiverTexts } from '../app/waiver-files.ts';
import type { WaiverText } from '../catalogue/waivers.ts';
import { wordsFor } from '../host/errno.ts';
import { filesBehind } from '../host/user-files.ts';
import { shellWord } from '../model/command-place.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import type { Plan } from '../model/plan.ts';
import { DAY_MS } from '../model/waiver.ts';
import { waiverNotices } from '../render/waiver-text.ts';
import { durationMs } from './duration.ts';
import { tell } from './output.ts';
import { type FileUse, readInput } from './result-file.ts';
import { readTerminal } from './terminal.ts';

/** What the command line says of waivers. */
export interface WaiverArguments {
  readonly waivers: readonly string[];
  readonly 'waiver-grace': string | undefined;
}

/** A longer grace would be a waiver without an end. */
const LONGEST_GRACE_DAYS = 30;

/**
 * `wish` with the waivers of the site: those of /etc/harden/waivers.d on the machine itself, and those given by `--waivers`.
 * @throws HardenError where one of their files is not in order, or others than root could change it.
 */
export async function withWaivers(
  ground: Ground,
  wish: PlanWish,
  args: WaiverArguments,
  use: FileUse = 'look',
): Promise<PlanWish> {
  const graceMs = graceOf(args['waiver-grace']);
  const texts = waiverTexts(ground, args.waivers, use);
  if (texts.length === 0) {
    return wish;
  }
  // A plan without waivers does not wait for the schema to load.
  const { readWaivers } = await import('../catalogue/waivers.ts');
  const { benchmark } = wish.selection.profile;
  const today = ground.now().toISOString().slice(0, 10);
  return {
    ...wish,
    waivers: { waivers: readWaivers(texts, { catalogue: ground.catalogue, benchmark, today }), graceMs },
  };
}

/** Each file once, in the order read. */
export function waiverTexts(ground: Ground, given: readonly string[], use: FileUse): readonly WaiverText[] {
  const own = ground.host.kind === 'live' && hasWaiverFolder(ground.host) ? trustedWaiverTexts(ground.host) : [];
  const asked = given.flatMap((path) => behind(path)).map((path) => ({ path, text: readInput(path, use) }));
  const all = [...own, ...asked];
  return all.filter(({ path }, index) => all.findIndex((other) => other.path === path) === index);
}

/** A folder that was named and holds none of them is taken for a slip. */
function behind(path: string): readonly string[] {
  let files: readonly string[];
  try {
    files = filesBehind(path, '.json5');
  } catch (cause) {
    throw noWaivers(path, `cannot be read (${wordsFor(cause)})`, cause);
  }
  if (files.length === 0) {
    throw noWaivers(path, 'holds no file that ends in .json5', undefined);
  }
  return files;
}

function noWaivers(path: string, why: string, cause: unknown): HardenError {
  return new HardenError({
    code: 'H2033',
    exit: EXIT.malformed,
    message: `${path} ${why}, so no waivers were found there. Nothing was changed.`,
    hint: `To look at it: ls -la ${shellWord(path)}`,
    cause,
  });
}

function graceOf(text: string | undefined): number {
  if (text === undefined) {
    return 0;
  }
  const ms = durationMs('--waiver-grace', text);
  if (ms > LONGEST_GRACE_DAYS * DAY_MS) {
    throw new HardenError({
      code: 'H0076',
      exit: EXIT.usage,
      message: `--waiver-grace takes at most ${LONGEST_GRACE_DAYS}d; "${text}" is more. Nothing was done.`,
      hint: `To accept it for longer, give the waiver another end: ${WAIVER_DIR}`,
    });
  }
  return ms;
}

/** Beside a result, on standard error. `everything`: also what the text of a plan says among its warnings. */
export function tellWaivers(plan: Plan, everything: boolean): void {
  const lines = waiverNotices(plan, readTerminal(false).err, everything);
  if (lines.length > 0) {
    tell(`${lines.join('\n')}\n`);
  }
}

/** The same waivers again, for a command that is printed. */
export function waiverWords(args: WaiverArguments): readonly string[] {
  const grace = args['waiver-grace'];
  return [
    ...args.waivers.flatMap((path) => ['--waivers', path]),
    ...(grace === undefined ? [] : ['--waiver-grace', grace]),
  ];
}
