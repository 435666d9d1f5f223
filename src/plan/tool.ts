import type { Plan } from '../model/plan.ts';

/** Which program makes a plan. */
export interface Toolmark {
  readonly toolVersion: string;
  /** Left out where it runs from its sources. */
  readonly toolBuild?: `sha256:${string}` | undefined;
}

export function toolOf({ toolVersion, toolBuild }: Toolmark): Plan['tool'] {
  return { name: 'harden', version: toolVersion, ...(toolBuild === undefined ? {} : { build: toolBuild }) };
}
