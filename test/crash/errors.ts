import { HardenError } from '../../src/model/errors.ts';
import { MUTATING, READING, errno } from '../support/faulty-sys.ts';
import { counting } from './counted.ts';
import type { CrashMethod, MethodResult } from './method.ts';
import { type Scene, checkRecovered, realScene, stateOfHost } from './process.ts';
import { copyHost, missingForReal, openReal, removeHost } from './real-world.ts';
import { type Tally, steps, tally } from './tally.ts';
import { type Work, doWork } from './work.ts';

const EVERY_CALL = new Set([...MUTATING, ...READING]);
const CODES = ['EIO', 'ENOSPC', 'EROFS', 'EPERM', 'EDQUOT', 'EMFILE', 'ENOMEM', 'EINTR', 'ESTALE'];

/** Which calls of a run on a real disk fail, and how. */
interface Failing {
  readonly code: string;
  readonly hits: (number: number) => boolean;
}

/** What the work said: its outcome, or the code of the error that refused it before anything was changed. */
function runWith(folder: string, work: Work, failing: Failing | undefined): { outcome: string; calls: number } {
  const counter = {
    counted: EVERY_CALL,
    calls: 0,
    before: (number: number, call: string): void => {
      if (failing?.hits(number) === true && call !== 'run') {
        throw errno(failing.code);
      }
    },
  };
  try {
    const store = openReal(folder, (sys) => counting(sys, counter));
    try {
      return { outcome: doWork(store, work), calls: counter.calls };
    } finally {
      store.close();
    }
  } catch (error) {
    if (error instanceof HardenError) {
      return { outcome: error.code, calls: counter.calls };
    }
    throw error;
  }
}

function onCopy<T>(folder: string, use: (copy: string) => T): T {
  const copy = copyHost(folder);
  try {
    return use(copy);
  } finally {
    removeHost(copy);
  }
}

function failingRuns(scene: Scene, stride: number): MethodResult {
  const found = tally();
  const { calls } = onCopy(scene.template, (folder) => runWith(folder, 'apply', undefined));
  for (const [index, at] of steps(calls, stride).entries()) {
    const code = CODES[index % CODES.length] ?? 'EIO';
    onCopy(scene.template, (folder) => {
      const { outcome } = runWith(folder, 'apply', { code, hits: (number) => number === at });
      checkOutcome(found, scene, { folder, outcome, why: `${code} at ${at}` });
    });
    onCopy(scene.template, (folder) => {
      const { outcome } = runWith(folder, 'apply', { code, hits: (number) => number >= at });
      const why = `${code} from ${at}: ${outcome}`;
      checkRecovered(found, scene, { folder, allowed: outcome === 'committed' ? ['new'] : ['old', 'new'], why });
    });
  }
  return found.result();
}

/** One error is survived by the run itself: it put everything back, or it was committed. */
function checkOutcome(
  found: Tally,
  scene: Scene,
  at: { readonly folder: string; readonly outcome: string; readonly why: string },
): void {
  const { folder, outcome, why } = at;
  const state = stateOfHost(scene, folder);
  found.check(outcome === 'committed' || state === 'old', () => `${why}: ${outcome}, but ${state}`);
  checkRecovered(found, scene, {
    folder,
    allowed: [outcome === 'committed' ? 'new' : 'old'],
    why: `${why}: ${outcome}`,
  });
}

/** An undo on request, whose every call fails once: the others are put back all the same, and the next recovery ends it. */
function failingUndo(scene: Scene, stride: number): MethodResult {
  const found = tally();
  const whole = onCopy(scene.template, (folder) => runWith(folder, 'undo', undefined)).calls;
  const applied = onCopy(scene.template, (folder) => runWith(folder, 'apply', undefined)).calls;
  // The undo comes after about as many calls as an apply has before its COMMIT.
  for (const at of steps(whole - applied, stride).map((step) => applied + step)) {
    onCopy(scene.template, (folder) => {
      const { outcome } = runWith(folder, 'undo', { code: 'EIO', hits: (number) => number === at });
      checkRecovered(found, scene, { folder, allowed: ['old'], why: `EIO in the undo at ${at}: ${outcome}` });
    });
  }
  return found.result();
}

function withScene(sweep: (scene: Scene) => MethodResult): Promise<MethodResult> {
  using scene = realScene();
  return Promise.resolve(sweep(scene));
}

export const ERROR_METHODS: readonly CrashMethod[] = [
  {
    name: 'disk: error at a call',
    rows: ['T13', 'T14', 'T15', 'T16', 'T17', 'T18', 'T19', 'T20'],
    least: { quick: 12, full: 200 },
    missing: missingForReal,
    run: (effort) => withScene((scene) => failingRuns(scene, effort === 'full' ? 7 : 137)),
  },
  {
    name: 'disk: error in undo',
    rows: ['T26'],
    least: { quick: 3, full: 40 },
    missing: missingForReal,
    run: (effort) => withScene((scene) => failingUndo(scene, effort === 'full' ? 5 : 67)),
  },
];
