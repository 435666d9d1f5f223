import type { AbsPath, Sha256 } from '../model/brand.ts';
import { digestOfBytes } from '../model/canonical.ts';
import type { Access, StepInput } from '../model/transaction.ts';
import { type ContentState, type ObjectState, absent, sameAccess } from './manifest.ts';

export type ObjectInput = Exclude<StepInput, { kind: 'command' | 'activate' }>;

/** Answers about earlier snapshots that a step may refer to. */
export interface SavedImages {
  image(snapshot: string, blob: Sha256, path: AbsPath): { readonly access: Access; readonly content: ContentState };
}

interface Ground {
  readonly saved: SavedImages;
  /** Owner of what is created without a wish. */
  readonly creator: { readonly uid: number; readonly gid: number };
}

/** What a step makes of an object, as far as that is known beforehand. */
export function stateAfter(step: ObjectInput, before: ObjectState, ground: Ground): ObjectState {
  switch (step.kind) {
    case 'write-file':
      return fileAfter(step, before, ground);
    case 'remove-file':
    case 'remove-directory':
      return absent;
    case 'make-directory':
      return { kind: 'object', fileType: 'directory', access: made(step.access, ground.creator), content: null };
    case 'set-access': {
      const content = before.kind === 'object' ? before.content : null;
      const extended = extendedAfter(content?.extended ?? null, step.expected, step.access);
      return {
        kind: 'object',
        fileType: step.fileType,
        access: step.access,
        content: content === null ? null : { ...content, extended },
      };
    }
  }
}

function fileAfter(
  step: Extract<StepInput, { kind: 'write-file' }>,
  before: ObjectState,
  { saved, creator }: Ground,
): ObjectState {
  const { restoreFrom } = step;
  const old =
    before.kind === 'object' ? { access: before.access, extended: before.content?.extended ?? null } : undefined;
  const image = restoreFrom === undefined ? undefined : saved.image(restoreFrom.snapshot, restoreFrom.blob, step.path);
  const source = image === undefined ? old : { access: image.access, extended: image.content.extended };
  const wish = step.access ?? source?.access ?? { mode: 0o600, ...creator };
  const access = before.kind === 'absent' ? made(wish, creator) : wish;
  const exactTimes = image !== undefined && sameAccess(access, image.access);
  const content = {
    sha256: digestOfBytes(step.content),
    size: step.content.length,
    mtimeNs: exactTimes ? image.content.mtimeNs : null,
    extended: source === undefined ? null : extendedAfter(source.extended, source.access, access),
  };
  return { kind: 'object', fileType: 'file', access, content };
}

/** What is made for root belongs to whoever makes it, where that is not root: in a folder of one's own nobody can give files away. */
function made(access: Access, creator: Ground['creator']): Access {
  return creator.uid !== 0 && access.uid === 0 && access.gid === 0 ? { ...access, ...creator } : access;
}

/** A change of the mode rewrites the mask of an ACL: what comes out is known only where there was nothing. */
function extendedAfter(extended: string | null, from: Access, to: Access): string | null {
  return extended === '' || from.mode === to.mode ? extended : null;
}
