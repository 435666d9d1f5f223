import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { toggled, withNeeds } from '../../src/plan/closure.ts';
import { failing, optionChange, planOf, selectedControl } from '../helpers/plan-builders.ts';

/** Changes that need some of those before them, or, in a circle, any. */
const changes = fc
  .array(fc.array(fc.nat(7), { maxLength: 3 }), { minLength: 1, maxLength: 8 })
  .map((needs): Plan['changes'] => {
    const plain = needs.map((_, index) => optionChange(`key${index}`));
    const { changes: made } = planOf(
      plain.map((change, index) => ({
        control: selectedControl(`c${index}`, `2.${index}`),
        assessments: [failing(change)],
      })),
    );
    return made.map((change, index) => ({
      ...change,
      needs: (needs[index] ?? []).flatMap((other) => made[other]?.address ?? []),
    }));
  });
const presses = fc.array(fc.nat(7), { maxLength: 12 });

function isClosed(list: Plan['changes'], chosen: ReadonlySet<string>): boolean {
  return list
    .filter(({ id }) => chosen.has(id))
    .every(({ needs }) => list.every(({ id, address }) => !needs.includes(address) || chosen.has(id)));
}

describe('choosing changes', () => {
  test('however they are taken and left, no change is chosen without what it needs', () => {
    fc.assert(
      fc.property(changes, presses, (list, pressed) => {
        let chosen: ReadonlySet<string> = new Set(list.map(({ id }) => id));
        for (const index of pressed) {
          chosen = toggled(list, chosen, [list[index % list.length]?.id ?? '']).chosen;
          expect(isClosed(list, chosen)).toBe(true);
        }
      }),
    );
  });

  test('what was pressed turns, and everything else that turned is named', () => {
    fc.assert(
      fc.property(changes, presses, fc.nat(7), (list, pressed, last) => {
        const start = withNeeds(list, new Set(pressed.map((index) => list[index % list.length]?.id ?? '')));
        const id = list[last % list.length]?.id ?? '';
        const { chosen, also } = toggled(list, start, [id]);
        expect(chosen.has(id)).toBe(!start.has(id));
        const turned = list.map((change) => change.id).filter((one) => chosen.has(one) !== start.has(one));
        expect(new Set([id, ...also])).toEqual(new Set(turned));
      }),
    );
  });
});
