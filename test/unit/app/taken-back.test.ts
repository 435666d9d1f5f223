import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { apply } from '../../../src/app/apply.ts';
import type { Ground } from '../../../src/app/ground.ts';
import type { RunOutcome } from '../../../src/app/outcome.ts';
import { rollback } from '../../../src/app/rollback.ts';
import { statusOf } from '../../../src/app/status.ts';
import { chosenSnapshot, snapshotEntries } from '../../../src/app/snapshots.ts';
import type { Ui } from '../../../src/app/ui.ts';
import { wishFor } from '../../../src/cli/compose.ts';
import { outcomeText } from '../../../src/cli/outcome.ts';
import { type Sample, copyOf } from '../../../src/cli/demo/sample.ts';
import { parseRecording } from '../../../src/host/recording-file.ts';
import { digestOfBytes } from '../../../src/model/canonical.ts';
import { statusText } from '../../../src/render/status-text.ts';

const SAMPLE = join(import.meta.dirname, '../../../snapshots/hosts/debian-13-sample.json');
const recording = parseRecording(readFileSync(SAMPLE, 'utf8'), SAMPLE);
const ui: Ui = {
  canAsk: false,
  ask: () => Promise.resolve({ type: 'declined' }),
  stopRequested: () => undefined,
  progress: () => undefined,
};
let last = 0x20000000;
let seconds = 0;
const request = {
  yes: true,
  ceiling: { maxRisk: 'high', maxImpact: 'restart' },
  dryRun: false,
  newId: () => {
    last += 1;
    return last.toString(16);
  },
} as const;

type Store = ReturnType<Sample['openStore']>;

function newSample(): Sample {
  return copyOf(recording, digestOfBytes('made up for a test'), () => {
    seconds += 1;
    return new Date(Date.UTC(2026, 10, 22, 12, 0, seconds));
  });
}

async function within<T>(sample: Sample, work: (store: Store) => T | Promise<T>): Promise<T> {
  const store = sample.openStore();
  try {
    return await work(store);
  } finally {
    store.close();
  }
}

function applied(sample: Sample, ...control: readonly string[]): Promise<RunOutcome> {
  const wish = wishFor(sample.ground, { profile: 'cis-docker-1.8.0/L1', control, exclude: [] }, 3_600_000);
  return within(sample, (store) => apply(sample.ground, store, { ...request, wish, approvedPlan: undefined }, ui));
}

const listed = (sample: Sample) =>
  within(sample, (store) =>
    snapshotEntries(store.snapshots.list().snapshots).map(({ purpose, takenBack }) => [purpose, takenBack?.how]),
  );
const next = (sample: Sample) => within(sample, (store) => chosenSnapshot(store.snapshots, undefined));

const style = { width: 200, colour: false };
const terminal = { out: style, err: style, canAsk: false, live: false, talk: 'usual' } as const;
const status = (sample: Sample) =>
  within(sample, (store) => {
    const { snapshots } = store.snapshots.list();
    const seen = statusOf({ snapshots, unfinished: [], openRuns: [], notes: [] }, { bootId: '', monotonicMs: 0 });
    return statusText(seen, {}, style);
  });

/** A ground on which what is put back is never seen to be back. */
function blind(ground: Ground): Ground {
  const types = ground.types.map((type) => ({
    ...type,
    revert: async (...args: Parameters<typeof type.revert>) => ({ ...(await type.revert(...args)), already: [] }),
  }));
  return { ...ground, types };
}

describe('the apply that a rollback takes by default', () => {
  test('is still the one whose rollback was not proven, and the list says so', async () => {
    const sample = newSample();
    await applied(sample, 'live-restore');
    const outcome = await applied(sample, 'icc-disabled');
    const id = outcome.type === 'done' ? outcome.snapshot : '';
    const failed = await within(sample, (store) =>
      rollback(blind(sample.ground), store, { ...request, snapshot: undefined }, ui),
    );
    expect(failed).toMatchObject({ type: 'done', snapshot: id, proofs: [{ proof: 'failed' }] });
    expect(outcomeText(failed, 'rollback', terminal)).toContain(`Snapshot ${id} is not proven to be taken back.`);
    expect(await status(sample)).toContain('was not proven. To take it back');
    expect(await listed(sample)).toEqual([
      ['rollback', undefined],
      ['apply', 'unproven'],
      ['apply', undefined],
    ]);
    expect(await next(sample)).toBe(id);
  });

  test('goes on to the one before after a proven one', async () => {
    const sample = newSample();
    const first = await applied(sample, 'live-restore');
    await applied(sample, 'icc-disabled');
    await within(sample, (store) => rollback(sample.ground, store, { ...request, snapshot: undefined }, ui));
    expect(await listed(sample)).toEqual([
      ['rollback', undefined],
      ['apply', 'whole'],
      ['apply', undefined],
    ]);
    expect(await next(sample)).toBe(first.type === 'done' ? first.snapshot : '');
  });

  test('stays the same until every part of it is back', async () => {
    const sample = newSample();
    const outcome = await applied(sample, 'live-restore', 'userland-proxy-off', 'no-new-privileges-default');
    const id = outcome.type === 'done' ? outcome.snapshot : '';
    const back = (...control: readonly string[]) =>
      within(sample, (store) =>
        rollback(sample.ground, store, { ...request, snapshot: undefined, part: { control, exclude: [] } }, ui),
      );
    expect(await back('live-restore')).toMatchObject({ type: 'done', standing: 2 });
    const second = await back('userland-proxy-off');
    expect(second).toMatchObject({ type: 'done', standing: 1 });
    expect(outcomeText(second, 'rollback', terminal)).toContain(
      `is partly taken back: 1 change of it stays. To take back the rest: sudo harden rollback ${id}`,
    );
    expect((await listed(sample)).at(-1)).toEqual(['apply', 'partly']);
    expect(await status(sample)).toMatch(
      /Partly taken back by [0-9a-f]{8}. To take back the rest: sudo harden rollback/,
    );
    expect(await next(sample)).toBe(id);
    const last = await back('no-new-privileges-default');
    expect(outcomeText(last, 'rollback', terminal)).toContain(`Snapshot ${id} is taken back.`);
    expect(await status(sample)).toMatch(/Taken back by [0-9a-f]{8}\./);
    expect((await listed(sample)).at(-1)).toEqual(['apply', 'whole']);
    await expect(next(sample)).rejects.toThrow('no apply to take back');
  });
});
