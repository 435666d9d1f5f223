import { expect, test } from 'vitest';
import { columns } from '../../../src/render/layout.ts';
import { planText } from '../../../src/render/plan-text.ts';
import { failing, optionChange, planOf, selectedControl, someFacts } from '../../helpers/plan-builders.ts';

const STYLE = { width: 40, colour: false };

test('at 40 columns what goes on stands further in than what begins', () => {
  const container = { id: '1', running: true, networks: [], publishedPorts: 0, image: 'x', networkMode: 'bridge' };
  const containers = ['shop-db', 'shop-web', 'worker'].map((name) => ({
    ...container,
    name,
    atRestart: 'down' as const,
  }));
  const change = optionChange('icc', {
    title: 'Set icc to false in /etc/docker/daemon.json',
    notes: ['containers that exist keep what they were created with until they are made again', 'made before: shop-db'],
  });
  const plan = planOf(
    [{ control: selectedControl('icc-disabled', '2.2'), assessments: [failing(change)] }],
    someFacts({ containers }),
  );
  const lines = planText(plan, STYLE, []).split('\n');
  expect(
    lines.slice(lines.indexOf('    restarts dockerd once'), lines.indexOf('RESTART dockerd                 1 change')),
  ).toEqual([
    '    restarts dockerd once',
    '    stops 3 containers, which stay down',
    '      until you start them: shop-db,',
    '      shop-web and worker',
    '    starts one throwaway container',
    '      before and after, and removes it',
    '    logs nobody out, needs no reboot,',
    '      can be undone completely (harden',
    '      rollback)',
    '',
  ]);
  const body = lines.slice(lines.indexOf('RESTART dockerd                 1 change') + 2);
  expect(body.slice(0, body.indexOf(''))).toEqual([
    ' 1  ~ Set icc to false in',
    '      /etc/docker/daemon.json',
    '                                     low',
    '      2.2   /etc/docker/daemon.json',
    '        icc   (unset, false) -> true',
    '      containers that exist keep what',
    '        they were created with until',
    '        they are made again',
    '      made before: shop-db',
  ]);
});

test('a row of a list that is broken is not taken for two', () => {
  expect(columns(STYLE, 0, ['f83141ec', '2026-11-22 20:34 UTC', 'apply', 'exit 0'])).toEqual([
    'f83141ec   2026-11-22 20:34 UTC   apply',
    '  exit 0',
  ]);
});
