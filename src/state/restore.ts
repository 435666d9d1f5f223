import { type AbsPath, baseName, isBelow, joinPath, parentPath } from '../model/brand.ts';
import type { Fd, Sys } from '../model/sys.ts';
import type { Access } from '../model/transaction.ts';
import { changeAccess } from './change-access.ts';
import { holding, openIfThere } from './held.ts';
import {
  type Manifest,
  type ObjectState,
  hiddenNames,
  phaseMark,
  sameAccess,
  sameState,
  savedName,
  tempName,
  undoMark,
} from './manifest.ts';
import { prepareFile, removeOurs } from './put-file.ts';
import { blobBytes, originalBlob } from './save.ts';
import { type Seen, see } from './see.ts';
import { type Touched, holdsOriginal, isKnown, isPhase, wantsContent } from './touched.ts';
import { Refusal, errnoName } from './trouble.ts';
import { type Targets, inFolder } from './walk.ts';

export interface RestoreGround {
  readonly targets: Targets;
  readonly id: string;
  readonly state: Sys;
  /** The folder of the saved copies; undefined where it is missing. */
  readonly blobs: Fd | undefined;
  readonly listed: ReadonlySet<string>;
  /** Folders that others may have been able to write to for a while. */
  readonly gates?: readonly AbsPath[];
  /** Keeps a copy of a file somebody else changed. */
  keepForeign(touched: Touched, seen: Seen): void;
}

export type Restored =
  | { readonly type: 'untouched' }
  | { readonly type: 'restored' }
  /** Left as it is: it is neither as it was before nor as we left it. */
  | { readonly type: 'kept'; readonly reason: string };

/**
 * Brings one path back to its first state. May be stopped at any call and begun again.
 * @throws Refusal or an error of Sys where that cannot be done now.
 */
export function restore(ground: RestoreGround, touched: Touched): Restored {
  return inFolder(ground.targets, touched.object.path, {
    found: (folder, name) => new Restoring(ground, touched, folder, name).run(),
    missing: () =>
      touched.object.before.kind === 'absent'
        ? { type: 'untouched' }
        : { type: 'kept', reason: `the folder ${parentPath(touched.object.path)} is gone` },
  });
}

/** True where a damaged or missing saved copy would be needed to put the path back. `manifest`: whose folders may be set aside now. */
export function needsBlob(ground: RestoreGround, touched: Touched, manifest: Manifest): boolean {
  const { path } = touched.object;
  const look = (at: AbsPath, missing: () => boolean): boolean =>
    inFolder(ground.targets, at, {
      found: (folder, name) => new Restoring(ground, touched, folder, name).needsBlob(),
      missing,
    });
  return look(path, () => {
    const aside = asideWithItsFolder(manifest, path);
    return aside !== path && look(aside, () => false);
  });
}

/** Where a path is while the folders above it that the transaction removes are set aside. */
function asideWithItsFolder(manifest: Manifest, path: AbsPath): AbsPath {
  const folder = parentPath(path);
  if (folder === path) {
    return path;
  }
  const above = asideWithItsFolder(manifest, folder);
  const step = manifest.steps.findIndex((one) => one.kind === 'remove-directory' && one.path === folder);
  const now = step < 0 ? above : joinPath(parentPath(above), savedName(manifest.id, step));
  return joinPath(now, baseName(path));
}

class Restoring {
  readonly #ground: RestoreGround;
  readonly #touched: Touched;
  readonly #folder: Fd;
  readonly #name: string;
  readonly #sys: Sys;

  constructor(ground: RestoreGround, touched: Touched, folder: Fd, name: string) {
    this.#ground = ground;
    this.#touched = touched;
    this.#folder = folder;
    this.#name = name;
    this.#sys = ground.targets.sys;
  }

