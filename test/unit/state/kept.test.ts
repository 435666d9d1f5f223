import { describe, expect, it } from 'vitest';
import { lookUp, put } from '../../../src/host/memory-disk.ts';
import { absPath } from '../../../src/model/brand.ts';
import { canonicalJson, digestOfBytes } from '../../../src/model/canonical.ts';
import type { Sys } from '../../../src/model/sys.ts';
import { readSnapshots } from '../../../src/state/store.ts';
import { errno } from '../../support/faulty-sys.ts';
import { DAEMON_JSON, type World, describeTree, processIn } from '../../support/memory-world.ts';
import {
  STATE,
  applySample,
  bytes,
  sampleSpec,
  sampleSteps,
  sampleWorld,
  storeOf,
} from '../../support/store-scenario.ts';

function namesIn(world: World, path: string): readonly string[] {
  return [...(lookUp(world.disk, absPath(path))?.entries.keys() ?? [])].sort();
}

describe('a run that keeps nothing', () => {
  it('leaves neither the state folder nor the lock folder it made', () => {
    const world = sampleWorld();
    const before = describeTree(world, []);
    const store = storeOf(processIn(world));
    store.recover();
    store.close();
    expect(describeTree(world, [])).toEqual(before);
  });

  it('leaves none where it was refused', () => {
    const world = sampleWorld();
    const before = describeTree(world, []);
    const store = storeOf(processIn(world));
    const spec = sampleSpec([{ kind: 'remove-file', path: DAEMON_JSON, expected: digestOfBytes('other') }]);
    expect(() => store.begin({ ...spec, undoPhases: [] })).toThrow(/not as it was when the plan was made/);
    store.close();
    expect(describeTree(world, [])).toEqual(before);
  });

  it('leaves what was there before it, and what somebody put there meanwhile', () => {
    const world = sampleWorld();
    applySample(processIn(world));
    const before = describeTree(world, []);
    storeOf(processIn(world)).close();
    expect(Object.keys(describeTree(world, []))).toEqual(Object.keys(before));

    const other = sampleWorld();
    const store = storeOf(processIn(other));
    put(other.disk, absPath(`${STATE}/notes`), 'file', { content: 'mine' });
    store.close();
    expect(namesIn(other, STATE)).toContain('notes');
    expect(namesIn(other, '/run/harden')).toEqual([]);
  });

  it('takes no lock away that another run holds', () => {
    const world = sampleWorld();
    const first = storeOf(processIn(world));
    expect(() => storeOf(processIn(world))).toThrow(expect.objectContaining({ exit: 9 }) as Error);
    expect(namesIn(world, '/run/harden')).toEqual(['lock']);
    first.close();
    expect(namesIn(world, '/run/harden')).toEqual([]);
  });
});

function undone(world: World, id: string): void {
  const store = storeOf(processIn(world));
  store.recover();
  const transaction = store.begin(sampleSpec(sampleSteps(), id));
  transaction.perform(0);
  transaction.undo();
  store.close();
}

describe('transactions that were taken back', () => {
  it('stay until there are twenty newer ones', () => {
    const world = sampleWorld();
    const ids = Array.from({ length: 23 }, (_, number) => `aaaa${String(number).padStart(4, '0')}`);
    ids.forEach((id) => undone(world, id));
    put(world.disk, absPath(`${STATE}/conflicts/aaaa0000/0.0-daemon.json`), 'file', { content: 'theirs' });
    storeOf(processIn(world)).recover();
    expect(namesIn(world, `${STATE}/done`)).toEqual(ids.slice(-20));
    expect(namesIn(world, `${STATE}/conflicts`)).toEqual(['aaaa0000']);
  });
});

/** Somebody made the way back impossible for good. */
function immovable(inner: Sys): Sys {
  return {
    ...inner,
    rename: (directory, from, to) => {
      if (to === 'daemon.json' && !from.endsWith('.new')) {
        throw errno('EPERM');
      }
      inner.rename(directory, from, to);
    },
  };
}

