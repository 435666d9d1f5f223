import type { Json } from './canonical.ts';

/** What was asked of the host and what came back. "Absent" and "could not tell" are different answers. */
export type Observed<S> =
  | { readonly status: 'present'; readonly value: S }
  | { readonly status: 'absent' }
  | { readonly status: 'unreadable'; readonly reason: string };

/** What a comparison may see; the engine turns `unreadable` into `not-checked` before asking. */
export type Known<S> = Exclude<Observed<S>, { readonly status: 'unreadable' }>;

export function present<S>(value: S): { readonly status: 'present'; readonly value: S } {
  return { status: 'present', value };
}
export const absent: { readonly status: 'absent' } = { status: 'absent' };
export function unreadable(reason: string): { readonly status: 'unreadable'; readonly reason: string } {
  return { status: 'unreadable', reason };
}

/** Stands beside every verdict: where it was read, what was read, what it said. Nothing that changes from run to run (pids, times). */
export interface Evidence {
  /** The place asked: `auditctl -l`, `Engine API GET /info`, `/etc/docker/daemon.json`, `dockerd command line`. */
  readonly source: string;
  /** What was looked at there: a key, a rule, `mode`, `owner`. */
  readonly read: string;
  /** What it said; null for "not there". Secrets are masked before they get here. */
  readonly value: Json;
}
