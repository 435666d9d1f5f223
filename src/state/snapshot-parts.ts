import type { Fd, Sys } from '../model/sys.ts';
import { holding, openIfThere, readIfThere } from './held.ts';
import { JOURNAL } from './journal.ts';
import { BLOBS, MANIFEST } from './save.ts';

/** A file of a snapshot, by its name below the snapshot's folder. */
export interface SnapshotPart {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Names a snapshot is made of, below its folder. */
export const PART_NAME = /^(?:manifest\.json|journal|blobs\/(?:before-\d+|new)-[0-9a-f]{64})$/;

/** All files of a snapshot as they stand, damaged or not, sorted by name. @throws Error where one cannot be read. */
export function snapshotParts(
  { sys, snapshots }: { readonly sys: Sys; readonly snapshots: Fd },
  id: string,
): readonly SnapshotPart[] {
  return holding(sys, sys.openObject(snapshots, id), (home) => {
    const own = [JOURNAL, MANIFEST].flatMap((name) => partOf(name, readIfThere(sys, home, name)));
    const blobs = openIfThere(sys, home, BLOBS);
    const copies =
      blobs === undefined
        ? []
        : holding(sys, blobs, () =>
            [...sys.list(blobs)]
              .sort()
              .flatMap((name) => partOf(`${BLOBS}/${name}`, readIfThere(sys, blobs, name)))
              .filter(({ name }) => PART_NAME.test(name)),
          );
    return [...copies, ...own];
  });
}

function partOf(name: string, bytes: Uint8Array | undefined): readonly SnapshotPart[] {
  return bytes === undefined ? [] : [{ name, bytes }];
}
