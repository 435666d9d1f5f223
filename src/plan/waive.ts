import { byCodeUnit, canonicalJson, digestOf, type Json } from '../model/canonical.ts';
import { globPattern } from '../model/glob.ts';
import type { EndedWaiver, Plan, TakenWaiver, UnneededWaiver, Verdict } from '../model/plan.ts';
import {
  type ConditionSeen,
  DAY_MS,
  type Waiver,
  type WaiverCondition,
  type WaiverStanding,
  type WaiverState,
} from '../model/waiver.ts';

/** Where and when waivers are weighed. */
export interface WaiverPlace {
  readonly host: string;
  /** ISO 8601. */
  readonly at: string;
  /** How long a waiver is taken after its last day. */
  readonly graceMs: number;
  /** What is seen at the place of each condition, by how it is written. */
  readonly seen: ReadonlyMap<string, ConditionSeen>;
}

/** A waiver that counts for a control, now. */
interface Counting {
  readonly waiver: Waiver;
  readonly graceUntil: string | null;
}

/** A control that does not hold and need not, with what was found. */
export interface WaivedControl {
  readonly counting: Counting;
  readonly verdict: 'fail' | 'manual' | 'not-checked';
}

/** A pass needs none; an error is a broken file, which is mended whoever may live with the control. */
const WAIVABLE: readonly Verdict[] = ['fail', 'manual', 'not-checked'];

/** How each waiver stands on this host at this moment. */
export function standingsOf(waivers: readonly Waiver[], place: WaiverPlace): readonly WaiverStanding[] {
  return waivers.map((waiver) => ({ waiver, state: stateOf(waiver, place) }));
}

/** Hosts first, days second, values last. */
function stateOf(waiver: Waiver, { host, at, graceMs, seen }: WaiverPlace): WaiverState {
  if (!waiver.hosts.some((pattern) => globPattern(pattern).test(host))) {
    return { type: 'other-host' };
  }
  const now = Date.parse(at);
  if (waiver.from !== undefined && now < Date.parse(waiver.from)) {
    return { type: 'not-yet' };
  }
  const end = Date.parse(waiver.until) + DAY_MS;
  if (now >= end + graceMs) {
    return { type: 'over' };
  }
  const moved = waiver.onlyWhile.flatMap((condition) => whyMoved(condition, seen.get(condition.written)));
  if (moved.length > 0) {
    return { type: 'moved', reason: moved.join('; ') };
  }
  return now < end ? { type: 'counts' } : { type: 'grace', until: new Date(end + graceMs).toISOString() };
}

/** What cannot be seen does not hold. */
function whyMoved({ written, wanted }: WaiverCondition, seen: ConditionSeen | undefined): readonly string[] {
  if (seen === undefined || seen.type === 'unknown') {
    return [`${written} cannot be seen${seen === undefined ? '' : `: ${seen.reason}`}`];
  }
  return canonicalJson(seen.value) === canonicalJson(wanted)
    ? []
    : [`${written} is ${shown(seen.value)}, not ${shown(wanted)} any more`];
}

function shown(value: Json): string {
  return value === null ? 'unset' : canonicalJson(value);
}

/** The waiver that counts for each control; of several the one that lasts longest, whatever their order. */
export function countingByControl(standings: readonly WaiverStanding[]): ReadonlyMap<string, Counting> {
  const chosen = new Map<string, Counting>();
  for (const { waiver, state } of standings) {
    if (state.type === 'counts' || state.type === 'grace') {
      const one = { waiver, graceUntil: state.type === 'grace' ? state.until : null };
      for (const control of waiver.controls) {
        const other = chosen.get(control);
        chosen.set(control, other === undefined || lastsLonger(one.waiver, other.waiver) ? one : other);
      }
    }
  }
  return chosen;
}

function lastsLonger(a: Waiver, b: Waiver): boolean {
  return (byCodeUnit(a.until, b.until) || byCodeUnit(waiverText(b), waiverText(a))) > 0;
}

