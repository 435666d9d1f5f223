import { expect, it } from 'vitest';
import { openGate } from '../../../src/app/health.ts';
import { EXIT, HardenError } from '../../../src/model/errors.ts';
import { HEALTH_LIMITS, type HealthSetup, type TrialOutcome } from '../../../src/model/health.ts';
import type { StepInput } from '../../../src/model/transaction.ts';
import { fakeReader } from '../../helpers/fake-reader.ts';
import { sampleFacts } from '../daemon-option/sample.ts';

const RESTART: StepInput = {
  kind: 'activate',
  activation: { service: 'docker', action: 'restart', commands: [], timeoutMs: 1_000 },
};

function wish(tried: string[], steps: readonly StepInput[]) {
  const setup: HealthSetup = {
    checks: [],
    limits: HEALTH_LIMITS,
    trial: {
      tryOnce: (): Promise<TrialOutcome> => {
        tried.push('trial');
        return Promise.resolve({ type: 'started', left: [] });
      },
    },
    probes: {
      addresses: () => ({ v4: [], v6: [] }),
      complaints: () => Promise.resolve([]),
      ask: () => Promise.resolve(undefined),
    },
  };
  const docker = () =>
    Promise.resolve({ type: 'answered' as const, status: 500, body: { message: 'layer does not exist' } });
  return {
    ground: { host: { ...fakeReader({}), docker }, now: () => new Date(0) },
    facts: sampleFacts(),
    setup,
    steps,
    ui: { progress: () => undefined, stopRequested: () => undefined },
  };
}

it('an apply does not begin where the engine does not tell what runs, and no container is started', async () => {
  const tried: string[] = [];
  const error: unknown = await openGate(wish(tried, [RESTART]), true).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(HardenError);
  expect(error).toMatchObject({ code: 'H5004', exit: EXIT.planNotApplicable });
  expect(tried).toEqual([]);
});

it('a rollback, and an apply that leaves dockerd alone, go on', async () => {
  const tried: string[] = [];
  expect(await openGate(wish(tried, [RESTART]), false)).toBeDefined();
  expect(await openGate(wish(tried, []), true)).toBeDefined();
  expect(tried).toEqual([]);
});
