import { describe, expect, test } from 'vitest';
import { type ConsentRequest, consentTo } from '../../../src/app/consent.ts';
import type { Ui } from '../../../src/app/ui.ts';
import { HardenError } from '../../../src/model/errors.ts';
import { accessChange, failing, optionChange, planOf, selectedControl } from '../../helpers/plan-builders.ts';

const plan = planOf([{ control: selectedControl('icc-disabled', '2.2'), assessments: [failing(optionChange('icc'))] }]);
const two = planOf([
  { control: selectedControl('icc-disabled', '2.2'), assessments: [failing(optionChange('icc'))] },
  {
    control: selectedControl('daemon-json-mode', '3.18'),
    assessments: [failing(accessChange('/etc/docker/daemon.json'))],
  },
]);
const ui: Ui = {
  canAsk: false,
  unasked: 'CI is set, which says that nobody is asked',
  ask: () => Promise.resolve({ type: 'declined' }),
  stopRequested: () => undefined,
  progress: () => undefined,
};
const request: ConsentRequest = {
  plan,
  verb: 'apply',
  yes: false,
  ceiling: { maxRisk: 'low', maxImpact: 'none' },
  by: 'ann',
  now: () => new Date(0),
};

async function refusal(more: Partial<ConsentRequest>): Promise<HardenError> {
  const error: unknown = await consentTo({ ...request, ...more }, ui).catch((thrown: unknown) => thrown);
  if (error instanceof HardenError) {
    return error;
  }
  throw new Error('it was not refused');
}

describe('a command that is proposed in place of the one that was refused', () => {
  test('chooses what that chose, quoted for a shell', async () => {
    const words = ['-c', '2.*', '--health', 'my checks'];
    const { hint } = await refusal({ words });
    expect(hint).toContain(`harden apply -c '2.*' --health 'my checks' --approve ${plan.id}\n`);
    expect(hint).toContain("harden apply -c '2.*' --health 'my checks' --yes --max-risk");
    expect((await refusal({ words, yes: true })).hint).toContain("harden apply -c '2.*' --health 'my checks' --yes");
    expect((await refusal({ words: ['1a2b3c4d'], verb: 'rollback' })).hint).toContain('harden rollback 1a2b3c4d --yes');
  });

  test('names the plan file, of which nothing can be left out with -x', async () => {
    const words = ['plan.json'];
    expect((await refusal({ words, fromFile: plan })).hint).toContain(`harden apply plan.json --approve ${plan.id}`);
    const { hint } = await refusal({ words, fromFile: plan, yes: true });
    expect(hint).toContain('harden apply plan.json --yes');
    expect(hint).not.toContain('leave it out');
    const more = await refusal({
      words,
      plan: two,
      fromFile: two,
      yes: true,
      ceiling: { maxRisk: 'high', maxImpact: 'none' },
    });
    expect(more.hint).toContain(
      'To leave it out: harden apply plan.json --skip-over-ceiling --yes --max-risk high --max-impact none',
    );
    expect(more.hint).not.toContain('-x');
  });

  test('leaves out what goes beyond by its number, where something else is left', async () => {
    const ceiling = { maxRisk: 'high', maxImpact: 'none' } as const;
    const { hint, details } = await refusal({ words: ['-c', '2.*'], plan: two, yes: true, ceiling });
    expect(hint).toContain("To leave it out: harden apply -c '2.*' -x 2.2 --yes --max-risk high --max-impact none");
    expect(details).toEqual([expect.stringMatching(/^2\.2 .*: risk/)]);
    expect((await refusal({ yes: true, ceiling })).hint).not.toContain('leave it out');
  });
});

test('why nobody is asked is said as it is, and one change is one change', async () => {
  const { message, details } = await refusal({});
  expect(message).toBe('approval is needed, and CI is set, which says that nobody is asked. Nothing was changed.');
  expect(details).toEqual([expect.stringMatching(/^1 change, /)]);
});

test('a plan nobody is asked about is told before it begins; one that is refused or empty is not', async () => {
  const told: string[] = [];
  const telling: Ui = { ...ui, approved: ({ digest }) => void told.push(digest) };
  await consentTo({ ...request, yes: true, ceiling: { maxRisk: 'high', maxImpact: 'reboot' } }, telling);
  expect(told).toEqual([plan.digest]);
  await expect(consentTo({ ...request, yes: true }, telling)).rejects.toThrow('goes beyond');
  await consentTo({ ...request, yes: true, plan: { ...plan, changes: [] } }, telling);
  expect(told).toEqual([plan.digest]);
});
