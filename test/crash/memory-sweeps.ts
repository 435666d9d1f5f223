import { put } from '../../src/host/memory-disk.ts';
import { absPath } from '../../src/model/brand.ts';
import { HardenError } from '../../src/model/errors.ts';
import type { Recovered } from '../../src/model/transaction.ts';
import { type Fault, Killed, MUTATING, READING, errno, faultySys } from '../support/faulty-sys.ts';
import { type World, cloneWorld, cutPower, describeTree, processIn } from '../support/memory-world.ts';
import { STATE, applySample, sampleSpec, sampleWorld, storeOf } from '../support/store-scenario.ts';
import type { MethodResult } from './method.ts';
import { type Tally, numbers, steps, tally } from './tally.ts';

/*
 * The whole protocol on a disk in memory: one transaction with an object of every kind, broken at each of its calls.
 * Every sweep takes a stride: 1 tries every point.
 */
type Tree = Readonly<Record<string, string>>;
const OWN = [STATE, '/run/harden'];
/** The socket and our lock are made anew by the boot. */
const MADE_BY_BOOT = ['/run/docker.sock'];
const EVERY_CALL = new Set([...MUTATING, ...READING]);

const OLD = describeTree(sampleWorld(), OWN);
const NEW = treeAfterApply();

function treeAfterApply(): Tree {
  const world = sampleWorld();
  applySample(processIn(world));
  return describeTree(world, OWN);
}

/** Content, access and attributes only: what does not depend on how often it was tried. */
function essence(tree: Tree, without: readonly string[] = []): string {
  const lines = Object.entries(tree)
    .filter(([path]) => !without.includes(path))
    .map(([path, line]) => {
      const [type, mode, owner, , , nlink, ...rest] = line.split(' ');
      return [path, type === 'directory' ? `${type} ${mode} ${owner}` : [type, mode, owner, nlink, ...rest].join(' ')];
    });
  return JSON.stringify(lines);
}

