import type { AbsPath, Sha256 } from '../model/brand.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import type { Fd, Sys } from '../model/sys.ts';
import type { Access, FileImage, SnapshotFiles, SnapshotSummary, Trouble } from '../model/transaction.ts';
import type { Known } from '../model/state.ts';
import { holding, openIfThere, readIfThere } from './held.ts';
import { JOURNAL, readJournal } from './journal.ts';
import {
  type ContentState,
  type Manifest,
  type ObjectState,
  type ObjectStep,
  TRANSACTION_ID,
  isObjectStep,
} from './manifest.ts';
import { snapshotBytes } from './prune.ts';
import { chooseManifest } from './recover.ts';
import { BLOBS, MANIFEST, blobBytes, newBlob, originalBlob } from './save.ts';
import { type SnapshotPart, snapshotParts } from './snapshot-parts.ts';
import { attempt } from './trouble.ts';

/** A committed transaction, opened. */
export interface Snapshot {
  readonly manifest: Manifest;
  readonly files: SnapshotFiles;
  /** False where a look at the host after it did not find all of it. */
  readonly proven: boolean;
}

/** What committed transactions left: enough to take each of them back. Reads only, and needs no lock. */
export interface Snapshots {
  /** Oldest first. `damaged`: folders whose records cannot be read. */
  list(): { readonly snapshots: readonly SnapshotSummary[]; readonly damaged: readonly Trouble[] };
  /** @throws HardenError where there is none of that id, or its records are damaged. */
  read(id: string): Snapshot;
  /** Every byte is looked at; empty where all is well. */
  verify(id: string): readonly Trouble[];
  /** The files of a snapshot as they stand. @throws HardenError where there is none of that id. */
  parts(id: string): readonly SnapshotPart[];
  /** Bytes in the files of a snapshot. */
  size(id: string): number;
  /** Ids of transactions that were begun and not committed: the next writing command ends them first. */
  unfinished(): readonly string[];
}

/** The parts of a store that hold snapshots; `tx` among them, for those whose cleaning up is still due. */
export interface SnapshotFolders {
  readonly sys: Sys;
  readonly tx: Fd;
  readonly snapshots: Fd;
}

export function openSnapshots(folders: SnapshotFolders): Snapshots {
  const { sys } = folders;
  const read = (id: string): Snapshot => {
    const place = placeOf(folders, id);
    const { manifest, proven } = holding(sys, sys.openObject(place, id), (home) => contentIn(sys, home, id));
    return { manifest, files: filesOf(folders, place, manifest), proven };
  };
  return {
    list: () => {
      const results = idsOf(folders).map((id) => ({ id, read: attempt(() => read(id)) }));
      const snapshots = results.flatMap(({ read: result }) => (result.ok ? [summary(result.value)] : []));
      const damaged = results.flatMap(({ id, read: result }) =>
        result.ok ? [] : [{ what: `snapshot ${id}`, reason: result.reason }],
      );
      return { snapshots: snapshots.sort(byAge), damaged };
    },
    read,
    verify: (id) => verifyOne(folders, id),
    parts: (id) => snapshotParts({ sys, snapshots: placeOf(folders, id) }, id),
    size: (id) => snapshotBytes({ sys, snapshots: placeOf(folders, id) }, id),
    unfinished: () => unfinished(folders),
  };
}

/** Holds a saved copy of `path` from before a committed transaction. @throws HardenError where it is missing or damaged. */
export function holdingOriginal<T>(
  folders: SnapshotFolders,
  wanted: { readonly snapshot: string; readonly blob: Sha256; readonly path: AbsPath },
  use: (blob: Fd) => T,
): T {
  const { sys } = folders;
  const place = placeOf(folders, wanted.snapshot);
  return holding(sys, sys.openObject(place, wanted.snapshot), (home) => {
    const { index, content } = originalIn(manifestIn(sys, home, wanted.snapshot), wanted);
    return holding(sys, sys.openObject(home, BLOBS), (blobs) => {
      const name = originalBlob(index, content.sha256);
      if (blobBytes(sys, blobs, name) === undefined) {
        throw damaged(wanted.snapshot, `the saved copy of ${wanted.path} is missing or damaged`);
      }
      return holding(sys, sys.openObject(blobs, name), use);
    });
  });
}

