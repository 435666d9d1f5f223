import { spawnSync } from 'node:child_process';
import type { PlanSigning, Signed, Verified } from '../model/signing.ts';
import { wordsFor } from './errno.ts';
import { CLEAN_ENVIRONMENT, findTool } from './tools.ts';

/** A passphrase, or a touch of a security key, is given by a person. */
const SIGN_LIMIT_MS = 120_000;
const LIMIT_MS = 10_000;

/** Signatures by ssh-keygen(1), which comes with the client of OpenSSH. */
export function sshSigning(namespace: string): PlanSigning {
  return {
    sign: (key, text) => {
      const agent = process.env['SSH_AUTH_SOCK'];
      const done = keygen(['-Y', 'sign', '-n', namespace, '-f', key], text, {
        limitMs: SIGN_LIMIT_MS,
        environment: agent === undefined ? {} : { SSH_AUTH_SOCK: agent },
      });
      return done.ok && done.stdout.startsWith('-----BEGIN SSH SIGNATURE-----')
        ? { type: 'signed', signature: done.stdout }
        : ({ type: 'failed', reason: done.reason } satisfies Signed);
    },
    verify: (signature, allowedSigners, text) => {
      const found = keygen(['-Y', 'find-principals', '-s', signature, '-f', allowedSigners], '');
      const principals = found.stdout.split(/[\n,]/).filter((name) => name !== '' && !/[*?!]/.test(name));
      let reason = found.ok ? 'no principal of the allowed signers fits' : `no allowed signer made it: ${found.reason}`;
      for (const principal of principals) {
        const asked = ['-Y', 'verify', '-I', principal, '-n', namespace, '-s', signature, '-f', allowedSigners];
        const verified = keygen(asked, text);
        if (verified.ok) {
          return { type: 'good', principal };
        }
        reason = verified.reason;
      }
      return { type: 'bad', reason } satisfies Verified;
    },
  };
}

interface Done {
  readonly ok: boolean;
  readonly stdout: string;
  readonly reason: string;
}

interface RunOptions {
  readonly limitMs: number;
  readonly environment: Readonly<Record<string, string>>;
}

/** Its standard input is a whole text, and it may ask at our terminal: both are not so of the programs a plan runs. */
function keygen(
  args: readonly string[],
  input: string,
  { limitMs, environment }: RunOptions = { limitMs: LIMIT_MS, environment: {} },
): Done {
  const found = findTool('ssh-keygen');
  if (found.type !== 'found') {
    const reason = found.type === 'not-started' ? found.reason : 'ssh-keygen is not installed (openssh-client)';
    return { ok: false, stdout: '', reason };
  }
  const { status, signal, stdout, stderr, error } = spawnSync(found.path, [...args], {
    env: { ...CLEAN_ENVIRONMENT, ...environment },
    input,
    encoding: 'utf8',
    timeout: limitMs,
    killSignal: 'SIGKILL',
  });
  // Without a process there is no output either, whatever the types say.
  const said = error === undefined ? (stderr.trim().split('\n').at(-1) ?? '') : '';
  const ended = error === undefined ? `ended with ${signal ?? status ?? 'no code'}` : wordsFor(error);
  return { ok: status === 0, stdout, reason: said === '' ? ended : said };
}
