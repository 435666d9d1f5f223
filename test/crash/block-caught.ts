import { type SetUp, TWO_EXT4, runSetUps } from './block.ts';
import { type Forgotten, mutant } from './block-mutants.ts';
import { lacking } from './block-job.ts';
import type { CrashMethod, Effort, MethodResult } from './method.ts';

/** Each is what a product does that forgets to bring something to the disk, and at each how manieth write a cut shows it. */
const FORGOTTEN: readonly Forgotten[] = ['tempSync', 'folderSync', 'blobSync', 'recordsSync'];

/** The replay of block logs, tried on products that are broken on purpose: one point for each that is noticed. */
export const BLOCK_MUTANTS: CrashMethod = {
  name: 'power cut: forgotten syncs',
  rows: ['T89'],
  least: { quick: FORGOTTEN.length, full: FORGOTTEN.length },
  missing: () => lacking(['ext4']),
  run: async (effort) => {
    const found = await Promise.all([FORGOTTEN.slice(0, 2), FORGOTTEN.slice(2)].map((some) => tryEach(some, effort)));
    return { points: FORGOTTEN.length, violations: found.flat() };
  },
};

async function tryEach(forgotten: readonly Forgotten[], effort: Effort): Promise<readonly string[]> {
  const survivors: string[] = [];
  for (const one of forgotten) {
    const { points, violations } = await replayWithout(one, effort);
    if (violations.length === 0) {
      survivors.push(`${one} left out: not noticed in ${points} images`);
    }
  }
  return survivors;
}

/** Cuts runs of a product that leaves out one kind of sync, until the first one that does not hold. */
export function replayWithout(forgotten: Forgotten, effort: Effort): Promise<MethodResult> {
  const every = effort === 'full' ? 7 : 16;
  const setUp: SetUp = { shape: TWO_EXT4, run: 'apply', every, seeds: 1, wrapper: mutant(forgotten), enough: 1 };
  return runSetUps([setUp]);
}
