import type { AbsPath, Sha256 } from './brand.ts';
import type { Json } from './canonical.ts';
import type { Command, FileType } from './host.ts';
import type { Known } from './state.ts';

/** Permission bits and owner of one object. */
export interface Access {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** A regular file, whole. `extended` is Sys.extendedMetadata; `mtimeNs` is put back by a restore, not compared. */
export interface FileImage extends Access {
  readonly sha256: Sha256;
  readonly size: number;
  readonly mtimeNs: string;
  readonly extended: string;
}

/** Makes a service take up its files. Run at most once per place in the sequence; a refusal fails the step. */
export interface Activation {
  readonly service: 'docker';
  readonly action: 'reload' | 'restart';
  /** In order; for a restart with a start limit this begins with reset-failed. */
  readonly commands: readonly Command[];
  readonly timeoutMs: number;
  /** Pause after the commands, before the file may change again: for a signal that is taken up after the command that sent it ended. */
  readonly settleMs?: number;
}

/** What a transaction is told to do. The transaction takes every pre-image itself and refuses where it differs from `expected`. */
export type StepInput =
  /** Creates or replaces a file. `access` undefined keeps the old one (a new file: 0600 root:root). `restoreFrom` puts back metadata and mtime of a saved blob too. */
  | {
      readonly kind: 'write-file';
      readonly path: AbsPath;
      /** Digest of the content it must have now; null: must not exist. */
      readonly expected: Sha256 | null;
      readonly content: Uint8Array;
      readonly access: Access | undefined;
      readonly restoreFrom?: { readonly snapshot: string; readonly blob: Sha256 };
    }
  | { readonly kind: 'remove-file'; readonly path: AbsPath; readonly expected: Sha256 }
  | { readonly kind: 'make-directory'; readonly path: AbsPath; readonly access: Access }
  /** Removed only while empty. */
  | { readonly kind: 'remove-directory'; readonly path: AbsPath }
  | {
      readonly kind: 'set-access';
      readonly path: AbsPath;
      readonly fileType: FileType;
      readonly expected: Access;
      readonly access: Access;
    }
  /** A change of the running kernel or a service that files do not carry; `undo` is its known inverse and harmless where there is nothing to undo. */
  | {
      readonly kind: 'command';
      readonly what: string;
      readonly run: Command;
      readonly undo: Command;
      readonly timeoutMs: number;
    }
  | { readonly kind: 'activate'; readonly activation: Activation };

/**
 * How a service is brought back after an undo in which one of its activations was begun: in order, each writes `content` over the
 * (already restored) file and activates. After the last one the restored bytes are put back. Daemons keep values whose keys vanish
 * from the file, so the old values are said explicitly once.
 */
export interface UndoPhase {
  readonly path: AbsPath;
  /** Null: the restored file as it is. */
  readonly content: Uint8Array | null;
  readonly activation: Activation;
  /** Only where this was the most that had been begun: what was only reloaded is not restarted. Without it always. */
  readonly after?: Activation['action'];
}

export interface TransactionSpec {
  /** Lower-case hex, 8 to 32 letters; names the snapshot. */
  readonly id: string;
  readonly purpose: 'apply' | 'rollback';
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly bootId: string;
  /** What it serves: the plan it carries out; for a rollback the snapshot it undoes. Kept with the snapshot, read by nobody here. */
  readonly about: Json;
  readonly steps: readonly StepInput[];
  readonly undoPhases: readonly UndoPhase[];
}

/** Why a step, an undo or a recovery could not be done; each names the object. */
export interface Trouble {
  readonly what: string;
  readonly reason: string;
}

/** What an undo did. `kept`: objects somebody else changed meanwhile; their copies are in `conflicts`. */
export interface UndoReport {
  readonly restored: readonly string[];
  readonly kept: readonly Trouble[];
  readonly failed: readonly Trouble[];
  /**
   * Inverses of commands that failed where there may have been nothing left to undo: only a look at the host can tell. Left out where
   * there are none.
   */
  readonly unsure?: readonly Trouble[];
}

/** What a commit left to do; it is done by the next recovery. The transaction itself is committed. */
export interface CommitReport {
  readonly pending: readonly Trouble[];
}

/** A snapshot that was put back once, in a scratch place, before anything was changed. */
export interface Rehearsed {
  /** Objects in the snapshot: files, folders, what is absent. */
  readonly objects: number;
  /** Saved content. */
  readonly bytes: number;
  /** Of these only a real host could tell: sockets and the like. */
  readonly notRehearsed: readonly AbsPath[];
}

/** What recovery made of one transaction that had no end. */
export interface Recovered {
  readonly id: string;
  readonly purpose: TransactionSpec['purpose'] | undefined;
  /**
   * `committed`: it had been committed, what was left was cleaned. `undone`: the state before is back, but for what `kept` names.
   * `dropped`: nothing had been changed. `incomplete`: could not be ended; `failed` says why, and the next recovery tries again.
   * `refused`: its records are damaged or contradict each other; nothing was touched. `waiting`: it is complete and waits to be kept; it was left alone.
   */
  readonly outcome: 'committed' | 'undone' | 'dropped' | 'incomplete' | 'refused' | 'waiting';
  readonly undo: UndoReport;
  /** Set where it was complete and was not kept: in time, before another boot, or because somebody asked for it. */
  readonly notKept?: 'clock' | 'boot' | 'asked';
}

/** A committed transaction, by what it says of itself. */
export interface SnapshotSummary {
  readonly id: string;
  readonly purpose: TransactionSpec['purpose'];
  readonly createdAt: string;
  readonly about: Json;
  /** False where a look at the host after it did not find all of it. */
  readonly proven: boolean;
}

/** Undefined: it was not there. */
export interface AccessChange {
  readonly before: Access | undefined;
  readonly after: Access | undefined;
}

/** The files of a snapshot, as they were before and after the apply. */
export interface SnapshotFiles {
  readonly id: string;
  /** Undefined where the transaction did not write or remove that file. */
  before(path: AbsPath): Known<FileImage> | undefined;
  after(path: AbsPath): Known<FileImage> | undefined;
  /** Access of an object of any kind; undefined where the transaction did not touch that path. */
  access(path: AbsPath): AccessChange | undefined;
  /** Content of a blob of this snapshot, verified. */
  bytes(blob: Sha256): Uint8Array;
}
