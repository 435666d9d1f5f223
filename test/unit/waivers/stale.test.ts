import { describe, expect, it } from 'vitest';
import type { Plan } from '../../../src/model/plan.ts';
import type { Waiver } from '../../../src/model/waiver.ts';
import { staleness } from '../../../src/plan/stale.ts';
import { standingsOf } from '../../../src/plan/waive.ts';
import { assessed, failing, optionChange, planOf, selectedControl } from '../../helpers/plan-builders.ts';
import { here, waiver } from './sample.ts';

const icc = { control: selectedControl('icc-disabled', '2.2'), assessments: [failing(optionChange('icc'))] };
const live = { control: selectedControl('live-restore', '2.16'), assessments: [failing(optionChange('live-restore'))] };
const done = { ...icc, assessments: [assessed('daemon-option:icc', { verdict: 'pass', evidence: [] })] };

function planned(first: typeof icc, waivers: readonly Waiver[], at?: string): Plan {
  const place = here(at === undefined ? {} : { at });
  return planOf([first, live], undefined, { waivers: standingsOf(waivers, place) });
}

describe('a plan that was made with waivers', () => {
  const now = '2026-01-02T05:00:00.000Z';
  const approved = planned(icc, [waiver('icc-disabled')]);

  it('is fresh while they count, or are needed no more', () => {
    expect(staleness(approved, planned(icc, [waiver('icc-disabled', { reason: 'said better' })]), now)).toEqual({
      type: 'fresh',
    });
    expect(staleness(approved, planned(done, []), now)).toEqual({ type: 'fresh' });
  });

  it('is not applied once one of them has ended', () => {
    const later = planned(icc, [waiver('icc-disabled')], '2026-02-01T00:00:00.000Z');
    expect(staleness(approved, later, now)).toEqual({ type: 'other-waivers', ended: ['2.2'], added: [] });
  });

  it('is not applied once what it changes is waived', () => {
    const since = planned(icc, [waiver('icc-disabled'), waiver('live-restore')]);
    expect(staleness(approved, since, now)).toEqual({ type: 'other-waivers', ended: [], added: ['2.16'] });
  });
});
