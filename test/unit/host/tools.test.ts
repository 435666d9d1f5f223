import { chmodSync, copyFileSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runProgram, runTool } from '../../../src/host/run-tool.ts';
import { CLEAN_ENVIRONMENT, findTool } from '../../../src/host/tools.ts';
import { absPath } from '../../../src/model/brand.ts';

let folder = '';
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'harden-tools-')));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('findTool', () => {
  it('finds a tool of the system whatever PATH says', () => {
    const found = findTool('ls');
    expect(found).toMatchObject({ type: 'found' });
    expect(found.type === 'found' ? found.path : '').toMatch(/^\/(usr\/)?bin\/ls$/);
  });

  it('does not find what is not there', () => {
    expect(findTool('dockerd', absPath('/nonexistent/dockerd'))).toEqual({ type: 'not-found' });
    expect(findTool('dockerd', absPath('/etc/passwd/dockerd'))).toEqual({ type: 'not-found' });
  });

  it('refuses a program in a folder that others may write to', () => {
    const program = join(folder, 'dockerd');
    copyFileSync('/bin/true', program);
    chmodSync(folder, 0o777);
    const found = findTool('dockerd', absPath(program));
    expect(found).toMatchObject({ type: 'not-started' });
    expect(found.type === 'not-started' ? found.reason : '').toContain(`${folder} `);
  });

  it('refuses a program that others may write to, also behind a link', () => {
    const program = join(folder, 'dockerd');
    copyFileSync('/bin/true', program);
    chmodSync(program, 0o757);
    symlinkSync(program, join(folder, 'link'));
    expect(findTool('dockerd', absPath(join(folder, 'link')))).toMatchObject({ type: 'not-started' });
  });

  it('refuses what is no program', () => {
    expect(findTool('dockerd', absPath('/etc'))).toMatchObject({ type: 'not-started' });
    expect(findTool('dockerd', absPath('/etc/passwd'))).toMatchObject({ type: 'not-started' });
  });
});

describe('running a program', () => {
  it('gives its exit code and both outputs as they are', async () => {
    expect(await runProgram('/bin/sh', ['-c', 'echo out; echo err >&2; exit 3'], 5000)).toEqual({
      type: 'exited',
      code: 3,
      stdout: 'out\n',
      stderr: 'err\n',
    });
  });

  it('shows it nothing of our environment, our folder or our input', async () => {
    process.env['HARDEN_TEST_LEAK'] = 'x';
    try {
      const outcome = await runProgram('/usr/bin/env', [], 5000);
      const variables = outcome.type === 'exited' ? outcome.stdout.trim().split('\n').sort() : [];
      expect(variables).toEqual(
        Object.entries(CLEAN_ENVIRONMENT)
          .map(([name, value]) => `${name}=${value}`)
          .sort(),
      );
    } finally {
      delete process.env['HARDEN_TEST_LEAK'];
    }
    expect(await runProgram('/bin/sh', ['-c', 'pwd; cat'], 5000)).toMatchObject({ stdout: '/\n', code: 0 });
  });

  it('passes arguments as they are, with no shell between', async () => {
    const hostile = ['$(id)', '; reboot', 'a b', '', "'", '\n', '*'];
    const outcome = await runProgram('/usr/bin/printf', ['%s|', ...hostile], 5000);
    expect(outcome).toMatchObject({ stdout: `${hostile.join('|')}|` });
  });

  it('ends the whole group at the limit', async () => {
    const started = performance.now();
    const outcome = await runProgram('/bin/sh', ['-c', `sleep 31.4159 & echo $! > ${folder}/pid; sleep 31.4159`], 300);
    expect(outcome).toEqual({ type: 'timed-out', afterMs: 300 });
    expect(performance.now() - started).toBeLessThan(5000);
    const left = await runProgram(
      '/bin/sh',
      ['-c', `cat /proc/$(cat ${folder}/pid)/cmdline 2>/dev/null || true`],
      5000,
    );
    expect(left).toMatchObject({ stdout: '' });
  });

  it('does not wait for a stray child that left the group and keeps the output open', async () => {
    const started = performance.now();
    const outcome = await runProgram('/bin/sh', ['-c', 'setsid sleep 6 & echo done; exit 3'], 300);
    expect(outcome).toEqual({ type: 'exited', code: 3, stdout: 'done\n', stderr: '' });
    expect(performance.now() - started).toBeLessThan(3000);
  });

  it('ends what a program leaves running in its group, and keeps the code it ended with', async () => {
    const started = performance.now();
    const babbler = `(while :; do echo again; sleep 0.01; done) & echo $! > ${folder}/pid; exit 4`;
    const outcome = await runProgram('/bin/sh', ['-c', babbler], 20_000);
    expect(outcome).toMatchObject({ type: 'exited', code: 4 });
    expect(performance.now() - started).toBeLessThan(5000);
    const left = await runProgram('/bin/sh', ['-c', `cat /proc/$(cat ${folder}/pid)/cmdline`], 5000);
    expect(left).toMatchObject({ stdout: '' });
  });

  it('reads all that a program said before it ended, even where we are late', async () => {
    const reading = runProgram('/bin/sh', ['-c', 'head -c 60000 /dev/zero | tr "\\0" x'], 20_000);
    const until = performance.now() + 1_000;
    while (performance.now() < until) {
      Math.sqrt(until);
    }
    const outcome = await reading;
    expect(outcome.type === 'exited' ? outcome.stdout.length : outcome).toBe(60_000);
  });

  it('ends a program that prints without end', async () => {
    const outcome = await runProgram('/usr/bin/yes', [], 5000);
    expect(outcome).toMatchObject({ type: 'killed', signal: 'SIGKILL' });
    expect(outcome.type === 'killed' ? outcome.stderr : '').toContain('4194304');
  });

  it('tells a signal and a failed start from an exit', async () => {
    expect(await runProgram('/bin/sh', ['-c', 'kill -TERM $$'], 5000)).toMatchObject({
      type: 'killed',
      signal: 'SIGTERM',
    });
    expect(await runProgram('/usr/bin/not-there', [], 5000)).toEqual({
      type: 'not-started',
      reason: '/usr/bin/not-there: ENOENT',
    });
  });

  it('starts nothing for a tool that is not to be found', async () => {
    const outcome = await runTool('lsattr', ['-d', '/']);
    expect(['exited', 'not-found']).toContain(outcome.type);
  });
});
