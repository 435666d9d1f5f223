import { spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { PLAIN_ENV } from './program.ts';

/** One line or key, typed once `after` was shown since the last answer. */
export interface Typed {
  readonly after: RegExp;
  readonly keys: string;
}

export interface TerminalOptions {
  readonly columns?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** `shown` is all the terminal got, without control characters; `code` null after a time-out. */
export interface TerminalResult {
  readonly code: number | null;
  readonly shown: string;
  /** As the terminal got it. */
  readonly raw: string;
}

export const ENTER = '\r';
export const CTRL_C = '\u0003';
export const CTRL_D = '\u0004';
/** The terminal goes away, as where a connection breaks. */
export const HANG_UP = '<hang up>';

/** Runs a command line of sh at a pseudo-terminal of its own (`script` of util-linux) and types. */
export function atTerminal(
  command: string,
  typed: readonly Typed[],
  options: TerminalOptions = {},
): Promise<TerminalResult> {
  return new Promise((resolve, reject) => {
    const sized = `stty cols ${options.columns ?? 80} rows 40; ${command}`;
    const child = spawn('script', ['-qec', sized, '/dev/null'], {
      env: { ...PLAIN_ENV, TERM: 'xterm', SHELL: '/bin/sh', ...options.env },
      stdio: 'pipe',
    });
    let shown = '';
    let from = 0;
    let next = 0;
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, options.timeoutMs ?? 30_000);
    const look = (): void => {
      const wish = typed[next];
      if (wish?.after.test(stripVTControlCharacters(shown.slice(from))) === true) {
        next += 1;
        // The prompt shows itself a moment before it listens; what it shows until then is no new prompt.
        setTimeout(() => {
          from = shown.length;
          if (wish.keys === HANG_UP) {
            child.kill('SIGKILL');
          } else {
            child.stdin.write(wish.keys);
          }
        }, 300);
        from = Infinity;
      }
    };
    child.stdout.on('data', (chunk: Buffer) => {
      shown += chunk.toString();
      look();
    });
    child.stdin.on('error', () => undefined);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      const raw = shown.replaceAll('\r', '');
      resolve({ code: timedOut ? null : code, shown: stripVTControlCharacters(raw), raw });
    });
  });
}