/** Which of the two states the host is in; undefined for any other. */
function stateOf(world: World, without: readonly string[] = []): 'old' | 'new' | undefined {
  const now = essence(describeTree(world, OWN), without);
  if (now === essence(OLD, without)) {
    return 'old';
  }
  return now === essence(NEW, without) ? 'new' : undefined;
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

function failing(code: string, hits: (number: number) => boolean): Fault {
  return {
    counted: EVERY_CALL,
    before: (number, call) => {
      if (hits(number) && call !== 'run') {
        throw errno(code);
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
    if (error instanceof Killed || error instanceof HardenError) {
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
    if (sys.openDescriptors() !== 0) {
      throw new Error(`${sys.openDescriptors()} descriptors left open by a recovery`);
    }
    return report;
  } catch (error) {
    if (error instanceof Killed || (fault !== undefined && error instanceof HardenError)) {
      return undefined;
    }
    throw error;
  } finally {
    world.disk.locks.clear();
  }
}

function troublesOf(reports: readonly Recovered[]): readonly string[] {
  return reports.flatMap(({ undo }) => [...undo.failed, ...undo.kept]).map(({ what, reason }) => `${what} ${reason}`);
}

/** Recovers, and expects one of the two states, a daemon and rules that match it, and nothing left to do. */
function checkWhole(found: Tally, world: World, allowed: readonly string[], why: string): void {
  found.point();
  const troubles = troublesOf(recoverWith(world, undefined) ?? []);
  found.check(troubles.length === 0, () => `${why}: recovery could not: ${troubles.join('; ')}`);
  const state = stateOf(world);
  found.check(
    state !== undefined && allowed.includes(state),
    () => `${why}: ${state ?? 'a mixture'}: ${differences(world)}`,
  );
  const rules = [...world.rules].join();
  found.check(rules === (state === 'new' ? 'r1' : ''), () => `${why}: ${state} with rules "${rules}"`);
  const loaded = world.loaded.includes(state === 'new' ? '"icc": false' : '"icc": true }');
  found.check(loaded, () => `${why}: ${state} with a daemon that has ${world.loaded}`);
  const again = recoverWith(world, undefined) ?? [];
  found.check(again.length === 0, () => `${why}: a second recovery still found something`);
}

function differences(world: World): string {
  const now = describeTree(world, OWN);
  const paths = [...new Set([...Object.keys(OLD), ...Object.keys(now)])];
  return paths
    .filter((path) => now[path] !== OLD[path] && now[path] !== NEW[path])
    .map((path) => `${path} is ${now[path] ?? 'gone'}`)
    .join('; ');
}

const EITHER = ['old', 'new'];

/** Calls of a whole apply that change something. */
export function applyCalls(): number {
  return applyWith(sampleWorld(), { counted: MUTATING, before: () => undefined }).count;
}

/** Killed at each call; `committed` of them came after the COMMIT was on the disk. */
export function killedAtEachCall(stride: number): MethodResult & { readonly committed: number } {
  const found = tally();
  let committed = 0;
  for (const at of steps(applyCalls(), stride)) {
    const world = sampleWorld();
    const { outcome } = applyWith(world, killAt(at));
    found.check(outcome === 'killed', () => `killed at ${at}: ${outcome}`);
    checkWhole(found, world, EITHER, `killed at ${at}`);
    committed += stateOf(world) === 'new' ? 1 : 0;
  }
  return { ...found.result(), committed };
}

/** Every call of the recovery after every `stride`th kill. */
export function killedInRecovery(stride: number): MethodResult {
  const found = tally();
  for (const at of steps(applyCalls(), stride)) {
    const crashed = sampleWorld();
    applyWith(crashed, killAt(at));
    for (let second = 0; ; second += 1) {
      const world = cloneWorld(crashed);
      const ended = recoverWith(world, killAt(second)) !== undefined;
      checkWhole(found, world, EITHER, `killed at ${at}, recovery at ${second}`);
      if (ended) {
        break;
      }
    }
  }
  return found.result();
}

export function killedThreeTimes(stride: number): MethodResult {
  const found = tally();
  for (const at of steps(applyCalls(), stride)) {
    const world = sampleWorld();
    applyWith(world, killAt(at));
    recoverWith(world, killAt(at % 23));
    recoverWith(world, killAt(at % 11));
    checkWhole(found, world, EITHER, `killed at ${at}, recovery at ${at % 23} and ${at % 11}`);
  }
  return found.result();
}

/** Reading calls too: a run that is not committed has put everything back by itself. */
export function failingOnce(code: string, stride: number): MethodResult {
  const found = tally();
  const calls = applyWith(
    sampleWorld(),
    failing(code, () => false),
  ).count;
  for (const at of steps(calls, stride)) {
    const world = sampleWorld();
    const { outcome } = applyWith(
      world,
      failing(code, (number) => number === at),
    );
    const wanted = outcome === 'committed' ? 'new' : 'old';
    const self = stateOf(world);
    found.check(
      outcome === 'committed' || self === 'old',
      () => `${code} at ${at}: ${outcome}, but ${self ?? 'a mixture'}`,
    );
    checkWhole(found, world, [wanted], `${code} at ${at}`);
  }
  return found.result();
}

/** After the repair the recovery mends what is left. */
export function failingFromThenOn(code: string, stride: number): MethodResult {
  const found = tally();
  const calls = applyWith(
    sampleWorld(),
    failing(code, () => false),
  ).count;
  for (const at of steps(calls, stride)) {
    const world = sampleWorld();
    const { outcome } = applyWith(
      world,
      failing(code, (number) => number >= at),
    );
    checkWhole(found, world, outcome === 'committed' ? ['new'] : EITHER, `${code} from ${at}`);
  }
  return found.result();
}

/** Every call of the recovery after every `stride`th kill fails once. */
export function failingInRecovery(code: string, stride: number): MethodResult {
  const found = tally();
  for (const at of steps(applyCalls(), stride)) {
    const crashed = sampleWorld();
    applyWith(crashed, killAt(at));
    let fired = true;
    for (let second = 0; fired; second += 1) {
      fired = false;
      const world = cloneWorld(crashed);
      recoverWith(
        world,
        failing(code, (number) => (fired ||= number === second) && number === second),
      );
      checkWhole(found, world, EITHER, `killed at ${at}, ${code} in recovery at ${second}`);
    }
  }
  return found.result();
}

/** The sync of the COMMIT fails; a kill follows at each later call, or the ABORT fails too. */
export function failingCommit(stride: number): MethodResult {
  const found = tally();
  const commitSync = callsBeforeCommit() + 1;
  for (const later of steps(120, stride)) {
    const world = sampleWorld();
    const { outcome } = applyWith(world, {
      counted: MUTATING,
      before: (number) => {
        if (number === commitSync) {
          throw errno('EIO');
        }
        if (number === commitSync + later + 1) {
          throw new Killed();
        }
      },
    });
    checkWhole(
      found,
      world,
      outcome === 'committed' ? ['new'] : EITHER,
      `EIO at the commit, killed ${later + 1} later`,
    );
  }
  const world = sampleWorld();
  const unknown = applyWith(world, {
    counted: MUTATING,
    before: (number) => {
      if (number >= commitSync) {
        throw errno('EIO');
      }
    },
  });
  found.check(unknown.outcome === 'incomplete', () => `EIO at COMMIT and ABORT: ${unknown.outcome}`);
  // But for the names that are taken away after the end, all is as it was at the doubtful COMMIT.
  found.check(essence(visible(world)) === essence(NEW), () => `EIO at COMMIT and ABORT: ${differences(world)}`);
  checkWhole(found, world, EITHER, 'EIO at COMMIT and ABORT');
  return found.result();
}

function visible(world: World): Tree {
  const entries = Object.entries(describeTree(world, OWN)).filter(([path]) => !path.includes('/.harden-'));
  return Object.fromEntries(entries);
}

function callsBeforeCommit(): number {
  const spec = sampleSpec();
  const counted = faultySys(processIn(sampleWorld()), killAt(-1));
  const transaction = storeOf(counted.sys).begin(spec);
  spec.steps.forEach((_, index) => transaction.perform(index));
  return counted.count();
}

/** `chance`: which of what was not synced reached the disk. */
export function powerCutAtEachCall(chance: 'nothing' | 'everything' | number, stride: number): MethodResult {
  const found = tally();
  const next = typeof chance === 'number' ? numbers(chance) : undefined;
  const choose = (): boolean => (next === undefined ? chance === 'everything' : next() < 0.5);
  for (const at of steps(applyCalls() + 1, stride)) {
    const why = `cut at ${at} with ${chance} written back`;
    const world = sampleWorld();
    const { outcome } = applyWith(world, killAt(at));
    cutPower(world, choose);
    boot(world);
    found.point();
    const troubles = troublesOf(recoverWith(world, undefined, 'boot-2') ?? []);
    found.check(troubles.length === 0, () => `${why}: recovery could not: ${troubles.join('; ')}`);
    const state = stateOf(world, MADE_BY_BOOT);
    const allowed = outcome === 'committed' ? ['new'] : EITHER;
    found.check(
      state !== undefined && allowed.includes(state),
      () => `${why}: ${state ?? 'a mixture'}: ${differences(world)}`,
    );
  }
  return found.result();
}

function boot(world: World): void {
  const run = { id: '2', type: 'tmpfs', freeBytes: 2 ** 30, freeInodes: 2 ** 20 };
  put(world.disk, absPath('/run'), 'directory', { mount: run });
  put(world.disk, absPath('/run/docker.sock'), 'socket', { mode: 0o666, mount: run });
}
