import type { AbsPath, Sha256 } from '../model/brand.ts';
import type { Fd } from '../model/sys.ts';
import type { Access, Activation, Trouble } from '../model/transaction.ts';
import { holding, openIfThere } from './held.ts';
import { type Manifest, phaseMark, savedName, shelterName, tempName } from './manifest.ts';
import { activate } from './perform.ts';
import { prepareFile, removeOurs } from './put-file.ts';
import { type RestoreGround, restore } from './restore.ts';
import type { Touched } from './touched.ts';
import { blobBytes, newBlob } from './save.ts';
import { see } from './see.ts';
import { Refusal, attempt } from './trouble.ts';
import { inExistingFolder } from './walk.ts';

interface Progress {
  readonly kept: readonly Trouble[];
  readonly failed: Trouble[];
  readonly back: ReadonlySet<AbsPath>;
}

/**
 * Tells the services the old values: a daemon keeps a value whose key has gone from its file, so each phase writes it out once.
 * After the last one the restored files are in place again, whatever happened. A file somebody else changed is not written.
 * `most` is what had been begun at most.
 */
export function sayOldValues(
  ground: RestoreGround & { readonly manifest: Manifest },
  touched: readonly Touched[],
  progress: Progress,
  most: Activation['action'],
): void {
  const phases = ground.manifest.undoPhases.filter(({ after }) => after === undefined || after === most);
  for (const { path, content, activation } of phases) {
    const one = touched.find(({ object }) => object.path === path);
    const what = `${activation.action} of ${activation.service}`;
    if (one === undefined || (content !== null && !progress.back.has(path))) {
      continue;
    }
    const said = attempt(() => {
      if (content !== null) {
        writePhase(ground, one, content);
      } else if (progress.back.has(path)) {
        restore(ground, one);
      }
      activate(ground.targets.sys, activation);
    });
    if (!said.ok) {
      progress.failed.push({ what, reason: said.reason });
    }
  }
  for (const one of touched.filter(({ phases, object }) => phases.length > 0 && progress.back.has(object.path))) {
    const back = attempt(() => restore(ground, one));
    if (!back.ok) {
      progress.failed.push({ what: one.object.path, reason: back.reason });
    }
  }
}

/** The restored file stays reachable under a hidden name. */
function writePhase(ground: RestoreGround, touched: Touched, digest: Sha256): void {
  const { state, blobs, targets, id } = ground;
  const { sys } = targets;
  const bytes = blobs === undefined ? undefined : blobBytes(state, blobs, newBlob(digest));
  if (bytes === undefined) {
    throw new Refusal(`the saved values for ${touched.object.path} are missing or damaged`);
  }
  const mark = phaseMark(touched.index);
  const temp = tempName(id, mark);
  const saved = savedName(id, mark);
  inExistingFolder(targets, touched.object.path, (folder, name) => {
    const shelter = shelterName(id, mark);
    [temp, shelter].forEach((name) => removeOurs(sys, folder, name, ground.listed));
    const old = openIfThere(sys, folder, name);
    const prepare = (access: Access, source: Fd | undefined): void => {
      const metadata = source === undefined ? undefined : { fd: source, extended: null, shelter };
      prepareFile(sys, folder, { temp, content: bytes, access, metadata, exact: undefined });
    };
    if (old === undefined) {
      prepare(creatorAccess(ground), undefined);
    } else {
      holding(sys, old, () => {
        const { mode, uid, gid } = sys.stat(old);
        prepare({ mode, uid, gid }, old);
      });
      if (sys.statAt(folder, saved) === undefined && touched.object.before.kind === 'object') {
        sys.link(folder, name, saved);
        sys.sync(folder);
      }
    }
    sys.rename(folder, temp, name);
    sys.sync(folder);
    if (see(sys, folder, name, true).state.kind === 'absent') {
      throw new Refusal('it is not what was put there');
    }
  });
}

/** Nothing was there before: for us alone, as long as it takes. */
function creatorAccess({ state, blobs }: RestoreGround): Access {
  if (blobs === undefined) {
    throw new Refusal('the saved copies are missing');
  }
  const { uid, gid } = state.stat(blobs);
  return { mode: 0o600, uid, gid };
}
