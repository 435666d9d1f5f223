import { describe, expect, it, vi } from 'vitest';
import { type StopSignals, repairCommand, watchSignals } from '../../../src/cli/signals.ts';

/** What is told when SIGINT comes while `work` runs. */
async function told(work: (stop: StopSignals, press: () => void) => Promise<void> | void): Promise<string> {
  const said: string[] = [];
  const write = vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
  const stop = watchSignals(repairCommand({ stateDir: '/srv/state' }));
  try {
    await work(stop, () => process.emit('SIGINT'));
  } finally {
    stop.release();
    write.mockRestore();
  }
  return said.join('');
}

describe('a signal is answered with what will come of it', () => {
  it.each<readonly [string, (stop: StopSignals) => void, RegExp]>([
    ['before anything', () => undefined, /stopping before anything is changed/],
    ['while steps are at work', (stop) => stop.begun(), /then everything is put back/],
    [
      'once the changes wait',
      (stop) => {
        stop.begun();
        stop.waits();
      },
      /the changes are made, and wait to be kept: sudo harden confirm$/m,
    ],
  ])('%s', async (_when, until, words) => {
    expect(
      await told((stop, press) => {
        until(stop);
        press();
        expect(stop.requested()).toBe('SIGINT');
      }),
    ).toMatch(words);
  });

  it('while something is put back, which goes on to its end; afterwards it is as before', async () => {
    const text = await told(async (stop, press) => {
      await stop.whilePuttingBack(() => {
        press();
        return Promise.resolve();
      });
      expect(stop.requested()).toBe('SIGINT');
    });
    expect(text).toContain('what is being put back is put back to its end (again: stop at once).');
    expect(text).not.toContain('before anything');
    expect(
      await told(async (stop, press) => {
        await stop.whilePuttingBack(() => Promise.resolve());
        press();
      }),
    ).toContain('stopping before anything is changed');
  });

  it('names the command that repairs on that state folder', () => {
    expect(repairCommand({ stateDir: '/srv/state' })).toBe('sudo harden recover --state-dir /srv/state');
  });
});
