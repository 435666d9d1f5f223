import type { AbsPath, ResourceAddress, Sha256 } from './brand.ts';
import type { Json } from './canonical.ts';
import type { Risk } from './remediation.ts';
import type { Evidence } from './state.ts';

export type Impact = 'none' | 'reload' | 'restart' | 'recreate' | 'reboot';
export const IMPACTS: readonly Impact[] = ['none', 'reload', 'restart', 'recreate', 'reboot'];

export type ResourceTypeName = 'audit-rule' | 'file-access' | 'daemon-option' | 'report';

/** What is changed: enough for a person and for the step that carries it out. */
export type ChangeTarget =
  | { readonly type: 'audit-rule'; readonly path: AbsPath; readonly rules: readonly string[]; readonly file: AbsPath }
  | { readonly type: 'file-access'; readonly path: AbsPath; readonly durable: DurableAccess | undefined }
  | { readonly type: 'daemon-option'; readonly file: AbsPath; readonly key: string };

/** Where the access of an object below /run comes from, so that it lasts: a drop-in for the socket unit. */
export interface DurableAccess {
  readonly file: AbsPath;
  readonly text: string;
}

/** One step of a plan, as a resource type proposes it. Equal proposals of several controls become one change. */
export interface ProposedChange {
  readonly address: ResourceAddress;
  /** For people: a short imperative sentence. */
  readonly title: string;
  readonly target: ChangeTarget;
  readonly op: 'add' | 'set' | 'remove' | 'activate';
  /** Before and after, in the terms of the resource type; a plan shows them. Secrets are masked. */
  readonly before: Json;
  readonly after: Json;
  /** Digest of what was observed; looked at again just before the change is made. */
  readonly fingerprint: Sha256;
  readonly risk: Risk;
  /** What carrying it out interrupts here and now. */
  readonly impact: Impact;
  /** What the proof will say after the apply on this host. */
  readonly liveAfter: 'now' | 'restart' | 'reboot';
  readonly reversible: boolean;
  /** Addresses that must be changed too, and first. */
  readonly needs: readonly ResourceAddress[];
  /** What it stops, by name; each a sentence. Shown with a `!`. */
  readonly breaks: readonly string[];
  /** Costs and remarks; each a sentence. */
  readonly notes: readonly string[];
}

export interface Change extends ProposedChange {
  /** `c1`, `c2`, … in the order of the plan. */
  readonly id: string;
  readonly controls: readonly string[];
}

/** Written, but not what the host runs with yet. */
export interface Pending {
  readonly until: 'restart' | 'reboot';
  /** The command that makes it live. */
  readonly command: string;
}

/** What comparing one wanted state with one observed state says. */
export type Comparison =
  | { readonly verdict: 'pass'; readonly evidence: readonly Evidence[] }
  | {
      readonly verdict: 'fail';
      readonly reason: string;
      readonly evidence: readonly Evidence[];
      readonly change: ProposedChange;
    }
  | {
      readonly verdict: 'fail';
      readonly reason: string;
      readonly evidence: readonly Evidence[];
      readonly pending: Pending;
    }
  /** Seen not to be as wanted, and harden must not or cannot change it: `steps` say what a person does. */
  | {
      readonly verdict: 'fail';
      readonly reason: string;
      readonly evidence: readonly Evidence[];
      readonly steps: readonly string[];
    }
  /** Whether it is as wanted is for the site to say: `steps` say how. */
  | {
      readonly verdict: 'manual';
      readonly reason: string;
      readonly evidence: readonly Evidence[];
      readonly steps: readonly string[];
    }
  | { readonly verdict: 'not-applicable'; readonly reason: string; readonly evidence: readonly Evidence[] }
  | {
      readonly verdict: 'not-checked';
      readonly reason: string;
      readonly evidence: readonly Evidence[];
      /** Where all that is written is as wanted and only nobody runs with it: what makes it live. */
      readonly pending?: Pending;
    }
  | { readonly verdict: 'error'; readonly reason: string; readonly evidence: readonly Evidence[] };

/** A comparison with the address of what was compared. */
export interface Assessment {
  readonly address: ResourceAddress;
  readonly comparison: Comparison;
}
