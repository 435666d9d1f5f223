import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { EXIT, HardenError } from '../../src/model/errors.ts';
import type { Store } from '../../src/state/store.ts';
import type { CrashMethod, Effort, MethodResult } from './method.ts';
import { type Ended, inTurns, runChild } from './processes.ts';
import {
  type RealTree,
  copyHost,
  missingForReal,
  openReal,
  plantHost,
  realTree,
  removeHost,
  runtimeOf,
  timeless,
} from './real-world.ts';
import type { Death } from './run-transaction.ts';
import { type Tally, numbers, steps, tally } from './tally.ts';
import { lackingPrograms } from './trial.ts';
import { type Work, doWork } from './work.ts';

/** A planted host and what it may come to. */
export interface Scene extends Disposable {
  readonly template: string;
  /** The same with a committed apply. */
  readonly applied: string;
  readonly old: RealTree;
  readonly new: RealTree;
  /** After a rollback: as before, but for what was made anew. */
  readonly back: RealTree;
}

export function realScene(): Scene {
  const template = plantHost();
  const applied = copyHost(template);
  finish(applied, 'apply', 'committed');
  const rolledBack = copyHost(applied);
  finish(rolledBack, 'rollback', 'committed');
  const scene = { template, applied, old: realTree(template), new: realTree(applied), back: realTree(rolledBack) };
  removeHost(rolledBack);
  const dispose = (): void => [template, applied].forEach(removeHost);
  if (JSON.stringify(timeless(scene.back)) !== JSON.stringify(timeless(scene.old))) {
    dispose();
    throw new Error('a rollback without any fault does not bring the old state back');
  }
  return { ...scene, [Symbol.dispose]: dispose };
}

function finish(folder: string, work: Work, wanted: string): void {
  const store = openReal(folder);
  try {
    const outcome = doWork(store, work);
    if (outcome !== wanted) {
      throw new Error(`${work} without any fault: ${outcome}`);
    }
  } finally {
    store.close();
  }
}

/** `old`, `new`, or how it is neither. What is old has its old times too. */
export function stateOfHost(scene: Scene, folder: string): string {
  return whichOf(scene, realTree(folder));
}

function whichOf(scene: Scene, now: RealTree): string {
  const text = JSON.stringify(now);
  if (text === JSON.stringify(scene.old) || text === JSON.stringify(scene.back)) {
    return 'old';
  }
  if (JSON.stringify(timeless(now)) === JSON.stringify(timeless(scene.new))) {
    return 'new';
  }
  const paths = [...new Set([...Object.keys(now), ...Object.keys(scene.old)])];
  const wrong = paths.filter((path) => now[path] !== scene.old[path]).map((path) => `${path}: ${now[path] ?? 'gone'}`);
  return `a mixture (${wrong.join('; ')})`;
}

/** Recovers here, and expects one of `allowed`, a daemon and rules to match, nothing left over and nothing more to do. */
export function checkRecovered(
  found: Tally,
  scene: Scene,
  at: { readonly folder: string; readonly allowed: readonly string[]; readonly why: string },
): void {
  const { folder, allowed, why } = at;
  found.point();
  const troubles = recoverHere(folder);
  found.check(troubles.length === 0, () => `${why}: recovery could not: ${troubles.join('; ')}`);
  const state = stateOfHost(scene, folder);
  found.check(allowed.includes(state), () => `${why}: ${state}, not ${allowed.join(' or ')}`);
  const { loaded, rules } = runtimeOf(folder);
  const isNew = state === 'new';
  found.check(rules === (isNew ? 'r1' : ''), () => `${why}: ${state} with the rules "${rules}"`);
  found.check(
    loaded.includes(isNew ? '"icc": false' : '"icc": true'),
    () => `${why}: ${state}, the daemon has ${loaded}`,
  );
  // A recovery that had nothing to do leaves not even our own folders.
  const open = existsSync(join(folder, 'state/tx')) ? readdirSync(join(folder, 'state/tx')) : [];
  found.check(open.length === 0, () => `${why}: ${open.join()} is still open`);
  const again = recoverHere(folder);
  found.check(again.length === 0, () => `${why}: a second recovery: ${again.join('; ')}`);
}

