import type { execa as Execa } from 'execa';
import type { CommandOutcome } from '../model/host.ts';
import { CLEAN_ENVIRONMENT, type KnownTool, findTool } from './tools.ts';

const LIMIT_MS = 5000;
/** How long after the end of the process group its output may still be held open by somebody who left the group. */
const GRACE_MS = 250;
const MAX_OUTPUT = 4 * 1024 * 1024;

const OPTIONS = {
  cwd: '/',
  env: CLEAN_ENVIRONMENT,
  extendEnv: false,
  stdin: 'ignore',
  killSignal: 'SIGKILL',
  killDescendants: true,
  maxBuffer: MAX_OUTPUT,
  stripFinalNewline: false,
  reject: false,
} as const;
type Running = ReturnType<typeof start>;

/** Runs a program of this machine that only reads, in a clean environment, its own process group and bounded time. Never rejects. */
export async function runTool(tool: KnownTool, args: readonly string[]): Promise<CommandOutcome> {
  const found = findTool(tool);
  return found.type === 'found' ? runProgram(found.path, args, LIMIT_MS) : found;
}

/** As `runTool`, of a program found already. */
export async function runProgram(path: string, args: readonly string[], limitMs: number): Promise<CommandOutcome> {
  // Loaded here: most of a short command's time is loading, and not every command runs a program.
  const { execa } = await import('execa');
  const running = start(execa, path, args, limitMs);
  return Promise.race([finished(path, running, limitMs), abandoned(running, limitMs)]);
}

function start(execa: typeof Execa, path: string, args: readonly string[], timeout: number) {
  return execa(path, args, { ...OPTIONS, timeout });
}

async function finished(path: string, running: Running, limitMs: number): Promise<CommandOutcome> {
  const result = await running;
  const { exitCode, signal, stdout, stderr } = result;
  if (result.timedOut) {
    return { type: 'timed-out', afterMs: limitMs };
  }
  if (result.isMaxBuffer) {
    return { type: 'killed', signal: 'SIGKILL', stdout: '', stderr: `more than ${MAX_OUTPUT} characters of output` };
  }
  if (exitCode !== undefined) {
    return { type: 'exited', code: exitCode, stdout, stderr };
  }
  return signal === undefined
    ? { type: 'not-started', reason: `${path}: ${result.code ?? 'it could not be started'}` }
    : { type: 'killed', signal, stdout, stderr };
}

/** Ends the wait for output that outlives its process. */
function abandoned(running: Running, limitMs: number): Promise<CommandOutcome> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      running.stdout.destroy();
      running.stderr.destroy();
      resolve({ type: 'timed-out', afterMs: limitMs });
    }, limitMs + GRACE_MS);
    void running.finally(() => clearTimeout(timer));
  });
}
