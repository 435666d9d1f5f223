import { type AbsPath, absPath, baseName, joinPath, parentPath } from '../model/brand.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import type { Fd, Sys } from '../model/sys.ts';
import type { Rehearsed, TransactionSpec } from '../model/transaction.ts';
import { holding, removeTree } from './held.ts';
import type { Journal, JournalRecord } from './journal.ts';
import {
  type Manifest,
  type ObjectState,
  absent,
  isObjectStep,
  listedNames,
  sameState,
  savedName,
} from './manifest.ts';
import { type PerformGround, performObjectStep } from './perform.ts';
import { prepareFile } from './put-file.ts';
import { REHEARSAL, blobBytes, originalBlob } from './save.ts';
import { type Seen, see } from './see.ts';
import type { Survey } from './survey.ts';
import { Refusal, attempt, reasonOf } from './trouble.ts';
import { undo } from './undo.ts';
import { type Targets, type Trust, holdingObject, inExistingFolder, inFolder } from './walk.ts';

export interface RehearsalWork {
  readonly spec: TransactionSpec;
  readonly survey: Survey;
  readonly trust: Trust;
  readonly holdingSaved: PerformGround['holdingSaved'];
}

/** Where a rehearsal takes place: a world of its own, in which the code that works on the host finds what it knows from there. */
interface Stage {
  readonly state: Sys;
  readonly scratch: Sys;
  readonly blobs: Fd;
  readonly manifest: Manifest;
  readonly listed: ReadonlySet<string>;
  /** Paths nothing can be rehearsed of. */
  readonly left: ReadonlySet<AbsPath>;
}

/**
 * Builds the objects of a saved transaction anew from their saved copies, carries out its steps on them, takes it all back by the
 * very code an undo runs, without the inodes that were set aside, and compares. Leaves nothing, whether it succeeds or throws.
 * `home`: the folder of the transaction. @throws HardenError H2113 where something does not come back.
 */
export function rehearse(state: Sys, home: Fd, blobs: Fd, work: RehearsalWork): Rehearsed {
  const { manifest } = work.survey;
  const left = manifest.objects.filter(({ before }) => !isStageable(before)).map(({ path }) => path);
  const listed = new Set([...listedNames(manifest).values()].flat());
  const scratch = scratchSys(state, home);
  const stage: Stage = { state, scratch, blobs, manifest, listed, left: new Set(left) };
  try {
    removeTree(state, home, REHEARSAL);
    state.makeDirectory(home, REHEARSAL, 0o700);
    const attributes = setStage(stage, work);
    perform(stage, work);
    const troubles = [...takeBack(stage, work.trust), ...differences(stage, attributes)];
    if (troubles.length > 0) {
      throw new Refusal(troubles.join('; '));
    }
  } catch (error) {
    throw notRestorable(error);
  } finally {
    attempt(() => removeTree(state, home, REHEARSAL));
  }
  removeTree(state, home, REHEARSAL);
  // A later record must not meet a rehearsal that came back with a power cut.
  state.sync(home);
  const bytes = [...work.survey.originals.values()].reduce((sum, seen) => sum + (seen.bytes?.length ?? 0), 0);
  return { objects: manifest.objects.length, bytes, notRehearsed: left };
}

function isStageable(before: ObjectState): boolean {
  return before.kind === 'absent' || before.fileType === 'file' || before.fileType === 'directory';
}

/** The state folder's calls with the rehearsal as `/`. What is thrown away afterwards need not reach the disk. */
function scratchSys(state: Sys, home: Fd): Sys {
  return {
    ...state,
    openDirectory: () => state.openObject(home, REHEARSAL),
    sync: () => undefined,
    run: () => {
      throw new Error('a rehearsal runs no command');
    },
  };
}

