import type { AbsPath } from '../model/brand.ts';
import { isBelow, joinPath, parentPath } from '../model/brand.ts';
import { digestOfBytes } from '../model/canonical.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import type { FileStat } from '../model/host.ts';
import type { TransactionSpec } from '../model/transaction.ts';
import {
  type Manifest,
  type ManifestObject,
  type ManifestStep,
  type ObjectState,
  absent,
  listedNames,
} from './manifest.ts';
import { type ObjectInput, type SavedImages, stateAfter } from './state-after.ts';
import { type Seen, see } from './see.ts';
import { Refusal, reasonOf } from './trouble.ts';
import { refuseUnexpected, refuseUnfit } from './unfit.ts';
import { type Targets, distrust, inFolder, isOpen } from './walk.ts';

export interface SurveyGround {
  readonly targets: Targets;
  readonly saved: SavedImages;
  /** Owner of what is created without a wish. */
  readonly creator: { readonly uid: number; readonly gid: number };
}

/** A manifest and the contents it names, still only in memory. */
export interface Survey {
  readonly manifest: Manifest;
  /** Content of each object's first state where it is a file that is written or removed, by index in `manifest.objects`. */
  readonly originals: ReadonlyMap<number, Seen>;
  /** What stands in a folder that is open to others until an earlier step closes it: it must be the same object then. */
  readonly exposed: ReadonlyMap<AbsPath, FileStat>;
  /** With those folders passable: for saving what was seen, nothing else. */
  readonly targets: Targets;
}

/** File systems that a reboot empties. */
const FLEETING = new Set(['tmpfs', 'ramfs']);

/**
 * Looks at every target, refuses what must not be changed, compares with what the plan expected and follows each path through the steps.
 * @throws HardenError with the object concerned. Nothing was changed.
 */
export function survey(spec: TransactionSpec, ground: SurveyGround): Survey {
  const walk = new Walk(spec, ground);
  const steps = spec.steps.map((step, index): ManifestStep => {
    if (step.kind === 'command' || step.kind === 'activate') {
      return step;
    }
    return naming(step.path, () => walk.step(step, index));
  });
  for (const { path } of spec.undoPhases) {
    naming(path, () => walk.now(path));
  }
  const { id, purpose, createdAt, bootId, about } = spec;
  const undoPhases = spec.undoPhases.map((phase) => ({
    ...phase,
    content: phase.content === null ? null : digestOfBytes(phase.content),
  }));
  const manifest: Manifest = {
    format: 1,
    id,
    purpose,
    createdAt,
    bootId,
    about,
    objects: walk.objects,
    steps,
    undoPhases,
  };
  refuseTakenNames(manifest, walk.targets);
  return {
    manifest,
    originals: walk.originals,
    exposed: walk.exposed,
    targets: walk.targets,
  };
}

/** What an undo takes away under these names must be ours: none of them may be there yet. */
function refuseTakenNames(manifest: Manifest, targets: Targets): void {
  for (const [folder, names] of listedNames(manifest)) {
    const inside = joinPath(folder, 'x');
    const there = inFolder(targets, inside, {
      found: (held) => new Set(targets.sys.list(held)),
      missing: () => undefined,
    });
    const taken = names.find((name) => there?.has(name) === true);
    if (taken !== undefined) {
      naming(joinPath(folder, taken), () => {
        throw new Refusal('harden needs this name for a moment, and somebody else has it');
      });
    }
  }
}

class Walk {
  readonly objects: ManifestObject[] = [];
  readonly originals = new Map<number, Seen>();
  readonly exposed = new Map<AbsPath, FileStat>();
  readonly targets: Targets;
  /** Folders that stand open and that a step before this point closes. */
  readonly #closing = new Set<AbsPath>();
  readonly #current = new Map<AbsPath, ObjectState>();
  readonly #withContent: ReadonlySet<AbsPath>;
  readonly #steps: TransactionSpec['steps'];
  readonly #paths: readonly AbsPath[];
  readonly #ground: SurveyGround;

