import { expect, test } from 'vitest';
import type { Plan } from '../../../src/model/plan.ts';
import { rollbackPlanText } from '../../../src/render/plan-text.ts';
import { failing, optionChange, planOf, selectedControl } from '../../helpers/plan-builders.ts';

const STYLE = { width: 100, colour: false };
const FOUND = planOf([{ control: selectedControl('icc', '2.2'), assessments: [failing(optionChange('icc'))] }]);
const rules = Array.from({ length: 20 }, (_, at) => `-w /etc/docker/${at} -p wa -k docker`);

/** A way back of one change with many lines. */
const LONG: Plan = {
  ...FOUND,
  changes: FOUND.changes.map((change) => ({
    ...change,
    id: 'c7',
    op: 'remove',
    target: { type: 'audit-rule', path: '/etc/docker', file: '/etc/audit/rules.d/50-harden-docker.rules', rules },
  })),
};

test('what a way back folds is shown by its snapshot: no plan of this moment has these numbers', () => {
  expect(rollbackPlanText(LONG, STYLE, 'sudo harden snapshot show abcdef01')).toContain(
    '8 more lines: sudo harden snapshot show abcdef01',
  );
  expect(rollbackPlanText(LONG, STYLE)).not.toContain('harden explain');
});

test('what is left as it is stands in the plan of the way back', () => {
  const left = 'icc in /etc/docker/daemon.json is left as it is: changed by somebody else since';
  const text = rollbackPlanText({ ...LONG, warnings: [left] }, STYLE);
  expect(text).toMatch(/LEFT AS IT IS +1 change\n {2}! icc in/);
  expect(rollbackPlanText({ ...LONG, changes: [], warnings: [left] }, STYLE)).toContain(
    'Nothing of it can be put back. harden overwrites nothing that was changed since.',
  );
});
