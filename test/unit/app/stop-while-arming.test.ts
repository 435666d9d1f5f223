import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { apply } from '../../../src/app/apply.ts';
import type { RunOutcome } from '../../../src/app/outcome.ts';
import type { Ui } from '../../../src/app/ui.ts';
import { wishFor } from '../../../src/cli/compose.ts';
import { type Sample, copyOf } from '../../../src/cli/demo/sample.ts';
import { parseRecording } from '../../../src/host/recording-file.ts';
import { digestOfBytes } from '../../../src/model/canonical.ts';
import type { HostReader } from '../../../src/model/host.ts';
import type { RevertClock, RevertClocks } from '../../../src/model/revert-clock.ts';

const FILE = join(import.meta.dirname, '../../../snapshots/hosts/debian-13-sample.json');

/** An apply whose changes are to be kept; `armed` is called each time the clock is set. */
async function applied(armed: (time: number, press: () => void) => void): Promise<{
  readonly outcome: RunOutcome;
  readonly said: readonly string[];
  readonly moved: boolean;
  readonly waits: number;
}> {
  const recording = parseRecording(readFileSync(FILE, 'utf8'), FILE);
  const sample: Sample = copyOf(recording, digestOfBytes('made up'), () => new Date(Date.UTC(2026, 10, 22)));
  const host: HostReader = { ...sample.ground.host, kind: 'live' };
  const ground = { ...sample.ground, host };
  const said: string[] = [];
  let stopped: 'SIGINT' | undefined;
  let times = 0;
  const clock: RevertClock = {
    kind: 'systemd',
    rehearse: () => Promise.resolve(),
    arm: () => {
      times += 1;
      armed(times, () => (stopped = 'SIGINT'));
      return Promise.resolve(9000);
    },
    disarm: (name) => {
      said.push(`disarmed ${name.slice(-1)}`);
      return Promise.resolve();
    },
  };
  const clocks: RevertClocks = { unsafe: undefined, of: () => clock, monotonicMs: () => 0 };
  const ui: Ui = {
    canAsk: false,
    ask: () => Promise.resolve({ type: 'declined' }),
    stopRequested: () => stopped,
    progress: ({ type }) => said.push(type),
  };
  const wish = wishFor(ground, { profile: 'cis-docker-1.8.0/L1', control: ['live-restore'], exclude: [] }, 3_600_000);
  const store = sample.openStore();
  const before = await sample.look();
  const outcome = await apply(
    ground,
    store,
    {
      ...{ wish, approvedPlan: undefined, yes: true, dryRun: false, newId: () => 'abcdef01' },
      ceiling: { maxRisk: 'high', maxImpact: 'restart' },
      keep: { wish: 9000, remote: false, attended: false, clocks },
    },
    ui,
  );
  const waits = store.openRuns().filter(({ waiting }) => waiting !== undefined).length;
  store.close();
  const after = await sample.look();
  const moved = JSON.stringify([...after.answers]) !== JSON.stringify([...before.answers]);
  return { outcome, said, moved, waits };
}

describe('Ctrl-C while the clock of an apply is set', () => {
  test('the first time: no step is taken', async () => {
    const { outcome, said, moved, waits } = await applied((time, press) => (time === 1 ? press() : undefined));
    expect(outcome).toMatchObject({ type: 'rolled-back', signal: 'SIGINT', notAsBefore: [] });
    expect(said.filter((one) => one === 'step-done')).toEqual([]);
    expect([moved, waits]).toEqual([false, 0]);
  });

  test('the second time, after the proof: everything is put back, and both clocks are stopped', async () => {
    const { outcome, said, moved, waits } = await applied((time, press) => (time === 2 ? press() : undefined));
    expect(outcome).toMatchObject({ type: 'rolled-back', signal: 'SIGINT', notAsBefore: [] });
    expect(said).toContain('step-done');
    expect(said).not.toContain('waiting');
    expect(said.slice(-2)).toEqual(['disarmed 1', 'disarmed 2']);
    expect([moved, waits]).toEqual([false, 0]);
  });

  test('never: the changes wait, and that is told before the first clock is stopped', async () => {
    const { outcome, said, moved, waits } = await applied(() => undefined);
    expect(outcome).toMatchObject({ type: 'done', pendingRevert: { id: 'abcdef01' } });
    expect(said.slice(-2)).toEqual(['waiting', 'disarmed 1']);
    expect([moved, waits]).toEqual([true, 1]);
  });
});
