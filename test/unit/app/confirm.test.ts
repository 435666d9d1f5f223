import { describe, expect, it } from 'vitest';
import { confirm, waitingRunOf } from '../../../src/app/confirm.ts';
import { refuseStopped } from '../../../src/app/ending.ts';
import type { Ground } from '../../../src/app/ground.ts';
import { confirmExit } from '../../../src/cli/confirm-exit.ts';
import { confirmJson, confirmText } from '../../../src/cli/commands/confirm.ts';
import { statusOf } from '../../../src/app/status.ts';
import type { RevertClocks } from '../../../src/model/revert-clock.ts';
import type { OpenRun, RevertDue } from '../../../src/model/revert.ts';
import { RESOURCE_TYPES } from '../../../src/resources/index.ts';
import { expectAnswer } from '../../helpers/answers.ts';
import { fakeReader } from '../../helpers/fake-reader.ts';
import { type World, processIn } from '../../support/memory-world.ts';
import { sampleSpec, sampleWorld, storeOf } from '../../support/store-scenario.ts';

const DUE: RevertDue = { bootId: 'boot-1', dueMs: 300_000, withinMs: 300_000, clock: 'harden-revert-abcdef01-2' };
const GROUND: Ground = {
  host: fakeReader({}),
  catalogue: { remediations: [], profiles: [] },
  types: RESOURCE_TYPES,
  now: () => new Date(0),
  toolVersion: '0.0.0',
  operator: 'ops',
  recording: null,
};

describe('keeping a run', () => {
  it('twice says that it was kept, without a name that nothing waits', async () => {
    const world = waitingWorld();
    const stopped: string[] = [];
    const store = storeOf(processIn(world));
    store.recover();
    const clocks = clocksThat((name) => stopped.push(name));
    const outcome = await confirm(GROUND, store, { wish: 'abcd', lastChance: () => undefined }, clocks);
    expect(outcome).toMatchObject({ type: 'kept', id: 'abcdef01' });
    expect(stopped).toEqual([DUE.clock, DUE.clock]);
    await expect(
      confirm(GROUND, store, { wish: 'abcdef01', lastChance: () => undefined }, clocks),
    ).resolves.toMatchObject({ type: 'kept-already' });
    await expect(
      confirm(GROUND, store, { wish: undefined, lastChance: () => undefined }, clocks),
    ).rejects.toMatchObject({ code: 'H6011', exit: 64 });
  });

  it('that is stopped at the last moment keeps nothing, and the clock goes on', async () => {
    const world = waitingWorld();
    const stopped: string[] = [];
    const store = storeOf(processIn(world));
    store.recover();
    const lastChance = (): void => {
      throw new Error('stopped');
    };
    const clocks = clocksThat((name) => stopped.push(name));
    await expect(confirm(GROUND, store, { wish: undefined, lastChance }, clocks)).rejects.toThrow('stopped');
    expect(stopped).toEqual([]);
    expect(store.openRuns()).toMatchObject([{ id: 'abcdef01', waiting: DUE }]);
  });

  it('while checks of the site fail keeps nothing, unless none is to be run', async () => {
    const world = waitingWorld();
    const stopped: string[] = [];
    const store = storeOf(processIn(world));
    store.recover();
    const clocks = clocksThat((name) => stopped.push(name));
    const trouble = [{ what: 'health check "shop"', reason: 'http://127.0.0.1/: refused' }];
    const wish = { wish: undefined, lastChance: () => undefined };
    const unwell = await confirm(GROUND, store, { ...wish, failing: () => Promise.resolve(trouble) }, clocks);
    expect(unwell).toEqual({ type: 'unwell', id: 'abcdef01', failing: trouble, secondsLeft: 300 });
    expectAnswer('confirm', confirmJson(unwell));
    expect(confirmExit(unwell)).toBe(2);
    expect(confirmText(unwell, { width: 200, colour: false })).toContain(
      'sudo harden confirm abcdef01 --despite-health',
    );
    expect(stopped).toEqual([]);
    expect(store.openRuns()).toMatchObject([{ id: 'abcdef01', waiting: DUE }]);
    await expect(confirm(GROUND, store, wish, clocks)).resolves.toMatchObject({ type: 'kept' });
  });

  it('that is stopped during the checks keeps nothing, and takes no finding of theirs for one', async () => {
    const world = waitingWorld();
    const store = storeOf(processIn(world));
    store.recover();
    const wish = {
      wish: undefined,
      failing: () => Promise.resolve([{ what: 'health check "shop"', reason: 'stopped' }]),
      unlessStopped: (id: string): void =>
        refuseStopped({ stopRequested: () => 'SIGINT' }, { still: 'It waits.', next: id }),
      lastChance: () => undefined,
    };
    await expect(
      confirm(
        GROUND,
        store,
        wish,
        clocksThat(() => undefined),
      ),
    ).rejects.toMatchObject({
      exit: 130,
      message: 'stopped by SIGINT. It waits.',
      hint: 'abcdef01',
    });
    expect(store.openRuns()).toMatchObject([{ id: 'abcdef01', waiting: DUE }]);
  });

  it('that could not be made final is not told as looked at, and what is unsure is told', () => {
    const reason = 'it could not be made final';
    const putBack = (unsure: readonly { readonly what: string; readonly reason: string }[]) =>
      ({
        type: 'put-back',
        id: 'abcdef01',
        plan: undefined,
        reason,
        undo: { restored: [], kept: [], failed: [], ...(unsure.length === 0 ? {} : { unsure }) },
      }) as const;
    const style = { width: 200, colour: false };
    const back = confirmText(putBack([]), style);
    expect(back).toContain('Run abcdef01 was taken back. To see the host: harden plan');
    expect(back).not.toContain('as before');
    expect(confirmExit(putBack([]))).toBe(6);
    const unsure = putBack([{ what: 'audit rule', reason: 'auditctl -d: exit 255' }]);
    expect(confirmText(unsure, style)).toContain('1 thing is not as before:\n  ! audit rule');
    expect(confirmExit(unsure)).toBe(7);
    expect(expectAnswer('confirm', confirmJson(unsure))).toMatchObject({ exit: 7, type: 'put-back' });
  });

  it('that was taken back says so', async () => {
    const world = waitingWorld();
    const store = storeOf(processIn(world));
    store.recover({ unattended: 'clock', revert: { id: 'abcdef01', clock: DUE.clock } });
    const clocks = clocksThat(() => undefined);
    await expect(
      confirm(GROUND, store, { wish: undefined, lastChance: () => undefined }, clocks),
    ).rejects.toMatchObject({ code: 'H6012', exit: 6 });
    store.notes.removeAll();
    await expect(
      confirm(GROUND, store, { wish: 'abcdef01', lastChance: () => undefined }, clocks),
    ).rejects.toMatchObject({ code: 'H6011', exit: 64 });
  });

  it('is meant by at least four letters of its id', () => {
    const runs: readonly OpenRun[] = [
      { id: 'abcdef01', purpose: 'apply', createdAt: '', about: null, waiting: undefined },
      { id: 'abcdef02', purpose: 'apply', createdAt: '', about: null, waiting: DUE },
    ];
    const meant = (wish: string | undefined): string | undefined => waitingRunOf({ openRuns: () => runs }, wish)?.id;
    expect([undefined, 'abcd', 'abcdef02'].map(meant)).toEqual(['abcdef02', 'abcdef02', 'abcdef02']);
    expect(['', 'abc', 'abcdef01', 'x'].map(meant)).toEqual([undefined, undefined, undefined, undefined]);
  });
});

