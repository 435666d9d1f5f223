import { canonicalJson } from '../model/canonical.ts';
import type { Plan } from '../model/plan.ts';

/** Why an approved plan cannot be carried out on the host as it is now. */
export type Staleness =
  | { readonly type: 'fresh' }
  | { readonly type: 'expired'; readonly at: string }
  | { readonly type: 'other-host'; readonly planned: string; readonly here: string }
  | { readonly type: 'other-content'; readonly planned: string; readonly here: string }
  /** Numbers of controls: waived then and not now, and the other way round with a change to make. */
  | { readonly type: 'other-waivers'; readonly ended: readonly string[]; readonly added: readonly string[] }
  /** Addresses whose state moved since the plan was made. */
  | { readonly type: 'drifted'; readonly addresses: readonly string[] };

/**
 * `now` is a plan made afresh with the same profile and selection. A change that is at its target already is no drift;
 * neither is a change that only the fresh plan has: it is not carried out.
 */
export function staleness(approved: Plan, now: Plan, at: string): Staleness {
  if (approved.host.idHmac !== now.host.idHmac) {
    return { type: 'other-host', planned: approved.host.name, here: now.host.name };
  }
  if (approved.content.digest !== now.content.digest) {
    return { type: 'other-content', planned: approved.tool.version, here: now.tool.version };
  }
  if (isExpired(approved, at)) {
    return { type: 'expired', at: approved.expiresAt };
  }
  const waivers = otherWaivers(approved, now);
  if (waivers.ended.length + waivers.added.length > 0) {
    return { type: 'other-waivers', ...waivers };
  }
  const addresses = approved.changes.filter((change) => !stillValid(change, now)).map((change) => change.address);
  return addresses.length === 0 ? { type: 'fresh' } : { type: 'drifted', addresses: [...new Set(addresses)].sort() };
}

/** `at`: ISO 8601. */
export function isExpired({ expiresAt }: Pick<Plan, 'expiresAt'>, at: string): boolean {
  return Date.parse(expiresAt) < Date.parse(at);
}

/** The ids in the fresh plan of what was approved: exactly these changes, with exactly these costs. */
export function approvedPart(approved: Plan, now: Plan): ReadonlySet<string> {
  const known = new Set(approved.changes.map(essence));
  return new Set(now.changes.filter((change) => known.has(essence(change))).map((change) => change.id));
}

function otherWaivers(
  approved: Plan,
  now: Plan,
): { readonly ended: readonly string[]; readonly added: readonly string[] } {
  const before = new Set(slugs(approved.controls.filter(({ verdict }) => verdict === 'waived')));
  const wanted = new Set(approved.changes.flatMap((change) => change.controls));
  const counts = now.controls.filter(
    ({ slug, verdict }) => before.has(slug) && !['waived', 'pass', 'not-applicable'].includes(verdict),
  );
  const added = now.controls.filter(({ slug, verdict }) => verdict === 'waived' && wanted.has(slug));
  return { ended: numbers(counts), added: numbers(added) };
}

function slugs(controls: Plan['controls']): readonly string[] {
  return controls.map(({ slug }) => slug);
}

function numbers(controls: Plan['controls']): readonly string[] {
  return controls.map(({ slug, ids }) => ids[0] ?? slug);
}

function stillValid(change: Plan['changes'][number], now: Plan): boolean {
  const same = now.changes.filter((other) => other.address === change.address);
  const done = same.length === 0 && passesNow(change, now);
  return done || same.some((other) => essence(other) === essence(change));
}

/** At its target already: every control it served passes, or waits for an activation only. */
function passesNow(change: Plan['changes'][number], now: Plan): boolean {
  return change.controls.every((slug) =>
    now.controls.some(
      (control) =>
        control.slug === slug &&
        (control.verdict === 'pass' ||
          now.pending.some((item) => item.controls.includes(slug) && item.address === change.address)),
    ),
  );
}

/** All that a person weighed: what is changed, and what that costs. The words for it are not part of it. */
function essence(change: Plan['changes'][number]): string {
  const { id: _id, controls: _controls, title: _title, notes: _notes, ...rest } = change;
  return canonicalJson(rest);
}
