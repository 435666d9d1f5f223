import { describe, expect, it } from 'vitest';
import type { Assessment } from '../../../src/model/change.ts';
import type { Plan } from '../../../src/model/plan.ts';
import { comparedWith, newsOf } from '../../../src/plan/baseline.ts';
import { standingsOf } from '../../../src/plan/waive.ts';
import { verifyText } from '../../../src/render/verify-text.ts';
import { accessChange, assessed, failing, optionChange, planOf, selectedControl } from '../../helpers/plan-builders.ts';
import { here, waiver } from './sample.ts';

const STATES = {
  pass: [assessed('report:x', { verdict: 'pass', evidence: [] })],
  manual: [assessed('report:x', { verdict: 'manual', reason: 'decide', evidence: [], steps: [] })],
  unknown: [assessed('report:x', { verdict: 'not-checked', reason: 'cannot tell', evidence: [] })],
  error: [assessed('report:x', { verdict: 'error', reason: 'broken', evidence: [] })],
  fail: [failing(optionChange('icc'))],
  'two places': [failing(accessChange('/etc/a')), failing(accessChange('/etc/b'))],
  'one place': [failing(accessChange('/etc/a'))],
  pending: [
    assessed('daemon-option:icc', {
      verdict: 'fail',
      reason: 'written',
      evidence: [],
      pending: { until: 'restart', command: 'systemctl restart docker' },
    }),
  ],
} as const satisfies Readonly<Record<string, readonly Assessment[]>>;
type State = keyof typeof STATES;

function plan(state: State): Plan {
  return planOf([{ control: selectedControl('icc-disabled', '2.2'), assessments: STATES[state] }]);
}

function isKnown(before: Plan, now: Plan): boolean {
  return comparedWith(before, now).known.has('icc-disabled');
}

describe('what a baseline had already', () => {
  it.each<readonly [State, State]>([
    ['fail', 'fail'],
    ['fail', 'unknown'],
    ['fail', 'manual'],
    ['error', 'unknown'],
    ['unknown', 'unknown'],
    ['unknown', 'manual'],
    ['two places', 'one place'],
    ['pending', 'pending'],
    ['pending', 'fail'],
  ])('%s, then %s, is no news', (before, now) => {
    const [then, current] = [plan(before), plan(now)];
    expect(isKnown(then, current)).toBe(true);
    const left = newsOf(current, comparedWith(then, current));
    expect(left.summary).toMatchObject({ toFix: 0, notChecked: 0, manual: 0 });
    expect([left.pending, left.notChecked, left.manual]).toEqual([[], [], []]);
    expect(
      verifyText(
        current,
        { width: 80, colour: false },
        { compared: { ...comparedWith(then, current), baseline: 'THE BASELINE' } },
      ),
    ).toContain('AS IN THE BASELINE');
  });

  it.each<readonly [State, State]>([
    ['pass', 'fail'],
    ['pass', 'unknown'],
    ['manual', 'fail'],
    ['unknown', 'fail'],
    ['one place', 'two places'],
    ['error', 'error'],
    ['fail', 'error'],
  ])('%s, then %s, is news', (before, now) => {
    const [then, current] = [plan(before), plan(now)];
    expect(isKnown(then, current)).toBe(false);
    const { summary } = newsOf(current, comparedWith(then, current));
    expect(summary.toFix + summary.errors + summary.notChecked).toBe(1);
  });

  it('a control that was waived is news once it is not', () => {
    const finding = { control: selectedControl('icc-disabled', '2.2'), assessments: STATES.fail };
    const waived = planOf([finding], undefined, { waivers: standingsOf([waiver('icc-disabled')], here()) });
    expect(isKnown(waived, plan('fail'))).toBe(false);
  });

  it('a control the baseline did not look at is news', () => {
    expect(isKnown(planOf([]), plan('fail'))).toBe(false);
  });
});
