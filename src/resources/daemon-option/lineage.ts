import type { AbsPath } from '../../model/brand.ts';
import type { Json, JsonObject } from '../../model/canonical.ts';
import type { Change } from '../../model/change.ts';
import type { Known } from '../../model/state.ts';
import type { FileImage, SnapshotFiles } from '../../model/transaction.ts';
import type { AppliedSnapshot, PastRun } from '../resource-type.ts';
import { type DaemonDocument, parseDocument } from './document.ts';
import { sameJson } from './effective.ts';

/** A file at one moment, as a snapshot holds it. */
export interface PastContent {
  readonly image: Known<FileImage>;
  readonly bytes: Uint8Array | undefined;
  readonly members: JsonObject;
}

/** One committed run that wrote or removed the file. */
export interface Generation {
  readonly files: SnapshotFiles;
  readonly before: PastContent;
  readonly after: PastContent;
  /** Keys of this run that a later rollback took back. */
  readonly takenBack: ReadonlySet<string>;
}

/** All runs that changed `file`, oldest first; `snapshot` is among them. `keysOf` names what a change writes. */
export function lineageOf(
  file: AbsPath,
  snapshot: AppliedSnapshot,
  keysOf: (change: Change) => readonly string[],
): readonly Generation[] {
  const runs: readonly PastRun[] = snapshot.runs ?? [{ files: snapshot, takenBack: [] }];
  return runs.flatMap(({ files, takenBack }) => {
    const [before, after] = [files.before(file), files.after(file)];
    return before === undefined || after === undefined
      ? []
      : [
          {
            files,
            before: contentIn(before, files),
            after: contentIn(after, files),
            takenBack: new Set(takenBack.filter(writes(file)).flatMap(keysOf)),
          },
        ];
  });
}

/**
 * What `key` was before `run`, without the runs before it that were taken back since: their values are gone, and what stood before them
 * counts. A value somebody else wrote in between counts as it is.
 */
export function valueBefore(key: string, run: Generation, lineage: readonly Generation[]): Json | undefined {
  let value = run.before.members[key];
  for (const earlier of lineage.slice(0, lineage.indexOf(run)).toReversed()) {
    const { before, after, takenBack } = earlier;
    if (!same(after.members[key], value)) {
      return value;
    }
    if (!same(before.members[key], value)) {
      if (!takenBack.has(key)) {
        return value;
      }
      value = before.members[key];
    }
  }
  return value;
}

/** The later run that gave `key` the value it has now and still stands. */
export function laterOwner(
  key: string,
  present: Json | undefined,
  run: Generation,
  lineage: readonly Generation[],
): Generation | undefined {
  return lineage
    .slice(lineage.indexOf(run) + 1)
    .findLast(
      ({ before, after, takenBack }) =>
        !takenBack.has(key) && !same(before.members[key], after.members[key]) && same(after.members[key], present),
    );
}

/**
 * The oldest content with these very members, as far back as nobody but us wrote the file: with it spelling and order come back
 * too. `now`: digest of the file, undefined where it is not there.
 */
export function spelledBefore(
  members: JsonObject,
  now: string | undefined,
  lineage: readonly Generation[],
): { readonly files: SnapshotFiles; readonly content: PastContent } | undefined {
  const own: Generation[] = [];
  let expected = now;
  for (const run of lineage.toReversed()) {
    if (digestIn(run.after) !== expected) {
      break;
    }
    own.push(run);
    expected = digestIn(run.before);
  }
  const found = own.findLast(({ before }) => sameJson(before.members, members));
  return found === undefined ? undefined : { files: found.files, content: found.before };
}

/** The run that made the file as it is there now; undefined where it was there before all of them. */
export function makerOf(lineage: readonly Generation[]): Generation | undefined {
  const last = lineage.findLast(({ before, after }) => before.bytes === undefined || after.bytes === undefined);
  return last?.after.bytes === undefined ? undefined : last;
}

export function same(a: Json | undefined, b: Json | undefined): boolean {
  return a === undefined || b === undefined ? a === b : sameJson(a, b);
}

export function membersOf(document: DaemonDocument): JsonObject {
  return document.status === 'object' ? document.value : {};
}

export function digestIn({ image }: PastContent): string | undefined {
  return image.status === 'present' ? image.value.sha256 : undefined;
}

function writes(file: AbsPath): (change: Change) => boolean {
  return ({ target }) => target.type === 'daemon-option' && target.file === file;
}

function contentIn(image: Known<FileImage>, files: SnapshotFiles): PastContent {
  const bytes = image.status === 'present' ? files.bytes(image.value.sha256) : undefined;
  return { image, bytes, members: membersOf(parseDocument(bytes)) };
}