  run(): Restored {
    this.#endPhase();
    const { before } = this.#touched.object;
    const now = this.#see(this.#name);
    const result = before.kind === 'absent' ? this.#takeAway(now) : this.#putBack(now, before);
    const swept = (result.type !== 'kept' || this.#hasCopy()) && this.#sweep();
    if (result.type === 'restored' || swept) {
      this.#sys.sync(this.#folder);
    }
    if (result.type !== 'kept' && !sameState(this.#see(this.#name).state, before)) {
      throw new Refusal('it is not as before, though everything was done');
    }
    return result;
  }

  needsBlob(): boolean {
    const { before } = this.#touched.object;
    const now = this.#see(this.#name);
    if (before.kind === 'absent' || holdsOriginal(this.#touched, now) || !isKnown(this.#touched, now.state)) {
      return false;
    }
    return [this.#saved(), this.#phaseSaved()].every(
      (name) => name === undefined || !holdsOriginal(this.#touched, this.#see(name)),
    );
  }

  /** A run that died while it said old values to a service left them in the file. */
  #endPhase(): void {
    const saved = this.#phaseSaved();
    if (saved === undefined) {
      return;
    }
    const now = this.#see(this.#name);
    if (isPhase(this.#touched, now.state) && now.stat?.ino !== this.#see(saved).stat?.ino) {
      this.#sys.rename(this.#folder, saved, this.#name);
      this.#sys.sync(this.#folder);
    }
  }

  #takeAway(now: Seen): Restored {
    if (now.state.kind === 'absent') {
      return { type: 'untouched' };
    }
    if (!isKnown(this.#touched, now.state)) {
      return this.#keep(now, 'somebody else put something there');
    }
    if (now.state.fileType === 'directory') {
      return this.#takeAwayFolder(now);
    }
    const aside = tempName(this.#ground.id, undoMark(this.#touched.index));
    this.#sys.rename(this.#folder, this.#name, aside);
    if (this.#sys.statAt(this.#folder, aside)?.ino !== now.stat?.ino) {
      const kept = this.#keep(this.#see(aside), 'somebody else put something there at this moment');
      this.#sys.link(this.#folder, aside, this.#name);
      return kept;
    }
    return { type: 'restored' };
  }

  #takeAwayFolder(now: Seen): Restored {
    try {
      this.#sys.removeDirectory(this.#folder, this.#name);
      return { type: 'restored' };
    } catch (error) {
      if (errnoName(error) === 'ENOTEMPTY' || errnoName(error) === 'EEXIST') {
        return this.#keep(now, 'the folder holds something of somebody else');
      }
      throw error;
    }
  }

  #putBack(now: Seen, before: Exclude<ObjectState, { kind: 'absent' }>): Restored {
    const saved = this.#saved();
    if (!isKnown(this.#touched, now.state)) {
      return this.#keep(now, now.state.kind === 'absent' ? 'somebody else removed it' : 'somebody else changed it');
    }
    if (saved !== undefined && before.fileType === 'directory' && now.state.kind === 'object') {
      return this.#keep(now, 'somebody else made it again');
    }
    if (this.#isShared(now)) {
      return this.#keep(now, 'somebody else gave it a second name');
    }
    let result: Restored = { type: 'untouched' };
    if (saved !== undefined && this.#isOther(saved, now) && holdsOriginal(this.#touched, this.#see(saved))) {
      this.#sys.rename(this.#folder, saved, this.#name);
      result = { type: 'restored' };
    } else if (!holdsOriginal(this.#touched, now)) {
      this.#putBackBlob(before);
      result = { type: 'restored' };
    }
    return this.#putBackAccess(before.access) ? { type: 'restored' } : result;
  }

  /** A file of elsewhere that was linked there must not get the access of ours. */
  #isShared({ stat }: Seen): boolean {
    const { object, steps, phases } = this.#touched;
    const isGated = (this.#ground.gates ?? []).some((gate) => isBelow(object.path, gate));
    const onlyAccess = phases.length === 0 && steps.every(({ step }) => step.kind === 'set-access');
    return isGated && onlyAccess && stat?.type === 'file' && stat.nlink > 1;
  }

  #putBackAccess(wanted: Access): boolean {
    return holding(this.#sys, this.#sys.openObject(this.#folder, this.#name), (fd) => {
      const { mode, uid, gid, type } = this.#sys.stat(fd);
      if (sameAccess({ mode, uid, gid }, wanted)) {
        return false;
      }
      changeAccess(this.#sys, fd, { mode, uid, gid }, wanted);
      this.#sys.sync(type === 'file' || type === 'directory' ? fd : this.#folder);
      return true;
    });
  }

  #putBackBlob(before: Exclude<ObjectState, { kind: 'absent' }>): void {
    const { state, blobs, id } = this.#ground;
    const { index, object } = this.#touched;
    if (before.content === null || blobs === undefined) {
      throw new Refusal('what was there is gone, and no copy was kept');
    }
    const name = originalBlob(index, before.content.sha256);
    const content = blobBytes(state, blobs, name);
    if (content === undefined) {
      throw new Refusal(`the saved copy of ${object.path} is missing or damaged`);
    }
    const temp = tempName(id, undoMark(index));
    removeOurs(this.#sys, this.#folder, temp, this.#ground.listed);
    holding(state, state.openObject(blobs, name), (blob) => {
      const file = { temp, content, access: before.access, metadata: undefined, exact: blob };
      prepareFile(this.#sys, this.#folder, file);
    });
    this.#sys.rename(this.#folder, temp, this.#name);
  }

  #keep(now: Seen, reason: string): Restored {
    this.#ground.keepForeign(this.#touched, now);
    return { type: 'kept', reason };
  }

  /** What we set aside is not needed any more: a whole copy is in the state folder. */
  #hasCopy(): boolean {
    const { state, blobs } = this.#ground;
    const { index, object } = this.#touched;
    const content = object.before.kind === 'object' ? object.before.content : null;
    return (
      content === null ||
      (blobs !== undefined && blobBytes(state, blobs, originalBlob(index, content.sha256)) !== undefined)
    );
  }

  /** All hidden names of this path; what they held is in place, or in the saved copies. */
  #sweep(): boolean {
    const marks = [
      ...this.#touched.steps.map(({ index }) => index),
      phaseMark(this.#touched.index),
      undoMark(this.#touched.index),
    ];
    const names = marks.flatMap((mark) => hiddenNames(this.#ground.id, mark));
    return names.map((name) => removeOurs(this.#sys, this.#folder, name, this.#ground.listed)).includes(true);
  }

  #see(name: string): Seen {
    return see(this.#sys, this.#folder, name, wantsContent(this.#touched));
  }

  /** The name under which the first step that took the original away keeps it. */
  #saved(): string | undefined {
    const carrier = this.#touched.steps.find(
      ({ step }) => step.before.kind === 'object' && step.kind !== 'set-access' && step.kind !== 'make-directory',
    );
    return carrier === undefined ? undefined : this.#existing(savedName(this.#ground.id, carrier.index));
  }

  #phaseSaved(): string | undefined {
    return this.#existing(savedName(this.#ground.id, phaseMark(this.#touched.index)));
  }

  #existing(name: string): string | undefined {
    const fd = openIfThere(this.#sys, this.#folder, name);
    if (fd === undefined) {
      return undefined;
    }
    this.#sys.close(fd);
    return name;
  }

  #isOther(name: string, now: Seen): boolean {
    return this.#see(name).stat?.ino !== now.stat?.ino;
  }
}
