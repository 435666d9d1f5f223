import { describe, expect, test } from 'vitest';
import { atTerminal, CTRL_C, CTRL_D, ENTER, HANG_UP, type Typed } from '../helpers/pseudo-terminal.ts';
import { HARDEN, WITH_HARDEN, harden } from './built-harden.ts';
import { layerChanges } from './host-layer.ts';
import { DAEMON_JSON, SITE_JSON, layerOf, runContainers, runningContainers } from './systemd-parts.ts';
import { type TestHost, realHosts, systemdHost } from './throwaway-host.ts';

const all: Typed = { after: /explain\s+N\s+\(none\)\s*$/, keys: `all${ENTER}` };
const WORD = /To go on, type: restart\s*$/;
const CODE = '/run/ended-with';

type Way = readonly [what: string, keys: string | undefined, codes: readonly number[], said: string];
/** At a word that is asked for; undefined: three words that are not it. */
const WAYS: readonly Way[] = [
  ['three wrong words', undefined, [3], 'Declined. Nothing was changed.'],
  ['Ctrl-C', CTRL_C, [130], 'stopped by SIGINT at the question. Nothing was changed.'],
  ['Ctrl-C twice', CTRL_C + CTRL_C, [130], 'stopped by SIGINT at the question. Nothing was changed.'],
  ['the end of input', CTRL_D, [3], 'Declined. Nothing was changed.'],
  ['a terminal that goes away', HANG_UP, [3, 143], ''],
];

function typedAt(after: RegExp, keys: string | undefined): readonly Typed[] {
  return keys === undefined
    ? ['yes', 'all', ''].map((word) => ({ after, keys: `${word}${ENTER}` }))
    : [{ after, keys }];
}

/** Types at a terminal into the host; the exit code is that of harden, also where the terminal is gone. */
async function ended(host: TestHost, words: string, typed: readonly Typed[]) {
  await host.check(`rm -f ${CODE}`);
  const within = `trap : INT HUP; ${HARDEN} ${words}; echo $? > ${CODE}`;
  const command = `trap '' INT; nsenter -t ${host.pid} -a -- sh -c '${within}'`;
  const { shown } = await atTerminal(command, typed, { timeoutMs: 60_000, columns: 100 });
  await expect.poll(() => host.exists(CODE), { timeout: 20_000, message: shown }).toBe(true);
  return { code: Number(await host.read(CODE)), shown: shown.replaceAll(/\s+/g, ' ') };
}

describe.runIf(realHosts('trixie'))('a word that is asked for is not typed', () => {
  test('the word for the effect: apply changes nothing, rollback puts nothing back', async () => {
    await using host = await systemdHost('trixie', { binds: WITH_HARDEN });
    await runContainers(host);
    await host.write(DAEMON_JSON, SITE_JSON, 0o640);
    const running = await runningContainers(host);
    const before = await layerOf(host);
    for (const [what, keys, codes, said] of WAYS) {
      const { code, shown } = await ended(host, 'apply --no-trial-container -c 2.17', [all, ...typedAt(WORD, keys)]);
      expect(codes, `${what}: ${shown}`).toContain(code);
      expect(shown, what).toContain(said);
      expect(layerChanges(before, await layerOf(host)), what).toEqual([]);
      expect(await runningContainers(host), what).toBe(running);
    }

    const yes = '--yes --max-risk high --max-impact restart --no-trial-container --confirm-within never';
    expect((await harden(host, ['apply', '-c', '2.17', ...yes.split(' ')])).code).toBe(0);
    await host.check('docker start $(docker ps -aq)');
    const applied = await layerOf(host);
    const since = await runningContainers(host);
    const back: Typed = { after: /explain\s+N\s+\(no\)\s*$/, keys: `yes${ENTER}` };
    for (const [what, keys, codes, said] of WAYS) {
      const { code, shown } = await ended(host, 'rollback --no-trial-container', [back, ...typedAt(WORD, keys)]);
      expect(codes, `${what}: ${shown}`).toContain(code);
      expect(shown, what).toContain(said);
      expect(layerChanges(applied, await layerOf(host)), what).toEqual([]);
      expect(await runningContainers(host), what).toBe(since);
    }
  });

  test('the name of the host: nothing is changed', async () => {
    await using host = await systemdHost('trixie', { binds: WITH_HARDEN });
    await host.check('chmod 0666 /run/docker.sock');
    const name = (await host.check('hostname')).trim();
    const asked = new RegExp(`type the name of this host: ${name}\\s*$`);
    const before = await layerOf(host);
    for (const [what, keys, codes, said] of WAYS) {
      const { code, shown } = await ended(host, 'apply --no-trial-container -c 3.16', [all, ...typedAt(asked, keys)]);
      expect(codes, `${what}: ${shown}`).toContain(code);
      expect(shown, what).toContain(said);
      expect(await host.check('stat -c %a /run/docker.sock'), what).toBe('666\n');
      expect(layerChanges(before, await layerOf(host)), what).toEqual([]);
    }
  });
});
