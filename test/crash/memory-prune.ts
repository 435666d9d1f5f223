import { HardenError } from '../../src/model/errors.ts';
import { Killed, MUTATING, errno, faultySys } from '../support/faulty-sys.ts';
import { type World, cloneWorld, cutPower, describeTree, processIn } from '../support/memory-world.ts';
import { applyOn, sampleSpec, sampleWorld, storeOf } from '../support/store-scenario.ts';
import type { MethodResult } from './method.ts';
import { type Tally, numbers, tally } from './tally.ts';

/** Taken away in this order; the last one stays. */
const GOING = ['abcdef01', 'abcdef02'];
const STAYING = 'abcdef03';

/** Three committed runs. Each begins where the one before it ended: the two later ones write what is there already anew. */
function worldWithSnapshots(): World {
  const world = sampleWorld();
  const first = sampleSpec();
  applyOn(storeOf(processIn(world)), first);
  for (const id of [...GOING.slice(1), STAYING]) {
    applyOn(storeOf(processIn(world)), { ...sampleSpec([], id), undoPhases: [] });
  }
  return world;
}

/** What is kept of each, after the next recovery: whole or nothing; the order of going; and the one that stays. */
function checkKept(found: Tally, world: World, why: string): void {
  found.point();
  const sys = processIn(world);
  const store = storeOf(sys, 'boot-2');
  store.recover();
  const { snapshots, damaged } = store.snapshots.list();
  found.check(damaged.length === 0, () => `${why}: damaged: ${damaged.map(({ what }) => what).join()}`);
  const left = snapshots.map(({ id }) => id).sort();
  const allowed = [[...GOING, STAYING], [GOING[1], STAYING], [STAYING]].map((ids) => ids.join());
  found.check(allowed.includes(left.join()), () => `${why}: ${left.join()} is left`);
  for (const id of left) {
    const troubles = store.snapshots.verify(id);
    found.check(troubles.length === 0, () => `${why}: ${id}: ${troubles.map(({ what }) => what).join()}`);
  }
  const rest = Object.keys(describeTree(world, [])).filter((path) => path.includes('/.going-'));
  found.check(rest.length === 0, () => `${why}: ${rest.join()} stays`);
  const again = store.removeSnapshots(GOING);
  found.check(again.length === 0, () => `${why}: a second prune could not: ${again[0]?.reason ?? ''}`);
  const last = store.snapshots.list().snapshots.map(({ id }) => id);
  found.check(last.join() === STAYING, () => `${why}: the second prune left ${last.join()}`);
  store.close();
  found.check(sys.openDescriptors() === 0, () => `${why}: descriptors left open`);
}

type Break = 'kill' | 'EIO' | 'ENOSPC';

/** Runs the prune and breaks it at that call; false where it has fewer. */
function pruneBroken(world: World, at: number, how: Break): boolean {
  let hit = false;
  // Counted from the first call of the prune itself: opening the store has sweeps of its own.
  let pruning = false;
  let seen = -1;
  const counted = faultySys(processIn(world), {
    counted: MUTATING,
    before: () => {
      seen += pruning ? 1 : 0;
      if (pruning && seen === at) {
        hit = true;
        throw how === 'kill' ? new Killed() : errno(how);
      }
    },
  });
  const store = storeOf(counted.sys);
  try {
    store.recover();
    pruning = true;
    store.removeSnapshots(GOING);
    pruning = false;
    store.close();
  } catch (error) {
    if (!(error instanceof Killed) && !(error instanceof HardenError)) {
      throw error;
    }
  } finally {
    world.disk.locks.clear();
  }
  return hit;
}

/** Killed, failing and cut off at each call that changes something; each cut with what was not synced lost in `seeds` ways. */
export function prunedAtEachCall(seeds: number): MethodResult {
  const found = tally();
  const start = worldWithSnapshots();
  for (let at = 0, hit = true; hit; at += 1) {
    for (const how of ['kill', 'EIO', 'ENOSPC'] as const) {
      const world = cloneWorld(start);
      hit = pruneBroken(world, at, how);
      checkKept(found, world, `${how} at ${at}`);
    }
    for (let seed = 0; seed < seeds; seed += 1) {
      const world = cloneWorld(start);
      pruneBroken(world, at, 'kill');
      const next = numbers(seed);
      cutPower(world, () => next() < 0.5);
      checkKept(found, world, `power cut at ${at}, seed ${seed}`);
    }
  }
  return found.result();
}
