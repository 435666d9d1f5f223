import { absPath } from '../model/brand.ts';
import type { HostReader } from '../model/host.ts';
import { changesOf, isOnlyPending } from '../model/plan-changes.ts';
import type { Plan } from '../model/plan.ts';
import type { Selection } from '../model/remediation.ts';
import type { NotLive } from '../model/status.ts';
import type { SnapshotSummary } from '../model/transaction.ts';
import type { Ground } from './ground.ts';
import { type PlanWish, makePlan } from './make-plan.ts';
import { selectionOf } from './applied-selection.ts';
import { lastRollbacks, planIn } from './snapshots.ts';

/** What became of the host since it was last changed by us; by names of controls. */
export interface SinceApply {
  /** Fail now, and an apply that stands had set what they ask for: how that was undone. */
  readonly undone: ReadonlyMap<string, string>;
  /** Fail now, and an apply had set what they ask for until a rollback took that back: which ones. */
  readonly takenBack: ReadonlyMap<string, string>;
  /** Fail now, and passed then or were not asked then. */
  readonly fresh: ReadonlySet<string>;
}

interface SetOnce {
  readonly run: string;
  readonly change: Plan['changes'][number];
  /** The last rollback that took it back; undefined: it stands. */
  readonly back: { readonly by: string; readonly left: boolean } | undefined;
}

/** Undefined where no apply stands. Reads when files were last written, nothing else. */
export function sinceApply(
  now: Plan,
  snapshots: readonly SnapshotSummary[],
  host: Pick<HostReader, 'stat'>,
): SinceApply | undefined {
  const all = snapshots.filter(({ purpose }) => purpose === 'apply').flatMap((one) => setBy(one, snapshots));
  const standing = all.filter(({ back }) => back === undefined);
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
  const takenBack = new Map(
    failing.flatMap((control) => {
      const how = undone.has(control.slug) ? undefined : takenBackText(setFor(control, now, all));
      return how === undefined ? [] : [[control.slug, how] as const];
    }),
  );
  const others = failing.filter(({ slug }) => !undone.has(slug) && !takenBack.has(slug));
  const fresh = others.filter(({ slug }) => wasNoFinding(slug, then)).map(({ slug }) => slug);
  return { undone, takenBack, fresh: new Set(fresh) };
}

/** How what applies that stand had set is found now. */
export interface Since {
  /** Numbers of controls that the last such apply had set and that fail. */
  readonly drift: readonly string[];
  readonly notLive: readonly NotLive[];
}

/** Looks at the host for what applies that stand had set, and for nothing else. */
export async function sinceOf(
  ground: Ground,
  snapshots: readonly SnapshotSummary[],
  site: (wish: PlanWish) => Promise<PlanWish>,
): Promise<Since> {
  const applies = snapshots.flatMap((one) => {
    const changes = one.purpose === 'apply' ? standingOf(one, snapshots) : [];
    const applied = changes.length === 0 ? undefined : planIn(one);
    return applied === undefined ? [] : [{ applied, changes }];
  });
  const applied = applies.at(-1)?.applied;
  if (applied === undefined) {
    return { drift: [], notLive: [] };
  }
  const older = applies.slice(0, -1).map((one) => ({ ...one.applied, changes: one.changes }));
  const selection = joined([...older, applied].toReversed().map((plan) => selectionOf(ground, changesOf(plan), plan)));
  const { plan } = await makePlan(ground, await site({ selection, include: [], exclude: [], validForMs: 0 }));
  const { undone } = sinceApply(plan, snapshots, ground.host) ?? { undone: new Map<string, string>() };
  const drift = applied.controls.filter(({ slug }) => undone.has(slug)).flatMap(({ ids }) => ids[0] ?? []);
  const addresses = new Set(applies.flatMap(({ changes }) => changes.map(({ address }) => address)));
  const controls = applies.flatMap((one) => one.applied.controls);
  return { drift, notLive: notLiveOf(plan.pending, { addresses, controls }) };
}

/** All controls of these, each with the parameters of the first that has it. */
function joined(selections: readonly Selection[]): Selection {
  const [first, ...others] = selections;
  if (first === undefined) {
    throw new TypeError('nothing to join');
  }
  return others.reduce((all, { selected }) => {
    const has = new Set(all.selected.map(({ id }) => id));
    return { ...all, selected: [...all.selected, ...selected.filter(({ id }) => !has.has(id))] };
  }, first);
}

/** What applies that stand had set, and the numbers its controls had then. */
interface Ours {
  readonly addresses: ReadonlySet<string>;
  readonly controls: Plan['controls'];
}

function notLiveOf(pending: Plan['pending'], { addresses, controls }: Ours): readonly NotLive[] {
  const numberOf = (slug: string): string => controls.find((control) => control.slug === slug)?.ids[0] ?? slug;
  return pending
    .filter(({ address }) => addresses.has(address))
    .map(({ address, controls: slugs, until, command }) => ({
      what: address.slice(address.indexOf(':') + 1),
      controls: slugs.map(numberOf),
      until,
      command,
    }));
}

function setBy(apply: SnapshotSummary, all: readonly SnapshotSummary[]): readonly SetOnce[] {
  const backOf = lastRollbacks(apply.id, all);
  return (planIn(apply)?.changes ?? []).map((change) => ({ run: apply.id, change, back: backOf(change.id) }));
}

function standingOf(apply: SnapshotSummary, all: readonly SnapshotSummary[]): Plan['changes'] {
  return setBy(apply, all)
    .filter(({ back }) => back === undefined)
    .map(({ change }) => change);
}

function takenBackText(set: SetOnce | undefined): string | undefined {
  return set?.back === undefined
    ? undefined
    : set.back.left
      ? `${set.run} had set it, others changed it, and rollback ${set.back.by} left that`
      : `${set.run} had set it, and rollback ${set.back.by} took it back`;
}

/** The last change that served this control where it fails now. */
function setFor(control: Plan['controls'][number], now: Plan, set: readonly SetOnce[]): SetOnce | undefined {
  const places = now.changes.filter(({ id }) => control.changes.includes(id)).map(({ address }) => address);
  return set.findLast(
    ({ change }) => change.controls.includes(control.slug) && (places.length === 0 || places.includes(change.address)),
  );
}

function wasNoFinding(slug: string, then: Plan): boolean {
  const before = then.controls.find((control) => control.slug === slug);
  return before === undefined
    ? then.selection.leftOut.every(({ control }) => control !== slug)
    : before.verdict === 'pass' || before.verdict === 'not-applicable';
}

function lastWritten({ change: { target } }: SetOnce, host: Pick<HostReader, 'stat'>): string {
  const file = target.type === 'daemon-option' || target.type === 'audit-rule' ? target.file : target.path;
  const stat = host.stat(absPath(file));
  if (stat.status !== 'present') {
    return stat.status === 'absent' ? `; ${file} is gone` : '';
  }
  const touched = new Date(Number(stat.value.ctimeNs) / 1e6).toISOString();
  return `; ${file} was last touched ${touched.slice(0, 16).replace('T', ' ')} UTC`;
}
