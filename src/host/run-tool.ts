import { type SpawnOptionsWithStdioTuple, type StdioNull, type StdioPipe, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { CommandOutcome } from '../model/host.ts';
import { errnoOf } from './errno.ts';
import { noted } from './internals.ts';
import { commandLine } from './redact-argv.ts';
import { CLEAN_ENVIRONMENT, type KnownTool, findTool } from './tools.ts';

const LIMIT_MS = 5000;
/** How long after the end of the process, or of its group, its output may still be held open by something it left running. */
const GRACE_MS = 250;
const MAX_OUTPUT = 4 * 1024 * 1024;

const OPTIONS: SpawnOptionsWithStdioTuple<StdioNull, StdioPipe, StdioPipe> = {
  cwd: '/',
  env: CLEAN_ENVIRONMENT,
  stdio: ['ignore', 'pipe', 'pipe'],
  // A process group of its own, so that all it starts can be ended with it.
  detached: true,
};
const WITH_INPUT: SpawnOptionsWithStdioTuple<StdioPipe, StdioPipe, StdioPipe> = {
  ...OPTIONS,
  stdio: ['pipe', 'pipe', 'pipe'],
};

/** What a program is given, and who may end it before its time. */
interface RunInput {
  readonly input: string;
  readonly stop: AbortSignal;
}

/** Runs a program of this machine that only reads, in a clean environment, its own process group and bounded time. Never rejects. */
export async function runTool(tool: KnownTool, args: readonly string[]): Promise<CommandOutcome> {
  const found = findTool(tool);
  return found.type === 'found' ? runProgram(found.path, args, LIMIT_MS) : found;
}

/**
 * As `runTool`, of a program found already. By Node's own means: a plan runs five programs, and a library that does it with more comfort
 * takes longer to load than all of them take to run.
 */
export function runProgram(
  path: string,
  args: readonly string[],
  limitMs: number,
  given?: RunInput,
): Promise<CommandOutcome> {
  const ends = noted(() => commandLine(path, args));
  return new Promise((answer) => {
    const resolve = (outcome: CommandOutcome): void => {
      ends(outcome.type === 'exited' ? `ended with ${outcome.code}` : outcome.type);
      answer(outcome);
    };
    const notStarted = (error: unknown): void => resolve({ type: 'not-started', reason: `${path}: ${errnoOf(error)}` });
    try {
      const child = given === undefined ? spawn(path, args, OPTIONS) : spawn(path, args, WITH_INPUT);
      child.on('error', notStarted);
      let stopped: CommandOutcome | undefined;
      const stop = (outcome: CommandOutcome): void => {
        stopped ??= outcome;
        endGroup(child.pid);
      };
      const end = (): void => stop({ type: 'killed', signal: 'SIGKILL', stdout: '', stderr: '' });
      given?.stop.addEventListener('abort', end, { once: true });
      // A program that does not read what it is given may still be a good one.
      child.stdin?.on('error', () => undefined).end(given?.input);
      const stdout = collect(child.stdout, stop);
      const stderr = collect(child.stderr, stop);
      const result = (code: number | null, signal: string | null): CommandOutcome =>
        stopped ?? ended(code, signal, stdout(), stderr());
      let known = (): CommandOutcome => late;
      const late: CommandOutcome = { type: 'timed-out', afterMs: limitMs };
      const limit = setTimeout(() => stop(late), limitMs);
      const abandon = setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
        child.stdin?.destroy();
        resolve(known());
      }, limitMs + GRACE_MS);
      let leftovers: NodeJS.Timeout | undefined;
      child.on('exit', (code, signal) => {
        clearTimeout(limit);
        known = () => result(code, signal);
        leftovers = setTimeout(() => endGroup(child.pid), GRACE_MS);
      });
      child.on('close', (code, signal) => {
        [limit, abandon, leftovers].forEach(clearTimeout);
        given?.stop.removeEventListener('abort', end);
        if (given !== undefined) {
          // What it left running without its output.
          endGroup(child.pid);
        }
        resolve(result(code, signal));
      });
    } catch (error) {
      notStarted(error);
    }
  });
}

/** Reads a stream as text; what it has read so far is the result of the function this gives. */
function collect(stream: Readable, stop: (outcome: CommandOutcome) => void): () => string {
  let text = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    text += chunk;
    if (text.length > MAX_OUTPUT) {
      text = '';
      stop({ type: 'killed', signal: 'SIGKILL', stdout: '', stderr: `more than ${MAX_OUTPUT} characters of output` });
    }
  });
  return () => text;
}

function ended(code: number | null, signal: string | null, stdout: string, stderr: string): CommandOutcome {
  return code === null
    ? { type: 'killed', signal: signal ?? 'unknown', stdout, stderr }
    : { type: 'exited', code, stdout, stderr };
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) {
      process.kill(-pid, 'SIGKILL');
    }
  } catch {
    // Nobody of the group is left.
  }
}
