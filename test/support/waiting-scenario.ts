import { expect } from 'vitest';
import { HardenError } from '../../src/model/errors.ts';
import type { RecoverWish, RevertDue } from '../../src/model/revert.ts';
import type { Sys } from '../../src/model/sys.ts';
import { type Fault, Killed, MUTATING, READING, errno, faultySys } from './faulty-sys.ts';
import { type World, cloneWorld, describeTree, processIn } from './memory-world.ts';
import { STATE, applySample, sampleSpec, sampleWorld, storeOf } from './store-scenario.ts';

const OWN = [STATE, '/run/harden'];
const DUE: RevertDue = { bootId: 'boot-1', dueMs: 300_000, withinMs: 300_000, clock: 'clock-2' };
export const { id: ID } = sampleSpec();
export const NEVER: Fault = { counted: MUTATING, before: () => undefined };

type State = 'old' | 'new';

/** What a boot makes anew. */
const SOCKET = '/run/docker.sock';

/** Content, access and attributes, but not what the transaction keeps beside its targets until it has an end. */
export function essence(world: World, without: readonly string[] = []): string {
  return JSON.stringify(
    Object.entries(describeTree(world, OWN))
      .filter(([path]) => !path.includes('/.harden-') && !without.includes(path))
      .map(([path, line]) => {
        const [type, mode, owner, , , nlink, ...rest] = line.split(' ');
        return [
          path,
          type === 'directory' ? `${type} ${mode} ${owner}` : [type, mode, owner, nlink, ...rest].join(' '),
        ];
      }),
  );
}

/** As `essence`, of what outlasts a boot. */
export function durable(world: World): string {
  return essence(world, [SOCKET]);
}

export function expectNothingBeside(world: World, why: string): void {
  const beside = Object.keys(describeTree(world, OWN)).filter((path) => path.includes('/.harden-'));
  expect(beside, why).toEqual([]);
}

export const OLD_WORLD = sampleWorld();
export const NEW_WORLD = sampleWorld();
applySample(processIn(NEW_WORLD));
const OLD = essence(OLD_WORLD);
const NEW = essence(NEW_WORLD);

/** The files, the kernel's rules and what the daemon has loaded, together. */
export function stateOf(world: World): State {
  const now = essence(world);
  const state = now === OLD ? 'old' : 'new';
  expect(now).toBe(state === 'old' ? OLD : NEW);
  expect([...world.rules]).toEqual(state === 'new' ? ['r1'] : []);
  expect(world.loaded).toContain(state === 'new' ? '"icc": false' : '"icc": true }');
  return state;
}

/** One process that does `work`; 'killed' where it was ended on the way or gave up with an error of its own. */
export function run<T>(
  world: World,
  fault: Fault,
  work: (sys: Sys) => T,
): { readonly result: T | 'killed'; readonly count: number } {
  const faulty = faultySys(processIn(world), fault);
  try {
    return { result: work(faulty.sys), count: faulty.count() };
  } catch (error) {
    if (error instanceof Killed || error instanceof HardenError) {
      return { result: 'killed', count: faulty.count() };
    }
    throw error;
  } finally {
    world.disk.locks.clear();
  }
}

/** An apply that is proven and then waits; where that cannot be written, everything is put back. */
export function applyAndWait(sys: Sys): 'waiting' | 'undone' | 'incomplete' {
  const store = storeOf(sys);
  store.recover();
  const spec = sampleSpec();
  const transaction = store.begin(spec);
  try {
    spec.steps.forEach((_, index) => transaction.perform(index));
    transaction.wait(DUE);
    return 'waiting';
  } catch (error) {
    if (error instanceof Killed) {
      throw error;
    }
    return transaction.undo().failed.length === 0 ? 'undone' : 'incomplete';
  }
}

export function confirm(sys: Sys): 'kept' | 'put-back' | 'incomplete' {
  const store = storeOf(sys);
  store.recover();
  const transaction = store.resume(ID);
  try {
    transaction.commit();
    return 'kept';
  } catch (error) {
    if (error instanceof HardenError && error.code === 'H2131') {
      return transaction.undo().failed.length === 0 ? 'put-back' : 'incomplete';
    }
    throw error;
  }
}

export function recover(sys: Sys, wish: RecoverWish = {}, bootId = 'boot-1'): readonly string[] {
  const reports = storeOf(sys, bootId).recover(wish);
  return reports.map(({ outcome }) => outcome);
}

export const BY_CLOCK: RecoverWish = { unattended: 'clock', revert: { id: ID, clock: 'clock-2' } };

export function waitingWorld(): World {
  const world = sampleWorld();
  expect(run(world, NEVER, applyAndWait).result).toBe('waiting');
  return world;
}

export function killAt(at: number): Fault {
  return {
    counted: MUTATING,
    before: (number) => {
      if (number === at) {
        throw new Killed();
      }
    },
  };
}

export function failAt(code: string, hits: (number: number) => boolean): Fault {
  return {
    counted: new Set([...MUTATING, ...READING]),
    before: (number, call) => {
      if (hits(number) && call !== 'run') {
        throw errno(code);
      }
    },
  };
}

/** What can be said of a run that waits, in one process each, and where it leads. */
export function expectOneEnd(world: World, why: string): void {
  const left = cloneWorld(world);
  const kept = run(left, NEVER, confirm).result;
  const afterConfirm = stateOf(left);
  if (kept === 'kept' || kept === 'put-back') {
    expect(afterConfirm, why).toBe(kept === 'kept' ? 'new' : 'old');
    run(left, NEVER, recover);
    expectNothingBeside(left, why);
  }

  const due = cloneWorld(world);
  run(due, NEVER, (sys) => recover(sys, BY_CLOCK));
  const afterClock = stateOf(due);
  const ended = run(due, NEVER, recover).result;
  expect(ended, why).toEqual([]);
  expectNothingBeside(due, why);

  const boot = cloneWorld(world);
  run(boot, NEVER, (sys) => recover(sys, {}, 'boot-2'));
  // What was final before stays, in whichever way it is looked at.
  expect(durable(boot), why).toBe(durable(afterClock === 'old' ? OLD_WORLD : NEW_WORLD));
}
