import type { AbsPath } from '../../model/brand.ts';
import type { JsonObject } from '../../model/canonical.ts';
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
  readonly purpose: PastRun['purpose'];
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
  const runs: readonly PastRun[] = snapshot.runs ?? [{ purpose: 'apply', files: snapshot, takenBack: [] }];
  return runs.flatMap(({ purpose, files, takenBack }) => {
    const [before, after] = [files.before(file), files.after(file)];
    return before === undefined || after === undefined
      ? []
      : [
          {
            purpose,
            files,
            before: contentIn(before, files),
            after: contentIn(after, files),
            takenBack: new Set(takenBack.filter(writes(file)).flatMap(keysOf)),
          },
        ];
  });
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