  constructor(spec: TransactionSpec, ground: SurveyGround) {
    this.#ground = ground;
    this.targets = { ...ground.targets, passable: this.#closing };
    this.#steps = spec.steps;
    this.#paths = [...spec.steps, ...spec.undoPhases].flatMap((one) => ('path' in one ? [one.path] : []));
    this.#withContent = new Set([
      ...spec.steps.flatMap((step) => (step.kind === 'write-file' || step.kind === 'remove-file' ? [step.path] : [])),
      ...spec.undoPhases.map(({ path }) => path),
    ]);
  }

  step(step: ObjectInput, index: number): ManifestStep {
    const before = this.now(step.path, step);
    refuseUnexpected(step, before);
    this.#refuseMadeAgain(step);
    const after = stateAfter(step, before, this.#ground);
    this.#refuseOpening(step, after, index);
    this.#refuseUnsafe(step, after);
    this.#noteClosing(step);
    this.#current.set(step.path, after);
    return { kind: step.kind, path: step.path, before, after };
  }

  /** The state of a path at this point of the sequence; looked at on the host the first time. */
  now(path: AbsPath, step?: ObjectInput): ObjectState {
    const known = this.#current.get(path);
    if (known !== undefined) {
      return known;
    }
    const { sys } = this.#ground.targets;
    const { seen, volatile } = inFolder(this.targets, path, {
      found: (folder, name) => {
        refuseUnfit(sys, folder, name, step);
        return {
          seen: see(sys, folder, name, this.#withContent.has(path)),
          volatile: FLEETING.has(sys.fileSystem(folder).type),
        };
      },
      missing: () => this.#inPlannedFolder(path),
    });
    if (seen.bytes !== undefined) {
      this.originals.set(this.objects.length, seen);
    }
    if (seen.stat !== undefined && this.#isExposed(path)) {
      this.exposed.set(path, seen.stat);
    }
    this.objects.push({ path, before: seen.state, volatile });
    this.#current.set(path, seen.state);
    return seen.state;
  }

  /**
   * Nothing may be changed below a folder that others can write to. One that was there may be opened after the last change below it:
   * an undo closes it before it touches any of that.
   */
  #refuseOpening({ kind, path }: ObjectInput, after: ObjectState, index: number): void {
    if (this.#ground.targets.trust !== 'strict' || after.kind === 'absent' || after.fileType !== 'directory') {
      return;
    }
    const reason = distrust(after.access, [0]);
    const last = kind === 'set-access' && isOpen(after.access) && this.#wasClosed(path);
    const later = this.#steps.slice(index + 1).flatMap((one) => ('path' in one ? [one.path] : []));
    const below = (last ? later : this.#paths).find((other) => other !== path && isBelow(other, path));
    if (reason !== undefined && below !== undefined) {
      throw new Refusal(`${below} below it is changed too, and then it ${reason}`);
    }
  }

  /** True for a folder that was there, and that is closed at this point of the sequence. */
  #wasClosed(path: AbsPath): boolean {
    const now = this.#current.get(path);
    const wasThere = this.objects.some((object) => object.path === path && object.before.kind === 'object');
    return wasThere && now?.kind === 'object' && distrust(now.access, [0]) === undefined;
  }

  /** Others may have chosen the owner of a file in an open folder: what root writes must not stay theirs. */
  #refuseUnsafe({ kind, path }: ObjectInput, after: ObjectState): void {
    const reason = kind === 'write-file' && after.kind === 'object' ? distrust(after.access, [0]) : undefined;
    if (reason !== undefined && this.exposed.has(path)) {
      throw new Refusal(`it ${reason}, and its folder is open to others`);
    }
  }

  #noteClosing(step: ObjectInput): void {
    const isFolder = step.kind === 'set-access' && step.fileType === 'directory';
    if (isFolder && isOpen(step.expected) && distrust(step.access, [0]) === undefined) {
      this.#closing.add(step.path);
    }
  }

  #isExposed(path: AbsPath): boolean {
    return [...this.#closing].some((folder) => folder !== path && isBelow(path, folder));
  }

  /** An undo could not tell the new folder from one somebody else made; no work of ours needs both in one transaction. */
  #refuseMadeAgain({ kind, path }: ObjectInput): void {
    const wasThere = this.objects.some((object) => object.path === path && object.before.kind === 'object');
    if (kind === 'make-directory' && wasThere) {
      throw new Refusal('a folder that is removed is not made again in the same transaction');
    }
  }

  #inPlannedFolder(path: AbsPath): { readonly seen: Seen; readonly volatile: boolean } {
    const folder = parentPath(path);
    const planned = this.#current.get(folder);
    if (planned?.kind !== 'object' || planned.fileType !== 'directory') {
      throw new Refusal(`the folder ${folder} is not there`);
    }
    const volatile = this.objects.find((object) => object.path === folder)?.volatile ?? false;
    return { seen: { state: absent, stat: undefined, bytes: undefined }, volatile };
  }
}

function naming<T>(path: AbsPath, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new HardenError({
      code: 'H2110',
      exit: EXIT.planNotApplicable,
      message: `${path} is not changed: ${reasonOf(error)}`,
      details: ['Nothing was changed.'],
      ...(error instanceof Refusal && error.hint !== undefined ? { hint: error.hint } : {}),
      cause: error,
    });
  }
}
