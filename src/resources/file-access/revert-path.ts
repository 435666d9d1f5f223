import type { AbsPath, ResourceAddress } from '../../model/brand.ts';
import type { Change } from '../../model/change.ts';
import type { FileStat, HostReader } from '../../model/host.ts';
import type { Access, AccessChange, StepInput } from '../../model/transaction.ts';
import { laterOwner, valueBefore } from '../common/lineage.ts';
import type { AppliedSnapshot, KeptChange, PastRun } from '../resource-type.ts';
import { accessStep } from './change.ts';
import { type PartOfAccess, partOf, type PlannedAccess } from './planned.ts';

/** What becomes of one path on the way back. */
export interface AccessWay {
  readonly steps: readonly StepInput[];
  /** What the steps are for. */
  readonly moving: readonly ResourceAddress[];
  readonly kept: readonly KeptChange[];
  readonly already: readonly ResourceAddress[];
}

const PARTS = ['mode', 'uid', 'gid'] as const;
type Part = (typeof PARTS)[number];
type Members = Readonly<Record<string, number>>;

/** One run that touched the path. No members where the path was not there. */
interface Generation {
  readonly purpose: PastRun['purpose'];
  readonly files: { readonly id: string };
  readonly before: { readonly members: Members };
  readonly after: { readonly members: Members };
  readonly takenBack: ReadonlySet<Part>;
}

/** `later`: a later apply set it anew, so it goes back with that one. `theirs`: somebody else did, and it stays. */
type PartState =
  | { readonly state: 'back' | 'theirs' }
  | { readonly state: 'ours'; readonly goal: number }
  | { readonly state: 'later'; readonly run: string };

interface Judged {
  readonly address: ResourceAddress;
  readonly part: Part;
  readonly is: PartState;
}

/**
 * A path of which somebody else changed one part stays whole: what goes together, as an owner and the bits that let a program run as that
 * owner, is never put together anew.
 */
export function wayOfPath(planned: PlannedAccess, snapshot: AppliedSnapshot, host: HostReader): AccessWay {
  const { path, changes } = planned;
  const stat = host.stat(path);
  if (stat.status !== 'present') {
    return allKept(planned, stat.status === 'absent' ? 'it is not there any more' : stat.reason);
  }
  const lineage = lineageOf(planned, snapshot);
  const run = lineage.find(({ files }) => files.id === snapshot.id);
  if (run === undefined) {
    return allKept(planned, 'the snapshot does not hold its access');
  }
  const judged = changes.flatMap((change) =>
    partsOf(change).map((part) => ({ address: change.address, part, is: stateOf(part, stat.value, run, lineage) })),
  );
  return judged.some(({ is }) => is.state === 'theirs')
    ? allKept(planned, 'somebody changed its access since')
    : wayOf(path, judged, stat.value);
}

function wayOf(path: AbsPath, judged: readonly Judged[], stat: FileStat): AccessWay {
  const goals = judged.flatMap(({ part, is }) => (is.state === 'ours' ? [[part, is.goal] as const] : []));
  const steps = accessStep(path, stat, { ...accessOf(stat), ...Object.fromEntries(goals) });
  const addressesIn = (state: PartState['state']): readonly ResourceAddress[] =>
    distinct(judged.filter(({ is }) => is.state === state).map(({ address }) => address));
  const later = judged.flatMap(({ address, is }) => (is.state === 'later' ? [{ address, run: is.run }] : []));
  const open = new Set([...addressesIn('ours'), ...addressesIn('later')]);
  return {
    steps,
    moving: addressesIn('ours'),
    kept: addressesIn('later').map((address) => {
      const until = distinct(later.filter((one) => one.address === address).map(({ run }) => run));
      return { address, what: path, reason: laterText(until), until };
    }),
    already: addressesIn('back').filter((address) => !open.has(address)),
  };
}

function laterText(runs: readonly string[]): string {
  return `apply ${runs.join(' and ')} changed its access again; it goes back with that one`;
}

function stateOf(part: Part, stat: FileStat, run: Generation, lineage: readonly Generation[]): PartState {
  const present = stat[part];
  const goal = valueBefore(part, run, lineage);
  if (present === goal) {
    return { state: 'back' };
  }
  const later = laterOwner(part, present, run, lineage);
  if (later !== undefined) {
    return { state: 'later', run: later.files.id };
  }
  const isOurs = typeof goal === 'number' && present === run.after.members[part];
  return isOurs ? { state: 'ours', goal } : { state: 'theirs' };
}

/** All runs that touched the path, oldest first; this one as planned where its snapshot says nothing of the path. */
function lineageOf({ path, before, after }: PlannedAccess, snapshot: AppliedSnapshot): readonly Generation[] {
  const runs: readonly PastRun[] = snapshot.runs ?? [{ purpose: 'apply', files: snapshot, takenBack: [] }];
  return runs.flatMap(({ purpose, files, takenBack }) => {
    const found = files.access(path);
    const known = found === undefined ? undefined : membersIn(found);
    const members =
      known ?? (files.id === snapshot.id ? { before: membersOf(before), after: membersOf(after) } : undefined);
    return members === undefined
      ? []
      : [
          {
            purpose,
            files,
            before: { members: members.before },
            after: { members: members.after },
            takenBack: new Set(takenBack.filter(isOf(path)).flatMap(partsOf)),
          },
        ];
  });
}

function membersIn({ before, after }: AccessChange): { readonly before: Members; readonly after: Members } {
  return { before: membersOf(before ?? {}), after: membersOf(after ?? {}) };
}

function membersOf(part: PartOfAccess): Members {
  return Object.fromEntries(PARTS.flatMap((name) => (part[name] === undefined ? [] : [[name, part[name]] as const])));
}

function isOf(path: AbsPath): (change: Change) => boolean {
  return ({ target }) => target.type === 'file-access' && target.path === path;
}

/** Which parts of its path's access a change is about. */
function partsOf({ before, after }: Change): readonly Part[] {
  const said = { ...partOf(before), ...partOf(after) };
  return PARTS.filter((part) => said[part] !== undefined);
}

function accessOf({ mode, uid, gid }: FileStat): Access {
  return { mode, uid, gid };
}

function allKept({ path, changes }: PlannedAccess, reason: string): AccessWay {
  const kept = distinct(changes.map(({ address }) => address)).map((address) => ({ address, what: path, reason }));
  return { steps: [], moving: [], kept, already: [] };
}

function distinct<T>(all: readonly T[]): readonly T[] {
  return [...new Set(all)];
}
