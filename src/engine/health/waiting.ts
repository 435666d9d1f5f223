import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 300;

/** Asks until nothing is left, somebody wants to stop, or `limitMs` is over; gives what was left then. */
export async function untilNone<T>(
  look: () => Promise<readonly T[]>,
  limitMs: number,
  stop: () => boolean,
): Promise<readonly T[]> {
  const until = performance.now() + limitMs;
  for (;;) {
    const left = await look();
    if (left.length === 0 || stop() || performance.now() + POLL_MS > until) {
      return left;
    }
    await sleep(POLL_MS);
  }
}
