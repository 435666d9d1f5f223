import { spawn } from 'node:child_process';

/** `less` as it must be for text that may be short and coloured; the site's own LESS comes first. */
const LESS = 'FIRX';

/**
 * Shows `text` through a pager at the terminal that standard output is. False where none could be started: nothing was shown then.
 * Whoever leaves it early has seen enough; that is no failure.
 * @param words program and arguments, found on PATH; no shell takes part.
 */
export function showInPager(words: readonly string[], text: string): Promise<boolean> {
  const [program = '', ...args] = words;
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: ['pipe', 'inherit', 'inherit'],
      // Whoever may only run harden as root must not get a shell from the pager.
      env: { ...process.env, LESS: process.env['LESS'] ?? LESS, LESSSECURE: '1' },
    });
    child.once('error', () => resolve(false));
    child.once('close', () => resolve(true));
    child.stdin.on('error', () => undefined);
    child.stdin.end(text);
  });
}
