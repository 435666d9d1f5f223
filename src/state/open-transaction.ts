import type { Fd, Sys } from '../model/sys.ts';
import type { Trouble, UndoReport } from '../model/transaction.ts';
import { removeHiddenNames } from './cleanup.ts';
import { ensureFolder, holding, openIfThere, readIfThere, writeNew } from './held.ts';
import type { Journal } from './journal.ts';
import { type Manifest, listedNames } from './manifest.ts';
import type { Touched } from './touched.ts';
import { BLOBS } from './save.ts';
import type { Seen } from './see.ts';
import { attempt } from './trouble.ts';
import { type Runtime, undo } from './undo.ts';
import type { Targets } from './walk.ts';

/** The folders of a store, held. */
export interface Folders {
  readonly sys: Sys;
  readonly home: Fd;
  /** Open transactions. */
  readonly tx: Fd;
  /** Committed ones. */
  readonly snapshots: Fd;
  /** Rolled back ones. */
  readonly done: Fd;
  readonly conflicts: Fd;
}

export interface Ground {
  readonly folders: Folders;
  readonly targets: Targets;
  readonly bootId: string;
}

/** A transaction whose folder is below `tx`. */
export interface OpenTransaction {
  readonly id: string;
  readonly manifest: Manifest;
  readonly journal: Journal;
}

/** After COMMIT is durable. What fails here is done by the next recovery. */
export function finishCommit(ground: Ground, { id, manifest }: OpenTransaction): readonly Trouble[] {
  const pending = removeHiddenNames(ground.targets, manifest);
  if (pending.length > 0) {
    return pending;
  }
  const moved = attempt(() => moveAway(ground.folders, id, ground.folders.snapshots));
  return moved.ok ? [] : [{ what: `transaction ${id}`, reason: moved.reason }];
}

/** Puts everything back, and ends the transaction where all of it could be. */
export function undoAndFinish(ground: Ground, open: OpenTransaction, runtime: Runtime): UndoReport {
  const { folders, targets, bootId } = ground;
  const { sys } = folders;
  const { id, manifest, journal } = open;
  const work = (blobs: Fd | undefined): UndoReport =>
    undo({
      targets,
      id,
      state: sys,
      blobs,
      listed: new Set([...listedNames(manifest).values()].flat()),
      keepForeign: (touched, seen) => keepForeign(folders, id, touched, seen),
      manifest,
      journal,
      sameBoot: manifest.bootId === bootId,
      runtime,
    });
  const blobs = attempt(() => holding(sys, sys.openObject(folders.tx, id), (home) => openIfThere(sys, home, BLOBS)));
  // Without the saved copies the inodes set aside may still do.
  const copies = blobs.ok ? blobs.value : undefined;
  const report = copies === undefined ? work(undefined) : holding(sys, copies, work);
  if (report.failed.length === 0) {
    // Without this record the next recovery looks again and finds nothing to do.
    attempt(() => {
      journal.append({ type: 'rolled-back' });
      moveAway(folders, id, folders.done);
    });
  }
  return report;
}

export function moveAway({ sys, tx }: Folders, id: string, to: Fd): void {
  sys.move(tx, id, to, id);
  sys.sync(to);
  sys.sync(tx);
}

/** A copy beside the original; that it cannot be made is no reason to stop, since the original stays. */
function keepForeign({ sys, conflicts }: Folders, id: string, touched: Touched, seen: Seen): void {
  const { bytes } = seen;
  if (bytes === undefined) {
    return;
  }
  const base = touched.object.path.split('/').at(-1) ?? '';
  attempt(() =>
    holding(sys, ensureFolder(sys, conflicts, id), (folder) => {
      for (let number = 0; number < MAX_COPIES; number += 1) {
        const name = `${touched.index}.${number}-${base.slice(0, 200)}`;
        const there = readIfThere(sys, folder, name);
        if (there === undefined) {
          writeNew(sys, folder, { name, content: bytes });
          sys.sync(folder);
          return;
        }
        if (Buffer.compare(there, bytes) === 0) {
          return;
        }
      }
    }),
  );
}

/** Different versions of one object kept for one transaction. */
const MAX_COPIES = 20;
