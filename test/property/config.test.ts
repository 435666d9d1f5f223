import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Origin, type Said, SETTINGS, settle } from '../../src/model/config.ts';

const origin: fc.Arbitrary<Origin> = fc.oneof(
  fc.record({
    type: fc.constant('file' as const),
    file: fc.constantFrom('/a', '/b'),
    line: fc.integer({ min: 1, max: 99 }),
  }),
  fc.record({ type: fc.constant('variable' as const), name: fc.constantFrom('HARDEN_PROFILE', 'HARDEN_COLOR') }),
);
const single: fc.Arbitrary<Said> = fc.record({
  key: fc.constantFrom('profile', 'maxRisk', 'width', 'color'),
  value: fc.oneof(fc.integer(), fc.string()),
  origin,
});
const parameter: fc.Arbitrary<Said> = fc.record({
  key: fc.constant('parameters' as const),
  member: fc.constantFrom('userns-remap', 'trusted-users'),
  value: fc.string(),
  origin,
});
const item: fc.Arbitrary<Said> = fc.record({
  key: fc.constantFrom('exclude', 'health'),
  value: fc.constantFrom('2.1', '2.2', 'tag:audit'),
  origin,
});
const said = fc.array(fc.oneof(single, parameter, item), { maxLength: 30 });

function sameThing(a: Said, b: Said): boolean {
  const adds = a.key === 'exclude' || a.key === 'health';
  return a.key === b.key && a.member === b.member && (!adds || a.value === b.value);
}

describe('what is in force', () => {
  it('is for each thing exactly what the last said who spoke of it, with who that was', () => {
    fc.assert(
      fc.property(said, (all) => {
        const inForce = settle(all);
        for (const one of all.filter(({ key }) => key !== 'exclude' && key !== 'health')) {
          const last = all.findLast((other) => sameThing(one, other));
          expect(inForce.filter((other) => sameThing(one, other))).toEqual([last]);
        }
        expect(inForce.every((one) => all.includes(one))).toBe(true);
      }),
    );
  });

  it('is of what adds up everything that was said, once each, with who said it first', () => {
    fc.assert(
      fc.property(said, (all) => {
        const inForce = settle(all);
        for (const one of all.filter(({ key }) => key === 'exclude' || key === 'health')) {
          const first = all.find((other) => sameThing(one, other));
          expect(inForce.filter((other) => sameThing(one, other))).toEqual([first]);
        }
      }),
    );
  });

  it('stays the same when it is settled again, and stands in the order of the settings', () => {
    fc.assert(
      fc.property(said, (all) => {
        const inForce = settle(all);
        expect(settle(inForce)).toEqual(inForce);
        const ranks = inForce.map(({ key }) => SETTINGS.findIndex((one) => one.key === key));
        expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
      }),
    );
  });

  it('is never an approval', () => {
    const approving = ['yes', 'approve', 'accept', 'accept-volatile-state', 'ack', 'input'];
    const options = SETTINGS.flatMap((one) => ('option' in one ? [one.option] : []));
    expect(options.filter((option) => approving.includes(option))).toEqual([]);
  });
});
