import { rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { EXIT, HardenError } from '../../src/model/errors.ts';
import type { Sys } from '../../src/model/sys.ts';
import { type SysWrapper, applySpec, capture, differences, populate, storeAt } from './block-host.ts';
import type { BlockResult } from './block-job.ts';
import { mortal } from './block-mortal.ts';
import { examine } from './block-replay.ts';
import type { Captured } from './block-runs.ts';
import { type Stage, copyImage, openStage } from './block-stage.ts';
import type { DeviceJob } from './device.ts';
import { type DiskMonitor, serveFaulty } from './device-qmp.ts';
import { tally } from './tally.ts';

/* Carries out one DeviceJob, its only argument, in namespaces of its own; says the BlockResult in one line. */

/** What the run told its caller. */
interface Told {
  readonly end: 'committed' | 'refused' | 'undone' | 'incomplete' | 'unknown';
  readonly exit: number;
  readonly text: string;
}

// Given by `inNamespaces` of the same source tree.
const job = JSON.parse(process.argv[2] ?? '') as DeviceJob;
const start = performance.now();
const { points, violations } = sweep(openStage(job.shape));
const result: BlockResult = { images: points, violations, seconds: (performance.now() - start) / 1000 };
process.stdout.write(`${JSON.stringify(result)}\n`);

function sweep(stage: Stage): { readonly points: number; readonly violations: readonly string[] } {
  const first = join(stage.dir, 'start.img');
  stage.format(first);
  const before = stage.mounted(first, (root) => {
    populate(root);
    return capture(root);
  });
  const clean = trial(stage, first, { at: Number.POSITIVE_INFINITY, before });
  const found = tally();
  found.check(clean.told.end === 'committed', () => `without any fault: ${clean.told.text}`);
  for (let at = job.offset; at < clean.syncs; at += job.every) {
    const { told, wrong } = trial(stage, first, { at, before });
    found.point();
    found.check(wrong === undefined, () => `at sync ${at}: ${told.end} ${told.exit}: ${told.text}: ${wrong ?? ''}`);
  }
  return found.result();
}

/** One run on a disk that fails once, just before the sync of that number; then the same disk, mended. */
function trial(
  stage: Stage,
  first: string,
  { at, before }: { readonly at: number; readonly before: Captured },
): { readonly told: Told; readonly syncs: number; readonly wrong: string | undefined } {
  const image = join(stage.dir, 'faulty.img');
  copyImage(first, image);
  const disk = serveFaulty(stage.dir, image);
  const run = ((): Run => {
    try {
      return stage.mounted(disk.path, (root) => applyWithFault(root, disk, at));
    } finally {
      disk.end();
    }
  })();
  const wrong = judge(stage, image, run, before);
  rmSync(image);
  return { told: run.told, syncs: run.syncs, wrong };
}

interface Run {
  readonly told: Told;
  readonly syncs: number;
  /** As the caller of the run could see the host right after it. */
  readonly seen: Captured;
}

function applyWithFault(root: string, monitor: DiskMonitor, at: number): Run {
  let syncs = 0;
  const wrapper: SysWrapper = (sys: Sys): Sys => ({
    ...sys,
    sync: (fd) => {
      if (syncs === at) {
        monitor.failOnce(job.fault);
      }
      syncs += 1;
      sys.sync(fd);
    },
  });
  const process = mortal();
  const told = apply(root, (sys, side) => process.wrapper(wrapper(sys, side), side));
  // An undo that is not whole keeps its journal open until the process ends.
  process.bury();
  const seen = capture(root);
  // A fault that nobody met must not hit the unmount.
  monitor.mend();
  return { told, syncs, seen };
}

/** A run as the product makes it: what fails is undone, unless nobody can tell whether it was committed. */
function apply(root: string, wrapper: SysWrapper): Told {
  try {
    const store = storeAt(root, 'boot-1', wrapper);
    try {
      store.recover();
      const spec = applySpec();
      const transaction = store.begin(spec);
      try {
        spec.steps.forEach((_, index) => transaction.perform(index));
        transaction.commit();
        return { end: 'committed', exit: EXIT.ok, text: '' };
      } catch (error) {
        if (!(error instanceof HardenError)) {
          throw error;
        }
        if (error.code === 'H2132') {
          return told('unknown', error);
        }
        const { failed, kept } = transaction.undo();
        const troubles = [...failed, ...kept].map(({ what, reason }) => `${what}: ${reason}`);
        return troubles.length === 0
          ? told('undone', error)
          : { end: 'incomplete', exit: EXIT.needsAttention, text: troubles.join('; ') };
      }
    } finally {
      store.close();
    }
  } catch (error) {
    if (error instanceof HardenError) {
      return told('refused', error);
    }
    throw error;
  }
}

function told(end: Told['end'], { exit, message }: HardenError): Told {
  return { end, exit, text: message };
}

/** What does not hold: right after the run, and after the next start of the machine. */
function judge(stage: Stage, image: string, { told, seen }: Run, before: Captured): string | undefined {
  const moved = differences(seen, before);
  if ((told.end === 'refused' || told.end === 'undone') && moved.length > 0) {
    return `said that nothing is changed, but ${moved.join('; ')}`;
  }
  if (told.end !== 'committed' && !/EIO|EROFS|read-only|i\/o/i.test(told.text)) {
    return 'the text does not say what the disk did';
  }
  // What is set aside until the end is cleaned away by the recovery.
  const after = new Map([...seen].filter(([path]) => !basename(path).startsWith('.harden-')));
  const never = Number.POSITIVE_INFINITY;
  const tried = told.end === 'committed' || told.end === 'unknown' ? 0 : never;
  const returned = told.end === 'committed' ? 0 : never;
  const expected = { before, after, from: 0, tried, returned };
  return examine(stage, { cut: 0, seed: undefined, index: 0, of: 1, path: image }, expected);
}
