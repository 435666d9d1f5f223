import { digestOfBytes } from '../model/canonical.ts';
import type { Fd } from '../model/sys.ts';
import type { Moment, RecoverWish, RevertCause, RevertDue } from '../model/revert.ts';
import type { Recovered, UndoReport } from '../model/transaction.ts';
import { holding, readIfThere } from './held.ts';
import { noteRevert } from './revert-notes.ts';
import { JOURNAL, type Journal, createJournal, openJournal } from './journal.ts';
import { type Manifest, decodeManifest, encodeManifest } from './manifest.ts';
import { type Ground, type OpenTransaction, finishCommit, moveAway, undoAndFinish } from './open-transaction.ts';
import { MANIFEST, discard } from './save.ts';
import { attempt } from './trouble.ts';

const NOTHING: UndoReport = { restored: [], kept: [], failed: [] };
/** Room for the end of a transaction whose journal is lost. */
const SPARE_JOURNAL = 4096;
/** The clock's own job comes first; past this the clock is lost. */
const GRACE_MS = 2000;

/** Ends every transaction a dead run left, the newest first; one that waits is left until its time is up. May be stopped at any call and run again. */
export function recoverAll(ground: Ground, wish: RecoverWish): readonly Recovered[] {
  const { sys, tx } = ground.folders;
  return [...sys.list(tx)]
    .map((id) => ({ id, createdAt: createdAt(ground, id) }))
    .sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1))
    .flatMap(({ id }) => recoverSafely(ground, id, wish) ?? []);
}

/** Which of the two copies of the plan counts, or why none does. */
export type Choice =
  | { readonly type: 'manifest'; readonly manifest: Manifest }
  | { readonly type: 'nothing-begun' }
  | { readonly type: 'refused'; readonly reason: string };

/** Two independent copies: one is enough, two must agree. */
export function chooseManifest(
  id: string,
  text: Uint8Array | undefined,
  journal: Pick<Journal, 'records' | 'intact'> | undefined,
): Choice {
  const begun = begunManifest(journal);
  const decoded = text === undefined ? undefined : decodeManifest(text);
  if (decoded?.type === 'newer') {
    return { type: 'refused', reason: 'it was written by a newer version' };
  }
  const stored = decoded?.type === 'valid' ? decoded.manifest : undefined;
  if (contradict(stored, begun)) {
    return { type: 'refused', reason: 'its manifest and its journal contradict each other' };
  }
  const manifest = stored ?? begun;
  if (manifest !== undefined) {
    return manifest.id === id
      ? { type: 'manifest', manifest }
      : { type: 'refused', reason: `its records belong to ${manifest.id}` };
  }
  return text === undefined && isUnused(journal)
    ? { type: 'nothing-begun' }
    : { type: 'refused', reason: 'its manifest and its journal are both damaged' };
}

function begunManifest(journal: Pick<Journal, 'records'> | undefined): Manifest | undefined {
  const first = journal?.records()[0];
  return first?.type === 'begin' ? first.manifest : undefined;
}

function isUnused(journal: Pick<Journal, 'records' | 'intact'> | undefined): boolean {
  return journal === undefined || (journal.records().length === 0 && journal.intact());
}

function recoverSafely(ground: Ground, id: string, wish: RecoverWish): Recovered | undefined {
  const result = attempt(() => recoverOne(ground, id, wish));
  if (result.ok) {
    return result.value;
  }
  const failed = [{ what: `transaction ${id}`, reason: result.reason }];
  return { id, purpose: undefined, outcome: 'incomplete', undo: { ...NOTHING, failed } };
}

/** Undefined where it is not for this recovery. */
function recoverOne(ground: Ground, id: string, wish: RecoverWish): Recovered | undefined {
  const { sys, tx } = ground.folders;
  const found = holding(sys, sys.openObject(tx, id), (home) => {
    const journal = sys.statAt(home, JOURNAL) === undefined ? undefined : openJournal(sys, home, id);
    const choice = closingOnError(journal, () => chooseManifest(id, readIfThere(sys, home, MANIFEST), journal));
    const needed = choice.type === 'manifest' && journal === undefined;
    return { choice, journal: needed ? createJournal(sys, home, id, SPARE_JOURNAL) : journal };
  });
  const { choice, journal } = found;
  try {
    if (choice.type === 'manifest' && wish.runtime === 'leave' && choice.manifest.bootId === ground.bootId) {
      // systemd starts the unit of the boot again whenever it pleases; services run already, and are told by another recovery.
      return undefined;
    }
    if (choice.type === 'manifest' && journal !== undefined) {
      return endOne(ground, { id, manifest: choice.manifest, journal }, wish);
    }
  } finally {
    journal?.close();
  }
  if (choice.type === 'nothing-begun') {
    discard(sys, tx, id);
    return { id, purpose: undefined, outcome: 'dropped', undo: NOTHING };
  }
  const reason = choice.type === 'refused' ? choice.reason : 'it has no journal';
  const what = `transaction ${id}`;
  return { id, purpose: undefined, outcome: 'refused', undo: { ...NOTHING, failed: [{ what, reason }] } };
}

