import { absPath } from '../model/brand.ts';
import type { HostReader } from '../model/host.ts';
import { changesOf, isOnlyPending } from '../model/plan-changes.ts';
import type { Plan } from '../model/plan.ts';
import type { SnapshotSummary } from '../model/transaction.ts';
import type { Ground } from './ground.ts';
import { type PlanWish, makePlan } from './make-plan.ts';
import { selectionOf } from './rollback.ts';
import { changesTakenBack, planIn } from './snapshots.ts';

/** What became of the host since it was last changed by us; by names of controls. */
export interface SinceApply {
  /** Fail now, and an apply that stands had set what they ask for: how that was undone. */
  readonly undone: ReadonlyMap<string, string>;
  /** Fail now, and passed then or were not asked then. */
  readonly fresh: ReadonlySet<string>;
}

interface Standing {
  readonly run: string;
  readonly change: Plan['changes'][number];
}

/** Undefined where no apply stands. Reads when files were last written, nothing else. */
export function sinceApply(
  now: Plan,
  snapshots: readonly SnapshotSummary[],
  host: Pick<HostReader, 'stat'>,
): SinceApply | undefined {
  const standing = snapshots.filter(({ purpose }) => purpose === 'apply').flatMap((one) => standingOf(one, snapshots));
  const last = snapshots.findLast(({ id }) => standing.some(({ run }) => run === id));
  const then = last === undefined ? undefined : planIn(last);
  if (then === undefined) {
    return undefined;
  }
  const failing = now.controls.filter((control) => control.verdict === 'fail' && !isOnlyPending(now, control));
  const undone = new Map(
    failing.flatMap((control) => {
      const set = setFor(control, now, standing);
      return set === undefined ? [] : [[control.slug, `${set.run} had set it${lastWritten(set, host)}`] as const];
    }),
  );
  const fresh = failing.filter(({ slug }) => !undone.has(slug) && wasNoFinding(slug, then)).map(({ slug }) => slug);
  return { undone, fresh: new Set(fresh) };
}

/** Numbers of controls that the last apply that stands had set and that fail now. */
export async function driftOf(
  ground: Ground,
  snapshots: readonly SnapshotSummary[],
  site: (wish: PlanWish) => Promise<PlanWish>,
): Promise<readonly string[]> {
  const last = snapshots.findLast((one) => one.purpose === 'apply' && standingOf(one, snapshots).length > 0);
  const applied = last === undefined ? undefined : planIn(last);
  if (applied === undefined) {
    return [];
  }
  const selection = selectionOf(ground, changesOf(applied), applied);
  const { plan } = await makePlan(ground, await site({ selection, include: [], exclude: [], validForMs: 0 }));
  const { undone } = sinceApply(plan, snapshots, ground.host) ?? { undone: new Map<string, string>() };
  return applied.controls.filter(({ slug }) => undone.has(slug)).flatMap(({ ids }) => ids[0] ?? []);
}

function standingOf(apply: SnapshotSummary, all: readonly SnapshotSummary[]): readonly Standing[] {
  const back = changesTakenBack(apply.id, all);
  const changes = back === undefined ? [] : (planIn(apply)?.changes ?? []);
  return changes.filter(({ id }) => back?.has(id) !== true).map((change) => ({ run: apply.id, change }));
}

/** The last change that served this control where it fails now. */
function setFor(control: Plan['controls'][number], now: Plan, standing: readonly Standing[]): Standing | undefined {
  const places = now.changes.filter(({ id }) => control.changes.includes(id)).map(({ address }) => address);
  return standing.findLast(
    ({ change }) => change.controls.includes(control.slug) && (places.length === 0 || places.includes(change.address)),
  );
}

function wasNoFinding(slug: string, then: Plan): boolean {
  const before = then.controls.find((control) => control.slug === slug);
  return before === undefined
    ? then.selection.leftOut.every(({ control }) => control !== slug)
    : before.verdict === 'pass' || before.verdict === 'not-applicable';
}

function lastWritten({ change: { target } }: Standing, host: Pick<HostReader, 'stat'>): string {
  const file = target.type === 'daemon-option' || target.type === 'audit-rule' ? target.file : target.path;
  const stat = host.stat(absPath(file));
  if (stat.status !== 'present') {
    return stat.status === 'absent' ? `; ${file} is gone` : '';
  }
  const touched = new Date(Number(stat.value.ctimeNs) / 1e6).toISOString();
  return `; ${file} was last touched ${touched.slice(0, 16).replace('T', ' ')} UTC`;
}
