import type { AbsPath } from './brand.ts';

/** What one check asks. */
export type HealthProbe =
  /** A TCP connection is taken, and not closed at once. */
  | { readonly type: 'tcp'; readonly host: string; readonly port: number }
  /** GET `url`, redirects not followed, answers with `status`. */
  | { readonly type: 'http'; readonly url: string; readonly status: number }
  /** The program ends with 0. No shell; the first word is the program. */
  | { readonly type: 'command'; readonly argv: readonly [AbsPath, ...string[]] };

/** A check of the site's own: must pass before a change, and after it. */
export interface HealthCheck {
  readonly name: string;
  readonly probe: HealthProbe;
  /** Of one attempt. */
  readonly timeoutMs: number;
  readonly attempts: number;
  /** Between two attempts. */
  readonly intervalMs: number;
  /** The file it stands in, or the option that gave it. */
  readonly from: string;
}

/** Asks and changes nothing by itself; what a command of the site does is the site's. */
export interface HealthProbes {
  /** Once. Undefined where all is well, else why not. Never rejects. */
  ask(probe: HealthProbe, timeoutMs: number): Promise<string | undefined>;
  /** Addresses of this host that others can reach, without link-local ones. */
  addresses(): { readonly v4: readonly string[]; readonly v6: readonly string[] };
  /** The last complaints of a unit in the journal since then, oldest first; none where there is no journal. */
  complaints(unit: string, since: Date): Promise<readonly string[]>;
}

/** `failed`: nothing could be started; `reason` has the engine's words. `left`: what could not be removed again. */
export type TrialOutcome =
  | { readonly type: 'started'; readonly left: readonly string[] }
  | { readonly type: 'failed'; readonly reason: string; readonly left: readonly string[] };

/** Writes to the engine: an image of some hundred bytes and one container, both removed again. */
export interface ContainerTrial {
  /**
   * Starts one container on the default network with the default log driver, and waits for its exit code. First removes what a
   * killed run left of an earlier trial. Never rejects.
   */
  tryOnce(socket: AbsPath, limitMs: number): Promise<TrialOutcome>;
}

/** What the health gate works with on a live host. */
export interface HealthSetup {
  readonly probes: HealthProbes;
  /** Undefined where the caller wants none. */
  readonly trial: ContainerTrial | undefined;
  readonly checks: readonly HealthCheck[];
  readonly limits: HealthLimits;
}

/** How long things may take to come back, in milliseconds. */
export interface HealthLimits {
  readonly engineMs: number;
  readonly containersMs: number;
  readonly portsMs: number;
  readonly trialMs: number;
  /** How long containers are watched: one in a crash loop is up most of the time. */
  readonly watchMs: number;
}

export const HEALTH_LIMITS: HealthLimits = {
  engineMs: 60_000,
  // A container that has a health check is asked 30 s after its start, unless it says otherwise.
  containersMs: 40_000,
  portsMs: 30_000,
  trialMs: 30_000,
  watchMs: 3_000,
};

/** What to run on a host that is not as before; `why` is said above the commands. */
export interface WayOut {
  readonly why: string;
  readonly commands: readonly string[];
}

/** What was looked at, in words, and what was not. */
export interface HealthReport {
  readonly checked: readonly string[];
  readonly notChecked: readonly string[];
}
