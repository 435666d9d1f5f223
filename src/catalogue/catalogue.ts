import type { Profile, Remediation } from '../model/remediation.ts';

/** All that comes as data; plain values, so that it can be kept and compared. */
export interface Catalogue {
  /** By control. */
  readonly remediations: readonly Remediation[];
  /** By name. */
  readonly profiles: readonly Profile[];
}
