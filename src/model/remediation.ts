import type { Json } from './canonical.ts';
import type { SubjectName } from './facts.ts';

export const BENCHMARKS = [
  'cis-docker-1.2.0',
  'cis-docker-1.3.1',
  'cis-docker-1.6.0',
  'cis-docker-1.7.0',
  'cis-docker-1.8.0',
] as const;
export type BenchmarkId = (typeof BENCHMARKS)[number];
export const CHAPTERS = ['host', 'daemon', 'files'] as const;
export type Chapter = (typeof CHAPTERS)[number];
export const RISKS = ['low', 'medium', 'high'] as const;
export type Risk = (typeof RISKS)[number];

/** A desired state, as a remediation writes it down. `type` names the resource type that knows the rest. */
export type Desired = AuditRuleDesired | FileAccessDesired | DaemonOptionDesired | ReportDesired;

export interface AuditRuleDesired {
  readonly type: 'audit-rule';
  readonly subject: SubjectName;
  /** Letters of r, w, x, a that must be recorded, at least. */
  readonly permissions: string;
}

export interface FileAccessDesired {
  readonly type: 'file-access';
  readonly subject: SubjectName;
  /** Bits that may be set at most, four octal digits. */
  readonly atMost?: string;
  readonly owner?: 'root';
  /** `socket-group`: the group the engine is configured to give its socket to. */
  readonly group?: 'root' | 'socket-group';
}

export interface DaemonOptionDesired {
  readonly type: 'daemon-option';
  readonly key: string;
  /** What the effective value must be. `not`: none of these; `set`: every value that is not empty. Exactly one of the three. */
  readonly value?: Json;
  readonly not?: readonly Json[];
  readonly set?: true;
  /**
   * What to write where the effective value is not accepted; default `value`. `absent` takes the key out;
   * where nothing sets the key the state is then as wanted, whatever the engine's own default is (ip6tables: off before 27.0).
   * `parameter`: what the profile gives under that name; the control is manual where it gives nothing. Most parameters hold the
   * value of `key` itself; those of the shapes `log-target` and `tls` hold several keys that are only written together.
   * Without any of them the control is manual.
   */
  readonly write?: { readonly value: Json } | { readonly absent: true } | { readonly parameter: string };
}

export interface ReportDesired {
  readonly type: 'report';
  readonly about: ReportSubject;
}
export const REPORT_SUBJECTS = [
  'data-root-mount',
  'socket-group-members',
  'os-hardening',
  'engine-version',
  'rootless',
  'storage-driver-aufs',
  'storage-driver-devicemapper',
  'base-device-size',
  'tcp-listeners',
] as const;
export type ReportSubject = (typeof REPORT_SUBJECTS)[number];

/** The parameter a report compares the host with, where it has one. */
export const REPORT_PARAMETERS: Readonly<Partial<Record<ReportSubject, string>>> = {
  'socket-group-members': 'trusted-users',
};

/**
 * What a profile may give, by shape:
 * - `string`: a text that is not empty; `string-list`: one or more of them, each once
 * - `user-list`: account names, also none at all
 * - `ulimits`: `{ nofile: { Name: 'nofile', Soft: 1024, Hard: 4096 } }`, as daemon.json has it; -1 is unlimited
 * - `log-target`: `{ driver, options }` for the keys log-driver and log-opts; options are texts
 * - `tls`: `{ ca, certificate, key }`, clean absolute paths for tlscacert, tlscert and tlskey, and optionally `hosts`, the
 *   addresses the daemon shall listen on from then on, for the key of that name
 */
export const PARAMETER_SHAPES = ['string', 'string-list', 'user-list', 'ulimits', 'log-target', 'tls'] as const;
export type ParameterShape = (typeof PARAMETER_SHAPES)[number];

/** A value the site may give in its profile. Without it the control stays manual. */
export interface Parameter {
  readonly name: string;
  readonly description: string;
  /** Checked when a profile gives a value. */
  readonly shape: ParameterShape;
}

/** One control, how it is met, and what that costs. Data: no program text. */
export interface Remediation {
  readonly control: string;
  readonly chapter: Chapter;
  readonly title: string;
  readonly level: 1 | 2;
  /** The control's number in each benchmark that has it. */
  readonly references: Readonly<Partial<Record<BenchmarkId, string>>>;
  readonly why: string;
  /** What stops working for whom. */
  readonly breaks: string;
  readonly risk: Risk;
  readonly tags: readonly string[];
  /** All of them must hold. Empty where only a person can tell. */
  readonly desired: readonly Desired[];
  readonly parameters: readonly Parameter[];
  /** Steps for a person, where harden cannot or must not do it by itself. */
  readonly manual: readonly string[];
}

/** A choice of controls: those of the benchmark up to the level, and `include`, without `exclude`. */
export interface Profile {
  readonly name: string;
  readonly title: string;
  readonly benchmark: BenchmarkId;
  readonly level: 1 | 2;
  /** By parameter name; each of the shape its parameter has. */
  readonly parameters: Readonly<Record<string, Json>>;
  /** Items as the command line takes them: slugs, numbers, ranges, globs, tags. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** What the site's configuration leaves out besides, and which file says so. */
  readonly leftOutBySite?: readonly SiteExclusion[];
}

export interface SiteExclusion {
  readonly item: string;
  readonly by: string;
}

/** Coarse choices of controls, as given: comma lists, repeated. What was not given is left out. */
export interface CoarseLists {
  /** Numbers of sections in the benchmark at hand: `2`, `1.1`. */
  readonly section?: readonly string[];
  /** `1`, `2` */
  readonly level?: readonly string[];
  /** Words of `Risk`, as the remediation has it. */
  readonly severity?: readonly string[];
}

/** What a profile and the command line chose from the catalogue, in the benchmark's order. */
export interface Selection {
  readonly profile: Profile;
  readonly selected: readonly SelectedControl[];
  /** In the benchmark and profile, but left out by the command line or the profile. */
  readonly leftOut: readonly { readonly control: string; readonly id: string; readonly by: string }[];
  /** Chapters of the benchmark this version does not look at, in one sentence. */
  readonly notCovered: string;
  /** Names of controls whose changes will not be made, so that nothing is planned on top of them. */
  readonly exempt?: ReadonlySet<string>;
}

export interface SelectedControl {
  readonly remediation: Remediation;
  /** Its number in the selected benchmark; `-` where a profile includes a control the benchmark does not have. */
  readonly id: string;
  /** Parameter values of the profile that this remediation declares. */
  readonly parameters: Readonly<Record<string, Json>>;
}
