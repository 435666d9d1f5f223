import { parentPort, workerData } from 'node:worker_threads';
import { mutator } from './fuzz-mutate.ts';
import { FUZZ_TARGETS } from './fuzz-targets.ts';

/** What a worker is started with. `done`: how many inputs it has behind it, for whoever watches. */
export interface FuzzWork {
  readonly target: string;
  readonly seed: number;
  readonly count: number;
  readonly done: Int32Array<SharedArrayBuffer>;
}

/** More of them say nothing new. */
const MOST_VIOLATIONS = 5;

async function work({ target: name, seed, count, done }: FuzzWork): Promise<readonly string[]> {
  const target = FUZZ_TARGETS.find((one) => one.name === name);
  if (target === undefined) {
    throw new Error(`no parser ${name}`);
  }
  const inputs = mutator(seed, target.samples(), target.words);
  const violations: string[] = [];
  for (let index = 0; index < count && violations.length < MOST_VIOLATIONS; index += 1) {
    const input = inputs.next();
    const found = await checked(() => target.check(input));
    if (found !== undefined) {
      const shown = Buffer.from(input).toString('latin1').slice(0, 400);
      violations.push(`seed ${seed}, input ${index}: ${found.slice(0, 300)}: ${JSON.stringify(shown)}`);
    }
    Atomics.store(done, 0, index + 1);
  }
  return violations;
}

async function checked(check: () => string | undefined | Promise<string | undefined>): Promise<string | undefined> {
  try {
    const found = check();
    return found instanceof Promise ? await found : found;
  } catch (error) {
    return `threw ${error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 3).join(' ') : String(error)}`;
  }
}

// Whoever starts this file as a worker gives it that.
parentPort?.postMessage(await work(workerData as FuzzWork));
