import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** The executable `npm run build` makes; tests drive it and never build. */
export const HARDEN = join(import.meta.dirname, '../../dist/harden');

export interface ProgramOptions {
  /** Beside PATH, HOME and a C locale, which are all the program gets. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
  readonly cwd?: string;
  /** Run as this user, with this group and no other right. */
  readonly uid?: number;
  readonly timeoutMs?: number;
}

/** `code` is 128 + signal where a signal ended it; null after a time-out. */
export interface ProgramResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The program's own environment: nothing of the machine the tests run on. */
export const PLAIN_ENV: Readonly<Record<string, string>> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LANG: 'C.UTF-8',
  TERM: 'dumb',
  // The log is that of the machine.
  HARDEN_LOG: 'off',
};

const SIGNALS: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGPIPE: 13, SIGTERM: 15 };

/** Runs the executable with these arguments. */
export function harden(args: readonly string[], options: ProgramOptions = {}): Promise<ProgramResult> {
  const who =
    options.uid === undefined
      ? []
      : ['setpriv', `--reuid=${options.uid}`, `--regid=${options.uid}`, '--clear-groups', '--inh-caps=-all'];
  const [command = '', ...rest] = [...who, HARDEN, ...args];
  return run(command, rest, options);
}

/** Runs any program the same way. */
export function run(command: string, args: readonly string[], options: ProgramOptions = {}): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: { ...PLAIN_ENV, ...options.env },
      cwd: options.cwd ?? '/',
      stdio: 'pipe',
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, options.timeoutMs ?? 30_000);
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    // It may end before it read all of its input.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve({
        code: timedOut ? null : (code ?? 128 + (SIGNALS[signal ?? ''] ?? 0)),
        stdout: Buffer.concat(out).toString(),
        stderr: Buffer.concat(err).toString(),
      });
    });
  });
}
