import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from '../../../src/host/sys-process.ts';
import { absPath } from '../../../src/model/brand.ts';
import type { CommandOutcome } from '../../../src/model/host.ts';

/** Programs are trusted only in folders of root's that nobody else may write to, which /tmp is not. */
const PLACE = '/run';
let folder = '';

describe.runIf(process.getuid?.() === 0)('a command that changes something', () => {
  beforeEach(() => {
    folder = mkdtempSync(join(PLACE, 'harden-sys-process-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('is ended with its group at its limit', async () => {
    expect(run(`sleep 31.4 & echo $! > ${folder}/pid; sleep 31.4`, 300)).toEqual({ type: 'timed-out', afterMs: 300 });
    await sleep(100);
    // Nobody may have collected it yet; what runs has a command line.
    expect(run(`cat /proc/${readFileSync(`${folder}/pid`, 'utf8').trim()}/cmdline`, 5_000)).toMatchObject({
      stdout: '',
    });
  });

  it('that ended keeps its code where something it left running holds its output', () => {
    const started = performance.now();
    expect(run('sleep 31.4 & echo said; exit 3', 400)).toEqual({
      type: 'exited',
      code: 3,
      stdout: 'said\n',
      stderr: '',
    });
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('that says more than a mebibyte is ended, and that is said', () => {
    expect(run('exec yes', 10_000)).toMatchObject({
      type: 'killed',
      signal: 'SIGKILL',
      stderr: 'it said more than 1048576 bytes',
    });
  });

  it('tells a signal from an exit, and takes bytes that are no text', () => {
    expect(run('kill -TERM $$', 5_000)).toMatchObject({ type: 'killed', signal: 'SIGTERM' });
    expect(run("printf '\\377\\376x' >&2; exit 5", 5_000)).toMatchObject({ code: 5, stderr: '\ufffd\ufffdx' });
  });

  it('sees a clean environment, no input, and / as its folder', () => {
    process.env['HARDEN_TEST_LEAK'] = 'x';
    try {
      const outcome = run('env | grep -c -E "LEAK|HOME|SUDO"; pwd; cat', 5_000);
      expect(outcome).toMatchObject({ stdout: '0\n/\n' });
    } finally {
      delete process.env['HARDEN_TEST_LEAK'];
    }
  });
});

function run(script: string, limitMs: number): CommandOutcome {
  const program = join(folder, 'program');
  writeFileSync(program, `#!/bin/sh\n${script}\n`);
  chmodSync(program, 0o755);
  return runCommand({ tool: 'dockerd', exe: absPath(program), args: ['--validate'] }, limitMs);
}