/** The image of that content, of `path` itself where it has it. */
export function originalIn(
  manifest: Manifest,
  wanted: { readonly blob: Sha256; readonly path: AbsPath },
): { readonly index: number; readonly access: Access; readonly content: ContentState } {
  const images = manifest.objects.flatMap(({ path, before }, index) =>
    before.kind === 'object' && before.content?.sha256 === wanted.blob
      ? [{ path, index, access: before.access, content: before.content }]
      : [],
  );
  const image = images.find(({ path }) => path === wanted.path) ?? images[0];
  if (image === undefined) {
    throw damaged(manifest.id, `it holds no content ${wanted.blob}`);
  }
  return image;
}

function idsOf({ sys, tx, snapshots }: SnapshotFolders): readonly string[] {
  const committed = sys.list(tx).filter((id) => TRANSACTION_ID.test(id) && isCommitted(sys, tx, id));
  return [...sys.list(snapshots).filter((id) => TRANSACTION_ID.test(id)), ...committed];
}

function unfinished({ sys, tx }: SnapshotFolders): readonly string[] {
  return sys.list(tx).filter((id) => !isCommitted(sys, tx, id));
}

function isCommitted(sys: Sys, tx: Fd, id: string): boolean {
  const records = attempt(() => holding(sys, sys.openObject(tx, id), (home) => readJournal(sys, home, id)?.records));
  return records.ok && records.value?.at(-1)?.type === 'commit';
}

/** @throws HardenError */
function placeOf({ sys, tx, snapshots }: SnapshotFolders, id: string): Fd {
  if (TRANSACTION_ID.test(id)) {
    if (sys.statAt(snapshots, id) !== undefined) {
      return snapshots;
    }
    if (sys.statAt(tx, id) !== undefined && isCommitted(sys, tx, id)) {
      return tx;
    }
  }
  throw new HardenError({
    code: 'H2120',
    exit: EXIT.malformed,
    message: `There is no snapshot ${id}.`,
    hint: 'harden snapshot list',
  });
}

function manifestIn(sys: Sys, home: Fd, id: string): Manifest {
  return contentIn(sys, home, id).manifest;
}

function contentIn(sys: Sys, home: Fd, id: string): Pick<Snapshot, 'manifest' | 'proven'> {
  const decoded = readJournal(sys, home, id);
  const last = decoded?.records.at(-1);
  const journal = decoded === undefined ? undefined : { records: () => decoded.records, intact: () => decoded.intact };
  const choice = chooseManifest(id, readIfThere(sys, home, MANIFEST), journal);
  if (choice.type === 'manifest') {
    return { manifest: choice.manifest, proven: last?.type !== 'commit' || last.unproven !== true };
  }
  throw damaged(id, choice.type === 'refused' ? choice.reason : 'it has no manifest');
}

function filesOf({ sys }: SnapshotFolders, place: Fd, manifest: Manifest): SnapshotFiles {
  return {
    id: manifest.id,
    before: (path) => {
      const object = manifest.objects.find((one) => one.path === path);
      return object === undefined ? undefined : known(object.before);
    },
    after: (path) => {
      const last = lastStep(manifest, path);
      return last === undefined ? undefined : known(last.after);
    },
    access: (path) => {
      const object = manifest.objects.find((one) => one.path === path);
      const last = lastStep(manifest, path);
      return object === undefined || last === undefined
        ? undefined
        : { before: accessIn(object.before), after: accessIn(last.after) };
    },
    bytes: (blob) =>
      holding(sys, sys.openObject(place, manifest.id), (home) =>
        holding(sys, sys.openObject(home, BLOBS), (blobs) => {
          const found = namesOf(manifest, blob)
            .map((name) => blobBytes(sys, blobs, name))
            .find((bytes) => bytes !== undefined);
          if (found === undefined) {
            throw damaged(manifest.id, `the content ${blob} is missing or damaged`);
          }
          return found;
        }),
      ),
  };
}

function lastStep({ steps }: Manifest, path: AbsPath): ObjectStep | undefined {
  return steps.filter(isObjectStep).findLast((step) => step.path === path);
}

