import { EXIT, HardenError } from '../model/errors.ts';
import { errorText } from '../render/error-text.ts';
import { durationMs } from './duration.ts';
import { endNow } from './end-now.ts';
import { tell } from './output.ts';
import { readTerminal } from './terminal.ts';

const LONGEST = '7d';
/** Commands whose one write is a file of the site; whether it came before the end nobody has to guess. */
const WRITERS: readonly unknown[] = ['waiver', 'profile', 'snapshot', 'record', 'report'];

let limit: string | undefined;
let timer: NodeJS.Timeout | undefined;
let watched = false;
let isUp = false;
let listener: (() => void) | undefined;

/** The part of a command line this looks at. */
interface Said {
  readonly _: readonly (string | number)[];
  readonly [option: string]: unknown;
}

/** Takes `--timeout`; it counts from the start of the program. @throws HardenError exit 64 */
export function limitAsSaid(said: Said): void {
  const { timeout, _: words } = said;
  if (typeof timeout !== 'string' || limit !== undefined) {
    return;
  }
  const ms = durationMs('--timeout', timeout);
  if (ms > durationMs('--timeout', LONGEST)) {
    throw new HardenError({
      code: 'H0065',
      exit: EXIT.usage,
      message: `--timeout takes at most ${LONGEST}; "${timeout}" is more. Nothing was done.`,
      hint: 'For example: --timeout 30m',
    });
  }
  limit = timeout;
  // A command that ended is not kept alive by its limit.
  timer = setTimeout(() => timeIsUp(words[0]), Math.max(0, ms - performance.now())).unref();
}

/** The command has ended in time. */
export function limitWasKept(): void {
  clearTimeout(timer);
}

/** The limit in the words it was given in. */
export function timeLimit(): string {
  return limit ?? '';
}

/** While somebody listens the limit is theirs to heed, one that was reached meanwhile too. Gives what ends that. */
export function whenTimeIsUp(heed: () => void): () => void {
  watched = true;
  listener = heed;
  if (isUp) {
    queueMicrotask(heed);
  }
  return () => {
    if (listener === heed) {
      listener = undefined;
    }
  };
}

/** Before a run takes the lock nothing is changed, so the program can end where it stands; after it only the result is left to be told. */
function timeIsUp(command: unknown): void {
  isUp = true;
  if (listener !== undefined) {
    listener();
  } else if (!watched) {
    tell(errorText(beyondLimit(WRITERS.includes(command) ? '' : ' Nothing was changed.'), readTerminal(false).err));
    // What is waited for may never come.
    endNow(EXIT.terminated);
  }
}

/** @param rest what is said after it, with a blank before. */
export function beyondLimit(rest: string): HardenError {
  return new HardenError({
    code: 'H0131',
    exit: EXIT.terminated,
    message: `the time limit of ${timeLimit()} was reached.${rest}`,
    hint: 'To give it more time: --timeout 10m',
  });
}
