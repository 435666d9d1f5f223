import { expect, it } from 'vitest';
import { numbersIn, thingAt, waiverNamed } from '../../../src/model/plain-names.ts';
import { failing, optionChange, planOf, selectedControl } from '../../helpers/plan-builders.ts';

it.each([
  ['daemon-option:icc', 'icc of dockerd'],
  ['file-access:/etc/docker/daemon.json', '/etc/docker/daemon.json'],
  ['file-access:/etc/docker#owner', 'owner of /etc/docker'],
  ['audit-rule:/usr/bin/dockerd', 'the audit rule for /usr/bin/dockerd'],
  ['report:mounts', 'mounts'],
  ['no address', 'no address'],
])('what is at %s is called %s', (address, words) => {
  expect(thingAt(address)).toBe(words);
});

it.each([
  ['2.2@*', '2.2'],
  ['2.2@web-*,db-1', '2.2 on web-*, db-1'],
  ['icc-disabled', 'icc-disabled'],
])('the waiver %s is that of %s', (id, words) => {
  expect(waiverNamed(id)).toBe(words);
});

it('controls are called by number, each once, and by name where the plan has none', () => {
  const plan = planOf([
    { control: selectedControl('icc-disabled', '2.2'), assessments: [failing(optionChange('icc'))] },
  ]);
  expect(numbersIn(plan, ['icc-disabled', 'other', 'icc-disabled'])).toEqual(['2.2', 'other']);
});
