import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Plan } from '../../src/model/plan.ts';
import type { RunOptions, RunResult, TestHost } from './throwaway-host.ts';

/** `dist/harden` seen inside a host at /run/built/harden; `npm run build` makes it before these tests run. */
export const WITH_HARDEN: Readonly<Record<string, string>> = { '/run/built': builtFolder() };
export const HARDEN = '/run/built/harden';
/** What harden keeps for itself; everything else it writes must go again with a rollback. */
export const OWN_STATE = ['/var/lib/harden'];

export interface Proof {
  readonly change: string;
  readonly proof: string;
  readonly reason: string;
  readonly command?: string;
}

/** The part of `urn:harden:result:1` that the tests look at. */
export interface RunReport {
  readonly exit: number;
  readonly type: 'nothing-to-do' | 'declined' | 'dry-run' | 'done' | 'rolled-back';
  readonly plan: Plan;
  readonly snapshot?: string;
  readonly proofs?: readonly Proof[];
  readonly kept?: readonly { readonly what: string; readonly reason: string }[];
  readonly at?: string;
  readonly reason?: string;
  readonly notAsBefore?: readonly { readonly what: string; readonly reason: string }[];
}

/** Runs the executable that was built. Nobody is asked: its standard input is not a terminal. */
export function harden(host: TestHost, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return host.run([HARDEN, ...args], { timeoutMs: 100_000, ...options });
}

/** A plan of the host, held against the schema that is promised. */
export async function planOf(host: TestHost, ...args: readonly string[]): Promise<Plan> {
  const { code, stdout, stderr } = await harden(host, ['plan', '--json', ...args]);
  if (code !== 0) {
    throw new Error(`harden plan ${args.join(' ')}: exit ${code}\n${stderr}`);
  }
  return Plan.parse(JSON.parse(stdout));
}

/** Whoever is no member of the socket's group is kept out by it, so no ceiling covers it. */
export const ACCEPT_SOCKET = ['--accept', 'docker-sock-mode'] as const;

/** `apply`, `rollback` with `--json --yes` and high ceilings unless `args` say otherwise; throws where the exit code is not `exit`. */
export async function runJson(host: TestHost, args: readonly string[], exit: number): Promise<RunReport> {
  const { code, stdout, stderr } = await harden(host, [...args, '--json', '--yes']);
  if (code !== exit) {
    throw new Error(`harden ${args.join(' ')}: exit ${code}, not ${exit}\n${stdout.slice(-6_000)}${stderr}`);
  }
  const report = JSON.parse(stdout) as RunReport;
  return { ...report, plan: Plan.parse(report.plan) };
}

/** Verdicts by control. */
export function verdictsOf(plan: Plan): Readonly<Record<string, string>> {
  return Object.fromEntries(plan.controls.map(({ slug, verdict }) => [slug, verdict]));
}

/** Why each control has the verdict it has, for a readable failure. */
export function whyOf(plan: Plan, ...slugs: readonly string[]): string {
  return plan.controls
    .filter(({ slug }) => slugs.includes(slug))
    .map(({ slug, verdict, reason, evidence }) => `${slug}: ${verdict}: ${reason} ${JSON.stringify(evidence)}`)
    .join('\n');
}

function builtFolder(): string {
  const folder = join(import.meta.dirname, '../../dist');
  if (!existsSync(join(folder, 'harden'))) {
    throw new Error('dist/harden is not there: npm run build');
  }
  return folder;
}
