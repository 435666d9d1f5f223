import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { apply } from '../../../src/app/apply.ts';
import type { RunOutcome } from '../../../src/app/outcome.ts';
import { rollback } from '../../../src/app/rollback.ts';
import type { Ui } from '../../../src/app/ui.ts';
import { wishFor } from '../../../src/cli/compose.ts';
import { type Sample, copyOf } from '../../../src/cli/demo/sample.ts';
import { lookUp, put } from '../../../src/host/memory-disk.ts';
import { parseRecording } from '../../../src/host/recording-file.ts';
import { absPath } from '../../../src/model/brand.ts';
import { digestOfBytes } from '../../../src/model/canonical.ts';

const FILE = join(import.meta.dirname, '../../../snapshots/hosts/debian-13-sample.json');
const DAEMON_JSON = absPath('/etc/docker/daemon.json');
const IDS = ['11111111', '22222222', '33333333'];

/** A host whose applied changes are taken back at a terminal, where `meanwhile` happens while the question is open. */
async function rolledBack(
  control: readonly string[],
  meanwhile: (sample: Sample, before: string) => void,
): Promise<{ readonly sample: Sample; readonly applied: string; readonly outcome: () => Promise<RunOutcome> }> {
  const recording = parseRecording(readFileSync(FILE, 'utf8'), FILE);
  const sample = copyOf(recording, digestOfBytes('made up'), () => new Date(Date.UTC(2026, 10, 22)));
  const before = textOf(sample);
  const wish = wishFor(sample.ground, { profile: 'cis-docker-1.8.0/L1', control, exclude: [] }, 3_600_000);
  const ids = [...IDS];
  const ceiling = { maxRisk: 'high', maxImpact: 'restart' } as const;
  const request = { ceiling, dryRun: false, newId: () => ids.shift() ?? '' };
  const ui: Ui = {
    canAsk: true,
    ask: ({ plan, verb }) => {
      if (verb === 'rollback') {
        meanwhile(sample, before);
      }
      return Promise.resolve({ type: 'approved', plan });
    },
    stopRequested: () => undefined,
    progress: () => undefined,
  };
  const store = sample.openStore();
  const done = await apply(sample.ground, store, { ...request, wish, yes: false, approvedPlan: undefined }, ui);
  expect(done.type).toBe('done');
  const wayBack = { ...request, snapshot: undefined, yes: false };
  return {
    sample,
    applied: textOf(sample),
    outcome: () => rollback(sample.ground, store, wayBack, ui).finally(() => store.close()),
  };
}

function textOf({ host }: Sample): string {
  return new TextDecoder().decode(lookUp(host.disk, DAEMON_JSON)?.data ?? new Uint8Array());
}

function write({ host }: Sample, text: string): void {
  put(host.disk, DAEMON_JSON, 'file', { content: text });
}

describe('a rollback looks again once it is approved', () => {
  test('and stops where somebody changed what was to be put back', async () => {
    const { outcome, sample, applied } = await rolledBack(['icc-disabled'], (host) =>
      write(host, textOf(host).replace(/"icc":\s*false/, '"icc": true')),
    );
    expect(applied).toMatch(/"icc":\s*false/);
    await expect(outcome()).rejects.toMatchObject({ code: 'H4003', exit: 5 });
    expect(textOf(sample)).toBe(applied.replace(/"icc":\s*false/, '"icc": true'));
  });

  test('and keeps what somebody else wrote beside it', async () => {
    const { outcome, sample } = await rolledBack(['icc-disabled'], (host) =>
      write(host, textOf(host).replace('{', '{ "debug": true,')),
    );
    await expect(outcome()).resolves.toMatchObject({ type: 'done', kept: [] });
    expect(textOf(sample)).toContain('"debug": true');
    expect(textOf(sample)).not.toMatch(/"icc":\s*false/);
  });

  test('and writes nothing where somebody put it back by hand meanwhile, but keeps that it is back', async () => {
    const { outcome, sample, applied } = await rolledBack(['icc-disabled'], write);
    expect(applied).toContain('icc');
    await expect(outcome()).resolves.toMatchObject({ type: 'done', kept: [], snapshot: '11111111' });
    expect(textOf(sample)).not.toContain('icc');
  });

  test('and does what was shown where nothing moved', async () => {
    const { outcome } = await rolledBack(['icc-disabled', 'live-restore'], () => undefined);
    await expect(outcome()).resolves.toMatchObject({ type: 'done', kept: [] });
  });
});