/** As before the transaction. Gives the attributes of files whose content is not saved, since only their access changes. */
function setStage(stage: Stage, { survey }: RehearsalWork): ReadonlyMap<AbsPath, string> {
  const { scratch, manifest, left } = stage;
  const attributes = new Map<AbsPath, string>();
  const objects = manifest.objects.map((object, index) => ({ ...object, index })).filter(({ path }) => !left.has(path));
  for (const { path, before, index } of objects) {
    inFolderMade(scratch, isMadeByStep(manifest, path) ? absPath('/') : parentPath(path), (folder) => {
      if (before.kind === 'absent') {
        return;
      }
      if (before.fileType === 'directory') {
        makeFolder(scratch, folder, baseName(path));
      } else if (before.content === null) {
        attributes.set(path, standIn(stage, survey.targets, { path, before, folder }));
      } else {
        copyOf(stage, { index, before, folder, name: baseName(path) });
      }
    });
  }
  // Last and from the inside, since what they are in may not be open to us.
  for (const { path, before } of objects.toSorted((a, b) => b.path.length - a.path.length)) {
    if (before.kind === 'object' && before.fileType === 'directory') {
      inExistingFolder({ sys: scratch, trust: 'relaxed' }, path, (folder, name) =>
        holding(scratch, scratch.openObject(folder, name), (fd) => setAccess(scratch, fd, before)),
      );
    }
  }
  return attributes;
}

/** Its folder is not there before the transaction. */
function isMadeByStep({ objects }: Manifest, path: AbsPath): boolean {
  const folder = parentPath(path);
  return objects.some((object) => object.path === folder && object.before.kind === 'absent');
}

function inFolderMade(sys: Sys, path: AbsPath, use: (folder: Fd) => void): void {
  let held = sys.openDirectory(absPath('/'));
  try {
    for (const name of path.split('/').filter((part) => part !== '')) {
      makeFolder(sys, held, name);
      const next = sys.openObject(held, name);
      sys.close(held);
      held = next;
    }
    use(held);
  } finally {
    sys.close(held);
  }
}

function makeFolder(sys: Sys, folder: Fd, name: string): void {
  if (sys.statAt(folder, name) === undefined) {
    sys.makeDirectory(folder, name, 0o700);
    holding(sys, sys.openObject(folder, name), (fd) => sys.chmod(fd, 0o700));
  }
}

type Present = Exclude<ObjectState, { readonly kind: 'absent' }>;

function setAccess(sys: Sys, fd: Fd, { access }: Present): void {
  sys.chown(fd, access.uid, access.gid);
  sys.chmod(fd, access.mode);
}

/** By the code that puts a saved copy back. */
function copyOf(
  { state, scratch, blobs }: Stage,
  at: { readonly index: number; readonly before: Present; readonly folder: Fd; readonly name: string },
): void {
  const { index, before, folder, name } = at;
  const blob = originalBlob(index, before.content?.sha256 ?? absurd());
  const content = blobBytes(state, blobs, blob);
  if (content === undefined) {
    throw new Refusal(`the saved copy ${blob} is missing or damaged`);
  }
  holding(state, state.openObject(blobs, blob), (exact) =>
    prepareFile(scratch, folder, { temp: name, content, access: before.access, metadata: undefined, exact }),
  );
}

function absurd(): never {
  throw new Error('a file with content has no digest');
}

/**
 * An empty file with the access of the original, and with its ACL and attributes where the state folder's file system takes them:
 * the original itself keeps them, so that it is no reason to stop where not.
 */
function standIn(
  { scratch }: Stage,
  targets: Targets,
  { path, before, folder }: { readonly path: AbsPath; readonly before: Present; readonly folder: Fd },
): string {
  return holding(scratch, scratch.createFile(folder, baseName(path)), (file) => {
    attempt(() =>
      inExistingFolder(targets, path, (there, leaf) =>
        holding(targets.sys, targets.sys.openObject(there, leaf), (original) =>
          targets.sys.copyMetadata(original, file, true),
        ),
      ),
    );
    setAccess(scratch, file, before);
    return scratch.extendedMetadata(file);
  });
}

/** The steps on objects, and then without what they set aside of files: their saved copies are to be proven, not a rename. */
function perform(stage: Stage, { spec, trust, holdingSaved }: RehearsalWork): void {
  const { scratch, manifest, listed, left } = stage;
  const ground: PerformGround = { targets: { sys: scratch, trust }, id: manifest.id, listed, holdingSaved };
  manifest.steps.forEach((step, index) => {
    const input = spec.steps[index];
    if (!isObjectStep(step) || left.has(step.path) || input === undefined || !('path' in input)) {
      return;
    }
    naming(step.path, () => performObjectStep(ground, { index, step, input, seen: undefined }, () => undefined));
    if (!isWrittenAlike(manifest, step.path)) {
      removeAside(scratch, step.path, savedName(manifest.id, index));
    }
  });
}

