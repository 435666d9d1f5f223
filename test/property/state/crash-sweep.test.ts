import { describe, expect, it } from 'vitest';
import {
  applyCalls,
  failingCommit,
  failingFromThenOn,
  failingInRecovery,
  failingOnce,
  killedAtEachCall,
  killedInRecovery,
  killedThreeTimes,
  powerCutAtEachCall,
} from '../../crash/memory-sweeps.ts';
import { damagedRecords } from '../../crash/memory-damage.ts';
import type { MethodResult } from '../../crash/method.ts';

/** All held, and the sweep was no empty one. */
function expectAll({ points, violations }: MethodResult, least: number): void {
  expect(violations).toEqual([]);
  expect(points).toBeGreaterThanOrEqual(least);
}

describe('a run that is killed', () => {
  it('at any call that changes something is put back, or stays where it was committed', () => {
    expect(applyCalls()).toBeGreaterThan(140);
    const found = killedAtEachCall(1);
    expectAll(found, 140);
    expect(found.committed).toBeGreaterThan(0);
    expect(found.committed).toBeLessThan(60);
  });

  it('and whose recovery is killed at any call comes to the same end', () => {
    expectAll(killedInRecovery(19), 300);
  }, 120_000);

  it('and killed again twice while recovering comes to the same end', () => {
    expectAll(killedThreeTimes(7), 20);
  });
});

describe('a call that fails', () => {
  it.each(['EIO', 'ENOSPC', 'EROFS', 'EPERM', 'EMFILE'])(
    'once with %s leaves the host as before, or committed',
    (code) => expectAll(failingOnce(code, 7), 150),
    60_000,
  );

  it.each(['EIO', 'ENOSPC', 'EROFS'])(
    'with %s from then on is mended by the recovery after the repair',
    (code) => expectAll(failingFromThenOn(code, 7), 150),
    60_000,
  );

  it('in the recovery is mended by the next one', () => {
    expectAll(failingInRecovery('EIO', 97), 300);
  }, 120_000);

  it('at the COMMIT and then at a kill never leaves a mixture', () => {
    expectAll(failingCommit(3), 40);
  });
});

describe('a power cut', () => {
  it.each(['nothing', 'everything', 1, 2, 3, 4, 5, 6, 7, 8] as const)(
    'at any call with what was not synced written back by chance (%s) leaves old or new',
    (chance) => expectAll(powerCutAtEachCall(chance, 2), 70),
  );
});

describe('damage to what was recorded', () => {
  it('at any place leads to the old state, or is refused before the first restore', () => {
    expectAll(damagedRecords(97), 200);
  }, 60_000);
});
