import type { FileStat } from '../model/host.ts';
import { isBelow } from '../model/brand.ts';
import type { Access } from '../model/transaction.ts';
import { accessesBetween, changeAccess } from './change-access.ts';
import { holding } from './held.ts';
import { type Manifest, type ObjectState, sameAccess } from './manifest.ts';
import { type Touched, touchedPaths } from './touched.ts';
import { Refusal } from './trouble.ts';
import { type Targets, distrust, inFolder, isOpen } from './walk.ts';

/**
 * A folder of root that others may write to before the transaction or after it. It is closed whenever something below it is changed,
 * in an undo too: closed first, opened again last.
 */
export interface Gate {
  readonly touched: Touched;
  /** An access of the transaction's own in which nobody else can write there. */
  readonly closed: Access;
}

/** The outermost first. None where whoever owns the folders is trusted anyway. */
export function gatesOf({ trust }: Targets, touched: readonly Touched[]): readonly Gate[] {
  return trust === 'strict'
    ? touched.flatMap((one) => gateOf(one, touched)).sort((a, b) => pathOf(a).length - pathOf(b).length)
    : [];
}

function gateOf(touched: Touched, all: readonly Touched[]): readonly Gate[] {
  const { object, steps } = touched;
  const states = [object.before, ...steps.map(({ step }) => step.after)];
  const accesses = states.flatMap((state) => (isFolder(state) ? [state.access] : []));
  const closed = accesses.find((access) => distrust(access, [0]) === undefined);
  const below = all.some((other) => other !== touched && isBelow(other.object.path, object.path));
  return isFolder(object.before) && closed !== undefined && accesses.some(isOpen) && below ? [{ touched, closed }] : [];
}

function isFolder(state: ObjectState): state is Exclude<ObjectState, { kind: 'absent' }> {
  return state.kind === 'object' && state.fileType === 'directory';
}

function pathOf({ touched }: Gate): string {
  return touched.object.path;
}

/** For looking, and for taking away names that are surely ours: an open gate may be passed. */
export function passingGates(targets: Targets, manifest: Manifest): Targets {
  return { ...targets, passable: new Set(gatesOf(targets, touchedPaths(manifest)).map(pathOf)) };
}

/**
 * Closes a gate that stands open. What somebody else made of the folder is left alone. `announce` runs before a change.
 * True where the folder was not found as it was before the transaction.
 */
export function closeGate(targets: Targets, { touched, closed }: Gate, announce: () => void): boolean {
  const { object, steps } = touched;
  const known = steps.flatMap(({ step: { before, after } }) =>
    isFolder(before) && isFolder(after) ? accessesBetween(before.access, after.access) : [],
  );
  const { sys } = targets;
  return inFolder(targets, object.path, {
    found: (folder, name) =>
      holding(sys, sys.openObject(folder, name), (fd) => {
        const stat = sys.stat(fd);
        const now = accessOf(stat);
        const ours = stat.type === 'directory' && known.some((access) => sameAccess(access, now));
        if (ours && distrust(now, [0]) !== undefined) {
          announce();
          changeAccess(sys, fd, now, closed);
          sys.sync(fd);
        }
        return ours && object.before.kind === 'object' && !sameAccess(now, object.before.access);
      }),
    missing: () => false,
  });
}

function accessOf({ mode, uid, gid }: FileStat): Access {
  return { mode, uid, gid };
}

/**
 * What was looked at while its folder stood open, and is to be changed once that is closed.
 * @throws Refusal unless it is the very object, with no second name.
 */
export function refuseExchanged(now: FileStat | undefined, seen: FileStat): void {
  if (now?.dev !== seen.dev || now.ino !== seen.ino || (now.type === 'file' && now.nlink > 1)) {
    throw new Refusal('somebody exchanged it while its folder was open to others');
  }
}
