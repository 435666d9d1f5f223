import { describe, expect, it } from 'vitest';
import { preflight } from '../../../src/app/preflight.ts';
import { planOfSnapshot } from '../../../src/app/snapshots.ts';
import { refuseUnrecovered } from '../../../src/cli/recovered.ts';
import { lookUp } from '../../../src/host/memory-disk.ts';
import { memorySys } from '../../../src/host/memory-sys.ts';
import { sysError } from '../../../src/host/sys-process.ts';
import { absPath } from '../../../src/model/brand.ts';
import { HardenError } from '../../../src/model/errors.ts';
import type { Sys } from '../../../src/model/sys.ts';
import type { Recovered } from '../../../src/model/transaction.ts';
import { bugText } from '../../../src/render/error-text.ts';
import { JOURNAL } from '../../../src/state/journal.ts';
import { MANIFEST } from '../../../src/state/save.ts';
import { fakeReader } from '../../helpers/fake-reader.ts';
import { someFacts } from '../../helpers/plan-builders.ts';
import { MUTATING, faultySys } from '../../support/faulty-sys.ts';
import { type World, processIn } from '../../support/memory-world.ts';
import { STATE, applySample, bytes, sampleSpec, sampleWorld, storeOf } from '../../support/store-scenario.ts';

const ID = 'abcdef01';
const OTHER = 'abcdef09';

describe('codes of the store, each as it is met', () => {
  it('H2010: a snapshot without a plan that can be read', () => {
    expect(codeOf(() => planOfSnapshot({ id: ID, about: { plan: 'p' } }))).toBe('H2010 65');
  });

  it('H2022 and H2023: a run to give up that is not there, or waits to be kept', () => {
    const store = storeOf(processIn(worldWith('waiting')));
    expect(codeOf(() => store.giveUp(OTHER))).toBe('H2022 64');
    expect(codeOf(() => store.giveUp(ID))).toBe('H2023 64');
  });

  it('H2024 and H6020: an earlier run that could not be ended, or waits', () => {
    const run: Recovered = {
      id: ID,
      purpose: 'apply',
      outcome: 'incomplete',
      undo: { restored: [], kept: [], failed: [] },
    };
    expect(codeOf(() => refuseUnrecovered([run]))).toBe('H2024 7');
    expect(codeOf(() => refuseUnrecovered([{ ...run, outcome: 'waiting' }]))).toBe('H6020 9');
  });

  it('H2105: the lock file cannot be written', () => {
    const { sys } = faultySys(processIn(sampleWorld()), { counted: new Set(['truncate']), before: ioError });
    expect(codeOf(() => storeOf(sys))).toBe('H2105 73');
  });

  it('H2106: a run that was killed has no end', () => {
    const store = storeOf(processIn(worldWith('killed')));
    expect(codeOf(() => store.begin(sampleSpec(undefined, OTHER)))).toBe('H2106 7');
  });

  it('H2120 and H2121: a snapshot that is not there, or is damaged', () => {
    const world = sampleWorld();
    applySample(processIn(world));
    const { snapshots } = storeOf(processIn(world));
    expect(codeOf(() => snapshots.read(OTHER))).toBe('H2120 65');
    const home = lookUp(world.disk, absPath(`${STATE}/snapshots/${ID}`));
    expect(home?.entries.delete(MANIFEST)).toBe(true);
    home?.entries.delete(JOURNAL);
    expect(codeOf(() => snapshots.read(ID))).toBe('H2121 65');
  });

  it('H2131 and H2132: the last word that does not reach the disk, and one nobody knows of', () => {
    const calls = commitWith(() => undefined).calls;
    const once = Array.from({ length: calls }, (_, at) => commitWith((number) => number === at && ioError()).code);
    const forGood = Array.from({ length: calls }, (_, at) => commitWith((number) => number >= at && ioError()).code);
    expect(once).toContain('H2131 6');
    expect(forGood).toContain('H2132 7');
  });

  it('H6010: a run to keep that does not wait', () => {
    const store = storeOf(processIn(sampleWorld()));
    expect(codeOf(() => store.resume(ID))).toBe('H6010 2');
  });

  it('H6013: what is kept of runs cannot be read', () => {
    let fails = false;
    const { sys } = faultySys(processIn(worldWith('waiting')), {
      counted: new Set(['list']),
      before: () => {
        if (fails) {
          ioError();
        }
      },
    });
    const store = storeOf(sys);
    fails = true;
    expect(codeOf(() => store.openRuns())).toBe('H6013 7');
  });
});

describe('other codes without a host of their own', () => {
  it('H1000: a bug says what became of the host and what to send', () => {
    const args = ['plan', '-c', "it's"];
    const log = 'journalctl -t harden';
    const report = { program: 'harden 0.1.0', args, openRuns: [ID], debug: false, place: {}, log };
    expect(bugText(new Error('x is not a function'), report, { width: 80, colour: false })).toBe(
      `harden: this is a bug in harden: x is not a function
  Run abcdef01 has no end. To take back what it did: sudo harden recover
  To report it, send what this prints: harden plan -c 'it'\\''s' --debug
  harden 0.1.0
  Its stack is in the log: journalctl -t harden
  H1000   harden explain H1000
`,
    );
  });

  it('H3010: dockerd itself refuses the new file', () => {
    const world = sampleWorld();
    const refused = { type: 'exited', code: 1, stdout: '', stderr: 'unable to configure the Docker daemon' } as const;
    const store = storeOf(memorySys(world.disk, { run: () => refused }));
    const step = {
      kind: 'write-file',
      path: absPath('/etc/docker/daemon.json'),
      expected: null,
      content: bytes('{}\n'),
      access: undefined,
    } as const;
    const work = { steps: [step], undoPhases: [] };
    expect(codeOf(() => preflight(work, someFacts(), fakeReader({}), store))).toBe('H3010 5');
  });
});

/** Its code and exit, or `none`. */
function codeOf(work: () => unknown): string {
  try {
    work();
    return 'none';
  } catch (error) {
    if (error instanceof HardenError) {
      return `${error.code} ${error.exit}`;
    }
    throw error;
  }
}

function ioError(): never {
  throw sysError('EIO', 'input/output error');
}

function worldWith(end: 'waiting' | 'killed'): World {
  const world = sampleWorld();
  const sys = processIn(world);
  const store = storeOf(sys);
  const transaction = store.begin(sampleSpec());
  sampleSpec().steps.forEach((_, index) => transaction.perform(index));
  if (end === 'waiting') {
    transaction.wait({ bootId: 'boot-1', dueMs: 300_000, withinMs: 300_000, clock: 'harden-revert-abcdef01-2' });
    store.close();
  } else {
    sys.kill();
  }
  return world;
}

/** A run whose commit meets what `fault` throws before one of the calls it makes, counted from 0. */
function commitWith(fault: (number: number) => unknown): { readonly code: string; readonly calls: number } {
  let start = Number.POSITIVE_INFINITY;
  let calls = 0;
  const counted = faultySys(processIn(sampleWorld()), {
    counted: MUTATING,
    before: (number) => {
      if (number >= start) {
        calls = number - start + 1;
        fault(number - start);
      }
    },
  });
  const sys: Sys = counted.sys;
  const transaction = storeOf(sys).begin(sampleSpec());
  sampleSpec().steps.forEach((_, index) => transaction.perform(index));
  start = counted.count();
  return { code: codeOf(() => transaction.commit()), calls };
}
