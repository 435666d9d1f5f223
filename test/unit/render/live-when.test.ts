import { expect, test } from 'vitest';
import type { Plan } from '../../../src/model/plan.ts';
import { interruptions } from '../../../src/render/effect-sentences.ts';
import { planText } from '../../../src/render/plan-text.ts';
import { failing, optionChange, planOf, selectedControl } from '../../helpers/plan-builders.ts';

const held = planOf([
  { control: selectedControl('icc', '2.2'), assessments: [failing(optionChange('icc', { liveAfter: 'restart' }))] },
]);
const withContainers = (containers: Pick<Plan['effects'][number], 'containersKept' | 'containersStopped'>): Plan => ({
  ...held,
  effects: held.effects.map((effect) => (effect.kind === 'restart' ? { ...effect, ...containers } : effect)),
});
const kept = withContainers({ containersKept: ['web'], containersStopped: [] });
const stopped = withContainers({ containersKept: [], containersStopped: ['web'] });
const style = { width: 80, colour: false };

test('what running containers hold back waits for a restart that keeps them', () => {
  expect(interruptions(kept)).toContain('leaves 1 change written but not live until dockerd restarts');
  expect(planText(kept, style, [])).toContain('live after the next restart of dockerd');
});

test('it is live after a restart that stops them', () => {
  expect(interruptions(stopped).join()).not.toContain('written but not live');
  expect(planText(stopped, style, [])).not.toContain('live after the next restart');
});
