import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { apply } from '../../../src/app/apply.ts';
import { confirm } from '../../../src/app/confirm.ts';
import { type HistoryLine, chosenRun, historyOf } from '../../../src/app/history.ts';
import { endRuns } from '../../../src/app/revert.ts';
import { wishFor } from '../../../src/cli/compose.ts';
import { type Sample, copyOf } from '../../../src/cli/demo/sample.ts';
import { keepConfirmed, keepEnded } from '../../../src/cli/ended-runs.ts';
import { parseRecording } from '../../../src/host/recording-file.ts';
import { absPath } from '../../../src/model/brand.ts';
import { digestOfBytes } from '../../../src/model/canonical.ts';
import type { RevertClocks } from '../../../src/model/revert-clock.ts';
import type { RecoverWish } from '../../../src/model/revert.ts';
import { historyText } from '../../../src/render/history-text.ts';
import { withRuns } from '../../../src/state/runs.ts';
import type { Store } from '../../../src/state/store.ts';

const FILE = join(import.meta.dirname, '../../../snapshots/hosts/debian-13-sample.json');
const ID = 'abcdef01';
const CLOCK = 'harden-revert-abcdef01-2';
const CLOCKS: RevertClocks = {
  unsafe: undefined,
  monotonicMs: () => 0,
  of: (kind) => ({
    kind,
    rehearse: () => Promise.resolve(),
    arm: () => Promise.resolve(300_000),
    disarm: () => Promise.resolve(),
  }),
};

interface Waiting {
  readonly ground: Sample['ground'];
  readonly store: Store;
  readonly history: () => readonly HistoryLine[];
  readonly shown: (id: string) => unknown;
}

/** A host with an apply that waits to be kept. */
async function waiting(): Promise<Waiting> {
  const recording = parseRecording(readFileSync(FILE, 'utf8'), FILE);
  const sample = copyOf(recording, digestOfBytes('made up'), () => new Date(Date.UTC(2026, 10, 22)));
  const ground = { ...sample.ground, host: { ...sample.ground.host, kind: 'live' as const } };
  const wish = wishFor(ground, { profile: 'cis-docker-1.8.0/L1', control: ['live-restore'], exclude: [] }, 3_600_000);
  const store = sample.openStore();
  const request = { wish, approvedPlan: undefined, yes: true, dryRun: false, newId: () => ID };
  const keep = { wish: 300_000, remote: false, attended: false, clocks: CLOCKS };
  await apply(
    ground,
    store,
    { ...request, ceiling: { maxRisk: 'high', maxImpact: 'restart' }, keep },
    {
      canAsk: false,
      ask: () => Promise.resolve({ type: 'declined' }),
      stopRequested: () => undefined,
      progress: () => undefined,
    },
  );
  const place = { stateSys: sample.host.sys, stateDir: absPath('/var/lib/harden'), uid: 0 };
  return {
    ground,
    store,
    history: () => withRuns(place, historyOf)?.lines ?? [],
    shown: (id) => withRuns(place, (runs) => chosenRun(runs, [], id).result),
  };
}

async function ended(wish: RecoverWish): Promise<Waiting> {
  const host = await waiting();
  const before = host.store.openRuns();
  const list = await endRuns(host.ground, host.store, wish);
  keepEnded(host.store, host.ground, { before, ended: list });
  return host;
}

const now = { iso: '2026-11-22T00:00:00.000Z', monotonicMs: 0 };

describe('the history tells of a run that waited', () => {
  test.each<readonly [string, RecoverWish, object]>([
    [
      'its clock took it back',
      { now, unattended: 'clock', revert: { id: ID, clock: CLOCK } },
      { cause: 'clock', by: 'harden', verb: 'revert', exit: 0 },
    ],
    [
      'the next command took it back, late',
      { now: { ...now, monotonicMs: 900_000 } },
      { cause: 'clock', by: 'harden', verb: 'revert', exit: 0 },
    ],
    ['somebody took it back', { now, revert: { id: ID } }, { cause: 'person', by: 'demo', verb: 'revert', exit: 0 }],
  ])('%s', async (_how, wish, line) => {
    const { history, shown } = await ended(wish);
    expect(history()).toMatchObject([{ of: ID, changes: 1, ...line }]);
    expect(shown(history()[0]?.id ?? '')).toMatchObject({ type: 'reverted', notAsBefore: [], looked: true });
    expect(historyText(history().map(rowOf), { width: 80, colour: false })).toMatch(/took back run abcdef01: \w+/);
  });

  test('somebody kept it', async () => {
    const { ground, store, history, shown } = await waiting();
    const outcome = await confirm(ground, store, { wish: ID, lastChance: () => undefined }, CLOCKS);
    keepConfirmed(store, ground, outcome);
    expect(history()).toMatchObject([{ of: ID, verb: 'confirm', by: 'demo', exit: 0, cause: undefined }]);
    expect(shown(history()[0]?.id ?? '')).toMatchObject({ type: 'kept', proofs: [{ proof: 'live' }] });
    expect(historyText(history().map(rowOf), { width: 80, colour: false })).toContain('kept run abcdef01');
  });

  test('nothing while it waits', async () => {
    const { history } = await ended({ now });
    expect(history()).toEqual([]);
  });
});

function rowOf(line: HistoryLine): Parameters<typeof historyText>[0][number] {
  return { ...line, reason: undefined, ticket: undefined };
}
