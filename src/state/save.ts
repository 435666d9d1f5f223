import type { Sha256 } from '../model/brand.ts';
import { digestOfBytes } from '../model/canonical.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import type { Fd, Sys } from '../model/sys.ts';
import type { TransactionSpec } from '../model/transaction.ts';
import { holding, readIfThere, removeTree, writeNew } from './held.ts';
import { JOURNAL, type Journal, createJournal, encodeRecord, firstChain, readJournal } from './journal.ts';
import { type Manifest, type ManifestObject, encodeManifest, sameState } from './manifest.ts';
import { type Seen, sameObject, see } from './see.ts';
import type { Survey } from './survey.ts';
import { Refusal } from './trouble.ts';
import { type Targets, inExistingFolder, inFolder } from './walk.ts';

export const MANIFEST = 'manifest.json';
export const MANIFEST_TEMP = 'manifest.json.t';
export const BLOBS = 'blobs';
/** Below the folder of a transaction, for as long as a rehearsal runs. */
export const REHEARSAL = 'rehearsal';

const SPARE_BYTES = 1 << 20;
const SPARE_INODES = 16;
/** Largest record but BEGIN, and how many a step and an object can need, recovery included. */
const RECORD_SIZE = 512;
const RECORDS_PER_STEP = 4;
const SPARE_RECORDS = 16;

/** The content of an object before the transaction, with its metadata. */
export function originalBlob(objectIndex: number, digest: Sha256): string {
  return `before-${objectIndex}-${digest}`;
}

/** Content that a step or an undo phase writes; its metadata mean nothing. */
export function newBlob(digest: Sha256): string {
  return `new-${digest}`;
}

export interface SaveWork {
  readonly spec: TransactionSpec;
  readonly survey: Survey;
  readonly rehearse: (blobs: Fd) => void;
}

/**
 * Makes all that an undo needs durable, reads it back, and only then writes BEGIN. `home`: the empty folder of the transaction.
 * Order: blobs, manifest, journal, their folders, the look back, BEGIN. `rehearse` runs while there is no manifest yet, so that a run
 * that dies in it has begun nothing.
 */
export function save(state: Sys, home: Fd, work: SaveWork): Journal {
  const { spec, survey, rehearse } = work;
  const { manifest } = survey;
  const names = withSavedCopies(state, home, { spec, survey }, (blobs, saved) => {
    rehearse(blobs);
    return saved;
  });
  const text = encodeManifest(manifest);
  writeNew(state, home, { name: MANIFEST_TEMP, content: text });
  state.rename(home, MANIFEST_TEMP, MANIFEST);
  const size = journalSize(manifest);
  const journal = createJournal(state, home, manifest.id, size);
  try {
    state.sync(home);
    lookBack(state, home, { manifest, names });
    journal.append({ type: 'begin', size, manifest });
    const begun = readJournal(state, home, manifest.id)?.records[0];
    if (begun?.type !== 'begin' || digestOfBytes(encodeManifest(begun.manifest)) !== digestOfBytes(text)) {
      throw new Refusal('the journal did not read back as it was written');
    }
    return journal;
  } catch (error) {
    journal.close();
    throw error;
  }
}

/** Makes the saved copies, all durable but for the folder they are in, and hands it out. */
export function withSavedCopies<T>(
  state: Sys,
  home: Fd,
  { spec, survey }: Pick<SaveWork, 'spec' | 'survey'>,
  use: (blobs: Fd, names: readonly string[]) => T,
): T {
  const { targets } = survey;
  state.makeDirectory(home, BLOBS, 0o700);
  return holding(state, state.openObject(home, BLOBS), (blobs) => {
    state.chmod(blobs, 0o700);
    const names = [...saveOriginals({ state, blobs, targets }, survey), ...saveNew(state, blobs, spec)];
    state.sync(blobs);
    return use(blobs, names);
  });
}

/** Room on every file system that is written to; so that a shortage shows before anything is changed. */
export function refuseShortage(
  state: Sys,
  home: Fd,
  { spec, survey }: { readonly spec: TransactionSpec; readonly survey: Survey },
): void {
  const { manifest, originals, targets } = survey;
  const written = spec.steps.reduce((sum, step) => sum + (step.kind === 'write-file' ? step.content.length : 0), 0);
  const kept = [...originals.values()].reduce((sum, { bytes }) => sum + (bytes?.length ?? 0), 0);
  const inodes = spec.steps.length + manifest.objects.length + SPARE_INODES;
  // Everything once more while it is rehearsed.
  const bytes = 2 * (written + kept) + 2 * journalSize(manifest);
  refuseFull(state, home, { what: 'the state folder', bytes, inodes: 2 * inodes });
  for (const step of spec.steps) {
    if (step.kind !== 'command' && step.kind !== 'activate' && step.kind !== 'set-access') {
      inFolder(targets, step.path, {
        found: (folder) =>
          refuseFull(targets.sys, folder, { what: `the file system of ${step.path}`, bytes: written, inodes }),
        missing: () => undefined,
      });
    }
  }
}

