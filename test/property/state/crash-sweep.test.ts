import { beforeAll, describe, expect, it } from 'vitest';
import { put } from '../../../src/host/memory-disk.ts';
import { absPath } from '../../../src/model/brand.ts';
import type { Recovered } from '../../../src/model/transaction.ts';
import { type Fault, Killed, MUTATING, READING, errno, faultySys } from '../../support/faulty-sys.ts';
import { type World, cloneWorld, cutPower, describeTree, processIn } from '../../support/memory-world.ts';
import { STATE, applySample, sampleSpec, sampleWorld, storeOf } from '../../support/store-scenario.ts';

type Tree = Readonly<Record<string, string>>;
const OWN = [STATE, '/run/harden'];

let old: Tree;
let final: Tree;

beforeAll(() => {
  old = describeTree(sampleWorld(), OWN);
  const world = sampleWorld();
  applySample(processIn(world));
  final = describeTree(world, OWN);
});

/** Content, access and attributes only: what does not depend on how often it was tried. */
function essence(tree: Tree, without: readonly string[] = []): Tree {
  return Object.fromEntries(
    Object.entries(tree)
      .filter(([path]) => !without.includes(path))
      .map(([path, line]) => {
        const [type, mode, owner, , , nlink, ...rest] = line.split(' ');
        return [
          path,
          type === 'directory' ? `${type} ${mode} ${owner}` : [type, mode, owner, nlink, ...rest].join(' '),
        ];
      }),
  );
}

/** Which of the two states the host is in; undefined for any other. */
function stateOf(world: World, without: readonly string[] = []): 'old' | 'new' | undefined {
  const now = JSON.stringify(essence(describeTree(world, OWN), without));
  if (now === JSON.stringify(essence(old, without))) {
    return 'old';
  }
  return now === JSON.stringify(essence(final, without)) ? 'new' : undefined;
}

function killAt(at: number): Fault {
  return {
    counted: MUTATING,
    before: (number) => {
      if (number === at) {
        throw new Killed();
      }
    },
  };
}

interface Run {
  readonly outcome: 'committed' | 'undone' | 'incomplete' | 'killed';
  readonly count: number;
}

function applyWith(world: World, fault: Fault): Run {
  const counted = faultySys(processIn(world), fault);
  try {
    return { outcome: applySample(counted.sys), count: counted.count() };
  } catch (error) {
    // A beginning that was refused has changed nothing.
    if (error instanceof Killed || (error instanceof Error && error.name === 'HardenError')) {
      return { outcome: 'killed', count: counted.count() };
    }
    throw error;
  } finally {
    world.disk.locks.clear();
  }
}

function recoverWith(world: World, fault: Fault | undefined, bootId = 'boot-1'): readonly Recovered[] | undefined {
  const sys = processIn(world);
  const counted = fault === undefined ? sys : faultySys(sys, fault).sys;
  try {
    const store = storeOf(counted, bootId);
    const report = store.recover();
    store.close();
    expect(sys.openDescriptors()).toBe(0);
    return report;
  } catch (error) {
    if (error instanceof Killed || (fault !== undefined && error instanceof Error && error.name === 'HardenError')) {
      return undefined;
    }
    throw error;
  } finally {
    world.disk.locks.clear();
  }
}

/** Recovers, and expects one of the two states, a daemon and rules that match it, and nothing left to do. */
function expectWhole(world: World, allowed: readonly string[], why: string): void {
  const reports = recoverWith(world, undefined) ?? [];
  expect(
    reports.flatMap(({ undo }) => [...undo.failed, ...undo.kept]),
    why,
  ).toEqual([]);
  const state = stateOf(world);
  if (state === undefined) {
    expect(essence(describeTree(world, OWN)), why).toEqual(essence(final));
  }
  expect(allowed, why).toContain(state);
  expect([...world.rules], why).toEqual(state === 'new' ? ['r1'] : []);
  expect(world.loaded, why).toContain(state === 'new' ? '"icc": false' : '"icc": true }');
  expect(recoverWith(world, undefined), why).toEqual([]);
}

function applyCalls(): number {
  return applyWith(sampleWorld(), { counted: MUTATING, before: () => undefined }).count;
}

describe('a run that is killed', () => {
  it('at any call that changes something is put back, or stays where it was committed', () => {
    const calls = applyCalls();
    expect(calls).toBeGreaterThan(140);
    let committed = 0;
    for (let at = 0; at < calls; at += 1) {
      const world = sampleWorld();
      expect(applyWith(world, killAt(at)).outcome).toBe('killed');
      expectWhole(world, ['old', 'new'], `killed at ${at}`);
      committed += stateOf(world) === 'new' ? 1 : 0;
    }
    expect(committed).toBeGreaterThan(0);
    expect(committed).toBeLessThan(60);
  });

  it('and whose recovery is killed at any call comes to the same end', () => {
    const calls = applyCalls();
    for (let at = 0; at < calls; at += 1) {
      const crashed = sampleWorld();
      applyWith(crashed, killAt(at));
      for (let second = 0; ; second += 1) {
        const world = cloneWorld(crashed);
        const ended = recoverWith(world, killAt(second)) !== undefined;
        expectWhole(world, ['old', 'new'], `killed at ${at}, recovery at ${second}`);
        if (ended) {
          break;
        }
      }
    }
  }, 120_000);

  it('and killed again twice while recovering comes to the same end', () => {
    const calls = applyCalls();
    for (let at = 0; at < calls; at += 7) {
      const world = sampleWorld();
      applyWith(world, killAt(at));
      recoverWith(world, killAt(at % 23));
      recoverWith(world, killAt(at % 11));
      expectWhole(world, ['old', 'new'], `killed at ${at}`);
    }
  });
});