function waiverText({ file: _file, line: _line, ...said }: Waiver): string {
  return canonicalJson(said);
}

/** Undefined where the control stands as it was found. */
export function waivedControl(counting: Counting | undefined, found: Verdict): WaivedControl | undefined {
  const verdict = WAIVABLE.find((one): one is WaivedControl['verdict'] => one === found);
  return counting === undefined || verdict === undefined ? undefined : { counting, verdict };
}

interface Waiving {
  readonly standings: readonly WaiverStanding[];
  readonly waived: ReadonlyMap<string, WaivedControl>;
  readonly controls: Plan['controls'];
  readonly leftOut: Plan['selection']['leftOut'];
}

/** What a plan says of waivers. Where their files are is not part of it, so that equal hosts have equal plans. */
export function waiversOf(waiving: Waiving): Plan['waivers'] {
  const taken = [...waiving.waived.entries()].sort(([a], [b]) => byCodeUnit(a, b)).map(takenOf);
  const waivers = [...waiving.waived.values()].map(({ counting }) => waiverText(counting.waiver));
  const texts = [...new Set(waivers)].sort(byCodeUnit);
  return {
    digest: texts.length === 0 ? null : `sha256:${digestOf(texts)}`,
    used: [...new Set(taken.map(({ id }) => id))].sort(byCodeUnit),
    taken,
    ended: inOrder(waiving.standings.flatMap((standing) => endedOf(standing, waiving))),
    unneeded: inOrder(waiving.standings.flatMap((standing) => unneededOf(standing, waiving))),
  };
}

function takenOf([control, { counting, verdict }]: readonly [string, WaivedControl]): TakenWaiver {
  const { id, reason, owner, approvedBy, from, until } = counting.waiver;
  return {
    ...{ id, control, found: verdict, reason, owner, until },
    ...{ approvedBy: approvedBy ?? null, from: from ?? null, graceUntil: counting.graceUntil },
  };
}

/** It counted once, and what it is for does not hold. */
function endedOf({ waiver, state }: WaiverStanding, { controls, waived }: Waiving): readonly EndedWaiver[] {
  const why =
    state.type === 'over' ? `ended on ${waiver.until}` : state.type === 'moved' ? `holds no more: ${state.reason}` : '';
  const open = controls.filter(
    ({ slug, verdict }) => waiver.controls.includes(slug) && !waived.has(slug) && WAIVABLE.includes(verdict),
  );
  return why === '' || open.length === 0
    ? []
    : [{ id: waiver.id, controls: open.map(({ slug }) => slug), owner: waiver.owner, reason: why }];
}

/** It counts, and everything it is for was looked at and needs no waiver. */
function unneededOf({ waiver, state }: WaiverStanding, waiving: Waiving): readonly UnneededWaiver[] {
  const { controls, waived, leftOut } = waiving;
  const own = controls.filter(({ slug }) => waiver.controls.includes(slug));
  const isWhole = !leftOut.some(({ control }) => waiver.controls.includes(control));
  const needless = own.every(({ verdict }) => verdict === 'pass' || verdict === 'not-applicable');
  const isCovered = own.every(({ slug, verdict }) =>
    verdict === 'waived' ? waived.get(slug)?.counting.waiver !== waiver : verdict !== 'error',
  );
  if ((state.type !== 'counts' && state.type !== 'grace') || own.length === 0 || !isWhole || !isCovered) {
    return [];
  }
  const passes = own.every(({ verdict }) => verdict === 'pass');
  const reason = passes
    ? 'what it is for passes'
    : needless
      ? 'what it is for passes or does not apply here'
      : 'other waivers cover what it is for';
  return [{ id: waiver.id, reason }];
}

function inOrder<T extends { readonly id: string }>(list: readonly T[]): readonly T[] {
  return list.toSorted((a, b) => byCodeUnit(canonicalJson(a), canonicalJson(b)));
}
