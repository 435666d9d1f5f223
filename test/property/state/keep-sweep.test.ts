import { describe, expect, it } from 'vitest';
import { cloneWorld, cutPower } from '../../support/memory-world.ts';
import { sampleWorld, storeOf } from '../../support/store-scenario.ts';
import {
  BY_CLOCK,
  ID,
  NEVER,
  NEW_WORLD,
  OLD_WORLD,
  applyAndWait,
  confirm,
  durable,
  expectOneEnd,
  failAt,
  killAt,
  recover,
  run,
  stateOf,
  waitingWorld,
} from '../../support/waiting-scenario.ts';

describe('a run that waits to be kept', () => {
  it('is left alone by recovery in its boot, and has one end after that: kept, taken back, or undone by another boot', () => {
    const world = waitingWorld();
    expect(stateOf(world)).toBe('new');
    expect(run(world, NEVER, recover).result).toEqual(['waiting']);
    expect(run(world, NEVER, (sys) => recover(sys, { revert: { id: ID, clock: 'clock-1' } })).result).toEqual([
      'waiting',
    ]);
    expectOneEnd(world, 'whole');

    const kept = cloneWorld(world);
    expect(run(kept, NEVER, confirm).result).toBe('kept');
    expect(stateOf(kept)).toBe('new');
    expect(run(kept, NEVER, (sys) => recover(sys, BY_CLOCK)).result).toEqual([]);
    expect(stateOf(kept)).toBe('new');

    expect(run(world, NEVER, (sys) => recover(sys, BY_CLOCK)).result).toEqual(['undone']);
    expect(stateOf(world)).toBe('old');
    expect(run(world, NEVER, confirm).result).toBe('killed');
    expect(stateOf(world)).toBe('old');
  });

  it('killed at any call from its last step on is old after a recovery, or waits whole', () => {
    const { count } = run(sampleWorld(), NEVER, applyAndWait);
    let waited = 0;
    for (let at = Math.max(0, count - 20); at < count; at += 1) {
      const world = sampleWorld();
      expect(run(world, killAt(at), applyAndWait).result).toBe('killed');
      const [outcome] = run(world, NEVER, recover).result;
      waited += outcome === 'waiting' ? 1 : 0;
      expect(stateOf(world), `killed at ${at}`).toBe(outcome === 'waiting' ? 'new' : 'old');
      expectOneEnd(world, `killed at ${at}`);
    }
    expect(waited).toBeGreaterThan(0);
  });

  it.each(['EIO', 'ENOSPC'])('with %s while that is written down is put back, or waits whole', (code) => {
    const never = failAt(code, () => false);
    const { count } = run(sampleWorld(), never, applyAndWait);
    for (let at = count - 20; at < count; at += 1) {
      for (const lasting of [false, true]) {
        const world = sampleWorld();
        const { result } = run(
          world,
          failAt(code, (number) => (lasting ? number >= at : number === at)),
          applyAndWait,
        );
        if (result === 'undone') {
          expect(stateOf(world), `${code} at ${at}`).toBe('old');
        }
        run(world, NEVER, recover);
        expectOneEnd(world, `${code} at ${at}`);
      }
    }
  });
});

