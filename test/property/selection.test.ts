import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareNumbers } from '../../src/catalogue/benchmark-number.ts';
import { type ControlLists, selectControls } from '../../src/catalogue/select.ts';
import { shippedCatalogue } from '../../src/catalogue/shipped-catalogue.ts';
import { HardenError } from '../../src/model/errors.ts';
import type { Profile } from '../../src/model/remediation.ts';

const catalogue = shippedCatalogue();
const profile = fc.constantFrom(...catalogue.profiles);
const control = fc.constantFrom(
  '2.*',
  'audit-*',
  'tag:files',
  'tag:daemon',
  '1.1.1-1.2.9',
  '3.1-3.16',
  'icc-disabled',
  '*',
  '3.1',
);
const lists = fc.record({ control: fc.array(control, { maxLength: 4 }), exclude: fc.array(control, { maxLength: 4 }) });

function names(selection: ReturnType<typeof selectControls>): readonly string[] {
  return selection.selected.map((one) => one.remediation.control);
}

/** Undefined where nothing is left, which is refused. */
function selectionOf(one: Profile, chosen: ControlLists): ReturnType<typeof selectControls> | undefined {
  try {
    return selectControls(catalogue, one, chosen);
  } catch (error) {
    expect(error).toBeInstanceOf(HardenError);
    expect(error).toMatchObject({ code: 'H2004' });
    const { details = [] } = error instanceof HardenError ? error : {};
    expect(details.length).toBeGreaterThan(0);
    expect(details.filter((why) => !/leaves? no control$| is left out by profile /.test(why))).toEqual([]);
    return undefined;
  }
}

describe('a selection from the shipped catalogue', () => {
  it('does not depend on the order or the form of the lists', () => {
    fc.assert(
      fc.property(profile, lists, (one, { control: only, exclude }) => {
        const selection = selectionOf(one, { control: only, exclude });
        const turned = { control: only.toReversed(), exclude: [exclude.toReversed().join(',')] };
        expect(selectionOf(one, turned)?.selected).toStrictEqual(selection?.selected);
        const doubled = { control: [...only, ...only], exclude: [...exclude, ...exclude] };
        expect(selectionOf(one, doubled)).toStrictEqual(selection);
      }),
    );
  });

  it('never holds what is excluded, and is refused exactly where that is all', () => {
    fc.assert(
      fc.property(profile, lists, (one, { control: only, exclude }) => {
        const excluded =
          exclude.length === 0 ? [] : names(selectControls(catalogue, one, { control: exclude, exclude: [] }));
        const asked = names(selectControls(catalogue, one, { control: only, exclude: [] }));
        const left = asked.filter((name) => !excluded.includes(name));
        const kept = selectionOf(one, { control: only, exclude });
        expect(kept === undefined ? [] : names(kept)).toStrictEqual(left);
        expect(kept === undefined).toBe(left.length === 0);
      }),
    );
  });

  it('is the union of what each item selects alone', () => {
    fc.assert(
      fc.property(profile, fc.array(control, { minLength: 1, maxLength: 4 }), (one, only) => {
        const together = names(selectControls(catalogue, one, { control: only, exclude: [] }));
        const alone = only.flatMap((item) => names(selectControls(catalogue, one, { control: [item], exclude: [] })));
        expect([...together].toSorted()).toStrictEqual([...new Set(alone)].toSorted());
      }),
    );
  });

  it('holds or names as left out each control of the profile, in the order of numbers', () => {
    fc.assert(
      fc.property(profile, lists, (one, chosen) => {
        const selection = selectionOf(one, chosen);
        fc.pre(selection !== undefined);
        const { selected, leftOut } = selection;
        const whole = names(selectControls(catalogue, one, { control: [], exclude: [] }));
        const seen = [
          ...selected.map(({ remediation }) => remediation.control),
          ...leftOut.map((left) => left.control),
        ];
        expect(seen.toSorted()).toStrictEqual([...whole].toSorted());
        const ids = selected.map(({ id }) => id);
        expect(ids.toSorted(compareNumbers)).toStrictEqual(ids);
        expect(new Set(ids).size).toBe(ids.length);
      }),
    );
  });

  it('of level 2 holds all of level 1', () => {
    for (const one of catalogue.profiles.filter(({ level }) => level === 1)) {
      const second = catalogue.profiles.find((two) => two.benchmark === one.benchmark && two.level === 2);
      expect(second).toBeDefined();
      const both = second === undefined ? [] : names(selectControls(catalogue, second, { control: [], exclude: [] }));
      expect(both).toEqual(
        expect.arrayContaining([...names(selectControls(catalogue, one, { control: [], exclude: [] }))]),
      );
    }
  });
});

describe('the order of benchmark numbers', () => {
  const number = fc
    .array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 3 })
    .map((components) => components.join('.'));

  it('is a total order', () => {
    fc.assert(
      fc.property(number, number, number, (a, b, c) => {
        expect(Math.sign(compareNumbers(a, b)) + Math.sign(compareNumbers(b, a))).toBe(0);
        expect(compareNumbers(a, b) === 0).toBe(a === b);
        if (compareNumbers(a, b) <= 0 && compareNumbers(b, c) <= 0) {
          expect(compareNumbers(a, c)).toBeLessThanOrEqual(0);
        }
      }),
    );
  });

  it('counts by component and puts what has none last', () => {
    const ordered = ['1', '1.1.2', '1.1.10', '2.2', '2.10', '2.10.1', '-'];
    expect(ordered.toReversed().toSorted(compareNumbers)).toStrictEqual(ordered);
  });
});