/** What a killed run was just running keeps its lock for as long as that takes to end. */
const LOCK_PATIENCE_MS = 5_000;

function openPatiently(folder: string): Store {
  const until = performance.now() + LOCK_PATIENCE_MS;
  for (;;) {
    try {
      return openReal(folder);
    } catch (error) {
      if (!(error instanceof HardenError) || error.exit !== EXIT.locked || performance.now() > until) {
        throw error;
      }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
}

function recoverHere(folder: string): readonly string[] {
  const store = openPatiently(folder);
  try {
    return store
      .recover()
      .flatMap(({ undo }) => [...undo.failed, ...undo.kept])
      .map(({ what, reason }) => `${what} ${reason}`);
  } catch (error) {
    if (error instanceof HardenError) {
      return [`${error.code} ${error.message}`];
    }
    throw error;
  } finally {
    store.close();
  }
}

function callsOf(scene: Scene, work: Work): Promise<number> {
  return callsFrom(work === 'rollback' ? scene.applied : scene.template, work);
}

async function callsFrom(template: string, work: Work): Promise<number> {
  const folder = copyHost(template);
  try {
    const { said, stderr } = await runChild({ folder, work });
    if (said === undefined) {
      throw new Error(`${work} without any fault: ${stderr}`);
    }
    return said.calls;
  } finally {
    removeHost(folder);
  }
}

const WORKERS = Math.max(1, availableParallelism());
const EITHER = ['old', 'new'];

function died({ by }: Death, { signal, code }: Ended): boolean {
  return by === 'throw' ? code === 1 : by === 'memory' ? signal === 'SIGABRT' : signal === 'SIGKILL';
}

async function deaths(found: Tally, scene: Scene, work: Work, list: readonly Death[]): Promise<void> {
  await inTurns(list, WORKERS, async (death) => {
    const folder = copyHost(work === 'rollback' ? scene.applied : scene.template);
    const why = `${work}, ${death.by} ${death.when} call ${death.at}`;
    try {
      const nodeArgs = death.by === 'memory' ? ['--max-old-space-size=64'] : [];
      const ended = await runChild({ folder, work, death }, { nodeArgs });
      found.check(died(death, ended), () => `${why}: did not die, ${JSON.stringify(ended)}`);
      checkRecovered(found, scene, { folder, allowed: EITHER, why });
    } finally {
      removeHost(folder);
    }
  });
}

function kills(calls: number, stride: number): readonly Death[] {
  return steps(calls, stride).flatMap((at) => [
    { at, when: 'before' as const, by: 'SIGKILL' as const },
    // After one call is before the next: the sweep with a stride takes them in turn.
    ...(stride === 1 || at % 2 === 0 ? [{ at, when: 'after' as const, by: 'SIGKILL' as const }] : []),
  ]);
}

async function killSweep(work: Work, stride: number): Promise<MethodResult> {
  using scene = realScene();
  const found = tally();
  await deaths(found, scene, work, kills(await callsOf(scene, work), stride));
  return found.result();
}

/** A run that waits to be kept: while it begins to wait, while it is kept, while the clock takes it back. */
async function keepSweep(stride: number): Promise<MethodResult> {
  using scene = realScene();
  const found = tally();
  const waiting = copyHost(scene.template);
  try {
    finish(waiting, 'wait', 'waiting');
    for (const work of ['wait', 'keep', 'revert'] as const) {
      const from = work === 'wait' ? scene.template : waiting;
      const calls = await callsFrom(from, work);
      // What comes before it waits is what any apply does.
      const first = work === 'wait' ? calls - 12 : 0;
      await inTurns(steps(calls - first, stride), WORKERS, async (step) => {
        const folder = copyHost(from);
        const why = `${work} killed at ${first + step}`;
        try {
          const ended = await runChild({ folder, work, death: { at: first + step, when: 'after', by: 'SIGKILL' } });
          found.check(ended.signal === 'SIGKILL', () => `${why}: did not die`);
          checkWaiting(found, scene, folder, why);
        } finally {
          removeHost(folder);
        }
      });
    }
  } finally {
    removeHost(waiting);
  }
  return found.result();
}

/** A run that still waits is whole, and can be taken back. */
function checkWaiting(found: Tally, scene: Scene, folder: string, why: string): void {
  const troubles = recoverHere(folder);
  found.check(troubles.length === 0, () => `${why}: recovery could not: ${troubles.join('; ')}`);
  const waits = readdirSync(join(folder, 'state/tx')).length > 0;
  if (waits) {
    // What an undo needs stands beside the targets as long as it waits.
    const visible = Object.entries(realTree(folder)).filter(([path]) => !path.includes('/.harden-'));
    const state = whichOf(scene, Object.fromEntries(visible));
    found.check(state === 'new', () => `${why}: it waits, but ${state}`);
    finish(folder, 'revert', 'undone');
  }
  checkRecovered(found, scene, { folder, allowed: waits ? ['old'] : EITHER, why });
}

/** Crash in the apply, then at calls of the recovery, then, for some, at another of the next recovery. */
async function doubleKills(apart: number, inRecovery: number): Promise<MethodResult> {
  using scene = realScene();
  const found = tally();
  for (const at of steps(await callsOf(scene, 'apply'), apart)) {
    const crashed = copyHost(scene.template);
    try {
      await runChild({ folder: crashed, work: 'apply', death: { at, when: 'before', by: 'SIGKILL' } });
      const calls = await recoveryCalls(crashed);
      await inTurns(steps(calls, inRecovery), WORKERS, async (second) => {
        const folder = copyHost(crashed);
        try {
          await runChild({ folder, work: 'recover', death: { at: second, when: 'before', by: 'SIGKILL' } });
          if (second % 3 === 0) {
            await runChild({ folder, work: 'recover', death: { at: second >> 1, when: 'after', by: 'SIGKILL' } });
          }
          const why = `apply killed at ${at}, recovery at ${second}${second % 3 === 0 ? `, again at ${second >> 1}` : ''}`;
          checkRecovered(found, scene, { folder, allowed: EITHER, why });
        } finally {
          removeHost(folder);
        }
      });
    } finally {
      removeHost(crashed);
    }
  }
  return found.result();
}

async function recoveryCalls(crashed: string): Promise<number> {
  const folder = copyHost(crashed);
  try {
    return (await runChild({ folder, work: 'recover' })).said?.calls ?? 0;
  } finally {
    removeHost(folder);
  }
}

/** From outside, at any moment, in the middle of a call or of a program it started too. */
async function randomKills(count: number): Promise<MethodResult> {
  using scene = realScene();
  const found = tally();
  const random = numbers(7);
  const start = performance.now();
  await callsOf(scene, 'apply');
  const whole = performance.now() - start;
  const delays = Array.from({ length: count }, () => Math.round(random() * whole * 1.1));
  await inTurns(delays, WORKERS, async (killAfterMs) => {
    const folder = copyHost(scene.template);
    try {
      const { said } = await runChild({ folder, work: 'apply' }, { killAfterMs });
      const allowed = said?.outcome === 'committed' ? ['new'] : EITHER;
      checkRecovered(found, scene, { folder, allowed, why: `killed after ${killAfterMs} ms` });
    } finally {
      removeHost(folder);
    }
  });
  return found.result();
}

/** A bug in the program, and no memory left. */
async function otherDeaths(stride: number): Promise<MethodResult> {
  using scene = realScene();
  const found = tally();
  const calls = await callsOf(scene, 'apply');
  const list = steps(calls, stride).map((at, index): Death => ({
    at,
    when: 'after',
    by: index % 2 === 0 ? 'throw' : 'memory',
  }));
  await deaths(found, scene, 'apply', list);
  return found.result();
}

/** What a process may use: the size of its files (a write is then cut short), its descriptors, what root may do. */
function limits(isFull: boolean): readonly (readonly string[])[] {
  const sizes = steps(49_152, isFull ? 512 : 12_288).map((size) => ['prlimit', `--fsize=${size + 100}`]);
  const descriptors = [19, 21, 22, 23, 24, 25, 26, 28, 32].map((count) => ['prlimit', `--nofile=${count}`]);
  const capabilities = ['chown', 'fowner', 'dac_override', 'fsetid'].map((one) => [
    ...['setpriv', `--bounding-set=-${one}`, `--inh-caps=-${one}`],
  ]);
  return [
    ...sizes,
    ...(isFull ? descriptors : descriptors.slice(2, 4)),
    ...(isFull ? capabilities : capabilities.slice(0, 2)),
  ];
}

async function limited(isFull: boolean): Promise<MethodResult> {
  using scene = realScene();
  const found = tally();
  let short = 0;
  await inTurns(limits(isFull), WORKERS, async (under) => {
    const folder = copyHost(scene.template);
    try {
      const { said, stderr } = await runChild({ folder, work: 'apply' }, { under });
      const outcome = said?.outcome ?? 'refused';
      short += outcome === 'committed' ? 0 : 1;
      const allowed = outcome === 'committed' ? ['new'] : outcome === 'undone' ? ['old'] : EITHER;
      checkRecovered(found, scene, { folder, allowed, why: `${under.join(' ')}: ${outcome} ${stderr.slice(0, 200)}` });
    } finally {
      removeHost(folder);
    }
  });
  found.check(short > 0, () => 'no limit was ever met');
  return found.result();
}

interface OnDisk {
  readonly name: string;
  readonly rows: readonly string[];
  readonly least: Readonly<Record<Effort, number>>;
  readonly sweep: (isFull: boolean) => Promise<MethodResult>;
}

function onDisk({ sweep, ...about }: OnDisk): CrashMethod {
  const missing = (): string | undefined =>
    missingForReal() ?? lackingPrograms('prlimit', 'setpriv', 'perl', 'setfacl', 'setfattr');
  return { ...about, missing, run: (effort) => sweep(effort === 'full') };
}

/** A real process that really dies, on a real file system. */
export const PROCESS_METHODS: readonly CrashMethod[] = [
  onDisk({
    name: 'process: kill',
    rows: ['T01', 'T02'],
    least: { quick: 12, full: 200 },
    sweep: (isFull) => killSweep('apply', isFull ? 2 : 23),
  }),
  onDisk({
    name: 'process: kill, kill again',
    rows: ['T04', 'T05'],
    least: { quick: 8, full: 200 },
    sweep: (isFull) => (isFull ? doubleKills(10, 4) : doubleKills(90, 13)),
  }),
  onDisk({
    name: 'process: kill in undo',
    rows: ['T06'],
    least: { quick: 8, full: 80 },
    sweep: (isFull) => killSweep('undo', isFull ? 5 : 53),
  }),
  onDisk({
    name: 'process: kill in rollback',
    rows: ['T06'],
    least: { quick: 8, full: 80 },
    sweep: (isFull) => killSweep('rollback', isFull ? 4 : 53),
  }),
  onDisk({
    name: 'process: kill while kept',
    rows: ['T06'],
    least: { quick: 6, full: 60 },
    sweep: (isFull) => keepSweep(isFull ? 1 : 17),
  }),
  onDisk({
    name: 'process: kill at random',
    rows: ['T12'],
    least: { quick: 10, full: 200 },
    sweep: (isFull) => randomKills(isFull ? 200 : 10),
  }),
  onDisk({
    name: 'process: limits',
    rows: ['T19', 'T20', 'T23'],
    least: { quick: 8, full: 100 },
    sweep: limited,
  }),
  onDisk({
    name: 'process: bug, no memory',
    rows: ['T09'],
    least: { quick: 2, full: 20 },
    sweep: (isFull) => otherDeaths(isFull ? 11 : 131),
  }),
];
