import { describe, expect, it } from 'vitest';
import { confirm } from '../../../src/app/confirm.ts';
import type { Ground } from '../../../src/app/ground.ts';
import type { Inode } from '../../../src/host/memory-disk.ts';
import { HardenError } from '../../../src/model/errors.ts';
import type { ClockKind, RevertClock, RevertClocks } from '../../../src/model/revert-clock.ts';
import { decodeJournal } from '../../../src/state/journal.ts';
import type { Store } from '../../../src/state/store.ts';
import { errno } from '../../support/faulty-sys.ts';
import { type World, processIn } from '../../support/memory-world.ts';
import { STATE, sampleSpec, sampleWorld, storeOf } from '../../support/store-scenario.ts';

const { id: ID } = sampleSpec();
const DUE = { bootId: 'boot-1', dueMs: 300_000, withinMs: 300_000, clock: 'clock-1' };

/** The last record a power cut at this moment would leave. */
function lastRecord(world: World): string | undefined {
  const at = (path: string): Inode | undefined =>
    path
      .split('/')
      .filter((name) => name !== '')
      .reduce<Inode | undefined>((folder, name) => folder?.durable.entries.get(name), world.disk.root);
  const journal = at(`${STATE}/tx/${ID}/journal`) ?? at(`${STATE}/snapshots/${ID}/journal`);
  return decodeJournal(ID, journal?.durable.data ?? new Uint8Array()).records.at(-1)?.type;
}

/** Clocks that note what is on the disk when they are stopped. */
function clocksIn(world: World): { readonly clocks: RevertClocks; readonly stopped: string[] } {
  const stopped: string[] = [];
  const of = (kind: ClockKind): RevertClock => ({
    kind,
    rehearse: () => Promise.resolve(),
    arm: () => Promise.resolve(0),
    disarm: (name) => {
      stopped.push(`${kind} ${name} after ${lastRecord(world) ?? 'nothing'}`);
      return Promise.resolve();
    },
  });
  return { clocks: { unsafe: undefined, of, monotonicMs: () => 0 }, stopped };
}

function waiting(world: World): Store {
  const sys = processIn(world);
  const transaction = storeOf(sys).begin(sampleSpec());
  sampleSpec().steps.forEach((_, index) => transaction.perform(index));
  transaction.wait(DUE);
  sys.kill();
  return storeOf(processIn(world));
}

/** A run that names no plan is not held against the host, so nothing of this is asked. */
const NO_GROUND = {} as Ground;

describe('a run that is kept', () => {
  it('has its COMMIT on the disk before its clock is stopped', async () => {
    const world = sampleWorld();
    const { clocks, stopped } = clocksIn(world);
    const outcome = await confirm(NO_GROUND, waiting(world), { wish: undefined, lastChance: () => undefined }, clocks);
    expect(outcome).toMatchObject({ type: 'kept', id: ID });
    expect(stopped).toEqual(['systemd clock-1 after commit', 'guard clock-1 after commit']);
  });

  it('keeps its clock where its COMMIT cannot be written', async () => {
    const world = sampleWorld();
    waiting(world).close();
    const inner = processIn(world);
    let isFull = false;
    const store = storeOf({
      ...inner,
      write: (file, bytes, position) => {
        if (isFull) {
          throw errno('EIO');
        }
        inner.write(file, bytes, position);
      },
    });
    isFull = true;
    const { clocks, stopped } = clocksIn(world);
    await expect(confirm(NO_GROUND, store, { wish: undefined, lastChance: () => undefined }, clocks)).rejects.toThrow(
      HardenError,
    );
    expect(stopped).toEqual([]);
  });
});
