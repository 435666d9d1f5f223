import { beforeAll, describe, expect, it } from 'vitest';
import { lookUp } from '../../../src/host/memory-disk.ts';
import { absPath } from '../../../src/model/brand.ts';
import { canonicalJson } from '../../../src/model/canonical.ts';
import { decodeJournal } from '../../../src/state/journal.ts';
import { decodeManifest } from '../../../src/state/manifest.ts';
import { processIn } from '../../support/memory-world.ts';
import { STATE, sampleSpec, sampleWorld, storeOf } from '../../support/store-scenario.ts';

const ID = 'abcdef01';
let manifest: Uint8Array;
let journal: Uint8Array;

beforeAll(() => {
  const world = sampleWorld();
  const transaction = storeOf(processIn(world)).begin(sampleSpec());
  sampleSpec().steps.forEach((_, index) => transaction.perform(index));
  const bytesOf = (name: string): Uint8Array =>
    lookUp(world.disk, absPath(`${STATE}/tx/${ID}/${name}`))?.data ?? new Uint8Array();
  manifest = bytesOf('manifest.json');
  journal = bytesOf('journal');
});

function flipped(bytes: Uint8Array, at: number, bit: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = (copy[at] ?? 0) ^ (1 << bit);
  return copy;
}

describe('what a crash or a bad disk makes of', () => {
  it('a manifest with any byte changed, or cut at any length, is no manifest', () => {
    expect(decodeManifest(manifest).type).toBe('valid');
    for (let at = 0; at < manifest.length; at += 1) {
      expect(decodeManifest(flipped(manifest, at, at % 8)).type, `byte ${at}`).toBe('damaged');
      expect(decodeManifest(manifest.subarray(0, at)).type, `cut at ${at}`).toBe('damaged');
    }
    expect(decodeManifest(Buffer.concat([manifest, Buffer.from('\n')])).type).toBe('damaged');
  });

  it('a journal with any byte changed gives the records before it, and says that it is damaged', () => {
    const whole = decodeJournal(ID, journal);
    expect(whole.intact).toBe(true);
    const all = whole.records.map((record) => canonicalJson(record));
    const end = whole.next.offset;
    for (let at = 0; at < end + 64; at += 1) {
      const { records, intact } = decodeJournal(ID, flipped(journal, at, at % 8));
      const same = records.every((record, index) => canonicalJson(record) === all[index]);
      if (!same || intact || (at < end && records.length >= all.length)) {
        expect.unreachable(`byte ${at}: ${records.length} records`);
      }
    }
  });

  it('a journal cut at any length gives whole records from its start', () => {
    const { records: all, next } = decodeJournal(ID, journal);
    for (let length = 0; length < next.offset; length += 1) {
      const { records, intact } = decodeJournal(ID, journal.subarray(0, length));
      expect(records.length, `cut at ${length}`).toBeLessThan(all.length);
      // Cut before its BEGIN is whole it is as if nothing had been written.
      expect(intact && length > 0, `cut at ${length}`).toBe(false);
    }
  });
});