function refuseFull(
  sys: Sys,
  folder: Fd,
  need: { readonly what: string; readonly bytes: number; readonly inodes: number },
): void {
  const { freeBytes, freeInodes } = sys.fileSystem(folder);
  if (freeBytes < need.bytes + SPARE_BYTES || freeInodes < need.inodes) {
    throw new HardenError({
      code: 'H2111',
      exit: EXIT.cannotWriteOutput,
      message: `There is not enough room on ${need.what}. Nothing was changed.`,
      details: [
        `needed: ${need.bytes + SPARE_BYTES} bytes and ${need.inodes} inodes`,
        `free: ${freeBytes} bytes and ${freeInodes} inodes`,
      ],
      hint: 'Free some space there and run the command again.',
    });
  }
}

function journalSize(manifest: Manifest): number {
  const begin = encodeRecord(firstChain(manifest.id), { type: 'begin', size: Number.MAX_SAFE_INTEGER, manifest }).bytes
    .length;
  const records = manifest.steps.length * RECORDS_PER_STEP + SPARE_RECORDS;
  return Math.ceil((begin + records * RECORD_SIZE) / 4096) * 4096;
}

interface BlobGround {
  readonly state: Sys;
  readonly blobs: Fd;
  readonly targets: Targets;
}

function saveOriginals(ground: BlobGround, { manifest, originals }: Survey): readonly string[] {
  return [...originals].map(([index, seen]) => {
    const object = manifest.objects[index];
    if (object?.before.kind !== 'object' || object.before.content === null) {
      throw new Error(`object ${index} has content but no state`);
    }
    const name = originalBlob(index, object.before.content.sha256);
    saveOriginal(ground, { name, object, seen });
    return name;
  });
}

function saveOriginal(
  { state, blobs, targets }: BlobGround,
  original: { readonly name: string; readonly object: ManifestObject; readonly seen: Seen },
): void {
  const { name, object, seen } = original;
  inExistingFolder(targets, object.path, (folder, leaf) =>
    holding(targets.sys, targets.sys.openObject(folder, leaf), (source) => {
      if (!sameObject(targets.sys.stat(source), seen.stat)) {
        throw new Refusal(`${object.path} was changed while it was being saved`);
      }
      writeNew(state, blobs, {
        name,
        content: seen.bytes ?? new Uint8Array(),
        finish: (blob) => targets.sys.copyMetadata(source, blob, true),
      });
    }),
  );
  const back = see(state, blobs, name, true);
  const sameTime = back.stat?.mtimeNs === seen.stat?.mtimeNs;
  if (!sameState(back.state, object.before) || !sameTime) {
    throw new Refusal(`owner, mode, ACL, attributes or time of ${object.path} cannot be kept in the state folder`);
  }
}

function saveNew(state: Sys, blobs: Fd, spec: TransactionSpec): readonly string[] {
  const contents = [
    ...spec.steps.flatMap((step) => (step.kind === 'write-file' ? [step.content] : [])),
    ...spec.undoPhases.flatMap(({ content }) => (content === null ? [] : [content])),
  ];
  const byName = new Map(contents.map((content) => [newBlob(digestOfBytes(content)), content]));
  for (const [name, content] of byName) {
    writeNew(state, blobs, { name, content });
  }
  return [...byName.keys()];
}

function lookBack(
  state: Sys,
  home: Fd,
  wanted: { readonly manifest: Manifest; readonly names: readonly string[] },
): void {
  const text = readIfThere(state, home, MANIFEST);
  if (text === undefined || digestOfBytes(text) !== digestOfBytes(encodeManifest(wanted.manifest))) {
    throw new Refusal('the manifest did not read back as it was written');
  }
  holding(state, state.openObject(home, BLOBS), (blobs) => {
    for (const name of wanted.names) {
      if (blobBytes(state, blobs, name) === undefined) {
        throw new Refusal(`the saved copy ${name} did not read back as it was written`);
      }
    }
  });
}

/** Verified content of a blob; undefined where it is missing or damaged. */
export function blobBytes(state: Sys, blobs: Fd, name: string): Uint8Array | undefined {
  const bytes = readIfThere(state, blobs, name);
  return bytes !== undefined && name.endsWith(`-${digestOfBytes(bytes)}`) ? bytes : undefined;
}

/** Takes away the folder of a transaction that never touched a target. Only what we put there; anything else keeps it. */
export function discard(state: Sys, folder: Fd, id: string): void {
  holding(state, state.openObject(folder, id), (home) => {
    removeTree(state, home, REHEARSAL);
    for (const name of [MANIFEST_TEMP, MANIFEST, JOURNAL].filter((one) => state.statAt(home, one) !== undefined)) {
      state.unlink(home, name);
    }
    if (state.statAt(home, BLOBS) !== undefined) {
      holding(state, state.openObject(home, BLOBS), (blobs) => {
        for (const name of state.list(blobs).filter((one) => /^(before-\d+|new)-[0-9a-f]{64}$/.test(one))) {
          state.unlink(blobs, name);
        }
      });
      state.removeDirectory(home, BLOBS);
    }
  });
  state.removeDirectory(folder, id);
  state.sync(folder);
}
