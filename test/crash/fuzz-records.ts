import { type ReadExport, exportSnapshot, readExport } from '../../src/app/snapshot-export.ts';
import { verifyArchive } from '../../src/cli/exported-file.ts';
import { lookUp } from '../../src/host/memory-disk.ts';
import { absPath } from '../../src/model/brand.ts';
import { canonicalJson, digestOfBytes } from '../../src/model/canonical.ts';
import { decodeJournal, encodeRecord, firstChain } from '../../src/state/journal.ts';
import { decodeManifest, encodeManifest } from '../../src/state/manifest.ts';
import { processIn } from '../support/memory-world.ts';
import { STATE, sampleSpec, sampleWorld, storeOf } from '../support/store-scenario.ts';
import { type FuzzTarget, expectThat, firstOf, orRefused } from './fuzz-target.ts';

const ID = 'abcdef01';

/** Files of a transaction whose steps were all carried out. */
function recordOf(name: string): Uint8Array {
  const world = sampleWorld();
  const transaction = storeOf(processIn(world)).begin(sampleSpec());
  sampleSpec().steps.forEach((_, index) => transaction.perform(index));
  const { data } = lookUp(world.disk, absPath(`${STATE}/tx/${ID}/${name}`)) ?? { data: new Uint8Array() };
  const end = data.indexOf(0);
  return data.slice(0, end < 0 ? data.length : end + 64);
}

let genuine: readonly string[] | undefined;

/** Only records that were written, from the first on, in their order: no damage makes one of them mean something else. */
const journal: FuzzTarget = {
  name: 'journal',
  samples: () => [recordOf('journal')],
  words: ['{"type":"commit"}', '{"type":"rolled-back"}', '\n', ' ', '{"everything":false,"type":"abort"}', '"step":'],
  check: (bytes) => {
    genuine ??= decodeJournal(ID, recordOf('journal')).records.map((record) => canonicalJson(record));
    const known = genuine;
    const { records, next, last } = decodeJournal(ID, bytes);
    return (
      expectThat(
        records.every((record, index) => canonicalJson(record) === known[index]),
        'a record that nobody wrote',
      ) ?? expectThat(last.offset <= next.offset && next.offset <= bytes.length, 'a place outside')
    );
  },
};

/** Records with a right sum and any body. */
const signedRecord: FuzzTarget = {
  name: 'journal record',
  samples: () =>
    decodeJournal(ID, recordOf('journal')).records.map((record) => new TextEncoder().encode(canonicalJson(record))),
  words: [
    '"type":"commit"',
    '"type":"abort"',
    '"everything":true',
    '"step":-1',
    '"names":[]',
    '"__proto__":{}',
    '"manifest":null',
  ],
  check: (bytes) => {
    const body = Buffer.from(bytes);
    const line = Buffer.concat([
      Buffer.from(`${digestOfBytes(Buffer.concat([Buffer.from(firstChain(ID)), body]))} `),
      body,
      Buffer.from('\n'),
    ]);
    const [record] = decodeJournal(ID, line).records;
    if (record === undefined) {
      return undefined;
    }
    const again = encodeRecord(firstChain(ID), record).bytes;
    return expectThat(
      canonicalJson(JSON.parse(body.toString())) === canonicalJson(record) && again.length > 0,
      'not what its body says',
    );
  },
};

const manifest: FuzzTarget = {
  name: 'manifest',
  samples: () => [recordOf('manifest.json')],
  words: ['"format":1', '"path":"/etc/shadow"', '"mode":2541', '"kind":"absent"'],
  check: (bytes) => {
    const decoded = decodeManifest(bytes);
    return expectThat(
      decoded.type === 'damaged' ||
        (decoded.type === 'valid' && Buffer.compare(encodeManifest(decoded.manifest), bytes) === 0),
      decoded.type,
    );
  },
};

/** A manifest with a right sum and any body: whoever wrote it, nothing is read that does not stand there, and all that stands there. */
const signedManifest: FuzzTarget = {
  name: 'manifest body',
  samples: () => [recordOf('manifest.json').slice(64)],
  words: [
    '"format":1',
    '"format":2',
    '"path":"/etc/../shadow"',
    '"path":"/"',
    '"__proto__":{}',
    '"mode":4096',
    '"uid":-1',
    '"tool":"sh"',
    '"exe":"/x"',
    '"kind":"absent"',
    '"content":null',
  ],
  check: (bytes) => {
    const body = Buffer.from(bytes);
    const decoded = decodeManifest(Buffer.concat([Buffer.from(digestOfBytes(body)), body]));
    if (decoded.type !== 'valid') {
      return undefined;
    }
    const same = canonicalJson(JSON.parse(body.toString())) === canonicalJson(decoded.manifest);
    return expectThat(same, 'not what its body says');
  },
};

let exported: ReadExport | undefined;

function archiveOf(): Uint8Array {
  const store = storeOf(processIn(sampleWorld()));
  const transaction = store.begin(sampleSpec());
  sampleSpec().steps.forEach((_, index) => transaction.perform(index));
  transaction.commit();
  return exportSnapshot(store.snapshots, ID).archive;
}

/** What it says is whole is what was exported, each part under its own name. */
const exportedSnapshot: FuzzTarget = {
  name: 'exported snapshot',
  samples: () => [archiveOf()],
  words: ['SHA256SUMS', 'ustar', '0000600', '../', '\0', 'manifest.json', `harden-snapshot-${ID}/`],
  check: (bytes) => {
    exported ??= readExport(archiveOf(), 'a file');
    const known = exported;
    if (orRefused(() => verifyArchive(bytes, 'a file'))?.troubles.length !== 0) {
      return undefined;
    }
    const read = readExport(bytes, 'a file');
    return (
      expectThat(read.id === known.id && read.parts.length === known.parts.length, 'another snapshot') ??
      firstOf(read.parts, (part) =>
        expectThat(
          known.parts.some(({ name, bytes: own }) => name === part.name && Buffer.compare(own, part.bytes) === 0),
          `${part.name} is not what was exported`,
        ),
      )
    );
  },
};

export const RECORD_TARGETS: readonly FuzzTarget[] = [
  journal,
  signedRecord,
  manifest,
  signedManifest,
  exportedSnapshot,
];