describe('keeping', () => {
  it('killed at any call leaves a run that is kept or still waits, never one that is half of it', () => {
    const { count } = run(waitingWorld(), NEVER, confirm);
    const ends = new Set<string>();
    for (let at = 0; at < count; at += 1) {
      const world = waitingWorld();
      expect(run(world, killAt(at), confirm).result).toBe('killed');
      const [outcome = 'kept'] = run(world, NEVER, recover).result;
      ends.add(outcome);
      expect(stateOf(world), `killed at ${at}`).toBe('new');
      if (outcome === 'waiting') {
        expectOneEnd(world, `killed at ${at}`);
      } else {
        expect(run(world, NEVER, (sys) => recover(sys, BY_CLOCK)).result, `killed at ${at}`).toEqual([]);
        expect(stateOf(world)).toBe('new');
      }
    }
    expect([...ends]).toContain('waiting');
    expect(ends.size).toBeGreaterThan(1);
  });

  it('that lost the power at any call is kept or old after the next boot', () => {
    const { count } = run(waitingWorld(), NEVER, confirm);
    for (let at = 0; at <= count; at += 1) {
      for (const reached of [false, true]) {
        const world = waitingWorld();
        const { result } = run(world, killAt(at), confirm);
        cutPower(world, () => reached);
        run(world, NEVER, (sys) => recover(sys, { runtime: 'leave', unattended: 'boot' }, 'boot-2'));
        const ends = result === 'kept' ? [NEW_WORLD] : [OLD_WORLD, NEW_WORLD];
        expect(ends.map(durable), `cut at ${at}`).toContain(durable(world));
      }
    }
  });

  it.each(['EIO', 'EMFILE'])(
    'with %s at any call is kept, put back or told as unknown',
    (code) => {
      const { count } = run(
        waitingWorld(),
        failAt(code, () => false),
        confirm,
      );
      for (let at = 0; at < count; at += 2) {
        for (const lasting of [false, true]) {
          const world = waitingWorld();
          const { result } = run(
            world,
            failAt(code, (number) => (lasting ? number >= at : number === at)),
            confirm,
          );
          const why = `${code} at ${at}${lasting ? ' and on' : ''}: ${result}`;
          if (result === 'kept' || result === 'put-back') {
            expect(stateOf(world), why).toBe(result === 'kept' ? 'new' : 'old');
          }
          run(world, NEVER, recover);
          expectOneEnd(world, why);
          if (result === 'kept') {
            expect(stateOf(world), why).toBe('new');
          }
        }
      }
    },
    120_000,
  );
});

describe('taking back', () => {
  it('killed at any call, twice, is finished by the next command; nobody can keep what is half undone', () => {
    const { count } = run(waitingWorld(), NEVER, (sys) => recover(sys, BY_CLOCK));
    expect(count).toBeGreaterThan(30);
    for (let at = 0; at < count; at += 1) {
      const world = waitingWorld();
      expect(run(world, killAt(at), (sys) => recover(sys, BY_CLOCK)).result).toBe('killed');
      run(world, killAt(at % 17), (sys) => recover(sys, BY_CLOCK));
      const late = cloneWorld(world);
      const kept = run(late, NEVER, confirm).result;
      expect(stateOf(late), `killed at ${at}: ${kept}`).toBe(kept === 'kept' ? 'new' : 'old');
      run(world, NEVER, (sys) => recover(sys, BY_CLOCK));
      expect(stateOf(world), `killed at ${at}`).toBe('old');
      expect(
        run(world, NEVER, (sys) =>
          storeOf(sys)
            .notes.list()
            .map(({ cause }) => cause),
        ).result,
      ).toEqual(['clock']);
    }
  });

  it.each(['EIO', 'ENOSPC'])(
    'with %s at any call, and from it on, is finished once the disk works again',
    (code) => {
      const { count } = run(
        waitingWorld(),
        failAt(code, () => false),
        (sys) => recover(sys, BY_CLOCK),
      );
      for (let at = 0; at < count; at += 3) {
        for (const lasting of [false, true]) {
          const world = waitingWorld();
          run(
            world,
            failAt(code, (number) => (lasting ? number >= at : number === at)),
            (sys) => recover(sys, BY_CLOCK),
          );
          const late = cloneWorld(world);
          const kept = run(late, NEVER, confirm).result;
          expect(stateOf(late), `${code} at ${at}: ${kept}`).toBe(kept === 'kept' ? 'new' : 'old');
          run(world, NEVER, (sys) => recover(sys, BY_CLOCK));
          expect(stateOf(world), `${code} at ${at}`).toBe('old');
        }
      }
    },
    60_000,
  );
});
