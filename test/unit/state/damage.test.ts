import { beforeAll, describe, expect, it } from 'vitest';
import { lookUp } from '../../../src/host/memory-disk.ts';
import { absPath } from '../../../src/model/brand.ts';
import { digestOfBytes } from '../../../src/model/canonical.ts';
import type { Recovered } from '../../../src/model/transaction.ts';
import { decodeJournal, encodeRecord, firstChain } from '../../../src/state/journal.ts';
import { decodeManifest, encodeManifest } from '../../../src/state/manifest.ts';
import { type World, cloneWorld, describeTree, processIn } from '../../support/memory-world.ts';
import { STATE, sampleSpec, sampleWorld, storeOf } from '../../support/store-scenario.ts';

const ID = 'abcdef01';
const HOME = `${STATE}/tx/${ID}`;
const OWN = [STATE, '/run/harden'];
let old: Readonly<Record<string, string>>;
/** Dead after the last step, before the commit. */
let dead: World;
let mixed: Readonly<Record<string, string>>;

beforeAll(() => {
  old = describeTree(sampleWorld(), OWN);
  dead = sampleWorld();
  const sys = processIn(dead);
  const transaction = storeOf(sys).begin(sampleSpec());
  sampleSpec().steps.forEach((_, index) => transaction.perform(index));
  sys.kill();
  mixed = describeTree(dead, OWN);
});

function inodeOf(world: World, path: string): { data: Uint8Array } {
  const inode = lookUp(world.disk, absPath(path));
  if (inode === undefined) {
    throw new Error(`${path} is not there`);
  }
  return inode;
}

function recovered(world: World): readonly Recovered[] {
  const store = storeOf(processIn(world));
  const report = store.recover();
  store.close();
  return report;
}

/** Old again, services and rules too, or refused with nothing touched. */
function expectOldOrRefused(world: World, why: string): string {
  const [report] = recovered(world);
  const tree = describeTree(world, OWN);
  if (report?.outcome === 'undone') {
    expect(tree, why).toEqual(old);
    expect([...world.rules], why).toEqual([]);
    expect(world.loaded, why).toBe('{ "icc": true }\n');
  } else {
    expect(report?.outcome, why).toMatch(/refused|incomplete/);
    expect(report?.undo.failed.length, why).toBeGreaterThan(0);
    expect(tree, why).toEqual(mixed);
  }
  return report?.outcome ?? 'nothing';
}

describe('a damaged journal', () => {
  it('with a bit flipped anywhere in its records still leads to the old state', () => {
    const length = decodeJournal(ID, inodeOf(dead, `${HOME}/journal`).data).next.offset;
    for (let at = 0; at < length; at += 3) {
      const world = cloneWorld(dead);
      const journal = inodeOf(world, `${HOME}/journal`);
      journal.data = journal.data.slice();
      journal.data[at] = (journal.data[at] ?? 0) ^ (1 << (at % 8));
      expect(expectOldOrRefused(world, `byte ${at}`)).toBe('undone');
    }
  }, 60_000);

  it('cut at any length, or with zeros or garbage from there on, still leads to the old state', () => {
    const length = decodeJournal(ID, inodeOf(dead, `${HOME}/journal`).data).next.offset;
    for (let at = 0; at <= length; at += 23) {
      for (const tail of ['cut', 'garbage'] as const) {
        const world = cloneWorld(dead);
        const journal = inodeOf(world, `${HOME}/journal`);
        const whole = journal.data;
        journal.data = tail === 'cut' ? whole.slice(0, at) : whole.slice().fill(0x41, at);
        expect(expectOldOrRefused(world, `${tail} at ${at}`)).toBe('undone');
      }
    }
  }, 60_000);

  it('that is missing leads to the old state by the manifest alone', () => {
    const world = cloneWorld(dead);
    lookUp(world.disk, absPath(HOME))?.entries.delete('journal');
    expect(expectOldOrRefused(world, 'no journal')).toBe('undone');
  });

  it('is read up to the first record that is not genuine', () => {
    const first = encodeRecord(firstChain(ID), { type: 'intent', step: 0, names: ['a'] });
    const second = encodeRecord(first.chain, { type: 'done', step: 0 });
    const both = Buffer.concat([first.bytes, second.bytes, Buffer.alloc(64)]);
    expect(decodeJournal(ID, both)).toMatchObject({ records: [{ type: 'intent' }, { type: 'done' }], intact: true });
    expect(decodeJournal('abcdef02', both)).toMatchObject({ records: [], intact: false });
    const swapped = Buffer.concat([second.bytes, first.bytes]);
    expect(decodeJournal(ID, swapped).records).toEqual([]);
    const torn = both.subarray(0, first.bytes.length + 20);
    expect(decodeJournal(ID, torn)).toMatchObject({ records: [{ type: 'intent' }], intact: false });
  });
});

