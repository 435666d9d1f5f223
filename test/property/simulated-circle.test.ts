import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { apply } from '../../src/app/apply.ts';
import { makePlan } from '../../src/app/make-plan.ts';
import { rollback } from '../../src/app/rollback.ts';
import type { Ui } from '../../src/app/ui.ts';
import { wishFor } from '../../src/cli/compose.ts';
import { type Sample, copyOf } from '../../src/cli/demo/sample.ts';
import { parseRecording } from '../../src/host/recording-file.ts';
import type { Recording } from '../../src/host/recording-schema.ts';
import { changedPaths } from '../../src/host/simulated/disk-image.ts';
import { absPath } from '../../src/model/brand.ts';
import { digestOfBytes } from '../../src/model/canonical.ts';
import { textFile } from '../support/simulated-recording.ts';

const SAMPLE = join(import.meta.dirname, '../../snapshots/hosts/debian-13-sample.json');
const recording = parseRecording(readFileSync(SAMPLE, 'utf8'), SAMPLE);
const DAEMON_FILE = absPath('/etc/docker/daemon.json');
const ui: Ui = {
  canAsk: false,
  ask: () => Promise.resolve({ type: 'declined' }),
  stopRequested: () => undefined,
  progress: () => undefined,
};
const request = {
  yes: true,
  ceiling: { maxRisk: 'high', maxImpact: 'restart' },
  dryRun: false,
  newId: () => id(),
} as const;
let last = 0x10000000;

/** Settings of somebody else, written in somebody else's manner; none that the recorded answers of the engine would have to show. */
const foreignFile = fc
  .record(
    {
      dns: fc.constant(['192.0.2.1']),
      'log-opts': fc.constant({ 'max-size': '10m' }),
      'max-concurrent-downloads': fc.integer({ min: 1, max: 9 }),
      'shutdown-timeout': fc.constant(20),
      mtu: fc.constant(1400),
    },
    { requiredKeys: [] },
  )
  .chain((settings) =>
    fc
      .tuple(fc.constantFrom(0, 2, 4, '\t'), fc.constantFrom('', '\n'))
      .map(([indent, end]) => JSON.stringify(settings, undefined, indent) + end),
  );
const foreignRules = fc.subarray([
  '-w /etc/shadow -p wa -k others',
  '-w /etc/docker -p wa -k mine',
  '-a always,exit -F arch=b64 -S all -F path=/usr/bin/runc -F perm=x -F key=mine',
]);

describe('on a simulated host', () => {
  test('an apply leaves nothing to change, and its rollback nothing of itself', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.option(foreignFile),
        fc.constantFrom(0o600, 0o640, 0o644),
        foreignRules,
        async (file, mode, rules) => {
          const sample = copyOf(
            withForeign(file, mode, rules),
            digestOfBytes('made up for a test'),
            () => new Date('2026-11-22T12:00:00Z'),
          );
          const wish = wishFor(sample.ground, { profile: 'cis-docker-1.8.0/L2', control: [], exclude: [] }, 3_600_000);
          const before = await sample.look();
          await during(sample, (store) =>
            apply(sample.ground, store, { ...request, wish, approvedPlan: undefined }, ui),
          );
          expect((await makePlan(sample.ground, wish)).plan.changes).toEqual([]);
          expect((await sample.look()).files).not.toEqual(before.files);
          await during(sample, (store) => rollback(sample.ground, store, { ...request, snapshot: undefined }, ui));
          const after = await sample.look();
          expect(changedPaths(before.files, after.files)).toEqual([]);
          expect(after.answers).toEqual(before.answers);
        },
      ),
      { numRuns: 12 },
    );
  });
});

type Store = ReturnType<Sample['openStore']>;

async function during(sample: Sample, work: (store: Store) => ReturnType<typeof apply>): Promise<void> {
  const store = sample.openStore();
  const outcome = await work(store);
  store.close();
  expect(outcome).toMatchObject({ type: 'done', kept: [] });
}

function withForeign(file: string | null, mode: number, rules: readonly string[]): Recording {
  const list = rules.length === 0 ? 'No rules\n' : `${rules.join('\n')}\n`;
  const folder = recording.files[absPath('/etc/docker')];
  const files =
    file === null
      ? {}
      : { [DAEMON_FILE]: { ...textFile(file, mode), realPath: { status: 'present' as const, value: DAEMON_FILE } } };
  return {
    ...recording,
    files: { ...recording.files, [absPath('/etc/docker')]: { ...folder }, ...files },
    queries: recording.queries.map((query) =>
      query.tool === 'auditctl' && query.args[0] === '-l'
        ? { ...query, outcome: { type: 'exited', code: 0, stdout: list, stderr: '' } }
        : query,
    ),
  };
}

function id(): string {
  last += 1;
  return last.toString(16);
}
