import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, test, vi } from 'vitest';

let told = '';
/** The modules keep one limit per program, so each test has a program of its own. */
beforeEach(() => {
  vi.resetModules();
  told = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => (told += String(text)) !== '');
});

async function program() {
  const { limitAsSaid, limitWasKept } = await import('../../../src/cli/time-limit.ts');
  const { watchSignals } = await import('../../../src/cli/signals.ts');
  const ms = Math.ceil(performance.now() / 1000) + 1;
  return { start: () => limitAsSaid({ _: ['apply'], timeout: `${ms}s` }), limitWasKept, watchSignals, ms };
}

describe('--timeout', () => {
  test('is one more way to ask a run to stop; a person who presses Ctrl-C then is heard', async () => {
    const { start, watchSignals } = await program();
    const stop = watchSignals('harden recover');
    stop.begun();
    start();
    expect(stop.requested()).toBeUndefined();
    await vi.waitFor(() => expect(stop.requested()).toBe('timeout'), 5000);
    expect(told).toMatch(/time limit of \d+s was reached; the step at work is finished, then everything is put back/);
    process.emit('SIGINT', 'SIGINT');
    expect(stop.requested()).toBe('SIGINT');
    stop.release();
  });

  test('ends a question like a terminal that went away, and is heeded by whoever asks later', async () => {
    const { start, watchSignals } = await program();
    const stop = watchSignals('harden recover');
    const asked = stop.whileAsking((signal) => sleep(60_000, undefined, { signal }));
    start();
    await expect(asked).rejects.toMatchObject({ code: 'H0131', exit: 143 });
    stop.release();
    const next = watchSignals('harden recover');
    await sleep(1);
    expect(next.requested()).toBe('timeout');
    next.release();
  });

  test('is over with the command', async () => {
    const { start, watchSignals, limitWasKept, ms } = await program();
    const stop = watchSignals('harden recover');
    start();
    limitWasKept();
    await sleep(ms * 1000 - performance.now() + 200);
    expect(stop.requested()).toBeUndefined();
    stop.release();
  });
});