describe('a transaction that cannot be ended', () => {
  it('is given up without a loss, lets others begin, and can be tried again', () => {
    const world = sampleWorld();
    const before = describeTree(world, [STATE, '/run/harden']);
    const sys = immovable(processIn(world));
    const store = storeOf(sys);
    const transaction = store.begin(sampleSpec());
    transaction.perform(0);
    expect(transaction.undo().failed).toMatchObject([{ what: DAEMON_JSON }]);
    store.close();
    world.disk.locks.clear();

    const next = storeOf(immovable(processIn(world)));
    expect(next.recover()).toMatchObject([{ id: 'abcdef01', outcome: 'incomplete' }]);
    const held = describeTree(world, [STATE, '/run/harden']);
    expect(next.giveUp('abcdef01')).toBe(`${STATE}/conflicts/abcdef01/transaction`);
    expect(describeTree(world, [STATE, '/run/harden'])).toEqual(held);
    expect(namesIn(world, `${STATE}/conflicts/abcdef01/transaction`)).toEqual(['blobs', 'journal', 'manifest.json']);
    expect(next.snapshots.unfinished()).toEqual([]);
    expect(() => next.giveUp('abcdef01')).toThrow(/no run abcdef01 without an end/);
    next.close();
    world.disk.locks.clear();

    const repaired = processIn(world);
    const conflicts = repaired.openDirectory(absPath(`${STATE}/conflicts/abcdef01`));
    repaired.move(conflicts, 'transaction', repaired.openDirectory(absPath(`${STATE}/tx`)), 'abcdef01');
    expect(storeOf(processIn(world)).recover()).toMatchObject([{ id: 'abcdef01', outcome: 'undone' }]);
    expect(describeTree(world, [STATE, '/run/harden'])).toEqual(before);
  });

  it('is not one that was committed, and no other folder either', () => {
    const world = sampleWorld();
    applySample(processIn(world));
    const store = storeOf(processIn(world));
    for (const id of ['abcdef01', '../snapshots', '']) {
      expect(() => store.giveUp(id), id).toThrow(/without an end/);
    }
  });
});

describe('records of a newer version', () => {
  const newer = (world: World): void => {
    const home = `${STATE}/snapshots/abcdef01`;
    const manifest = lookUp(world.disk, absPath(`${home}/manifest.json`));
    const body = JSON.parse(new TextDecoder().decode(manifest?.data.subarray(64))) as object;
    const text = `${canonicalJson({ ...body, format: 99, more: 'than we know' })}\n`;
    if (manifest !== undefined) {
      manifest.data = bytes(digestOfBytes(text) + text);
    }
  };

  it('are named and not used, and the others are listed all the same', () => {
    const world = sampleWorld();
    applySample(processIn(world));
    newer(world);
    const store = storeOf(processIn(world));
    const second = store.begin({ ...sampleSpec([], 'abcdef02'), undoPhases: [] });
    second.commit();
    store.close();
    const looked = readSnapshots({ stateSys: processIn(world), stateDir: absPath(STATE), uid: 0 });
    expect(looked?.snapshots.list()).toMatchObject({
      snapshots: [{ id: 'abcdef02' }],
      damaged: [{ what: 'snapshot abcdef01', reason: expect.stringContaining('newer version') as string }],
    });
    expect(() => looked?.snapshots.read('abcdef01')).toThrow(/newer version/);
  });

  it('are refused by a recovery, and nothing is touched', () => {
    const world = sampleWorld();
    const sys = processIn(world);
    const transaction = storeOf(sys).begin(sampleSpec());
    transaction.perform(0);
    sys.kill();
    const held = describeTree(world, [STATE, '/run/harden']);
    const manifest = lookUp(world.disk, absPath(`${STATE}/tx/abcdef01/manifest.json`));
    const body = JSON.parse(new TextDecoder().decode(manifest?.data.subarray(64))) as object;
    const text = `${canonicalJson({ ...body, format: 99 })}\n`;
    if (manifest !== undefined) {
      manifest.data = bytes(digestOfBytes(text) + text);
    }
    expect(storeOf(processIn(world)).recover()).toMatchObject([
      { outcome: 'refused', undo: { failed: [{ reason: expect.stringContaining('newer version') as string }] } },
    ]);
    expect(describeTree(world, [STATE, '/run/harden'])).toEqual(held);
  });
});
