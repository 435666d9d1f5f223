import type { AbsPath, ResourceAddress } from '../../model/brand.ts';
import { digestOfBytes } from '../../model/canonical.ts';
import type { Change } from '../../model/change.ts';
import type { HostFacts } from '../../model/facts.ts';
import type { FileStat, HostReader } from '../../model/host.ts';
import type { StepInput } from '../../model/transaction.ts';
import type { Reversal, SnapshotFiles } from '../resource-type.ts';
import { accessStep, dropInAt, durableSteps } from './change.ts';
import {
  type PartOfAccess,
  type PlannedAccess,
  plannedByPath,
  type PlannedSettings,
  settingsByFile,
} from './planned.ts';

/** What becomes of one path or one file on the way back. */
type Way =
  | { readonly type: 'steps'; readonly steps: readonly StepInput[] }
  | { readonly type: 'already' }
  | { readonly type: 'kept'; readonly what: string; readonly reason: string };

/** Each path goes back to what it was where it still is what the apply made of it; what somebody changed since is left alone and named. */
export function revertAccess(
  changes: readonly Change[],
  snapshot: SnapshotFiles,
  facts: HostFacts,
  host: HostReader,
): Promise<Reversal> {
  const files = settingsByFile(changes).map((planned) => ({ planned, way: wayOfFile(planned, snapshot, host) }));
  const paths = plannedByPath(changes)
    .toReversed()
    .map((planned) => ({ planned, way: wayOfPath(planned, host) }));
  const keptFile = new Set(
    files.flatMap(({ planned, way }) => (way.type === 'kept' ? addresses(planned.changes) : [])),
  );
  // Where the source of an access stays, so does the access itself.
  const open = paths.filter(({ planned }) => !planned.changes.some(({ address }) => keptFile.has(address)));
  const all = [...files, ...open];
  const moving = new Set(all.flatMap(({ planned, way }) => (way.type === 'steps' ? addresses(planned.changes) : [])));
  const durable = files.flatMap(({ way }) => stepsOf(way));
  const touched = durable.length === 0 ? [] : changes;
  return Promise.resolve({
    steps: [...open.flatMap(({ way }) => stepsOf(way)), ...durableSteps(durable, touched, facts)],
    undoPhases: [],
    kept: all.flatMap(({ planned, way }) =>
      way.type === 'kept'
        ? addresses(planned.changes).map((address) => ({ address, what: way.what, reason: way.reason }))
        : [],
    ),
    already: [
      ...new Set(all.flatMap(({ planned, way }) => (way.type === 'already' ? addresses(planned.changes) : []))),
    ].filter((address) => !moving.has(address)),
  });
}

function stepsOf(way: Way): readonly StepInput[] {
  return way.type === 'steps' ? way.steps : [];
}

function addresses(changes: readonly Change[]): readonly ResourceAddress[] {
  return [...new Set(changes.map(({ address }) => address))];
}

function wayOfPath({ path, before, after }: PlannedAccess, host: HostReader): Way {
  const stat = host.stat(path);
  if (stat.status === 'absent') {
    return { type: 'kept', what: path, reason: 'it is not there any more' };
  }
  if (stat.status === 'unreadable') {
    return { type: 'kept', what: path, reason: stat.reason };
  }
  if (has(stat.value, before)) {
    return { type: 'already' };
  }
  if (!has(stat.value, after)) {
    return { type: 'kept', what: path, reason: 'somebody changed its access since' };
  }
  const { mode, uid, gid } = stat.value;
  return { type: 'steps', steps: accessStep(path, stat.value, { mode, uid, gid, ...before }) };
}

function has(stat: FileStat, part: PartOfAccess): boolean {
  return (
    (part.mode ?? stat.mode) === stat.mode && (part.uid ?? stat.uid) === stat.uid && (part.gid ?? stat.gid) === stat.gid
  );
}

function wayOfFile({ file, madeFolder }: PlannedSettings, snapshot: SnapshotFiles, host: HostReader): Way {
  const { text, folder } = dropInAt(file, host);
  const before = snapshot.before(file);
  const after = snapshot.after(file);
  const now = text === undefined ? undefined : digestOfBytes(text);
  const was = before?.status === 'present' ? before.value.sha256 : undefined;
  if (before === undefined || now === was) {
    return { type: 'already' };
  }
  if (now === undefined || after?.status !== 'present' || now !== after.value.sha256) {
    return { type: 'kept', what: file, reason: 'somebody changed it since' };
  }
  if (before.status === 'present') {
    return { type: 'steps', steps: [restored(file, before.value.sha256, now, snapshot)] };
  }
  const isEmptyThen = host.list(folder);
  const alone = isEmptyThen.status === 'present' && isEmptyThen.value.length === 1;
  const removeFolder: readonly StepInput[] = madeFolder && alone ? [{ kind: 'remove-directory', path: folder }] : [];
  return { type: 'steps', steps: [{ kind: 'remove-file', path: file, expected: now }, ...removeFolder] };
}

function restored(
  file: AbsPath,
  blob: Parameters<SnapshotFiles['bytes']>[0],
  now: typeof blob,
  snapshot: SnapshotFiles,
): StepInput {
  return {
    kind: 'write-file',
    path: file,
    expected: now,
    content: snapshot.bytes(blob),
    access: undefined,
    restoreFrom: { snapshot: snapshot.id, blob },
  };
}
