import { expect } from 'vitest';
import { Plan } from '../../src/model/plan.ts';
import { harden, type ProgramOptions } from './program.ts';

/** What `harden plan --json` with these arguments prints, held against its own schema. */
export async function planOf(args: readonly string[], options: ProgramOptions = {}): Promise<Plan> {
  const { code, stdout, stderr } = await harden(['plan', '--json', ...args], options);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return Plan.parse(JSON.parse(stdout));
}

/** The verdict of each control by its slug. */
export function verdicts(plan: Plan): Readonly<Record<string, string>> {
  return Object.fromEntries(plan.controls.map(({ slug, verdict }) => [slug, verdict]));
}

export function reasonFor(plan: Plan, slug: string): string {
  return plan.controls.find((control) => control.slug === slug)?.reason ?? `no control ${slug}`;
}

export function addresses(plan: Plan): readonly string[] {
  return plan.changes.map(({ address }) => address);
}
