import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { DAY_MS, type Waiver, daysLeft } from '../../src/model/waiver.ts';
import { standingsOf } from '../../src/plan/waive.ts';
import { accessChange, assessed, failing, optionChange, planOf, selectedControl } from '../helpers/plan-builders.ts';
import { here, waiver } from '../unit/waivers/sample.ts';

const SLUGS = ['a', 'b', 'c', 'd'];
const DAYS = ['2026-01-01', '2026-01-02', '2026-01-03', '2026-01-31'];

const someWaiver: fc.Arbitrary<Waiver> = fc
  .record({
    controls: fc.uniqueArray(fc.constantFrom(...SLUGS), { minLength: 1 }),
    hosts: fc.uniqueArray(fc.constantFrom('*', 'web-*', 'web-01', 'db-*'), { minLength: 1, maxLength: 2 }),
    from: fc.constantFrom(undefined, ...DAYS),
    until: fc.constantFrom(...DAYS),
    reason: fc.constantFrom('x', 'y'),
  })
  .map((over) => waiver(over.controls.join(), { ...over, id: `${over.controls.join()}@${over.hosts.join()}` }));

const part = fc.constantFrom(
  assessed('report:x', { verdict: 'pass', evidence: [] }),
  assessed('report:y', { verdict: 'not-checked', reason: 'r', evidence: [] }),
  assessed('report:z', { verdict: 'error', reason: 'r', evidence: [] }),
  assessed('report:m', { verdict: 'manual', reason: 'r', evidence: [], steps: ['do'] }),
  failing(optionChange('shared')),
  failing(accessChange('/etc/own')),
);
const findings = fc
  .array(fc.array(part, { maxLength: 3 }), { minLength: SLUGS.length, maxLength: SLUGS.length })
  .map((lists) =>
    lists.map((assessments, index) => ({ control: selectedControl(SLUGS[index] ?? '', `2.${index}`), assessments })),
  );
const moment = fc.constantFrom('2026-01-01T00:00:00.000Z', '2026-01-02T23:59:59.999Z', '2026-01-04T12:00:00.000Z');

function planned(list: Parameters<typeof planOf>[0], waivers: readonly Waiver[], at: string, graceMs = 0): Plan {
  return planOf(list, undefined, { createdAt: at, waivers: standingsOf(waivers, here({ at, graceMs })) });
}

function counts(one: Waiver, at: string): boolean {
  const now = Date.parse(at);
  const isHere = one.hosts.some((host) => host !== 'db-*');
  return isHere && (one.from === undefined || Date.parse(one.from) <= now) && now < Date.parse(one.until) + DAY_MS;
}

describe('whatever the waivers', () => {
  it('a control is waived only by one that names it and counts; every other stands as without waivers', () => {
    fc.assert(
      fc.property(findings, fc.array(someWaiver, { maxLength: 5 }), moment, (list, waivers, at) => {
        const without = planned(list, [], at);
        const plan = planned(list, waivers, at);
        for (const [index, control] of plan.controls.entries()) {
          const before = without.controls[index];
          const may = waivers.some((one) => one.controls.includes(control.slug) && counts(one, at));
          const waivable = ['fail', 'manual', 'not-checked'].includes(before?.verdict ?? '');
          expect(control.verdict).toBe(may && waivable ? 'waived' : before?.verdict);
          expect({ ...control, verdict: '', changes: [] }).toEqual({ ...before, verdict: '', changes: [] });
        }
      }),
    );
  });

  it('a change is made as long as one control needs it that is not waived, and for those only', () => {
    fc.assert(
      fc.property(findings, fc.array(someWaiver, { maxLength: 5 }), moment, (list, waivers, at) => {
        const plan = planned(list, waivers, at);
        const waived = new Set(plan.controls.filter(({ verdict }) => verdict === 'waived').map(({ slug }) => slug));
        const expected = planned(list, [], at)
          .changes.map(({ address, controls }) => ({ address, controls: controls.filter((slug) => !waived.has(slug)) }))
          .filter(({ controls }) => controls.length > 0);
        expect(plan.changes.map(({ address, controls }) => ({ address, controls }))).toEqual(expected);
      }),
    );
  });

  it('their order changes nothing', () => {
    fc.assert(
      fc.property(
        findings,
        fc
          .array(someWaiver, { maxLength: 5 })
          .chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))),
        moment,
        (list, [one, other], at) => {
          expect(planned(list, one, at)).toEqual(planned(list, other, at));
        },
      ),
    );
  });

  it('one that is over never counts, and a grace only puts that off', () => {
    fc.assert(
      fc.property(findings, fc.array(someWaiver, { maxLength: 5 }), fc.nat({ max: 40 }), (list, waivers, days) => {
        const at = '2026-02-05T00:00:00.000Z';
        const late = planned(list, waivers, at, days * DAY_MS);
        expect(late.controls.every(({ verdict }) => verdict !== 'waived')).toBe(
          (late.waivers.taken ?? []).every(({ graceUntil }) => graceUntil === null),
        );
        for (const { until, graceUntil } of late.waivers.taken ?? []) {
          expect(Date.parse(graceUntil ?? '')).toBe(Date.parse(until) + (days + 1) * DAY_MS);
          expect(graceUntil !== null && graceUntil > at).toBe(true);
        }
        expect(planned(list, waivers, at).waivers.taken).toEqual([]);
      }),
    );
  });

  it('what is counted and listed is what the controls say', () => {
    fc.assert(
      fc.property(findings, fc.array(someWaiver, { maxLength: 5 }), moment, (list, waivers, at) => {
        const plan = planned(list, waivers, at);
        const waived = plan.controls.filter(({ verdict }) => verdict === 'waived').map(({ slug }) => slug);
        expect(plan.summary.waived).toBe(waived.length);
        expect(plan.waived.map(({ control }) => control)).toEqual(waived);
        expect(plan.waivers.taken?.map(({ control }) => control)).toEqual(waived.toSorted());
      }),
    );
  });
});

it('days left fall by one a day, at midnight UTC', () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date('2020-01-01'), max: new Date('2030-01-01'), noInvalidDate: true }),
      fc.nat(400),
      (now, days) => {
        const until = new Date(Date.parse(now.toISOString().slice(0, 10)) + days * DAY_MS).toISOString().slice(0, 10);
        expect(daysLeft(until, now.toISOString())).toBe(days);
      },
    ),
  );
});
