import { type AbsPath, absPath, baseName, parentPath } from '../model/brand.ts';
import type { Fd, Sys } from '../model/sys.ts';
import { holding } from './held.ts';
import type { Manifest, ObjectState } from './manifest.ts';
import { prepareFile } from './put-file.ts';
import { REHEARSAL, blobBytes, originalBlob } from './save.ts';
import { Refusal, attempt } from './trouble.ts';
import { type Targets, inExistingFolder } from './walk.ts';

/** Where a rehearsal takes place: a world of its own, in which the code that works on the host finds what it knows from there. */
export interface Stage {
  readonly state: Sys;
  readonly scratch: Sys;
  readonly blobs: Fd;
  readonly manifest: Manifest;
  readonly listed: ReadonlySet<string>;
  /** Paths nothing can be rehearsed of. */
  readonly left: ReadonlySet<AbsPath>;
}

/** False for sockets and the like, which cannot be made there. */
export function isStageable(before: ObjectState): boolean {
  return before.kind === 'absent' || before.fileType === 'file' || before.fileType === 'directory';
}

/** The state folder's calls with the rehearsal as `/`. What is thrown away afterwards need not reach the disk. */
export function scratchSys(state: Sys, home: Fd): Sys {
  return {
    ...state,
    openDirectory: () => state.openObject(home, REHEARSAL),
    sync: () => undefined,
    run: () => {
      throw new Error('a rehearsal runs no command');
    },
  };
}

/**
 * Makes the objects as they were before the transaction. `original`: where they really are. Gives the attributes of files whose content
 * is not saved, since only their access changes.
 */
export function setStage(stage: Stage, original: Targets): ReadonlyMap<AbsPath, string> {
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
        attributes.set(path, standIn(stage, original, { path, before, folder }));
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
