import { describe, expect, test } from 'vitest';
import { simulatedHost } from '../../src/host/simulated/simulated-host.ts';
import { AUDIT_FILES, AUDIT_STEPS, auditRecording } from '../support/audit-steps.ts';
import { SUITES, type TestHost, realHosts, throwawayHost } from './throwaway-host.ts';

interface Answer {
  readonly args: readonly string[];
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Other tests want the kernel's rules too: waiting for one's turn takes longer than the work. */
const TURN_MS = 600_000;
const SHOW = [['-l'], ['-s'], ['-v']] as const;

describe.each(SUITES)('auditctl of %s', (suite) => {
  test.runIf(realHosts(suite))(
    'says and lists after every call what the simulated one does',
    async () => {
      await using host = await throwawayHost(suite, { audit: true });
      for (const [path, text] of Object.entries(AUDIT_FILES)) {
        await host.write(path, text);
      }
      await host.check('mkdir -p /etc/docker');
      const [list, status, version, ...real] = await answersOf(host, [
        ...SHOW,
        ...AUDIT_STEPS.flatMap((args) => [args, ['-l']]),
      ]);
      const simulated = simulatedHost(auditRecording(list?.stdout ?? '', status?.stdout ?? '', version?.stdout ?? ''));
      for (const { args, ...answer } of real) {
        const outcome = simulated.sys.run({ tool: 'auditctl', args }, 1000);
        expect(outcome.type).toBe('exited');
        const { stderr } = outcome.type === 'exited' ? outcome : { stderr: '' };
        expect
          .soft({ args, ...outcome, stderr: withoutAdvice(stderr) })
          .toEqual({ args, type: 'exited', ...answer, stderr: withoutAdvice(answer.stderr) });
      }
    },
    TURN_MS,
  );
});

/** Version 4 says what is slow, how often depends on the order of options. Nobody reads it by program. */
function withoutAdvice(stderr: string): string {
  return stderr.replaceAll(/^.* slower\n/gm, '');
}

/** All calls in one process: a process of the test for each would keep the others waiting. */
async function answersOf(host: TestHost, calls: readonly (readonly string[])[]): Promise<readonly Answer[]> {
  const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;
  const script = calls.map((args) => `answer ${args.map(quoted).join(' ')}`).join('\n');
  const printed = await host.check(`
    answer() {
      local code=0
      auditctl "$@" >/tmp/out 2>/tmp/err || code=$?
      echo "$code $(base64 -w 0 /tmp/out) $(base64 -w 0 /tmp/err) ."
    }
    ${script}`);
  return printed
    .trim()
    .split('\n')
    .map((line, index) => {
      const [code, stdout = '', stderr = ''] = line.split(' ');
      const text = (base64: string): string => Buffer.from(base64, 'base64').toString();
      return { args: calls[index] ?? [], code: Number(code), stdout: text(stdout), stderr: text(stderr) };
    });
}
