import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { heartbeat } from '../../../src/cli/heartbeat.ts';

let told: string[] = [];
beforeEach(() => {
  told = [];
  vi.useFakeTimers();
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => told.push(String(text)) > 0);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('a long step', () => {
  test('is spoken of every 30 seconds, with how long it takes, until something else comes', () => {
    const beat = heartbeat();
    beat.at('step 2 of 3, restart docker.service');
    vi.advanceTimersByTime(29_999);
    expect(told).toEqual([]);
    vi.advanceTimersByTime(30_002);
    expect(told).toEqual([
      '  ..  still: step 2 of 3, restart docker.service (30 s)\n',
      '  ..  still: step 2 of 3, restart docker.service (60 s)\n',
    ]);
    beat.at('looking at the host again');
    vi.advanceTimersByTime(30_000);
    expect(told.at(-1)).toBe('  ..  still: looking at the host again (30 s)\n');
    beat.stop();
    vi.advanceTimersByTime(300_000);
    expect(told).toHaveLength(3);
  });
});
