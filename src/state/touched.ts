import type { Sha256 } from '../model/brand.ts';
import { accessesBetween } from './change-access.ts';
import {
  type Manifest,
  type ManifestObject,
  type ObjectState,
  type ObjectStep,
  isObjectStep,
  sameState,
} from './manifest.ts';
import type { Seen } from './see.ts';

/** A path with all that this transaction may have done to it. */
export interface Touched {
  readonly index: number;
  readonly object: ManifestObject;
  readonly steps: readonly { readonly index: number; readonly step: ObjectStep }[];
  readonly phases: readonly Sha256[];
}

/** The paths of a transaction in the order in which they are put back: what was begun last comes first. */
export function touchedPaths(manifest: Manifest): readonly Touched[] {
  const steps = manifest.steps.flatMap((step, index) => (isObjectStep(step) ? [{ index, step }] : []));
  return manifest.objects
    .map((object, index) => ({
      index,
      object,
      steps: steps.filter(({ step }) => step.path === object.path),
      phases: manifest.undoPhases.flatMap(({ path, content }) =>
        path === object.path && content !== null ? [content] : [],
      ),
    }))
    .reverse();
}

/** True where content tells the states of this path apart. */
export function wantsContent({ object, steps, phases }: Touched): boolean {
  const states = [object.before, ...steps.flatMap(({ step }) => [step.before, step.after])];
  return phases.length > 0 || states.some((state) => state.kind === 'object' && state.content !== null);
}

/** The original but for its access. */
export function holdsOriginal({ object: { before } }: Touched, { state }: Pick<Seen, 'state'>): boolean {
  if (state.kind === 'absent' || before.kind === 'absent' || state.fileType !== before.fileType) {
    return false;
  }
  return before.content === null || state.content?.sha256 === before.content.sha256;
}

/** A state this transaction knows: one it found, one it made, one in between, or one it said to a service. */
export function isKnown(touched: Touched, now: ObjectState): boolean {
  const { object, steps } = touched;
  return (
    sameState(now, object.before) ||
    steps.some(({ step }) => sameState(now, step.before) || sameState(now, step.after) || isBetween(now, step)) ||
    isPhase(touched, now)
  );
}

/** Holds what an undo says to a service for a moment. */
export function isPhase({ phases }: Touched, now: ObjectState): boolean {
  const digest = now.kind === 'object' ? now.content?.sha256 : undefined;
  return digest !== undefined && phases.includes(digest);
}

function isBetween(now: ObjectState, { kind, before, after }: ObjectStep): boolean {
  if (kind !== 'set-access' || now.kind === 'absent' || before.kind === 'absent' || after.kind === 'absent') {
    return false;
  }
  const content = before.content === null ? null : { ...before.content, extended: null };
  return accessesBetween(before.access, after.access).some((access) => sameState(now, { ...before, access, content }));
}
