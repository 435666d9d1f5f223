import { expect, test } from 'vitest';
import type { Plan } from '../../../src/model/plan.ts';
import { interruptions } from '../../../src/render/effect-sentences.ts';
import { planMarkdown } from '../../../src/render/plan-markdown.ts';
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
  expect(interruptions(kept)).toContain(
    'leaves 1 change written but not live until dockerd restarts once more, with these containers stopped',
  );
  expect(planText(kept, style, [])).toContain('1 change would fix 1 control, later. Applying');
  expect(planText(kept, style, [])).toContain('live after the next restart of dockerd');
});

test('it is live after a restart that stops them', () => {
  expect(interruptions(stopped).join()).not.toContain('written but not live');
  expect(planText(stopped, style, [])).not.toContain('live after the next restart');
});

test('what breaks with a change that waits is said of then, not of now', () => {
  const icc = optionChange('icc', { liveAfter: 'restart', breaks: ['web and db no longer reach each other'] });
  const plan = planOf([
    { control: selectedControl('icc', '2.2'), assessments: [failing(icc)] },
    { control: selectedControl('live-restore', '2.15'), assessments: [failing(optionChange('live-restore'))] },
  ]);
  const waiting = { ...plan, effects: plan.effects.map((effect) => ({ ...effect, containersKept: ['web', 'db'] })) };
  const text = planText(waiting, style, []);
  expect(text).toContain('2 changes would fix 2 controls, 1 of them later. Applying all of them');
  expect(text).toContain('! web and db no longer reach each other (change 1, once that is live)');
  expect(planMarkdown(waiting, undefined)).toContain(
    '> **2.2** web and db no longer reach each other (once that is live)',
  );
});
