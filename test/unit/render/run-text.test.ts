import { expect, test } from 'vitest';
import type { Approval } from '../../../src/model/plan.ts';
import { historyText } from '../../../src/render/history-text.ts';
import { runDetailText } from '../../../src/render/run-text.ts';
import { failing, optionChange, planOf, selectedControl } from '../../helpers/plan-builders.ts';

const STYLE = { width: 200, colour: false };
const PLAN = planOf([{ control: selectedControl('icc', '2.2'), assessments: [failing(optionChange('icc'))] }]);
const BY: Approval = { by: 'ops', at: '2026-01-02T03:04:05.000Z', how: 'prompt', ceiling: null };

test('a run that is shown again says how it was approved and what it was to change', () => {
  const of = (approval: Approval): string => runDetailText({ ...PLAN, approvals: [approval] }, STYLE);
  expect(of(BY)).toMatch(/^ {2}approved by ops, 2026-01-02 03:04 UTC, typed at the question\n {2}- .+ \(2\.2\)\n\n$/);
  expect(of({ ...BY, how: '--yes', ceiling: { maxRisk: 'low', maxImpact: 'reload' }, accepted: ['2.2'] })).toContain(
    'with --yes; up to risk low and impact reload; accepted by name: 2.2',
  );
  const signed = { ...BY, how: '--approve', signedBy: 'ciso', ticket: 'OPS-1', reason: 'night\u001b[2J' } as const;
  expect(of(signed)).toContain('by the digest of the plan; signed by ciso; ticket OPS-1; because: night');
  expect(of(signed)).not.toContain('\u001b');
  expect(runDetailText({ ...PLAN, changes: [], approvals: [] }, STYLE)).toBe('');
});

test('an apply that was set for a time and did not begin stands first, also where nothing else does', () => {
  const missed = {
    id: 'abcdef01',
    at: '2026-01-02T03:04:05.000Z',
    by: 'ops',
    profile: 'cis-docker-1.8.0/L1',
    changes: 2,
  };
  expect(historyText([], STYLE, missed)).toBe(
    'abcdef01   2026-01-02 03:04 UTC   apply   missed   cis-docker-1.8.0/L1   2 changes   ops\n  set for that time with --at, and nothing began: harden status\n',
  );
  expect(historyText([], STYLE)).toContain('No run yet');
});