function endOne(ground: Ground, open: OpenTransaction, wish: RecoverWish): Recovered {
  const { id, journal } = open;
  const { purpose } = open.manifest;
  const last = journal.records().at(-1);
  switch (last?.type) {
    case 'commit': {
      // The dead run may have written it without bringing it to the disk.
      journal.confirm();
      const failed = finishCommit(ground, open);
      return { id, purpose, outcome: 'committed', undo: { ...NOTHING, failed } };
    }
    case 'rolled-back':
      journal.confirm();
      moveAway(ground.folders, id, ground.folders.done);
      return { id, purpose, outcome: 'undone', undo: NOTHING };
    case 'waiting': {
      const why = whyTakenBack(last, { id, wish, bootId: ground.bootId });
      if (why === 'not-yet') {
        return { id, purpose, outcome: 'waiting', undo: NOTHING };
      }
      // While it stands there, a later run could still keep what is half undone: without this record nothing is touched.
      journal.append({ type: 'abort', everything: !journal.intact() });
      return { ...undoOne(ground, open, wish, why === 'asked' ? wish.unattended : why), notKept: why };
    }
    case 'begin':
    case 'intent':
    case 'done':
    case 'undoing':
    case 'abort':
    case undefined: {
      // No COMMIT can come to light any more, so this record may fail: its absence tells the next recovery the same.
      attempt(() => journal.append({ type: 'abort', everything: !journal.intact() }));
      return undoOne(ground, open, wish, wish.unattended);
    }
  }
}

/** `cause`: why nobody is told of it now, so that a note is left. */
function undoOne(
  ground: Ground,
  open: OpenTransaction,
  { runtime = 'assert', now }: RecoverWish,
  cause: RevertCause | undefined,
): Recovered {
  const { id } = open;
  if (cause !== undefined) {
    // Without a note the revert is as good, only less known.
    attempt(() => noteRevert(ground.folders, { id, cause, at: now?.iso ?? '', notAsBefore: null }));
  }
  const undo = undoAndFinish(ground, open, runtime);
  return { id, purpose: open.manifest.purpose, outcome: undo.failed.length === 0 ? 'undone' : 'incomplete', undo };
}

/** Whether a run that waits is to be taken back now, and for which reason. */
export function whyTakenBack(
  due: RevertDue,
  { id, wish, bootId }: { readonly id: string; readonly wish: RecoverWish; readonly bootId: string },
): RevertCause | 'asked' | 'not-yet' {
  if (due.bootId !== bootId) {
    return 'boot';
  }
  const { revert, now } = wish;
  if (revert?.id === id && (revert.clock === undefined || revert.clock === due.clock)) {
    return 'asked';
  }
  return isOverdue(due, now) ? 'clock' : 'not-yet';
}

function isOverdue({ dueMs }: RevertDue, now: Moment | undefined): boolean {
  return now !== undefined && now.monotonicMs > dueMs + GRACE_MS;
}

function createdAt({ folders: { sys, tx } }: Ground, id: string): string {
  const text = attempt(() => holding(sys, sys.openObject(tx, id), (home: Fd) => readIfThere(sys, home, MANIFEST)));
  const decoded = text.ok && text.value !== undefined ? decodeManifest(text.value) : undefined;
  return decoded?.type === 'valid' ? decoded.manifest.createdAt : '';
}

function closingOnError<T>(journal: Journal | undefined, work: () => T): T {
  try {
    return work();
  } catch (error) {
    journal?.close();
    throw error;
  }
}

function contradict(a: Manifest | undefined, b: Manifest | undefined): boolean {
  return a !== undefined && b !== undefined && digestOfBytes(encodeManifest(a)) !== digestOfBytes(encodeManifest(b));
}
