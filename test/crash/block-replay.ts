import { closeSync, copyFileSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Captured, Expectation } from './block-runs.ts';
import { capture, differences, storeAt } from './block-host.ts';
import type { BlockJob } from './block-job.ts';
import { type BlockLog, flushedBefore, losing, openBlockLog, writeEntry } from './block-log.ts';
import { type Stage, copyImage, withFile } from './block-stage.ts';

/** A disk as it stands after a cut. */
export interface CutImage {
  /** Requests it had taken. */
  readonly cut: number;
  /** Undefined: it kept all of them. */
  readonly seed: number | undefined;
  /** Which of all cuts of this recording it is, from 0, and how many there are. */
  readonly index: number;
  readonly of: number;
  /** The name of a copy of ours, for as long as it is looked at. */
  readonly path: string;
}

/**
 * Every disk a power cut can leave, one after the other, from the image the recording began with (which is written to). `visit` gets each
 * once, and ends all of it by false.
 */
export function eachCut(
  stage: Stage,
  source: { readonly image: string; readonly log: string; readonly from: number; readonly extra: readonly number[] },
  how: Pick<BlockJob, 'every' | 'offset' | 'seeds'>,
  visit: (image: CutImage) => boolean,
): void {
  const log = openBlockLog(source.log);
  const entries = log.entries();
  const durable = openSync(source.image, 'r+');
  let written = 0;
  try {
    const cuts = cutsOf(log, source, how);
    for (const [index, cut] of cuts.entries()) {
      const flushed = flushedBefore(entries, cut);
      entries.slice(written, flushed).forEach((entry) => writeEntry(durable, log, entry));
      written = Math.max(written, flushed);
      const pending = entries.slice(flushed, cut).filter(({ length }) => length > 0);
      const seeds = pending.length === 0 ? [] : Array.from({ length: how.seeds }, (_, index) => index);
      for (const seed of [undefined, ...seeds]) {
        const path = join(stage.dir, 'cut.img');
        copyImage(source.image, path);
        const keep = seed === undefined ? undefined : losing(seed * 100_003 + cut);
        withFile(path, 'r+', (fd) => pending.forEach((entry) => writeEntry(fd, log, entry, keep)));
        const goOn = visit({ cut, seed, index, of: cuts.length, path });
        rmSync(path);
        if (!goOn) {
          return;
        }
      }
    }
  } finally {
    closeSync(durable);
    log.close();
  }
}

/** After each write of the run, thinned out; and at the marks, where the demand changes although the disk did not. */
function cutsOf(
  log: BlockLog,
  { from, extra }: { readonly from: number; readonly extra: readonly number[] },
  { every, offset }: Pick<BlockJob, 'every' | 'offset'>,
): readonly number[] {
  const entries = log.entries();
  const writes = entries.flatMap(({ length }, index) => (length > 0 && index >= from ? [index + 1] : []));
  const thinned = writes.filter((_, index) => index % every === offset);
  const marks = [from, ...extra, entries.length].filter((mark) => mark >= from && mark <= entries.length);
  return [...new Set([...thinned, ...marks])].sort((a, b) => a - b);
}

/** Starts the machine on an image and recovers. What does not hold, in one line; undefined where all does. */
export function examine(stage: Stage, image: CutImage, expected: Expectation): string | undefined {
  const where = `after request ${image.cut}${image.seed === undefined ? '' : `, losing ${image.seed}`}`;
  try {
    const wrong = stage.mounted(image.path, (root) => recoverAndCompare(root, image.cut, expected));
    return wrong === undefined ? undefined : `${where}: ${wrong}`;
  } catch (error) {
    return `${where}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function recoverAndCompare(root: string, cut: number, expected: Expectation): string | undefined {
  const store = storeAt(root, 'boot-2');
  try {
    const recovered = store.recover();
    const unclean = recovered.find(
      ({ outcome, undo }) =>
        outcome === 'incomplete' || outcome === 'refused' || undo.failed.length + undo.kept.length > 0,
    );
    if (unclean !== undefined) {
      return `recovery did not end: ${JSON.stringify(unclean)}`;
    }
    const again = store.recover();
    if (again.length > 0) {
      return `a second recovery still found ${JSON.stringify(again)}`;
    }
    const { snapshots, damaged } = store.snapshots.list();
    const troubles = [...damaged, ...snapshots.flatMap(({ id }) => store.snapshots.verify(id))];
    return troubles.length > 0
      ? `a snapshot is damaged: ${JSON.stringify(troubles)}`
      : compare(capture(root), cut, expected);
  } finally {
    store.close();
  }
}

function compare(seen: Captured, cut: number, { before, after, tried, returned }: Expectation): string | undefined {
  const fromBefore = differences(seen, before);
  const fromAfter = differences(seen, after);
  if (fromBefore.length === 0) {
    return cut >= returned && fromAfter.length > 0 ? 'the state before, though the commit had returned' : undefined;
  }
  if (fromAfter.length === 0) {
    return cut < tried ? 'the state after, though no commit had been tried' : undefined;
  }
  return `a mixture: from before: ${fromBefore.join('; ')}; from after: ${fromAfter.join('; ')}`;
}

/** Takes a copy that stays until it is removed. */
export function keepImage(stage: Stage, image: CutImage): string {
  const kept = join(stage.dir, `kept-${image.cut}-${image.seed ?? 'all'}.img`);
  copyFileSync(image.path, kept);
  return kept;
}
