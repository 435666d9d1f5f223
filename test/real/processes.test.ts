import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { HARDEN, WITH_HARDEN } from './built-harden.ts';
import { type TestHost, realHosts, systemdHost, throwawayHost } from './throwaway-host.ts';

const MOST = 5;

describe.runIf(realHosts('bookworm', 'trixie', 'forky'))('a plan starts few processes', () => {
  test.each(['bookworm', 'forky'] as const)('%s, without a service manager', async (suite) => {
    await using host = await throwawayHost(suite, { audit: true, binds: WITH_HARDEN });
    await host.startDockerd();
    const programs = await programsOfPlan(host, ['-m', '-n', '-u', '-i']);
    expect(programs).toContain('auditctl');
    expect(programs.length, programs.join(' ')).toBeLessThanOrEqual(MOST);
  });

  test.each(['bookworm', 'trixie'] as const)('%s, with systemd and running containers', async (suite) => {
    await using host = await systemdHost(suite, { binds: WITH_HARDEN });
    await host.importBusybox('box');
    await host.check('for n in 1 2 3; do docker run -d --stop-timeout 1 box sleep 1000; done');
    const programs = await programsOfPlan(host, ['-a']);
    expect(programs).toContain('systemctl');
    expect(programs.length, programs.join(' ')).toBeLessThanOrEqual(MOST);
  });
});

/** Names of all programs that `harden plan` starts, and what they start, as the kernel saw it. */
async function programsOfPlan(host: TestHost, namespaces: readonly string[]): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'harden-strace-'));
  try {
    const trace = join(folder, 'trace');
    const inside = [
      'nsenter',
      '-t',
      String(host.pid),
      ...namespaces,
      HARDEN,
      'plan',
      '-p',
      'cis-docker-1.8.0/L2',
      '--json',
    ];
    // A file for each process: in one file, calls of processes that start at the same moment are cut in two.
    const argv = ['-ff', '-ttt', '-qq', '-e', 'trace=execve,execveat', '-e', 'signal=none', '-o', trace, ...inside];
    await promisify(execFile)('strace', argv, { maxBuffer: 64 * 1024 * 1024 });
    const started = readdirSync(folder)
      .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'))
      .toSorted()
      .flatMap((line) => /execve(?:at)?\(.*?"([^"]+)".*\) = 0$/.exec(line)?.[1] ?? []);
    expect(started.slice(0, 2).map((path) => path.split('/').at(-1))).toEqual(['nsenter', 'harden']);
    return started.slice(2).map((path) => path.split('/').at(-1) ?? path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