function accessIn(state: ObjectState): Access | undefined {
  return state.kind === 'absent' ? undefined : state.access;
}

/** Undefined for what is no file, or was not looked into. */
function known(state: ObjectState): Known<FileImage> | undefined {
  if (state.kind === 'absent') {
    return { status: 'absent' };
  }
  return state.content === null
    ? undefined
    : { status: 'present', value: { ...state.access, ...fileContent(state.content) } };
}

function fileContent(content: ContentState): Omit<FileImage, 'mode' | 'uid' | 'gid'> {
  return { ...content, mtimeNs: content.mtimeNs ?? '0', extended: content.extended ?? '' };
}

/** The blobs that should have that content. */
function namesOf(manifest: Manifest, blob: Sha256): readonly string[] {
  return blobNames(manifest).filter((name) => name.endsWith(`-${blob}`));
}

function blobNames({ objects, steps, undoPhases }: Manifest): readonly string[] {
  const originals = objects.flatMap(({ before }, index) =>
    before.kind === 'object' && before.content !== null ? [originalBlob(index, before.content.sha256)] : [],
  );
  const written = steps.flatMap((step) =>
    step.kind === 'write-file' && step.after.kind === 'object' && step.after.content !== null
      ? [newBlob(step.after.content.sha256)]
      : [],
  );
  const said = undoPhases.flatMap(({ content }) => (content === null ? [] : [newBlob(content)]));
  return [...new Set([...originals, ...written, ...said])];
}

function verifyOne(folders: SnapshotFolders, id: string): readonly Trouble[] {
  const { sys } = folders;
  const place = placeOf(folders, id);
  return holding(sys, sys.openObject(place, id), (home) => {
    const reason = 'it is missing or damaged';
    const troubles: Trouble[] = [];
    if (!isWholeManifest(sys, home, id)) {
      troubles.push({ what: MANIFEST, reason });
    }
    if (!isWholeJournal(sys, home, id)) {
      troubles.push({ what: JOURNAL, reason });
    }
    const chosen = attempt(() => manifestIn(sys, home, id));
    return chosen.ok
      ? [...troubles, ...damagedBlobs(sys, home, chosen.value)]
      : [...troubles, { what: `snapshot ${id}`, reason: chosen.reason }];
  });
}

function isWholeManifest(sys: Sys, home: Fd, id: string): boolean {
  const text = attempt(() => readIfThere(sys, home, MANIFEST));
  return text.ok && text.value !== undefined && chooseManifest(id, text.value, undefined).type === 'manifest';
}

function isWholeJournal(sys: Sys, home: Fd, id: string): boolean {
  const journal = attempt(() => readJournal(sys, home, id));
  if (!journal.ok || journal.value?.intact !== true) {
    return false;
  }
  const { records } = journal.value;
  return records[0]?.type === 'begin' && records.at(-1)?.type === 'commit';
}

function damagedBlobs(sys: Sys, home: Fd, manifest: Manifest): readonly Trouble[] {
  const blobs = openIfThere(sys, home, BLOBS);
  if (blobs === undefined) {
    return blobNames(manifest).map((name) => ({ what: name, reason: 'it is missing' }));
  }
  return holding(sys, blobs, () =>
    blobNames(manifest).flatMap((name) => {
      const whole = attempt(() => blobBytes(sys, blobs, name) !== undefined);
      return whole.ok && whole.value
        ? []
        : [{ what: name, reason: whole.ok ? 'it is missing or damaged' : whole.reason }];
    }),
  );
}

function summary({ manifest: { id, purpose, createdAt, about }, proven }: Snapshot): SnapshotSummary {
  return { id, purpose, createdAt, about, proven };
}

function byAge(a: SnapshotSummary, b: SnapshotSummary): number {
  return a.createdAt < b.createdAt || (a.createdAt === b.createdAt && a.id < b.id) ? -1 : 1;
}

function damaged(id: string, reason: string): HardenError {
  return new HardenError({
    code: 'H2121',
    exit: EXIT.malformed,
    message: `Snapshot ${id} is damaged: ${reason}. Nothing was changed.`,
    hint: `harden snapshot verify ${id}`,
  });
}
