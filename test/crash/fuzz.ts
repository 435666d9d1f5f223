import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { CrashMethod, Effort, MethodResult } from './method.ts';
import { FUZZ_TARGETS } from './fuzz-targets.ts';
import type { FuzzWork } from './fuzz-worker.ts';

/** Inputs for each parser. */
const INPUTS: Readonly<Record<Effort, number>> = { quick: 2_000, full: 1_000_000 };
/** A worker that gets no input done in this time hangs in one: the slowest takes some milliseconds. */
const HANGS_AFTER_MS = 30_000;
const SEED = 20_261_122;

/** One row a parser: bytes from elsewhere crash nothing, hang nothing, and mean nothing but what they say. */
export const FUZZ_METHODS: readonly CrashMethod[] = FUZZ_TARGETS.map(({ name }) => ({
  name: `fuzz ${name}`,
  rows: [],
  counts: 'inputs',
  least: INPUTS,
  missing: () => undefined,
  run: (effort) => fuzz(name, INPUTS[effort], effort === 'quick' ? 1 : availableParallelism()),
}));

export async function fuzz(target: string, inputs: number, workers: number, seed = SEED): Promise<MethodResult> {
  const share = Math.ceil(inputs / workers);
  const results = await Promise.all(
    Array.from({ length: workers }, (_, index) => inWorker(target, seed + index, share)),
  );
  return {
    points: results.reduce((sum, { points }) => sum + points, 0),
    violations: results.flatMap(({ violations }) => violations),
  };
}

function inWorker(target: string, seed: number, count: number): Promise<MethodResult> {
  const done = new Int32Array(new SharedArrayBuffer(4));
  const workerData: FuzzWork = { target, seed, count, done };
  const worker = new Worker(new URL('./fuzz-worker.ts', import.meta.url), { workerData });
  return new Promise((resolve) => {
    let seen = -1;
    const end = (violations: readonly string[]): void => {
      clearInterval(watch);
      resolve({ points: Atomics.load(done, 0), violations });
      void worker.terminate();
    };
    const watch = setInterval(() => {
      const now = Atomics.load(done, 0);
      if (now === seen) {
        end([`seed ${seed}, input ${now}: not done after ${HANGS_AFTER_MS / 1000} s`]);
      }
      seen = now;
    }, HANGS_AFTER_MS);
    worker.once('message', (violations: readonly string[]) => end(violations));
    worker.once('error', (error) => end([`seed ${seed}: the worker broke down: ${String(error)}`]));
  });
}
