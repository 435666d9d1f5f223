import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { build } from 'esbuild';
import type { Said, Wish } from './run-transaction.ts';

let bundled: Promise<string> | undefined;

/** The child in one file: a third of the time that its sources take to start. */
function childProgram(): Promise<string> {
  bundled ??= bundleChild();
  return bundled;
}

async function bundleChild(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'harden-crash-child-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const outfile = join(folder, 'child.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'run-transaction.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
    logLevel: 'error',
  });
  return outfile;
}

export interface Ended {
  readonly signal: NodeJS.Signals | null;
  readonly code: number | null;
  /** Undefined where it did not live to say it. */
  readonly said: Said | undefined;
  readonly stderr: string;
}

export interface ChildOptions {
  /** From outside, whatever it does then. */
  readonly killAfterMs?: number;
  readonly nodeArgs?: readonly string[];
  /** A program that starts it, with arguments: `prlimit --fsize=512`. */
  readonly under?: readonly string[];
}

export async function runChild(
  wish: Wish,
  { killAfterMs, nodeArgs = [], under = [] }: ChildOptions = {},
): Promise<Ended> {
  const whole = [...under, process.execPath, ...nodeArgs, await childProgram(), JSON.stringify(wish)];
  const [program = process.execPath, ...args] = whole;
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const timer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  clearTimeout(timer);
  const said = stdout === '' ? undefined : (JSON.parse(stdout) as Said);
  return { signal: child.signalCode, code: child.exitCode, said, stderr };
}

/** As many at once as the machine has processors, each in its turn. */
export async function inTurns<T>(
  items: readonly T[],
  workers: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  await Promise.all(
    Array.from({ length: workers }, async () => {
      for (const item of queue) {
        await work(item);
      }
    }),
  );
}
