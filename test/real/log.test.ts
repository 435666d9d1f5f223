import { describe, expect, test } from 'vitest';
import { WITH_HARDEN, harden, runJson } from './built-harden.ts';
import { applyFor, untilTakenBack } from './keep-parts.ts';
import { type TestHost, realHosts, systemdHost } from './throwaway-host.ts';

const HIGH = ['--max-risk', 'high', '--max-impact', 'restart', '--no-trial-container'];

async function entries(host: TestHost, ...match: readonly string[]): Promise<readonly Record<string, string>[]> {
  const text = await host.check(`journalctl --sync; journalctl -q -o json -t harden ${match.join(' ')}`);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, string>);
}

describe.runIf(realHosts('bookworm'))('the log', () => {
  test('has what was done and what was taken back, with fields, and nothing of a plan', async () => {
    await using host = await systemdHost('bookworm', { binds: WITH_HARDEN });
    await harden(host, ['plan']);
    await harden(host, ['verify']);
    await harden(host, ['apply', '-c', 'live-restore', '--dry-run']);
    expect(await entries(host)).toEqual([]);
    const { snapshot = '' } = await runJson(host, ['apply', '-c', 'live-restore', ...HIGH], 0);
    const events = (await entries(host, `HARDEN_RUN=${snapshot}`)).map(({ HARDEN_EVENT }) => HARDEN_EVENT);
    expect(events[0]).toBe('run.start');
    expect(events).toEqual(expect.arrayContaining(['snapshot.made', 'step.started', 'step.done', 'verify.started']));
    expect(events.at(-1)).toBe('run.end');
    await runJson(host, ['rollback', ...HIGH], 0);
    const refused = await harden(host, ['apply', '-c', 'live-restore', '--no-input']);
    expect(refused.code).toBe(4);
    expect((await entries(host)).at(-1)).toMatchObject({
      PRIORITY: '3',
      MESSAGE: expect.stringContaining('H4001') as string,
    });

    const id = await applyFor(host, '5s');
    await untilTakenBack(host, id);
    await host.check(
      'for _ in $(seq 100); do journalctl -q HARDEN_EVENT=run.recovered | grep -q . && break; sleep 0.1; done',
    );
    const [back] = await entries(host, 'HARDEN_EVENT=run.recovered');
    expect(back).toMatchObject({ HARDEN_RUN: id, MESSAGE: `run ${id}: undone, not kept (asked)` });

    const toFile = { env: { HARDEN_LOG: 'file' } };
    expect((await harden(host, ['apply', '-c', 'live-restore', '--yes', ...HIGH], toFile)).code).toBe(0);
    expect(await host.read('/var/log/harden/harden.log')).toMatch(
      /^20\S+Z apply [0-9a-f]{8}: begun\n.*ended with exit code 0 \(done\)\n$/s,
    );
    expect(await host.check('stat -c "%a %U" /var/log/harden /var/log/harden/harden.log')).toBe('750 root\n600 root\n');
  });
});
