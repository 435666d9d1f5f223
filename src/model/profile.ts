import type { Json } from './canonical.ts';
import type { BenchmarkId, Profile } from './remediation.ts';

/** A control as a profile has it. */
export interface ProfileControl {
  readonly control: string;
  /** Its number in the profile's benchmark; `-` where that does not have it. */
  readonly id: string;
  readonly title: string;
  readonly level: 1 | 2;
}

export interface ProfileSummary {
  readonly name: string;
  readonly title: string;
  readonly benchmark: BenchmarkId;
  readonly level: 1 | 2;
  readonly controls: number;
  /** True for a profile of the site. */
  readonly ofSite: boolean;
  /** The newest benchmark, where the profile is pinned to an older one. */
  readonly newer: BenchmarkId | null;
}

/** One profile with all it chooses. */
export interface ProfileDetails extends ProfileSummary {
  readonly chosen: readonly ProfileControl[];
  readonly leftOut: readonly { readonly control: string; readonly id: string; readonly by: string }[];
  readonly parameters: Profile['parameters'];
  /** Parameters of chosen controls that have no value: those controls stay manual. */
  readonly open: readonly {
    readonly name: string;
    readonly description: string;
    readonly controls: readonly string[];
  }[];
}

export interface ProfileDifference {
  readonly from: ProfileSummary;
  readonly to: ProfileSummary;
  /** Chosen by `to` only. `isNew`: the benchmark of `from` does not have it at all. */
  readonly added: readonly (ProfileControl & { readonly isNew: boolean })[];
  /** Chosen by `from` only. `isGone`: the benchmark of `to` does not have it any more. */
  readonly dropped: readonly (ProfileControl & { readonly isGone: boolean })[];
  /** Chosen by both, with another number. */
  readonly renumbered: readonly (ProfileControl & { readonly was: string })[];
  /** null: not given there. */
  readonly parameters: readonly { readonly name: string; readonly from: Json; readonly to: Json }[];
}
