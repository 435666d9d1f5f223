import { EXIT, HardenError } from '../model/errors.ts';
import type { OpenRun, RevertNote } from '../model/revert.ts';
import { holding, readIfThere } from './held.ts';
import { JOURNAL, openJournal, readJournal } from './journal.ts';
import { TRANSACTION_ID } from './manifest.ts';
import type { Folders, Ground, OpenTransaction } from './open-transaction.ts';
import { chooseManifest } from './recover.ts';
import { noteRevert, readRevertNotes, removeRevertNotes } from './revert-notes.ts';
import { MANIFEST } from './save.ts';
import { type Transaction, resumeTransaction } from './transaction.ts';
import { attempt, reasonOf } from './trouble.ts';

/** What a store knows of runs that wait to be kept, and of those that were taken back by themselves. */
export interface WaitingRuns {
  /** Transactions without an end whose records can be read; after a recovery those that wait. */
  openRuns(): readonly OpenRun[];
  /** One that waits, to be kept or taken back. @throws HardenError H6010 where it does not wait. */
  resume(id: string): Pick<Transaction, 'id' | 'commit' | 'undo'>;
  /** `write` replaces the note of that run. */
  readonly notes: { list(): readonly RevertNote[]; write(note: RevertNote): void; removeAll(): void };
}

export function waitingRuns(ground: Ground): WaitingRuns {
  const { folders } = ground;
  return {
    openRuns: () => named(() => openRuns(folders)),
    resume: (id) => named(() => resumeTransaction(ground, openWaiting(folders, id))),
    notes: {
      list: () => named(() => readRevertNotes(folders.sys, folders.home)),
      write: (note) => named(() => noteRevert(folders, note)),
      removeAll: () => named(() => removeRevertNotes(folders)),
    },
  };
}

function named<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof HardenError
      ? error
      : new HardenError({
          code: 'H6013',
          exit: EXIT.needsAttention,
          message: `What is kept of runs that have no end cannot be used: ${reasonOf(error)}. Nothing was changed.`,
          hint: 'Once the disk can be used again: harden status',
          cause: error,
        });
  }
}

/** Transactions without an end, newest first; those whose records cannot be read are left out. Needs no lock. */
export function openRuns({ sys, tx }: Pick<Folders, 'sys' | 'tx'>): readonly OpenRun[] {
  return sys
    .list(tx)
    .flatMap((id) => readOpenRun({ sys, tx }, id))
    .sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
}

/** @throws HardenError H6010 where it does not wait to be kept. */
function openWaiting({ sys, tx }: Pick<Folders, 'sys' | 'tx'>, id: string): OpenTransaction {
  if (!TRANSACTION_ID.test(id) || sys.statAt(tx, id) === undefined) {
    throw notWaiting(id);
  }
  return holding(sys, sys.openObject(tx, id), (home) => {
    const journal = sys.statAt(home, JOURNAL) === undefined ? undefined : openJournal(sys, home, id);
    const choice = attempt(() => chooseManifest(id, readIfThere(sys, home, MANIFEST), journal));
    if (!choice.ok || choice.value.type !== 'manifest' || journal?.records().at(-1)?.type !== 'waiting') {
      journal?.close();
      throw notWaiting(id);
    }
    return { id, manifest: choice.value.manifest, journal };
  });
}

/** Of a run that is at work at this moment too; then it may be gone while it is looked at. */
function readOpenRun({ sys, tx }: Pick<Folders, 'sys' | 'tx'>, id: string): readonly OpenRun[] {
  if (!TRANSACTION_ID.test(id)) {
    return [];
  }
  const read = attempt(() =>
    holding(sys, sys.openObject(tx, id), (home): readonly OpenRun[] => {
      const decoded = readJournal(sys, home, id);
      const records = decoded?.records ?? [];
      const journal = decoded === undefined ? undefined : { records: () => records, intact: () => decoded.intact };
      const choice = chooseManifest(id, readIfThere(sys, home, MANIFEST), journal);
      const last = records.at(-1);
      if (choice.type !== 'manifest' || last?.type === 'commit') {
        return [];
      }
      const { purpose, createdAt, about } = choice.manifest;
      return [{ id, purpose, createdAt, about, waiting: last?.type === 'waiting' ? last : undefined }];
    }),
  );
  return read.ok ? read.value : [];
}

function notWaiting(id: string): HardenError {
  return new HardenError({
    code: 'H6010',
    exit: EXIT.notAsItShouldBe,
    message: `Run ${id} does not wait to be kept. Nothing was changed.`,
    hint: 'To see what became of it: harden status',
  });
}
