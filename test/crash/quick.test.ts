import { describe, expect, test } from 'vitest';
import type { CrashMethod } from './method.ts';
import { METHODS, methodsOf } from './methods.ts';

/** Known to be tried by a quick set, all methods together. */
const LEAST_POINTS = 600;

describe('every method', () => {
  test('has a name of its own, rows, and says how many points it has at least', () => {
    const names = METHODS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, least } of METHODS) {
      expect(least?.full, name).toBeGreaterThan(0);
      expect(least?.quick, name).toBeLessThanOrEqual(least?.full ?? 0);
    }
    const counting = METHODS.filter(({ counts = 'points' }) => counts === 'points');
    const quick = counting.reduce((sum, { least }) => sum + (least?.quick ?? 0), 0);
    expect(quick).toBeGreaterThanOrEqual(LEAST_POINTS);
  });
});

describe('the quick set', () => {
  for (const method of methodsOf('quick')) {
    test.runIf(canRun(method))(`${method.name} (${method.rows.join(' ')}) finds nothing`, async () => {
      const { points, violations } = await method.run('quick');
      expect(violations).toEqual([]);
      expect(points).toBeGreaterThanOrEqual(method.least?.quick ?? 1);
    });
  }
});

/** Where it cannot, says why; with HARDEN_TEST_REQUIRE_ALL=1 that is a failure. */
function canRun(method: CrashMethod): boolean {
  const { name } = method;
  const reason = method.missing();
  if (reason === undefined) {
    return true;
  }
  if (process.env['HARDEN_TEST_REQUIRE_ALL'] === '1') {
    throw new Error(`${name} cannot run: ${reason} (HARDEN_TEST_REQUIRE_ALL=1)`);
  }
  process.stderr.write(`crash: ${name} not run: ${reason}\n`);
  return false;
}
