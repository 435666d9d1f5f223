import type { AbsPath } from './brand.ts';
import type { CommandOutcome } from './host.ts';

/** After what a site's own programs are run; each event is a folder of them. */
export const HOOK_EVENTS = ['plan', 'apply', 'verify', 'revert'] as const;
export type HookEvent = (typeof HOOK_EVENTS)[number];

/** A program of the site, as it was found. */
export interface Hook {
  readonly event: HookEvent;
  readonly path: AbsPath;
  /** `off`: it is not executable, which is how one is switched off. `refused`: it is none that root may run. */
  readonly state: 'on' | 'off' | { readonly refused: string };
}

/** What became of a hook; it never decides about the run it was told of. */
export interface HookRun {
  readonly hook: string;
  readonly ended: 'well' | 'badly' | 'not-run';
  /** Where it did not end well. */
  readonly reason?: string;
  /** The last it printed, standard error first; where it did not end well. */
  readonly output?: string;
}

/** Runs a program by its path, without a shell, in a clean environment and a process group that ends with it. Never rejects. */
export type HookRunner = (
  program: AbsPath,
  run: {
    readonly args: readonly string[];
    readonly input: string;
    readonly limitMs: number;
    readonly stop: AbortSignal;
  },
) => Promise<CommandOutcome>;
