import { rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type SysWrapper, capture, differences, storeAt } from './block-host.ts';
import type { BlockJob, BlockResult } from './block-job.ts';
import { type CutImage, eachCut, examine, keepImage } from './block-replay.ts';
import { type Expectation, carryOut, countCalls, prepare } from './block-runs.ts';
import { type Stage, copyImage, openStage } from './block-stage.ts';

/* Carries out one BlockJob, its only argument, in namespaces of its own; says the BlockResult in one line. */

interface Tally {
  images: number;
  readonly violations: string[];
}

// Given by `inNamespaces` of the same source tree.
const job = JSON.parse(process.argv[2] ?? '') as BlockJob;
const start = performance.now();
const tally: Tally = { images: 0, violations: [] };
await work(job, tally);
const result: BlockResult = { ...tally, seconds: (performance.now() - start) / 1000 };
process.stdout.write(`${JSON.stringify(result)}\n`);

async function work({ shape, run, kills = 0, wrapper }: BlockJob, found: Tally): Promise<void> {
  const stage = openStage(shape);
  const first = join(stage.dir, 'start.img');
  stage.format(first);
  stage.mounted(first, (root) => prepare(run, root));
  const wrap = wrapper === undefined ? (sys: Parameters<SysWrapper>[0]) => sys : await load(wrapper);
  for (const kill of run === 'killed' ? killsOf(stage, first, kills) : [undefined]) {
    replayRun(stage, first, { wrap, kill }, found);
  }
}

async function load({ module, name }: NonNullable<BlockJob['wrapper']>): Promise<SysWrapper> {
  // The name says which function of the module it is; its type is part of the contract of WrapperName.
  const exported = (await import(module)) as Readonly<Record<string, SysWrapper | undefined>>;
  const found = exported[name];
  if (found === undefined) {
    throw new Error(`${module} exports no ${name}`);
  }
  return found;
}

function killsOf(stage: Stage, first: string, kills: number): readonly number[] {
  const trial = join(stage.dir, 'trial.img');
  copyImage(first, trial);
  const calls = stage.mounted(trial, countCalls);
  rmSync(trial);
  return Array.from({ length: kills }, (_, index) => Math.floor(((index + 0.5) * calls) / kills));
}

/** Records one run and looks at every disk a cut of it can leave. */
function replayRun(
  stage: Stage,
  first: string,
  { wrap, kill }: { readonly wrap: SysWrapper; readonly kill: number | undefined },
  found: Tally,
): void {
  const { image, log } = filesOf(stage);
  copyImage(first, image);
  const expected = stage.recorded(image, log, (root, reader) =>
    carryOut(job.run, { root, log: reader, wrapper: wrap, kill }),
  );
  copyImage(first, image);
  const kept: string[] = [];
  const source = { image, log, from: expected.from, extra: [expected.tried, expected.returned] };
  const title = kill === undefined ? '' : `killed at call ${kill}, `;
  eachCut(stage, source, job, (cut) => {
    if (isSampled(cut, job.cutRecoveries ?? 0)) {
      kept.push(keepImage(stage, cut));
    }
    return note(found, title, examine(stage, cut, expected));
  });
  for (const one of kept) {
    cutRecovery(stage, one, expected, found);
    rmSync(one);
  }
}

/** Records the recovery of a disk that was cut, and looks at every disk a cut of that can leave. */
function cutRecovery(stage: Stage, first: string, expected: Expectation, found: Tally): void {
  const { image, log } = filesOf(stage);
  copyImage(first, image);
  const ended = stage.recorded(image, log, (root, reader) => {
    const from = reader.entries().length;
    const store = storeAt(root, 'boot-2');
    store.recover();
    store.close();
    return { from, state: capture(root) };
  });
  const sides = [expected.before, expected.after];
  if (sides.every((side) => differences(ended.state, side).length > 0)) {
    note(found, `${first}: `, 'a recovery ended in a mixture');
    return;
  }
  copyImage(first, image);
  const one = { before: ended.state, after: ended.state, tried: 0, returned: Number.POSITIVE_INFINITY };
  eachCut(stage, { image, log, from: ended.from, extra: [] }, job, (cut) =>
    note(found, `recovery of ${basename(first)}, `, examine(stage, cut, { ...one, from: ended.from })),
  );
}

/** Evenly spread over the cuts that lost nothing. */
function isSampled({ index, of, seed }: CutImage, wanted: number): boolean {
  return seed === undefined && Math.floor(((index + 1) * wanted) / of) > Math.floor((index * wanted) / of);
}

/** False where it is enough. */
function note(found: Tally, title: string, violation: string | undefined): boolean {
  found.images += 1;
  if (violation !== undefined) {
    found.violations.push(`${title}${violation}`);
  }
  return found.violations.length < (job.enough ?? Number.POSITIVE_INFINITY);
}

function filesOf({ dir }: Stage): { readonly image: string; readonly log: string } {
  return { image: join(dir, 'recorded.img'), log: join(dir, 'log.img') };
}
