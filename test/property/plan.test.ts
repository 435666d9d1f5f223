import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IMPACTS } from '../../src/model/change.ts';
import { Plan } from '../../src/model/plan.ts';
import { changesOf } from '../../src/model/plan-changes.ts';
import { overCeiling, RISK_LEVELS } from '../../src/plan/ceiling.ts';
import { orderedChanges } from '../../src/plan/order.ts';
import { isIntact } from '../../src/plan/seal.ts';
import { accessChange, failing, optionChange, planOf, selectedControl } from '../helpers/plan-builders.ts';

const change = fc
  .record({
    key: fc.constantFrom('icc', 'live-restore', 'userland-proxy', 'debug'),
    access: fc.boolean(),
    impact: fc.constantFrom(...IMPACTS),
    risk: fc.constantFrom(...RISK_LEVELS),
    after: fc.boolean(),
    reversible: fc.boolean(),
  })
  .map(({ key, access, ...over }) =>
    access
      ? accessChange(`/etc/${key}`, { ...over, after: { mode: over.after ? '0644' : '0600' } })
      : optionChange(key, over),
  );
const proposals = fc.array(fc.record({ control: fc.constantFrom('a', 'b', 'c'), change }), { maxLength: 12 });

describe('changes of a plan', () => {
  it('do not depend on the order of the proposals', () => {
    fc.assert(
      fc.property(proposals, fc.array(fc.nat(), { minLength: 12, maxLength: 12 }), (list, places) => {
        const shuffled = list.map((item, index) => ({ item, at: places[index] ?? 0 })).sort((a, b) => a.at - b.at);
        expect(orderedChanges(shuffled.map(({ item }) => item))).toEqual(orderedChanges(list));
      }),
    );
  });

  it('are grouped by rising interruption', () => {
    fc.assert(
      fc.property(proposals, (list) => {
        const ranks = orderedChanges(list).map((item) => IMPACTS.indexOf(item.impact));
        expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
      }),
    );
  });
});

describe('a plan', () => {
  const plan = fc.array(change, { maxLength: 8 }).map((changes) =>
    planOf(
      changes.map((item, index) => ({
        control: selectedControl(`c-${index}`, `2.${index + 1}`),
        assessments: [failing(item)],
      })),
    ),
  );

  it('is what its schema says, survives JSON, and keeps its digest', () => {
    fc.assert(
      fc.property(plan, (made) => {
        const read = Plan.parse(JSON.parse(JSON.stringify(made)));
        expect(read.digest).toBe(made.digest);
        expect(isIntact(read)).toBe(true);
        expect(changesOf(read)).toHaveLength(made.changes.length);
      }),
    );
  });

  it('has the same digest whenever and by whomever it is made', () => {
    const make = (createdAt: string, createdBy: string): string =>
      planOf(
        [{ control: selectedControl('icc-disabled', '2.2'), assessments: [failing(optionChange('icc'))] }],
        undefined,
        { createdAt, createdBy, toolVersion: createdBy },
      ).digest;
    expect(make('2030-01-01T00:00:00.000Z', 'somebody')).toBe(make('2026-01-01T00:00:00.000Z', 'else'));
  });

  it('is not intact after any edit of a change', () => {
    fc.assert(
      fc.property(
        plan.filter((made) => made.changes.length > 0),
        (made) => {
          const [first, ...rest] = made.changes;
          if (first !== undefined) {
            expect(isIntact({ ...made, changes: [{ ...first, after: { mode: '0777' } }, ...rest] })).toBe(false);
            expect(isIntact({ ...made, changes: rest })).toBe(false);
          }
        },
      ),
    );
  });

  it('is covered by a ceiling only where every change is below it and can be undone', () => {
    fc.assert(
      fc.property(plan, fc.constantFrom(...RISK_LEVELS), fc.constantFrom(...IMPACTS), (made, maxRisk, maxImpact) => {
        const over = new Set(overCeiling(made, { maxRisk, maxImpact }, new Set()));
        for (const item of made.changes.filter((candidate) => !over.has(candidate))) {
          expect(RISK_LEVELS.indexOf(item.risk)).toBeLessThanOrEqual(RISK_LEVELS.indexOf(maxRisk));
          expect(IMPACTS.indexOf(item.impact)).toBeLessThanOrEqual(IMPACTS.indexOf(maxImpact));
          expect(item.reversible).toBe(true);
        }
      }),
    );
  });
});