describe('a damaged manifest', () => {
  it('with a bit flipped anywhere leads to the old state by the journal', () => {
    const { length } = inodeOf(dead, `${HOME}/manifest.json`).data;
    for (let at = 0; at < length; at += 7) {
      const world = cloneWorld(dead);
      const manifest = inodeOf(world, `${HOME}/manifest.json`);
      manifest.data = manifest.data.slice();
      manifest.data[at] = (manifest.data[at] ?? 0) ^ (1 << (at % 8));
      expect(expectOldOrRefused(world, `byte ${at}`)).toBe('undone');
    }
  }, 60_000);

  it('and journal together are refused, and nothing is touched', () => {
    const world = cloneWorld(dead);
    inodeOf(world, `${HOME}/manifest.json`).data = new Uint8Array(100);
    inodeOf(world, `${HOME}/journal`).data = new Uint8Array(100);
    expect(expectOldOrRefused(world, 'both')).toBe('refused');
  });

  it('that contradicts the journal is refused, and nothing is touched', () => {
    const world = cloneWorld(dead);
    const file = inodeOf(world, `${HOME}/manifest.json`);
    const decoded = decodeManifest(file.data);
    if (decoded.type !== 'valid') {
      throw new Error(decoded.type);
    }
    file.data = encodeManifest({ ...decoded.manifest, createdAt: '1999-01-01T00:00:00Z' });
    expect(expectOldOrRefused(world, 'two plans')).toBe('refused');
  });

  it('of a newer format is refused', () => {
    const world = cloneWorld(dead);
    const body = '{"format":2}\n';
    inodeOf(world, `${HOME}/manifest.json`).data = Buffer.from(digestOfBytes(body) + body);
    expect(expectOldOrRefused(world, 'newer')).toBe('refused');
    expect(() => storeOf(processIn(world)).begin(sampleSpec(undefined, 'abcdef09'))).toThrow(/is not ended/);
  });
});

describe('damaged saved copies', () => {
  const blobs = (world: World): string[] => [...(lookUp(world.disk, absPath(`${HOME}/blobs`))?.entries.keys() ?? [])];

  it('do not matter while the inodes that were set aside are there', () => {
    for (const name of blobs(dead).filter((one) => one.startsWith('before-'))) {
      const world = cloneWorld(dead);
      inodeOf(world, `${HOME}/blobs/${name}`).data = new Uint8Array(3);
      expect(expectOldOrRefused(world, name)).toBe('undone');
    }
  });

  it('serve where those are gone, and are refused before the first restore where they are damaged too', () => {
    for (const damage of [false, true]) {
      const world = cloneWorld(dead);
      const entries = lookUp(world.disk, absPath('/etc/docker'))?.entries;
      [...(entries?.keys() ?? [])]
        .filter((name) => name.startsWith('.harden-'))
        .forEach((name) => entries?.delete(name));
      if (damage) {
        blobs(world).forEach((name) => (inodeOf(world, `${HOME}/blobs/${name}`).data = new Uint8Array(1)));
      }
      const before = describeTree(world, OWN);
      const [report] = recovered(world);
      const after = describeTree(world, OWN);
      if (damage) {
        expect(report?.outcome).toBe('incomplete');
        expect(after).toEqual(before);
      } else {
        expect(report?.outcome).toBe('undone');
        expect(after['/etc/docker/daemon.json']).toMatch(
          /file 640 0:7 \d+ 123456789 1 user.note=6162 \{ "icc": true \}/,
        );
      }
    }
  });
});
