import { digestOfBytes } from '../model/canonical.ts';
import type { Change } from '../model/change.ts';
import type { HostFacts } from '../model/facts.ts';
import type { HostReader } from '../model/host.ts';
import type { Access, StepInput } from '../model/transaction.ts';
import { TYPE_ORDER } from '../plan/order.ts';
import type { AnyResourceType, AppliedSnapshot, Reversal, SnapshotFiles, Work } from '../resources/resource-type.ts';

/** All steps of a set of changes, type by type in the order of carrying out. */
export async function workOf(
  changes: readonly Change[],
  types: readonly AnyResourceType[],
  facts: HostFacts,
  host: HostReader,
): Promise<Work> {
  const parts: Work[] = [];
  for (const { type, own } of byType(changes, types, TYPE_ORDER)) {
    parts.push(await type.work(own, facts, host));
  }
  return joined(parts);
}

/** The way back: the same types in reverse order, as far as nobody else changed their targets since. */
export async function reversalOf(
  applied: { readonly changes: readonly Change[]; readonly files: AppliedSnapshot },
  types: readonly AnyResourceType[],
  facts: HostFacts,
  host: HostReader,
): Promise<Reversal> {
  const parts: Reversal[] = [];
  for (const { type, own } of byType(applied.changes, types, TYPE_ORDER.toReversed())) {
    parts.push(await type.revert(own, applied.files, facts, host));
  }
  const { steps, undoPhases } = joined(parts);
  return {
    steps: withTimes(steps, applied.files),
    undoPhases,
    kept: parts.flatMap((part) => part.kept),
    already: parts.flatMap((part) => part.already),
  };
}

/**
 * A file whose content and access both go back, each by its own type: with the access first, the last write can put back the rest
 * of the metadata and the time too.
 */
function withTimes(steps: readonly StepInput[], files: SnapshotFiles): readonly StepInput[] {
  return steps.reduce<readonly StepInput[]>((sorted, step) => {
    const image = step.kind === 'set-access' ? files.before(step.path) : undefined;
    if (step.kind !== 'set-access' || image?.status !== 'present' || !sameAccess(step.access, image.value)) {
      return [...sorted, step];
    }
    const { sha256 } = image.value;
    const isWrite = (other: StepInput): boolean => other.kind === 'write-file' && other.path === step.path;
    const first = sorted.findIndex(isWrite);
    const last = sorted.findLastIndex(isWrite);
    const write = sorted[last];
    if (write?.kind !== 'write-file' || digestOfBytes(write.content) !== sha256) {
      return [...sorted, step];
    }
    const whole = { ...write, restoreFrom: { snapshot: files.id, blob: sha256 } };
    return sorted.with(last, whole).toSpliced(first, 0, step);
  }, []);
}

function sameAccess(a: Access, b: Access): boolean {
  return a.mode === b.mode && a.uid === b.uid && a.gid === b.gid;
}

function byType(
  changes: readonly Change[],
  types: readonly AnyResourceType[],
  order: readonly AnyResourceType['name'][],
): readonly { readonly type: AnyResourceType; readonly own: readonly Change[] }[] {
  return order.flatMap((name) => {
    const own = changes.filter((change) => change.target.type === name);
    const type = types.find((candidate) => candidate.name === name);
    return own.length === 0 || type === undefined ? [] : [{ type, own }];
  });
}

function joined(parts: readonly Work[]): Work {
  return { steps: parts.flatMap((part) => part.steps), undoPhases: parts.flatMap((part) => part.undoPhases) };
}
