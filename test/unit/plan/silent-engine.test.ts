import { expect, test } from 'vitest';
import { planText } from '../../../src/render/plan-text.ts';
import { verifyText } from '../../../src/render/verify-text.ts';
import {
  accessChange,
  failing,
  optionChange,
  planOf,
  selectedControl,
  someFacts,
} from '../../helpers/plan-builders.ts';

const finding = { control: selectedControl('icc-disabled', '2.2'), assessments: [failing(optionChange('icc'))] };
const WHY = '/run/docker.sock gave no answer within 5 s';
const silent = someFacts({ unreachable: WHY, containers: undefined });
const style = { width: 100, colour: false };

test('a plan made while the engine does not answer says so, and claims nothing about containers', () => {
  const plan = planOf([finding], silent);
  expect(plan.host.docker).toMatchObject({ unreachable: WHY });
  expect(plan.warnings[0]).toContain(`The Docker engine does not answer (${WHY})`);
  expect(plan.warnings[0]).toContain('apply refuses to change such settings');
  const text = planText(plan, style, []);
  expect(text).toContain('which containers run is not known');
  expect(text).not.toContain('no container is running');
});

test('an engine that answers, one harden does not change and a folder leave nothing to say', () => {
  const refused = someFacts({ unreachable: WHY, refusal: 'There is no Docker engine on this host.' });
  const folder = someFacts({ unreachable: WHY }, { hostKind: 'root' });
  for (const facts of [someFacts(), refused, folder]) {
    const plan = planOf([finding], facts);
    expect(plan.host.docker).not.toHaveProperty('unreachable');
    expect(plan.warnings.join()).not.toContain('does not answer');
  }
});

test('the head of a plan says that dockerd is down, and verify says it before all else', () => {
  const change = accessChange('/etc/docker/daemon.json');
  const access = { control: selectedControl('daemon-json-mode', '3.18'), assessments: [failing(change)] };
  const down = planOf([access], someFacts({ running: false, unreachable: WHY, containers: undefined }));
  const text = planText(down, style, []);
  expect(text).toContain('restarts nothing: dockerd does not run, and which containers run is not known');
  expect(text).not.toContain('interrupts nothing');
  expect(planText(planOf([access], silent), style, [])).toContain('restarts nothing: dockerd does not answer');
  const [, , first] = verifyText(down, style).split('\n');
  expect(first).toContain(`! dockerd does not run (${WHY})`);
  expect(verifyText(planOf([access]), style)).not.toContain('dockerd does not');
});
