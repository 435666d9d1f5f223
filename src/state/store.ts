import { type AbsPath, joinPath } from '../model/brand.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import type { Command, CommandOutcome } from '../model/host.ts';
import type { Fd, Sys } from '../model/sys.ts';
import type { Recovered, TransactionSpec } from '../model/transaction.ts';
import { ensureFolder, openIfThere, writeNew } from './held.ts';
import { type Holder, takeLock } from './lock.ts';
import { TRANSACTION_ID } from './manifest.ts';
import type { Folders, Ground } from './open-transaction.ts';
import { asHardenError, openPlace, remarkOn } from './place.ts';
import { recoverAll } from './recover.ts';
import { discard, refuseShortage, save } from './save.ts';
import { type Snapshots, openSnapshots, originalIn } from './snapshots.ts';
import { survey } from './survey.ts';
import { type Transaction, runTransaction } from './transaction.ts';
import { attempt, reasonOf } from './trouble.ts';
import type { Runtime } from './undo.ts';
import type { Trust } from './walk.ts';

export interface StoreOptions {
  /** Where our own state lives; its descriptors and those of `targetSys` are of one process. */
  readonly stateSys: Sys;
  readonly stateDir: AbsPath;
  /** On the machine itself, so that all runs there meet at one lock whatever their state folder is. */
  readonly lockDir: AbsPath;
  readonly targetSys: Sys;
  readonly targetTrust: Trust;
  readonly bootId: string;
  /** Effective user of this process. */
  readonly uid: number;
  readonly holder: Holder;
  /** The operator accepts that the state folder may not outlast a crash. */
  readonly allowVolatile?: boolean;
}

/** Sole access to what this product keeps and to the hosts it changes; held until `close` or the end of the process. */
export interface Store {
  /** To be called first. Ends what dead runs left. `runtime` `leave`: files only (early at boot); default `assert`. */
  recover(runtime?: Runtime): readonly Recovered[];
  /** Makes the snapshot. Nothing was changed where it throws. @throws HardenError */
  begin(spec: TransactionSpec): Transaction;
  readonly snapshots: Snapshots;
  /** What to know of the place where snapshots are kept, for people. */
  readonly remark: string | undefined;
  /**
   * A file of ours in the state folder, 0600, for as long as `use` runs, and the way to hand it to a program. For trials before a
   * transaction begins: `path` is only good where the state folder belongs to the host itself.
   */
  withScratch<T>(
    name: string,
    content: Uint8Array,
    use: (path: AbsPath, run: (command: Command, timeoutMs: number) => CommandOutcome) => T,
  ): T;
  close(): void;
}

/**
 * Takes the locks and opens the state folder, which is made where it is missing.
 * @throws HardenError where another run is at work (exit 9) or the place is not safe to keep secrets and promises in.
 */
export function openStore(options: StoreOptions): Store {
  const { stateSys: sys, targetSys, targetTrust, bootId } = options;
  const held: Fd[] = [];
  const hold = (fd: Fd): Fd => {
    held.push(fd);
    return fd;
  };
  const close = (): void =>
    held
      .splice(0)
      .reverse()
      .forEach((fd) => sys.close(fd));
  try {
    const folders = openFolders(options, hold);
    const ground: Ground = { folders, targets: { sys: targetSys, trust: targetTrust }, bootId };
    const snapshots = openSnapshots(folders);
    return {
      recover: (runtime = 'assert') =>
        named(
          (error) => asHardenError(options.stateDir, error),
          () => recoverAll(ground, runtime),
        ),
      begin: (spec) => named(notSaved, () => begin(ground, snapshots, spec)),
      snapshots,
      remark: remarkOn(sys, options.stateDir, folders.home),
      withScratch: (name, content, use) => {
        const { sys, home } = folders;
        removeScratch(sys, home, name);
        writeNew(sys, home, { name, content });
        try {
          return use(joinPath(options.stateDir, name), (command, timeoutMs) => targetSys.run(command, timeoutMs));
        } finally {
          removeScratch(sys, home, name);
        }
      },
      close,
    };
  } catch (error) {
    close();
    throw asHardenError(options.stateDir, error);
  }
}

/** What is kept, as it stands at this moment. */
export interface Looked {
  readonly snapshots: Snapshots;
  /** Ids of transactions without an end: of a run that is still at work, or of one that was killed. */
  readonly unfinished: readonly string[];
  close(): void;
}

/** Snapshots to be looked at, without a lock; undefined where nothing was ever kept. @throws HardenError where the place is not safe. */
export function readSnapshots(options: Pick<StoreOptions, 'stateSys' | 'stateDir' | 'uid'>): Looked | undefined {
  const { stateSys: sys, stateDir, uid } = options;
  const home = openPlace(sys, stateDir, { uid, allowVolatile: true, create: false });
  if (home === undefined) {
    return undefined;
  }
  const tx = openIfThere(sys, home, 'tx');
  const kept = openIfThere(sys, home, 'snapshots');
  const close = (): void => [home, tx, kept].forEach((fd) => fd !== undefined && sys.close(fd));
  if (tx === undefined || kept === undefined) {
    close();
    return undefined;
  }
  return { snapshots: openSnapshots({ sys, tx, snapshots: kept }), unfinished: [...sys.list(tx)].sort(), close };
}

/** Also one that a run left which was killed in the middle of a trial. */
function removeScratch(sys: Sys, home: Fd, name: string): void {
  if (sys.statAt(home, name) !== undefined) {
    sys.unlink(home, name);
  }
}

function openFolders(options: StoreOptions, hold: (fd: Fd) => Fd): Folders {
  const { stateSys: sys, stateDir, lockDir, uid, holder, allowVolatile = false } = options;
  const made = (path: AbsPath, volatile: boolean): Fd => {
    const fd = openPlace(sys, path, { uid, allowVolatile: volatile, create: true });
    if (fd === undefined) {
      throw new Error(`${path} was not made`);
    }
    return hold(fd);
  };
  const lockHome = made(lockDir, true);
  hold(takeLock(sys, lockHome, holder));
  const home = made(stateDir, allowVolatile);
  if (stateDir !== lockDir) {
    // One that comes from a container with a lock folder of its own, or after somebody took that lock file away, meets us here.
    hold(takeLock(sys, home, holder));
  }
  const part = (name: string): Fd => hold(ensureFolder(sys, home, name));
  return { sys, home, tx: part('tx'), snapshots: part('snapshots'), done: part('done'), conflicts: part('conflicts') };
}

function begin(ground: Ground, snapshots: Snapshots, spec: TransactionSpec): Transaction {
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
      const journal = save(sys, folder, work);
      return runTransaction(ground, { id: spec.id, manifest: surveyed.manifest, journal }, { spec, survey: surveyed });
    } finally {
      sys.close(folder);
    }
  } catch (error) {
    // What stays is dropped by the next recovery.
    attempt(() => sys.statAt(tx, spec.id) !== undefined && discard(sys, tx, spec.id));
    throw error;
  }
}

function named<T>(toHardenError: (error: unknown) => HardenError, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof HardenError ? error : toHardenError(error);
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

function notSaved(cause: unknown): HardenError {
  const reason = reasonOf(cause);
  return new HardenError({
    code: 'H2112',
    exit: EXIT.cannotWriteOutput,
    message: `The snapshot could not be made: ${reason}. Nothing was changed.`,
    cause,
  });
}
