import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { apply } from '../../src/app/apply.ts';
import { pruneChoice } from '../../src/app/prune.ts';
import { rollback } from '../../src/app/rollback.ts';
import { snapshotEntries } from '../../src/app/snapshots.ts';
import type { Ui } from '../../src/app/ui.ts';
import { wishFor } from '../../src/cli/compose.ts';
import { type Sample, copyOf } from '../../src/cli/demo/sample.ts';
import { parseRecording } from '../../src/host/recording-file.ts';
import { absPath } from '../../src/model/brand.ts';
import { digestOfBytes } from '../../src/model/canonical.ts';

const SAMPLE = join(import.meta.dirname, '../../snapshots/hosts/debian-13-sample.json');
const recording = parseRecording(readFileSync(SAMPLE, 'utf8'), SAMPLE);
const CONTROLS = ['live-restore', 'icc-disabled', 'userland-proxy-off', 'no-new-privileges-default', 'log-level-info'];
const ui: Ui = {
  canAsk: false,
  ask: () => Promise.resolve({ type: 'declined' }),
  stopRequested: () => undefined,
  progress: () => undefined,
};

/** `apply`: one more control; `rollback`: the one that many before the newest of those that stand. */
const action = fc.oneof(
  { weight: 3, arbitrary: fc.record({ type: fc.constant('apply' as const), control: fc.constantFrom(...CONTROLS) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('rollback' as const), back: fc.nat(2) }) },
);
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never;

class Host {
  readonly sample: Sample;
  #seconds = 0;
  #id = 0x20000000;

  constructor() {
    this.sample = copyOf(recording, digestOfBytes('made up for a test'), () => {
      this.#seconds += 1;
      return new Date(Date.UTC(2026, 10, 22, 12, 0, this.#seconds));
    });
  }

  standing(): readonly string[] {
    return this.#within((store) =>
      snapshotEntries(store.snapshots.list().snapshots)
        .filter(({ purpose, takenBack }) => purpose === 'apply' && takenBack?.how !== 'whole')
        .map(({ id }) => id),
    );
  }

  async apply(control: string): Promise<void> {
    const wish = wishFor(
      this.sample.ground,
      { profile: 'cis-docker-1.8.0/L1', control: [control], exclude: [] },
      3_600_000,
    );
    const store = this.sample.openStore();
    const request = { ...this.#request(), wish, approvedPlan: undefined };
    await apply(this.sample.ground, store, request, ui).finally(() => store.close());
  }

  /** The daemon's file as it is then. */
  async rollback(snapshot: string | undefined): Promise<string> {
    const store = this.sample.openStore();
    await rollback(this.sample.ground, store, { ...this.#request(), snapshot }, ui).finally(() => store.close());
    const file = this.sample.ground.host.read(absPath('/etc/docker/daemon.json'));
    return file.status === 'present' ? new TextDecoder().decode(file.value) : file.status;
  }

  /** How many went. */
  prune(keep: number | undefined): number {
    return this.#within((store) => {
      const { going } = pruneChoice(store.snapshots, { keep, olderThanMs: undefined, now: new Date() });
      expect(store.removeSnapshots(going.map(({ id }) => id))).toEqual([]);
      const left = store.snapshots.list();
      expect(left.damaged).toEqual([]);
      expect(left.snapshots.flatMap(({ id }) => store.snapshots.verify(id))).toEqual([]);
      return going.length;
    });
  }

  #request() {
    return {
      yes: true,
      ceiling: { maxRisk: 'high', maxImpact: 'restart' },
      dryRun: false,
      newId: () => {
        this.#id += 1;
        return this.#id.toString(16);
      },
    } as const;
  }

  #within<T>(work: (store: ReturnType<Sample['openStore']>) => T): T {
    const store = this.sample.openStore();
    try {
      return work(store);
    } finally {
      store.close();
    }
  }
}

async function act(host: Host, one: Action): Promise<void> {
  const standing = host.standing();
  if (one.type === 'apply') {
    await host.apply(one.control);
  } else if (standing.length > 0) {
    await host.rollback(standing[one.back % standing.length]);
  }
}

describe('pruning', () => {
  test('changes nothing about the way back of any apply that stays', async () => {
    let went = 0;
    const keeping = fc.option(fc.nat(3), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 3, maxLength: 7 }), keeping, async (actions, keep) => {
        const [whole, thinned] = [new Host(), new Host()];
        for (const one of actions) {
          await act(whole, one);
          await act(thinned, one);
        }
        went += thinned.prune(keep);
        expect(thinned.standing()[0]).toBe(whole.standing()[0]);
        for (const id of thinned.standing()) {
          expect(await thinned.rollback(id)).toBe(await whole.rollback(id));
        }
      }),
      { numRuns: 10 },
    );
    expect(went).toBeGreaterThan(3);
  }, 180_000);
});
