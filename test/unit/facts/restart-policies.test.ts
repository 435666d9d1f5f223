import { expect, test } from 'vitest';
import { mayStopContainers, withRestartPolicies } from '../../../src/engine/restart-policies.ts';
import { recordedHost } from '../../../src/host/recorded-host.ts';
import { recordingReader } from '../../../src/host/recorder.ts';
import { absPath } from '../../../src/model/brand.ts';
import type { Json } from '../../../src/model/canonical.ts';
import { fakeReader } from '../../helpers/fake-reader.ts';
import { optionChange, someFacts } from '../../helpers/plan-builders.ts';

const SOCKET = '/run/docker.sock';
const inspected = (policy: string, AutoRemove = false, Labels: Json = {}): Json => ({
  Config: { Env: ['TOKEN=hunter2-of-the-site'], Labels },
  HostConfig: { AutoRemove, RestartPolicy: { Name: policy, MaximumRetryCount: 0 } },
});
const answers: Readonly<Record<string, Json>> = {
  always: inspected('always'),
  unless: inspected('unless-stopped'),
  failing: inspected('on-failure'),
  plain: inspected('no'),
  older: inspected(''),
  job: inspected('no', true),
  task: inspected('', false, { 'com.docker.swarm.task.id': 'x' }),
  future: inspected('sometimes'),
  odd: [],
};
const names = [...Object.keys(answers), 'gone'];
const facts = someFacts({
  apiSocket: absPath(SOCKET),
  containers: [...names, 'off'].map((name) => ({
    ...{ id: name, name, running: name !== 'off', networks: [], publishedPorts: 0, image: 'x', networkMode: 'bridge' },
  })),
});
const asked = Object.fromEntries(Object.entries(answers).map(([id, body]) => [`/containers/${id}/json`, body]));
const found = {
  ...{ always: 'back', unless: 'back', failing: 'unsure', plain: 'down', older: 'down', job: 'removed' },
  ...{ task: undefined, future: undefined, odd: undefined, gone: undefined, off: undefined },
};

test('each running container is asked what a restart does with it; what is not told is left open', async () => {
  const host = fakeReader({ engines: { [SOCKET]: asked } });
  const { engine } = await withRestartPolicies(host, facts);
  expect(Object.fromEntries((engine.containers ?? []).map(({ name, atRestart }) => [name, atRestart]))).toEqual(found);
  expect(host.asked.requests.some((request) => request.includes('/containers/off/'))).toBe(false);
});

test('a recording answers alike, and holds nothing else of a container', async () => {
  const { reader, recording } = recordingReader(fakeReader({ engines: { [SOCKET]: asked } }));
  await withRestartPolicies(reader, facts);
  const made = recording({ takenAt: '2026-01-02T03:04:05.000Z', toolVersion: '0.0.0' }).recording;
  expect(JSON.stringify(made)).not.toContain('hunter2');
  expect(JSON.stringify(made)).not.toContain('Env');
  const { engine } = await withRestartPolicies(recordedHost(made), facts);
  expect(Object.fromEntries((engine.containers ?? []).map(({ name, atRestart }) => [name, atRestart]))).toEqual(found);
});

test('nobody is asked where nothing restarts, or nothing runs', () => {
  const comparison = { verdict: 'fail', reason: '', evidence: [], change: optionChange('icc') } as const;
  expect(mayStopContainers([comparison], facts)).toBe(true);
  expect(mayStopContainers([comparison], someFacts({ containers: [] }))).toBe(false);
  const reload = { ...comparison, change: optionChange('icc', { impact: 'reload' }) };
  expect(mayStopContainers([reload, { verdict: 'pass', evidence: [] }], facts)).toBe(false);
});