describe('the state of a host', () => {
  const run: OpenRun = { id: 'abcdef01', purpose: 'apply', createdAt: '', about: null, waiting: DUE };

  it('counts the seconds on the clock of its boot, and has none left in another one', () => {
    const kept = { snapshots: [], unfinished: ['abcdef01'], openRuns: [run], notes: [] };
    const left = (bootId: string, monotonicMs: number): number | undefined =>
      statusOf(kept, { bootId, monotonicMs }).pending?.secondsLeft;
    expect(left('boot-1', 0)).toBe(300);
    expect(left('boot-1', 299_999)).toBe(1);
    expect(left('boot-1', 300_001)).toBe(0);
    expect(left('boot-2', 0)).toBe(0);
    expect(statusOf(kept, { bootId: 'boot-1', monotonicMs: 0 }).unfinished).toEqual([]);
  });

  it('tells of a revert once it is over, newest first', () => {
    const note = (id: string, at: string) => ({ id, cause: 'clock', at, notAsBefore: [] }) as const;
    const notes = [note('aaaaaaaa', '1'), note('bbbbbbbb', '2'), note('cccccccc', '3')];
    const kept = { snapshots: [], unfinished: ['cccccccc'], openRuns: [], notes };
    const { reverts, unfinished } = statusOf(kept, { bootId: 'b', monotonicMs: 0 });
    expect(reverts.map(({ id }) => id)).toEqual(['bbbbbbbb', 'aaaaaaaa']);
    expect(unfinished).toEqual(['cccccccc']);
  });
});

function waitingWorld(): World {
  const world = sampleWorld();
  const store = storeOf(processIn(world));
  store.recover();
  const spec = sampleSpec();
  const transaction = store.begin(spec);
  spec.steps.forEach((_, index) => transaction.perform(index));
  transaction.wait(DUE);
  store.close();
  return world;
}

function clocksThat(stop: (name: string) => void): RevertClocks {
  return {
    unsafe: undefined,
    monotonicMs: () => 0,
    of: (kind) => ({
      kind,
      rehearse: () => Promise.resolve(),
      arm: () => Promise.reject(new Error('nothing is armed here')),
      disarm: (name) => {
        stop(name);
        return Promise.resolve();
      },
    }),
  };
}
