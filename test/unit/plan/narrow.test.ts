import { describe, expect, it } from 'vitest';
import { narrowed } from '../../../src/plan/narrow.ts';
import { isIntact } from '../../../src/plan/seal.ts';
import {
  accessChange,
  failing,
  optionChange,
  planOf,
  restartOf,
  selectedControl,
  someFacts,
} from '../../helpers/plan-builders.ts';

const facts = someFacts({
  containers: [
    { id: '1', name: 'web', image: 'i', running: true, networkMode: 'bridge', publishedPorts: 0, networks: ['bridge'] },
  ],
});
const plan = planOf(
  [
    { control: selectedControl('mode', '3.18'), assessments: [failing(accessChange('/etc/docker/daemon.json'))] },
    { control: selectedControl('icc', '2.2'), assessments: [failing(optionChange('icc', { risk: 'medium' }))] },
    {
      control: selectedControl('live', '2.16'),
      assessments: [failing(optionChange('live-restore', { impact: 'reload' }))],
    },
  ],
  facts,
);

describe('a part of a plan', () => {
  it('has the effects, counts and digest of what is left', () => {
    const mode = plan.changes.find((change) => change.target.type === 'file-access');
    const part = narrowed(plan, new Set([mode?.id ?? '']), restartOf(facts));
    expect(part.changes).toEqual([mode]);
    expect(part.effects.map((effect) => effect.kind)).toEqual(['write']);
    expect(part.summary).toMatchObject({ changes: 1, maxImpact: 'none', maxRisk: 'low' });
    expect(part.digest).not.toBe(plan.digest);
    expect(isIntact(part)).toBe(true);
    expect(part.controls.flatMap((control) => control.changes)).toEqual([mode?.id]);
  });

  it('names the containers that stop once live-restore is not switched on before', () => {
    const icc = plan.changes.find((change) => change.address === 'daemon-option:icc');
    expect(plan.effects.flatMap((effect) => effect.containersStopped)).toEqual([]);
    const part = narrowed(plan, new Set([icc?.id ?? '']), restartOf(facts));
    expect(part.effects.flatMap((effect) => effect.containersStopped)).toEqual(['web']);
  });

  it('is the plan itself where nothing is left out', () => {
    expect(narrowed(plan, new Set(plan.changes.map((change) => change.id)), restartOf(facts))).toBe(plan);
  });
});
