import { type SpawnSyncOptionsWithBufferEncoding, spawnSync } from 'node:child_process';
import type { AbsPath } from '../model/brand.ts';
import type { Command, CommandOutcome } from '../model/host.ts';
import type { Fd } from '../model/sys.ts';
import { errnoOf } from './errno.ts';
import { noted } from './internals.ts';
import { commandLine } from './redact-argv.ts';
import { CLEAN_ENVIRONMENT, type KnownTool, findTool } from './tools.ts';

const HELPER_TIMEOUT_MS = 10_000;
/** More output than this ends the program. */
const MAX_OUTPUT = 1 << 20;

interface Ended {
  readonly pid: number;
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  /** Of the start or of the watching; ETIMEDOUT and ENOBUFS among them. */
  readonly problem: string | undefined;
}

/** An Error as a failed system call throws it. */
export function sysError(code: string, message: string): Error {
  return Object.assign(new Error(`${code}: ${message}`), { code });
}

/** Runs a command of the model to its end. */
export function runCommand(command: Command, timeoutMs: number): CommandOutcome {
  const found = findTool(command.tool, command.tool === 'dockerd' ? command.exe : undefined);
  if (found.type !== 'found') {
    return found;
  }
  const ended = start(found.path, command.args, { timeoutMs, descriptors: [] });
  const stdout = ended.stdout.toString('utf8');
  const stderr = ended.stderr.toString('utf8');
  switch (ended.problem) {
    case 'ETIMEDOUT':
      // It ended by itself, and only something it left running still held its output.
      return ended.status === null
        ? { type: 'timed-out', afterMs: timeoutMs }
        : { type: 'exited', code: ended.status, stdout, stderr };
    case 'ENOENT':
      return { type: 'not-found' };
    case 'ENOBUFS':
      return { type: 'killed', signal: 'SIGKILL', stdout, stderr: `it said more than ${MAX_OUTPUT} bytes` };
    case undefined:
      break;
    default:
      return { type: 'not-started', reason: `${found.path} was not run: ${ended.problem}` };
  }
  return ended.status === null
    ? { type: 'killed', signal: ended.signal ?? 'unknown', stdout, stderr }
    : { type: 'exited', code: ended.status, stdout, stderr };
}

/**
 * Runs one of our own helpers with `descriptors` as its 3, 4, … Undefined where the program is not there.
 * @throws Error with ETIMEDOUT or another errno name where it was started and did not end by itself.
 */
export function runHelper(
  tool: KnownTool,
  args: readonly string[],
  descriptors: readonly Fd[],
): { readonly status: number; readonly stdout: Buffer; readonly stderr: string } | undefined {
  const found = findTool(tool);
  if (found.type === 'not-found') {
    return undefined;
  }
  if (found.type !== 'found') {
    throw sysError('EACCES', found.reason);
  }
  const ended = start(found.path, args, { timeoutMs: HELPER_TIMEOUT_MS, descriptors });
  if (ended.problem !== undefined && ended.problem !== 'ENOBUFS') {
    throw sysError(ended.problem, `${found.path} did not run to its end`);
  }
  return { status: ended.status ?? -1, stdout: ended.stdout, stderr: ended.stderr.toString('utf8').trim() };
}

interface StartOptions {
  readonly timeoutMs: number;
  readonly descriptors: readonly Fd[];
}

function start(program: AbsPath, args: readonly string[], { timeoutMs, descriptors }: StartOptions): Ended {
  // `detached` gives the child a process group of its own here too, though the types name it only for `spawn`.
  const options: SpawnSyncOptionsWithBufferEncoding & { readonly detached: boolean } = {
    cwd: '/',
    env: CLEAN_ENVIRONMENT,
    stdio: ['ignore', 'pipe', 'pipe', ...descriptors],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    maxBuffer: MAX_OUTPUT,
    detached: true,
  };
  const ends = noted(() => commandLine(program, args));
  const { pid, status, signal, stdout, stderr, error } = spawnSync(program, args, options);
  const problem = error === undefined ? undefined : errnoOf(error);
  ends(problem ?? `ended with ${status ?? signal ?? 'nothing'}`);
  if (problem === 'ETIMEDOUT' || problem === 'ENOBUFS') {
    endGroup(pid);
  }
  // Where the program could not be started Node leaves the outputs null, which its types leave out.
  const orNothing = (output: Buffer | null): Buffer => output ?? Buffer.alloc(0);
  return {
    pid,
    status,
    signal,
    stdout: orNothing(stdout),
    stderr: orNothing(stderr),
    problem,
  };
}

function endGroup(pid: number): void {
  // 0 would name our own group.
  if (pid <= 0) {
    return;
  }
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') {
      throw error;
    }
  }
}
