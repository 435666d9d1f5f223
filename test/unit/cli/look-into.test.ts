import { expect, test, vi } from 'vitest';
import { lookerFor } from '../../../src/cli/look-into.ts';
import type { Plan } from '../../../src/model/plan.ts';
import { failing, optionChange, planOf, selectedControl } from '../../helpers/plan-builders.ts';

const THREE = planOf(
  ['icc', 'live-restore', 'userland-proxy'].map((key, at) => ({
    control: selectedControl(key, `2.${at}`),
    assessments: [failing(optionChange(key))],
  })),
);

async function answerTo(text: string, changes: Plan['changes']): Promise<string> {
  const said: string[] = [];
  const write = vi.spyOn(process.stderr, 'write').mockImplementation((words) => said.push(String(words)) > 0);
  try {
    const plan = { ...THREE, changes };
    const question = { plan, verb: 'rollback', part: undefined, differences: undefined } as const;
    expect(await lookerFor(question, { width: 80, colour: false }).wish(text)).toBe(true);
  } finally {
    write.mockRestore();
  }
  return said.join('');
}

test('a change that is not there is answered with the numbers that are', async () => {
  const [first, second, third] = THREE.changes.map((change) => [change]);
  expect(await answerTo('diff 9', THREE.changes)).toBe('There is no change 9; they are 1 to 3.\n');
  expect(await answerTo('diff 1', second ?? [])).toBe('There is no change 1; it is 2.\n');
  expect(await answerTo('explain 2', [...(first ?? []), ...(third ?? [])])).toBe(
    'There is no change 2; they are 1 and 3.\n',
  );
});
