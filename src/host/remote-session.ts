import { readFileSync } from 'node:fs';

/** Programs that bring a session from another machine. OpenSSH since 9.8 runs one session as `sshd-session`. */
const REMOTE_LOGINS: ReadonlySet<string> = new Set([
  'sshd',
  'sshd-session',
  'dropbear',
  'mosh-server',
  'in.telnetd',
  'telnetd',
]);
/** No chain of parents is longer in earnest. */
const MOST_PARENTS = 64;

/**
 * Whether somebody works here from another machine. sudo takes SSH_CONNECTION away, so the processes above are asked too; a terminal
 * multiplexer cuts that chain but keeps the variable it was started with.
 */
export function isRemoteSession(): boolean {
  let pid = String(process.pid);
  for (let depth = 0; depth < MOST_PARENTS && pid !== '0' && pid !== ''; depth += 1) {
    if (
      REMOTE_LOGINS.has(text(`/proc/${pid}/comm`).trim()) ||
      /(^|\0)SSH_CONNECTION=[^\0]/.test(text(`/proc/${pid}/environ`))
    ) {
      return true;
    }
    pid = /^PPid:\s*(\d+)$/m.exec(text(`/proc/${pid}/status`))?.[1] ?? '';
  }
  return false;
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
