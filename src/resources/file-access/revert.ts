import type { AbsPath, ResourceAddress } from '../../model/brand.ts';
import { digestOfBytes } from '../../model/canonical.ts';
import type { Change } from '../../model/change.ts';
import type { HostFacts } from '../../model/facts.ts';
import type { HostReader } from '../../model/host.ts';
import type { StepInput } from '../../model/transaction.ts';
import type { AppliedSnapshot, Reversal, SnapshotFiles } from '../resource-type.ts';
import { dropInAt, durableSteps } from './change.ts';
import { plannedByPath, type PlannedSettings, settingsByFile } from './planned.ts';
import { type AccessWay, wayOfPath } from './revert-path.ts';

/** What becomes of one drop-in on the way back. */
type Way =
  | { readonly type: 'steps'; readonly steps: readonly StepInput[] }
  | { readonly type: 'already' }
  | { readonly type: 'kept'; readonly what: string; readonly reason: string };

/**
 * Each part of an access goes back to what it was before this apply, and before those before it that were taken back since. What
 * somebody else changed since is left alone and named; what a later apply changed goes back with that one.
 */
export function revertAccess(
  changes: readonly Change[],
  snapshot: AppliedSnapshot,
  facts: HostFacts,
  host: HostReader,
): Promise<Reversal> {
  const files = settingsByFile(changes).map((planned) => asAccessWay(planned, wayOfFile(planned, snapshot, host)));
  const keptFile = new Set(files.flatMap(({ kept }) => kept.map(({ address }) => address)));
  // Where the source of an access stays, so does the access itself.
  const paths = plannedByPath(changes)
    .toReversed()
    .filter((planned) => !planned.changes.some(({ address }) => keptFile.has(address)))
    .map((planned) => wayOfPath(planned, snapshot, host));
  const all = [...files, ...paths];
  const open = new Set(all.flatMap(({ moving, kept }) => [...moving, ...kept.map(({ address }) => address)]));
  const durable = files.flatMap(({ steps }) => steps);
  const touched = durable.length === 0 ? [] : changes;
  return Promise.resolve({
    steps: [...paths.flatMap(({ steps }) => steps), ...durableSteps(durable, touched, facts)],
    undoPhases: [],
    kept: all.flatMap(({ kept }) => kept),
    already: [...new Set(all.flatMap(({ already }) => already))].filter((address) => !open.has(address)),
  });
}

function asAccessWay({ changes }: PlannedSettings, way: Way): AccessWay {
  const own = addresses(changes);
  return {
    steps: way.type === 'steps' ? way.steps : [],
    moving: way.type === 'steps' ? own : [],
    kept: way.type === 'kept' ? own.map((address) => ({ address, what: way.what, reason: way.reason })) : [],
    already: way.type === 'already' ? own : [],
  };
}

function addresses(changes: readonly Change[]): readonly ResourceAddress[] {
  return [...new Set(changes.map(({ address }) => address))];
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
