import { expect, it } from 'vitest';
import { absPath, sha256Hex } from '../../../src/model/brand.ts';
import type { StepInput } from '../../../src/model/transaction.ts';
import { servedBy } from '../../../src/plan/served-by.ts';
import { accessChange, failing, optionChange, planOf, selectedControl } from '../../helpers/plan-builders.ts';

const FILE = absPath('/etc/docker/daemon.json');
const ACCESS = { mode: 0o644, uid: 0, gid: 0 };
const DIGEST = sha256Hex('0'.repeat(64));
const plan = planOf(
  [
    optionChange('icc'),
    optionChange('live-restore'),
    accessChange('/etc/docker'),
    accessChange('/etc/docker/certs.d'),
  ].map((change, index) => ({
    control: selectedControl(`control-${index}`, `3.${index}`),
    assessments: [failing(change)],
  })),
);
const idOf = (path: string): readonly string[] =>
  plan.changes.filter(({ target }) => target.type === 'file-access' && target.path === path).map(({ id }) => id);
const options = plan.changes.filter(({ target }) => target.type === 'daemon-option').map(({ id }) => id);

it.each<readonly [string, StepInput, readonly string[]]>([
  ['a file that is written serves each option in it', { kind: 'remove-file', path: FILE, expected: DIGEST }, options],
  [
    'a folder that is made serves what is in it',
    { kind: 'make-directory', path: absPath('/etc/docker'), access: ACCESS },
    [...options, ...idOf('/etc/docker/certs.d')],
  ],
  [
    'an access that is set serves that path alone',
    { kind: 'set-access', path: absPath('/etc/docker'), fileType: 'directory', expected: ACCESS, access: ACCESS },
    idOf('/etc/docker'),
  ],
  [
    'a restart serves what it makes live',
    { kind: 'activate', activation: { service: 'docker', action: 'restart', commands: [], timeoutMs: 1 } },
    plan.effects.filter(({ kind }) => kind === 'restart').flatMap(({ changes }) => changes),
  ],
  ['a path of nobody serves nothing', { kind: 'remove-directory', path: absPath('/srv') }, []],
])('%s', (_what, step, ids) => {
  expect(servedBy(step, plan).toSorted()).toEqual([...ids].toSorted());
});

it('there is something to serve', () => {
  expect(options).toHaveLength(2);
  expect(plan.effects.some(({ kind }) => kind === 'restart')).toBe(true);
});
