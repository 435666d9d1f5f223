import { describe, expect, test } from 'vitest';
import { absPath } from '../../../src/model/brand.ts';
import type { ProposedChange } from '../../../src/model/change.ts';
import type { AtRestart } from '../../../src/model/facts.ts';
import type { Plan } from '../../../src/model/plan.ts';
import { overCeiling } from '../../../src/plan/ceiling.ts';
import { strengthOf } from '../../../src/plan/strength.ts';
import {
  accessChange,
  failing,
  optionChange,
  planOf,
  selectedControl,
  someFacts,
} from '../../helpers/plan-builders.ts';

const WEB = {
  id: 'w',
  name: 'web',
  running: true,
  networks: [],
  publishedPorts: 0,
  image: 'box',
  networkMode: 'bridge',
};

function planWith(changes: readonly ProposedChange[], running: boolean, atRestart: AtRestart = 'back'): Plan {
  const facts = someFacts(running ? { containers: [{ ...WEB, atRestart }] } : {});
  return planOf(
    changes.map((change, index) => ({
      control: selectedControl(`c${index}`, `2.${index}`),
      assessments: [failing(change)],
    })),
    facts,
  );
}

const keeps = optionChange('live-restore', { impact: 'reload' });

describe('what a person has to say', () => {
  test.each<readonly [string, readonly ProposedChange[], boolean, ReturnType<typeof strengthOf>]>([
    ['nothing above a reload', [accessChange('/etc/docker'), keeps], true, { type: 'words' }],
    ['a restart', [optionChange('icc')], false, { type: 'effect', word: 'restart' }],
    ['containers stop', [optionChange('icc', { breaks: ['x'] })], true, { type: 'effect', word: 'restart' }],
    ['a use breaks', [accessChange('/etc/x', { breaks: ['x'] })], true, { type: 'effect', word: 'cut' }],
    [
      'a use breaks, all stay up',
      [keeps, optionChange('icc', { breaks: ['x'] })],
      true,
      { type: 'effect', word: 'cut' },
    ],
    ['made anew', [optionChange('icc', { impact: 'recreate' })], true, { type: 'effect', word: 'recreate' }],
    ['not to be undone', [accessChange('/etc/x', { reversible: false })], false, { type: 'host', word: 'web-01' }],
    [
      'activating is no new thing',
      [optionChange('icc', { reversible: false, op: 'activate' })],
      false,
      { type: 'effect', word: 'restart' },
    ],
    [
      'the socket is closed to somebody',
      [accessChange('/run/docker.sock', { breaks: ['x'] })],
      false,
      { type: 'host', word: 'web-01' },
    ],
    ['the socket stays open to all who use it', [accessChange('/run/docker.sock')], false, { type: 'words' }],
    [
      'who reaches the engine',
      [optionChange('tlsverify', { impact: 'none' })],
      false,
      { type: 'host', word: 'web-01' },
    ],
    [
      'a rule about the socket',
      [
        accessChange('/run/docker.sock', {
          target: { type: 'audit-rule', path: absPath('/run/docker.sock'), rules: [], file: absPath('/etc/a.rules') },
        }),
      ],
      false,
      { type: 'words' },
    ],
  ])('%s', (_what, changes, running, wanted) => {
    expect(strengthOf(planWith(changes, running))).toEqual(wanted);
  });
});

describe('a restart that removes a container for good (--rm)', () => {
  const changes = [accessChange('/etc/docker'), optionChange('icc')];
  const removing = planWith(changes, true, 'removed');

  test('takes the name of the host, and a container that merely stops does not', () => {
    expect(strengthOf(removing)).toEqual({ type: 'host', word: 'web-01' });
    expect(strengthOf(planWith(changes, true, 'down'))).toEqual({ type: 'effect', word: 'restart' });
    expect(strengthOf(planWith([keeps, ...changes], true, 'removed'))).toEqual({ type: 'effect', word: 'restart' });
  });

  test('is below no ceiling, unless the changes that restart are accepted by name', () => {
    const ceiling = { maxRisk: 'high', maxImpact: 'reboot' } as const;
    const restarting = removing.changes.filter(({ impact }) => impact === 'restart');
    expect(restarting).toHaveLength(1);
    expect(overCeiling(removing, ceiling, new Set())).toEqual(restarting);
    expect(overCeiling(removing, ceiling, new Set(restarting.map(({ id }) => id)))).toEqual([]);
    expect(overCeiling(planWith(changes, true, 'down'), ceiling, new Set())).toEqual([]);
  });
});
