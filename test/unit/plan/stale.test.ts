import { describe, expect, it } from 'vitest';
import { digestOf } from '../../../src/model/canonical.ts';
import type { Plan } from '../../../src/model/plan.ts';
import { approvedPart, staleness } from '../../../src/plan/stale.ts';
import { assessed, failing, optionChange, planOf, selectedControl } from '../../helpers/plan-builders.ts';

const icc = selectedControl('icc-disabled', '2.2');
const live = selectedControl('live-restore', '2.16');
const NOW = '2026-01-02T04:00:00.000Z';
const passes = (address: string) => assessed(address, { verdict: 'pass', evidence: [] });

const approved: Plan = planOf([
  { control: icc, assessments: [failing(optionChange('icc'))] },
  { control: live, assessments: [failing(optionChange('live-restore', { impact: 'reload' }))] },
]);

describe('an approved plan', () => {
  it('is fresh on a host that still is as planned', () => {
    expect(staleness(approved, approved, NOW)).toEqual({ type: 'fresh' });
    expect(approvedPart(approved, approved).size).toBe(2);
  });

  it('is fresh where a change is at its target already, and that change is not carried out', () => {
    const now = planOf([
      { control: icc, assessments: [passes('daemon-option:icc')] },
      { control: live, assessments: [failing(optionChange('live-restore', { impact: 'reload' }))] },
    ]);
    expect(staleness(approved, now, NOW)).toEqual({ type: 'fresh' });
    expect([...approvedPart(approved, now)]).toEqual(['c1']);
  });

  it('has drifted where the observed state of a change moved', () => {
    const now = planOf([
      { control: icc, assessments: [failing(optionChange('icc', { fingerprint: digestOf('edited') }))] },
      { control: live, assessments: [failing(optionChange('live-restore', { impact: 'reload' }))] },
    ]);
    expect(staleness(approved, now, NOW)).toEqual({ type: 'drifted', addresses: ['daemon-option:icc'] });
  });

  it('has drifted where a change can no longer be judged', () => {
    const unknown = assessed('daemon-option:icc', { verdict: 'not-checked', reason: 'dockerd is down', evidence: [] });
    const now = planOf([
      { control: icc, assessments: [unknown] },
      { control: live, assessments: [failing(optionChange('live-restore', { impact: 'reload' }))] },
    ]);
    expect(staleness(approved, now, NOW)).toMatchObject({ type: 'drifted' });
  });

  it('does not carry out what only the fresh plan has', () => {
    const now = planOf([
      { control: icc, assessments: [failing(optionChange('icc')), failing(optionChange('ip6tables'))] },
      { control: live, assessments: [failing(optionChange('live-restore', { impact: 'reload' }))] },
    ]);
    expect(staleness(approved, now, NOW)).toEqual({ type: 'fresh' });
    expect(approvedPart(approved, now).size).toBe(2);
  });

  it('has drifted where a change now costs more than was approved', () => {
    const now = planOf([
      {
        control: icc,
        assessments: [failing(optionChange('icc', { breaks: ['web and db no longer reach each other'] }))],
      },
      { control: live, assessments: [failing(optionChange('live-restore', { impact: 'restart' }))] },
    ]);
    expect(staleness(approved, now, NOW)).toEqual({
      type: 'drifted',
      addresses: ['daemon-option:icc', 'daemon-option:live-restore'],
    });
    expect(approvedPart(approved, now).size).toBe(0);
  });

  it('is judged by what the host asks for, not by costs somebody wrote into it', () => {
    const cheap: Plan = {
      ...approved,
      effects: [],
      changes: approved.changes.map((change) => ({ ...change, impact: 'none', risk: 'low', breaks: [] })),
    };
    expect(approvedPart(cheap, approved).size).toBe(0);
  });

  it('expires', () => {
    expect(staleness(approved, approved, '2026-01-04T00:00:00.000Z')).toMatchObject({ type: 'expired' });
  });

  it('is refused on another host and with other content', () => {
    const foreign = planOf([{ control: icc, assessments: [failing(optionChange('icc'))] }], undefined, {
      hostIdHmac: 'bb',
    });
    expect(staleness(approved, foreign, NOW)).toMatchObject({ type: 'other-host' });
    const reworded = planOf([
      {
        control: selectedControl('icc-disabled', '2.2', { why: 'Another reason.' }),
        assessments: [failing(optionChange('icc'))],
      },
      { control: live, assessments: [failing(optionChange('live-restore', { impact: 'reload' }))] },
    ]);
    expect(staleness(approved, reworded, NOW)).toMatchObject({ type: 'other-content' });
  });
});
