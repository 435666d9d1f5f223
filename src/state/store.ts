import { type AbsPath, joinPath } from '../model/brand.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import type { Command, CommandOutcome } from '../model/host.ts';
import type { Fd, Sys } from '../model/sys.ts';
import type { OpenRun, RecoverWish, RevertNote } from '../model/revert.ts';
import type { Recovered, Rehearsed, TransactionSpec, Trouble } from '../model/transaction.ts';
import { type Begun, begin, rehearseOnly } from './begin.ts';
import { pruneDone } from './cleanup.ts';
import { giveUp } from './give-up.ts';
import { ensureFolder, openIfThere, writeNew } from './held.ts';
import { type Holder, takeLock } from './lock.ts';
import { NewlyMade } from './newly-made.ts';
import type { Folders, Ground } from './open-transaction.ts';
import { asHardenError, openPlace, remarkOn } from './place.ts';
import { removeGoing, removeSnapshots } from './prune.ts';
import { type WaitingRuns, openRuns, waitingRuns } from './open-runs.ts';
import { recoverAll } from './recover.ts';
import { readRevertNotes } from './revert-notes.ts';
import { type RunEntry, keepRun } from './runs.ts';
import { type Snapshots, openSnapshots } from './snapshots.ts';
import { reasonOf } from './trouble.ts';
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
export interface Store extends WaitingRuns {
  /** To be called first. Ends what dead runs left; a run that waits to be kept is left alone until its time is up. */
  recover(wish?: RecoverWish): readonly Recovered[];
  /**
   * Sets aside, whole, a transaction that a recovery could not end, so that new ones can begin; nothing on the host is touched.
   * Gives the path it is kept at. @throws HardenError where it is not one of those.
   */
  giveUp(id: string): string;
  /** Makes the snapshot and rehearses the way back. Nothing was changed where it throws. @throws HardenError */
  begin(spec: TransactionSpec): Begun;
  /** All of `begin` but the beginning; leaves nothing. @throws HardenError where `begin` would. */
  rehearse(spec: TransactionSpec): Rehearsed;
  readonly snapshots: Snapshots;
  /** Takes snapshots away for good, one after the other. Gives what could not go; the rest of that goes with the next recovery. */
  removeSnapshots(ids: readonly string[]): readonly Trouble[];
  /** Keeps the result of a run beside the snapshots. Gives why it could not be kept. */
  keepRun(entry: RunEntry, text: string): string | undefined;
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
  const made = new NewlyMade(sys);
  const close = (): void => {
    made.removeWhatIsEmpty();
    held
      .splice(0)
      .reverse()
      .forEach((fd) => sys.close(fd));
  };
  try {
    const folders = openFolders(options, hold, made);
    const ground: Ground = { folders, targets: { sys: targetSys, trust: targetTrust }, bootId };
    const snapshots = openSnapshots(folders);
    return {
      ...waitingRuns(ground),
      recover: (wish = {}) =>
        named(
          (error) => asHardenError(options.stateDir, error),
          () => {
            const recovered = recoverAll(ground, wish);
            pruneDone(folders);
            removeGoing(folders);
            return recovered;
          },
        ),
      giveUp: (id) => named(notSaved, () => giveUp(folders, options.stateDir, id)),
      begin: (spec) => {
        const transaction = named(notSaved, () => begin(ground, snapshots, spec));
        made.keepAll();
        return transaction;
      },
      rehearse: (spec) => named(notSaved, () => rehearseOnly(ground, snapshots, spec)),
      snapshots,
      removeSnapshots: (ids) => removeSnapshots(folders, ids),
      keepRun: (entry, text) => keepRun(folders, entry, text),
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
  readonly openRuns: readonly OpenRun[];
  readonly notes: readonly RevertNote[];
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
  return {
    snapshots: openSnapshots({ sys, tx, snapshots: kept }),
    unfinished: [...sys.list(tx)].sort(),
    openRuns: openRuns({ sys, tx }),
    notes: readRevertNotes(sys, home),
    close,
  };
}

/** Also one that a run left which was killed in the middle of a trial. */
function removeScratch(sys: Sys, home: Fd, name: string): void {
  if (sys.statAt(home, name) !== undefined) {
    sys.unlink(home, name);
  }
}

function openFolders(options: StoreOptions, hold: (fd: Fd) => Fd, newly: NewlyMade): Folders {
  const { stateSys: sys, stateDir, lockDir, uid, holder, allowVolatile = false } = options;
  const made = (path: AbsPath, volatile: boolean): Fd => {
    newly.note(path);
    const fd = openPlace(sys, path, { uid, allowVolatile: volatile, create: true });
    if (fd === undefined) {
      throw new Error(`${path} was not made`);
    }
    return hold(fd);
  };
  const lockHome = made(lockDir, true);
  hold(takeLock(sys, lockHome, holder));
  newly.locked(lockDir);
  const home = made(stateDir, allowVolatile);
  if (stateDir !== lockDir) {
    // One that comes from a container with a lock folder of its own, or after somebody took that lock file away, meets us here.
    hold(takeLock(sys, home, holder));
    newly.locked(stateDir);
  }
  const part = (name: string): Fd => {
    newly.note(joinPath(stateDir, name));
    return hold(ensureFolder(sys, home, name));
  };
  return { sys, home, tx: part('tx'), snapshots: part('snapshots'), done: part('done'), conflicts: part('conflicts') };
}

function named<T>(toHardenError: (error: unknown) => HardenError, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof HardenError ? error : toHardenError(error);
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
