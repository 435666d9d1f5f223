import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { runHooks } from '../../../src/app/hooks.ts';
import type { HookRunner } from '../../../src/model/hook.ts';
import type { CommandOutcome } from '../../../src/model/host.ts';
import { runProgram } from '../../../src/host/run-tool.ts';
import { fakeReader } from '../../helpers/fake-reader.ts';

const FOLDER = '/etc/harden/hooks.d/apply';
const host = fakeReader({
  files: {
    [`${FOLDER}/10-one`]: { type: 'file', mode: 0o755 },
    [`${FOLDER}/20-two`]: { type: 'file', mode: 0o700 },
    [`${FOLDER}/25-open`]: { type: 'file', mode: 0o777 },
    [`${FOLDER}/30-off`]: { type: 'file', mode: 0o644 },
    [`${FOLDER}/.hidden`]: { type: 'file', mode: 0o755 },
    [`${FOLDER}/10-one~`]: { type: 'file', mode: 0o755 },
  },
});
const limits = { eachMs: 1000, allMs: 5000 };
const wish = { event: 'apply', document: '{}', limits, stop: new AbortController().signal } as const;
const answering =
  (outcome: CommandOutcome): HookRunner =>
  () =>
    Promise.resolve(outcome);

describe('hooks', () => {
  test('run by name with the document, whatever the one before did', async () => {
    const seen: unknown[] = [];
    const ran = await runHooks(
      host,
      (program, { args, input, limitMs }) => {
        seen.push([program, args, input, limitMs]);
        return Promise.resolve({ type: 'exited', code: seen.length === 1 ? 1 : 0, stdout: 'a', stderr: '' });
      },
      wish,
    );
    expect(seen).toEqual([
      [`${FOLDER}/10-one`, ['apply'], '{}', 1000],
      [`${FOLDER}/20-two`, ['apply'], '{}', 1000],
    ]);
    expect(ran).toMatchObject([
      { hook: `${FOLDER}/10-one`, ended: 'badly', reason: 'it ended with 1', output: 'a' },
      { hook: `${FOLDER}/20-two`, ended: 'well' },
      { hook: `${FOLDER}/25-open`, ended: 'not-run' },
    ]);
    expect(ran[2]?.reason).toContain('can be written by others');
  });

  test('after a stop, or when all time is used, are not run, and that is reported', async () => {
    const end = new AbortController();
    const stopping: HookRunner = () => {
      end.abort();
      return Promise.resolve({ type: 'killed', signal: 'SIGKILL', stdout: '', stderr: '' });
    };
    const ran = await runHooks(host, stopping, { ...wish, stop: end.signal });
    expect(ran.map(({ ended }) => ended)).toEqual(['badly', 'not-run', 'not-run']);
    const none = await runHooks(host, answering({ type: 'exited', code: 0, stdout: '', stderr: '' }), {
      ...wish,
      limits: { eachMs: 1000, allMs: 0 },
    });
    expect(none.map(({ ended }) => ended)).toEqual(['not-run', 'not-run', 'not-run']);
  });

  test('are ended with all they started when the time is up or somebody stops, read or not', async () => {
    const end = new AbortController();
    const given = { input: 'x'.repeat(1_000_000), stop: end.signal };
    expect(await runProgram('/bin/sh', ['-c', 'sleep 60 & wait'], 200, given)).toMatchObject({ type: 'timed-out' });
    expect(await runProgram('/bin/true', [], 5000, given)).toMatchObject({ type: 'exited', code: 0 });
    expect(await runProgram('/usr/bin/wc', ['-c'], 5000, given)).toMatchObject({ stdout: '1000000\n' });
    const leaving = await runProgram('/bin/sh', ['-c', 'sleep 60 >/dev/null 2>&1 & echo $!'], 5000, given);
    expect(leaving.type).toBe('exited');
    const left = leaving.type === 'exited' ? Number(leaving.stdout) : 0;
    await expect.poll(() => isRunning(left)).toBe(false);
    setTimeout(() => end.abort(), 100);
    expect(await runProgram('/bin/sleep', ['60'], 5000, given)).toMatchObject({ type: 'killed' });
  });
});

/** Whoever waits for the dead may not have done so yet. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
