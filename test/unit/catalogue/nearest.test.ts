import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, nearest } from '../../../src/catalogue/nearest.ts';

describe('the nearest name', () => {
  it.each([
    ['titel', ['level', 'title'], 'title'],
    ['ICC-Disabled', ['icc-disabled'], 'icc-disabled'],
    ['userns', ['icc', 'userns-remap'], 'userns-remap'],
    ['us', ['userns-remap'], undefined],
    ['x', ['icc'], undefined],
    ['2.1', [], undefined],
  ])('to %s among %j is %s', (name, candidates, expected) => {
    expect(nearest(name, candidates)).toBe(expected);
  });
});

describe('the edit distance', () => {
  const word = fc.string({ maxLength: 8 });

  it('is nothing exactly between equal texts, and the same both ways', () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(editDistance(a, b) === 0).toBe(a === b);
        expect(editDistance(a, b)).toBe(editDistance(b, a));
      }),
    );
  });

  it('is at least the difference of the lengths and at most the longer one', () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(editDistance(a, b)).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
        expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });

  it.each([
    ['level', 'levle', 1],
    ['level', 'leve', 1],
    ['level', 'lever', 1],
    ['kitten', 'sitting', 3],
  ])('of %s and %s is %i', (a, b, expected) => {
    expect(editDistance(a, b)).toBe(expected);
  });
});
