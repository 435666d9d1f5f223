import type { Fd, Sys } from '../model/sys.ts';
import type { Trouble } from '../model/transaction.ts';
import { holding, openIfThere } from './held.ts';
import { JOURNAL } from './journal.ts';
import { TRANSACTION_ID } from './manifest.ts';
import { BLOBS, MANIFEST, discard } from './save.ts';
import { attempt } from './trouble.ts';

/** A snapshot on its way out has no id any more: nothing lists it, and the next recovery takes away what is left of it. */
const GOING = /^\.going-[0-9a-f]{8,32}$/;

interface KeptFolder {
  readonly sys: Sys;
  readonly snapshots: Fd;
}

/**
 * Takes snapshots away for good, in the order given; the caller holds the lock and knows that nothing needs them. Each is there whole or
 * not at all, at every moment: one rename ends it, on the disk before the next one's. The first that cannot be renamed ends the work.
 */
export function removeSnapshots({ sys, snapshots }: KeptFolder, ids: readonly string[]): readonly Trouble[] {
  for (const id of ids.filter((one) => TRANSACTION_ID.test(one) && sys.statAt(snapshots, one) !== undefined)) {
    const named = attempt(() => {
      sys.rename(snapshots, id, `.going-${id}`);
      sys.sync(snapshots);
    });
    if (!named.ok) {
      return [{ what: `snapshot ${id}`, reason: named.reason }];
    }
  }
  return removeGoing({ sys, snapshots });
}

/** What a run left that was ended in the middle of taking snapshots away. What cannot go now goes another time. */
export function removeGoing({ sys, snapshots }: KeptFolder): readonly Trouble[] {
  const names = attempt(() => sys.list(snapshots).filter((name) => GOING.test(name)));
  return (names.ok ? names.value : []).flatMap((name) => {
    const gone = attempt(() => discard(sys, snapshots, name));
    return gone.ok ? [] : [{ what: `the rest of snapshot ${name.slice('.going-'.length)}`, reason: gone.reason }];
  });
}

/** Bytes in the files of a snapshot; what it takes on the disk is a little more. */
export function snapshotBytes({ sys, snapshots }: KeptFolder, id: string): number {
  return holding(sys, sys.openObject(snapshots, id), (home) => {
    const own = [MANIFEST, JOURNAL].reduce((sum, name) => sum + (sys.statAt(home, name)?.size ?? 0), 0);
    const blobs = openIfThere(sys, home, BLOBS);
    return blobs === undefined
      ? own
      : holding(sys, blobs, () =>
          sys.list(blobs).reduce((sum, name) => sum + (sys.statAt(blobs, name)?.size ?? 0), own),
        );
  });
}
