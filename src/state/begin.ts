import { EXIT, HardenError } from '../model/errors.ts';
import type { Fd } from '../model/sys.ts';
import type { Rehearsed, TransactionSpec } from '../model/transaction.ts';
import { TRANSACTION_ID } from './manifest.ts';
import type { Folders, Ground } from './open-transaction.ts';
import type { PerformGround } from './perform.ts';
import { rehearse } from './rehearse.ts';
import { discard, refuseShortage, save, withSavedCopies } from './save.ts';
import { type Snapshots, holdingOriginal, originalIn } from './snapshots.ts';
import { type Survey, survey } from './survey.ts';
import { type Transaction, runTransaction } from './transaction.ts';
import { attempt } from './trouble.ts';

/** A transaction whose way back was carried out once before its first change. */
export type Begun = Transaction & { readonly rehearsed: Rehearsed };

/** Looks, refuses, compares, saves, rehearses, BEGIN. Nothing was changed where it throws. */
export function begin(ground: Ground, snapshots: Snapshots, spec: TransactionSpec): Begun {
  return prepared(ground, snapshots, spec, ({ survey: surveyed, folder, rehearse: rehearsing }) => {
    let rehearsed: Rehearsed = { objects: 0, bytes: 0, notRehearsed: [] };
    const journal = save(ground.folders.sys, folder, {
      spec,
      survey: surveyed,
      rehearse: (blobs) => (rehearsed = rehearsing(blobs)),
    });
    const open = { id: spec.id, manifest: surveyed.manifest, journal };
    return { ...runTransaction(ground, open, { spec, survey: surveyed }), rehearsed };
  });
}

/** All of it but the beginning; leaves nothing. */
export function rehearseOnly(ground: Ground, snapshots: Snapshots, spec: TransactionSpec): Rehearsed {
  const { sys, tx } = ground.folders;
  const rehearsed = prepared(ground, snapshots, spec, ({ survey: surveyed, folder, rehearse: rehearsing }) =>
    withSavedCopies(sys, folder, { spec, survey: surveyed }, rehearsing),
  );
  discard(sys, tx, spec.id);
  return rehearsed;
}

interface Prepared {
  readonly survey: Survey;
  /** The folder of the transaction, still empty. */
  readonly folder: Fd;
  readonly rehearse: (blobs: Fd) => Rehearsed;
}

function prepared<T>(ground: Ground, snapshots: Snapshots, spec: TransactionSpec, use: (prepared: Prepared) => T): T {
  const { folders, targets } = ground;
  const { sys, tx } = folders;
  refuseUnfinished(snapshots);
  refuseUsedId(folders, spec.id);
  const home = sys.stat(tx);
  const surveyed = survey(spec, {
    targets,
    saved: {
      image: (snapshot, blob, path) => originalIn(snapshots.read(snapshot).manifest, { blob, path }),
    },
    creator: { uid: home.uid, gid: home.uid === 0 ? 0 : home.gid },
  });
  const work = { spec, survey: surveyed };
  try {
    refuseShortage(sys, tx, work);
    sys.makeDirectory(tx, spec.id, 0o700);
    const folder = sys.openObject(tx, spec.id);
    try {
      sys.chmod(folder, 0o700);
      sys.sync(tx);
      const holdingSaved: PerformGround['holdingSaved'] = (from, { path }, then) =>
        holdingOriginal(folders, { ...from, path }, then);
      return use({
        survey: surveyed,
        folder,
        rehearse: (blobs) => rehearse(sys, folder, blobs, { ...work, trust: targets.trust, holdingSaved }),
      });
    } finally {
      sys.close(folder);
    }
  } catch (error) {
    // What stays is dropped by the next recovery.
    attempt(() => sys.statAt(tx, spec.id) !== undefined && discard(sys, tx, spec.id));
    throw error;
  }
}

function refuseUnfinished(snapshots: Snapshots): void {
  const [id] = snapshots.unfinished();
  if (id !== undefined) {
    throw new HardenError({
      code: 'H2106',
      exit: EXIT.needsAttention,
      message: `Transaction ${id} of an earlier run is not ended. Nothing was changed.`,
      hint: 'harden recover',
    });
  }
}

function refuseUsedId({ sys, tx, snapshots, done }: Folders, id: string): void {
  if (!TRANSACTION_ID.test(id) || [tx, snapshots, done].some((folder) => sys.statAt(folder, id) !== undefined)) {
    throw new Error(`${JSON.stringify(id)} is no new transaction id`);
  }
}
