import { damagedRecords } from './memory-damage.ts';
import {
  failingCommit,
  failingFromThenOn,
  failingInRecovery,
  failingOnce,
  killedAtEachCall,
  killedInRecovery,
  killedThreeTimes,
  powerCutAtEachCall,
} from './memory-sweeps.ts';
import { prunedAtEachCall } from './memory-prune.ts';
import type { CrashMethod, Effort, MethodResult } from './method.ts';
import { tally } from './tally.ts';

const ONCE = ['EIO', 'ENOSPC', 'EROFS', 'EPERM', 'EACCES', 'EMFILE', 'ENFILE', 'ENOMEM', 'EINTR', 'EDQUOT', 'ESTALE'];
const FROM_THEN_ON = ['EIO', 'ENOSPC', 'EROFS'];

function all<T>(each: readonly T[], sweep: (one: T) => MethodResult): MethodResult {
  const found = tally();
  each.forEach((one) => found.add(sweep(one)));
  return found.result();
}

interface InMemory {
  readonly name: string;
  readonly rows: readonly string[];
  readonly least: Readonly<Record<Effort, number>>;
  readonly sweep: (effort: Effort) => MethodResult;
}

function inMemory({ sweep, ...about }: InMemory): CrashMethod {
  return { ...about, missing: () => undefined, run: (effort) => Promise.resolve(sweep(effort)) };
}

/** The same code as the store's own property tests, counted. The quick set is thin: those tests run every point in the ring before. */
export const MEMORY_METHODS: readonly CrashMethod[] = [
  inMemory({
    name: 'memory: kill',
    rows: ['T01', 'T02'],
    least: { quick: 40, full: 140 },
    sweep: (effort) => killedAtEachCall(effort === 'full' ? 1 : 4),
  }),
  inMemory({
    name: 'memory: kill, kill again',
    rows: ['T04', 'T05'],
    least: { quick: 200, full: 2_500 },
    sweep: (effort) => all([killedInRecovery(effort === 'full' ? 3 : 29), killedThreeTimes(7)], (one) => one),
  }),
  inMemory({
    name: 'memory: error once',
    rows: ['T13', 'T14', 'T15', 'T19', 'T20'],
    least: { quick: 250, full: 4_000 },
    sweep: (effort) => all(ONCE, (code) => failingOnce(code, effort === 'full' ? 3 : 19)),
  }),
  inMemory({
    name: 'memory: error from then on',
    rows: ['T16', 'T17', 'T18'],
    least: { quick: 100, full: 1_200 },
    sweep: (effort) => all(FROM_THEN_ON, (code) => failingFromThenOn(code, effort === 'full' ? 2 : 11)),
  }),
  inMemory({
    name: 'memory: error in recovery',
    rows: ['T26'],
    least: { quick: 150, full: 2_000 },
    sweep: (effort) => all(FROM_THEN_ON, (code) => failingInRecovery(code, effort === 'full' ? 29 : 149)),
  }),
  inMemory({
    name: 'memory: error at COMMIT',
    rows: ['T21', 'T22'],
    least: { quick: 24, full: 120 },
    sweep: (effort) => failingCommit(effort === 'full' ? 1 : 5),
  }),
  inMemory({
    name: 'memory: power cut',
    rows: ['T27', 'T28', 'T29'],
    least: { quick: 70, full: 2_500 },
    sweep: (effort) =>
      effort === 'full'
        ? all(['nothing', 'everything', ...Array.from({ length: 8 }, (_, seed) => seed)] as const, (chance) =>
            powerCutAtEachCall(chance, 1),
          )
        : all(['nothing', 'everything', 1, 2] as const, (chance) => powerCutAtEachCall(chance, 8)),
  }),
  inMemory({
    name: 'memory: damaged records',
    rows: ['T65', 'T66', 'T67', 'T68', 'T69', 'T75'],
    least: { quick: 150, full: 10_000 },
    sweep: (effort) => damagedRecords(effort === 'full' ? 1 : 211),
  }),
  inMemory({
    name: 'memory: prune',
    rows: ['T97'],
    least: { quick: 150, full: 1_000 },
    sweep: (effort) => prunedAtEachCall(effort === 'full' ? 60 : 6),
  }),
];