describe('a call that fails', () => {
  const both = new Set([...MUTATING, ...READING]);
  const failing = (code: string, hits: (number: number) => boolean): Fault => ({
    counted: both,
    before: (number, call) => {
      if (hits(number) && call !== 'run') {
        throw errno(code);
      }
    },
  });

  it.each(['EIO', 'ENOSPC', 'EROFS', 'EPERM', 'EMFILE'])(
    'once with %s leaves the host as before, or committed',
    (code) => {
      const calls = applyWith(
        sampleWorld(),
        failing(code, () => false),
      ).count;
      for (let at = 0; at < calls; at += 1) {
        const world = sampleWorld();
        const { outcome } = applyWith(
          world,
          failing(code, (number) => number === at),
        );
        expect(stateOf(world), `${code} at ${at}: ${outcome}`).toBe(outcome === 'committed' ? stateOf(world) : 'old');
        expectWhole(world, [outcome === 'committed' ? 'new' : 'old'], `${code} at ${at}`);
      }
    },
    60_000,
  );

  it.each(['EIO', 'ENOSPC', 'EROFS'])(
    'with %s from then on is mended by the recovery after the repair',
    (code) => {
      const calls = applyWith(
        sampleWorld(),
        failing(code, () => false),
      ).count;
      for (let at = 0; at < calls; at += 1) {
        const world = sampleWorld();
        const { outcome } = applyWith(
          world,
          failing(code, (number) => number >= at),
        );
        expectWhole(world, outcome === 'committed' ? ['new'] : ['old', 'new'], `${code} from ${at}`);
      }
    },
    60_000,
  );

  it('in the recovery is mended by the next one', () => {
    const calls = applyCalls();
    for (let at = 0; at < calls; at += 41) {
      const crashed = sampleWorld();
      applyWith(crashed, killAt(at));
      let fired = true;
      for (let second = 0; fired; second += 1) {
        fired = false;
        const world = cloneWorld(crashed);
        recoverWith(
          world,
          failing('EIO', (number) => (fired ||= number === second) && number === second),
        );
        expectWhole(world, ['old', 'new'], `killed at ${at}, EIO in recovery at ${second}`);
      }
    }
  }, 120_000);

  it('at the COMMIT and then at a kill never leaves a mixture', () => {
    const spec = sampleSpec();
    const counted = faultySys(processIn(sampleWorld()), killAt(-1));
    const store = storeOf(counted.sys);
    const transaction = store.begin(spec);
    spec.steps.forEach((_, index) => transaction.perform(index));
    const commitSync = counted.count() + 1;
    for (let later = 1; later < 120; later += 1) {
      const world = sampleWorld();
      applyWith(world, {
        counted: MUTATING,
        before: (number) => {
          if (number === commitSync) {
            throw errno('EIO');
          }
          if (number === commitSync + later) {
            throw new Killed();
          }
        },
      });
      expectWhole(world, ['old', 'new'], `EIO at the commit, killed ${later} later`);
    }
  });
});

describe('a power cut', () => {
  /** The socket and our lock are made anew by the boot. */
  const BOOT = ['/run/docker.sock'];

  function boot(world: World): void {
    const run = { id: '2', type: 'tmpfs', freeBytes: 2 ** 30, freeInodes: 2 ** 20 };
    put(world.disk, absPath('/run'), 'directory', { mount: run });
    put(world.disk, absPath('/run/docker.sock'), 'socket', { mode: 0o666, mount: run });
  }

  it.each([
    ['with nothing written back that was not synced', () => () => false],
    ['with everything written back', () => () => true],
    ...[1, 2, 3, 4, 5, 6, 7, 8].map((seed): [string, () => () => boolean] => [
      `with a part written back (seed ${seed})`,
      () => coins(seed),
    ]),
  ])('at any call %s leaves old or new', (_, chance) => {
    const calls = applyCalls();
    const choose = chance();
    for (let at = 0; at <= calls; at += 1) {
      const world = sampleWorld();
      const { outcome } = applyWith(world, killAt(at));
      cutPower(world, choose);
      boot(world);
      const reports = recoverWith(world, undefined, 'boot-2') ?? [];
      expect(
        reports.flatMap(({ undo }) => [...undo.failed, ...undo.kept]),
        `cut at ${at}`,
      ).toEqual([]);
      const state = stateOf(world, BOOT);
      expect(outcome === 'committed' ? ['new'] : ['old', 'new'], `cut at ${at}`).toContain(state);
    }
  });
});

/** A small generator of yes and no, the same for the same seed. */
function coins(seed: number): () => boolean {
  let state = seed * 2654435761;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 16) % 2 === 0;
  };
}