/** Its old content is written again in a step: only the inode that was set aside tells then that the time is another one. */
function isWrittenAlike({ objects, steps }: Manifest, path: AbsPath): boolean {
  const before = objects.find((object) => object.path === path)?.before;
  const old = before?.kind === 'object' ? before.content?.sha256 : undefined;
  return steps.some(
    (step) =>
      step.kind === 'write-file' &&
      step.path === path &&
      step.after.kind === 'object' &&
      step.after.content?.sha256 === old,
  );
}

function removeAside(sys: Sys, path: AbsPath, aside: string): void {
  inFolder({ sys, trust: 'relaxed' }, path, {
    found: (folder) => {
      if (sys.statAt(folder, aside)?.type === 'file') {
        sys.unlink(folder, aside);
      }
    },
    missing: () => undefined,
  });
}

function naming(path: AbsPath, work: () => void): void {
  const done = attempt(work);
  if (!done.ok) {
    throw new Refusal(`${path}: ${done.reason}`);
  }
}

function takeBack({ state, scratch, blobs, manifest, listed, left }: Stage, trust: Trust): readonly string[] {
  const { kept, failed } = undo({
    targets: { sys: scratch, trust },
    id: manifest.id,
    state,
    blobs,
    listed,
    keepForeign: () => undefined,
    manifest,
    journal: journalOfAll(manifest),
    sameBoot: true,
    runtime: 'files',
  });
  const unknown: ReadonlySet<string> = left;
  return [...failed, ...kept].filter(({ what }) => !unknown.has(what)).map(({ what, reason }) => `${what}: ${reason}`);
}

/** Tells what a journal does when every step was begun. */
function journalOfAll(manifest: Manifest): Journal {
  const records: JournalRecord[] = manifest.steps.map((_, step) => ({ type: 'intent', step, names: [] }));
  return {
    records: () => records,
    intact: () => true,
    append: (record) => {
      records.push(record);
    },
    confirm: () => undefined,
    close: () => undefined,
  };
}

/** What is not as it was, in words; what was left over too. */
function differences(stage: Stage, attributes: ReadonlyMap<AbsPath, string>): readonly string[] {
  const { scratch, manifest, left } = stage;
  const everywhere: Targets = { sys: scratch, trust: 'relaxed' };
  const moved = manifest.objects
    .filter(({ path }) => !left.has(path))
    .flatMap(({ path, before }) => {
      const withContent = before.kind === 'object' && before.content !== null;
      return inFolder(everywhere, path, {
        found: (folder, name) => [
          ...difference(see(scratch, folder, name, withContent), before),
          ...otherAttributes(scratch, { folder, name, wanted: attributes.get(path) }),
        ],
        missing: () => difference({ state: absent, stat: undefined, bytes: undefined }, before),
      }).map((reason) => `${path}: ${reason}`);
    });
  const leftOver = [...listedNames(manifest)].flatMap(([folder, names]) =>
    inFolder(everywhere, joinPath(folder, 'x'), {
      found: (held) => scratch.list(held).filter((name) => names.includes(name)),
      missing: () => [],
    }).map((name) => `${joinPath(folder, name)}: stays behind`),
  );
  return [...moved, ...leftOver];
}

function difference(now: Seen, before: ObjectState): readonly string[] {
  if (!sameState(now.state, before)) {
    return ['content, owner, mode, ACL or attributes do not come back'];
  }
  const wanted = before.kind === 'object' ? before.content?.mtimeNs : undefined;
  return wanted === undefined || wanted === null || wanted === now.stat?.mtimeNs ? [] : ['its time does not come back'];
}

function otherAttributes(
  sys: Sys,
  { folder, name, wanted }: { readonly folder: Fd; readonly name: string; readonly wanted: string | undefined },
): readonly string[] {
  const now = wanted === undefined ? undefined : holdingObject(sys, folder, name, (fd) => sys.extendedMetadata(fd));
  return now === wanted ? [] : ['its ACL or attributes do not come back'];
}

function notRestorable(error: unknown): HardenError {
  return new HardenError({
    code: 'H2113',
    exit: EXIT.cannotWriteOutput,
    message: `The way back was rehearsed and does not work: ${reasonOf(error)}. Nothing was changed.`,
    hint: 'What cannot be put back is not changed. To leave it out: -x ID',
    cause: error,
  });
}
