import { type AbsPath, joinPath } from '../model/brand.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import type { Fd, Sys } from '../model/sys.ts';
import type { Rehearsed, TransactionSpec } from '../model/transaction.ts';
import { removeTree } from './held.ts';
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
import { REHEARSAL } from './save.ts';
import { type Seen, see } from './see.ts';
import { type Stage, isStageable, scratchSys, setStage } from './stage.ts';
import type { Survey } from './survey.ts';
import { Refusal, attempt, reasonOf } from './trouble.ts';
import { undo } from './undo.ts';
import { type Targets, type Trust, holdingObject, inFolder } from './walk.ts';

export interface RehearsalWork {
  readonly spec: TransactionSpec;
  readonly survey: Survey;
  readonly trust: Trust;
  readonly holdingSaved: PerformGround['holdingSaved'];
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
    const attributes = setStage(stage, work.survey.targets);
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
