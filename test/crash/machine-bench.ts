import { rmSync } from 'node:fs';
import type { Machine, RunResult } from '../machine/machine.ts';
import { HARDEN, type Machines, startMachines } from '../machine/prepared.ts';
import { type Look, differences, lookAt } from './machine-look.ts';
import { numbers } from './tally.ts';

/** Without the consent that only the mode of docker's socket needs. */
export const APPLY_PART = `${HARDEN} apply --yes --max-risk high --max-impact restart`;
export const APPLY = `${APPLY_PART} --accept docker-sock-mode`;
const LOG = '/run/apply.log';
/** Shared by all methods of one run: the machines, and what they look like before and after an apply that nothing disturbed. */
export interface Bench {
  readonly machines: Machines;
  /** Made when it is first asked for. */
  readonly reference: () => Promise<Reference>;
  readonly random: () => number;
}

export interface Reference {
  readonly old: Look;
  readonly new: Look;
  /** Of the machine's own time. */
  readonly applySeconds: number;
  /** What did not hold while it was made. */
  readonly violations: readonly string[];
  readonly points: number;
}

/** What is tried: its name for people, and what did not hold. */
export interface Point {
  readonly what: string;
  readonly run: (machine: Machine) => Promise<readonly string[]>;
}

let shared: Promise<Bench> | undefined;

/** Made when it is first asked for; its folder goes with this process. */
export function bench(): Promise<Bench> {
  shared ??= makeBench();
  return shared;
}

async function makeBench(): Promise<Bench> {
  const seed = Number(process.env['HARDEN_CRASH_SEED'] ?? Date.now() % 100_000);
  process.stderr.write(`machines: HARDEN_CRASH_SEED=${seed}\n`);
  const machines = await startMachines();
  removeAtEnd(machines.folder);
  let reference: Promise<Reference> | undefined;
  return { machines, random: numbers(seed), reference: () => (reference ??= makeReference(machines)) };
}

/** However this process ends, but by SIGKILL. */
function removeAtEnd(folder: string): void {
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      remove();
      process.kill(process.pid, signal);
    });
  }
}

/** Apply, reboot, rollback, reboot; each time all is as the files say, by Debian's own means. */
async function makeReference(machines: Machines): Promise<Reference> {
  await using machine = await machines.another();
  const violations: string[] = [];
  const expect = (what: string, list: readonly string[]): void => {
    violations.push(...list.map((one) => `${what}: ${one}`));
  };
  const before = await lookAt(machine);
  const begun = await guestSeconds(machine);
  expect('apply', failed(await machine.run(`${APPLY} --confirm-within never`, 600_000)));
  const applySeconds = (await guestSeconds(machine)) - begun;
  const applied = await lookAt(machine);
  if (applied.socket === before.socket || applied.files === before.files) {
    violations.push('apply: it changed too little to be a reference');
  }
  await reboot(machine);
  const after = await lookAt(machine);
  expect('apply, reboot', differences({ ...after, engine: '' }, { ...applied, engine: '' }));
  expect('apply, reboot: verify', failed(await machine.run(`${HARDEN} verify`, 300_000)));
  expect(
    'rollback',
    failed(await machine.run(`${HARDEN} rollback --yes --max-risk high --max-impact restart`, 600_000)),
  );
  await reboot(machine);
  expect('rollback, reboot', differences(await lookAt(machine), before));
  return { old: before, new: after, applySeconds, violations, points: 2 };
}

export async function reboot(machine: Machine): Promise<void> {
  await machine.run('systemctl reboot').catch(() => undefined);
  await machine.off(300_000);
  await machine.powerOn();
}

/** Begins an apply that goes on while other commands run. */
export function beginApply(options = '--confirm-within never'): string {
  return `setsid -f ${APPLY} ${options} >${LOG} 2>&1 </dev/null`;
}

/** What an apply in the background has said so far. */
export async function said(machine: Machine): Promise<string> {
  return (await machine.run(`cat ${LOG}`)).stdout.trim().split('\n').slice(-6).join(' / ');
}

export function failed({ code, stdout, stderr }: RunResult, expected = 0): readonly string[] {
  return code === expected ? [] : [`exit ${code}, not ${expected}: ${(stdout + stderr).trim().slice(-1500)}`];
}

async function guestSeconds(machine: Machine): Promise<number> {
  return Number(await machine.check('date +%s.%N'));
}

/** After a boot: as before or as applied, whole; nothing is left to recover, nothing lies about. */
export async function oldOrNew(machine: Machine, its: Bench): Promise<readonly string[]> {
  const reference = await its.reference();
  const seen = await lookAt(machine);
  const [fromOld, fromNew] = [differences(seen, reference.old), differences(seen, reference.new)];
  const mixture =
    fromOld.length > 0 && fromNew.length > 0 ? [`neither old nor new: ${shorter(fromOld, fromNew).join('; ')}`] : [];
  return [...mixture, ...(await nothingToRecover(machine))];
}

export async function nothingToRecover(machine: Machine): Promise<readonly string[]> {
  const again = await machine.run(`${HARDEN} recover`);
  return again.code === 0 && again.stdout === 'Nothing to recover.\n'
    ? []
    : [`recover after the boot: exit ${again.code}: ${again.stdout}${again.stderr}`];
}

function shorter(one: readonly string[], other: readonly string[]): readonly string[] {
  return one.length <= other.length ? one : other;
}

/** Two machines at a time. A point that fails in another way than expected is a violation too. */
export async function runPoints(points: readonly Point[], { machines }: Bench): Promise<readonly string[]> {
  const violations: string[] = [];
  const waiting = [...points];
  const worker = async (): Promise<void> => {
    for (let point = waiting.shift(); point !== undefined; point = waiting.shift()) {
      const { what, run } = point;
      try {
        await using machine = await machines.another();
        violations.push(...(await run(machine)).map((one) => `${what}: ${one}`));
      } catch (error) {
        violations.push(`${what}: broke down: ${reasonOf(error)}`);
      }
    }
  };
  await Promise.all([worker(), worker()]);
  return violations;
}

function reasonOf(error: unknown): string {
  const parts = error instanceof Error ? [error, error.cause] : [error];
  return parts
    .flatMap((part) => (part instanceof Error ? [part.message] : part === undefined ? [] : [JSON.stringify(part)]))
    .join(' ');
}
