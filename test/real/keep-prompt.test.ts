import { describe, expect, test } from 'vitest';
import { atTerminal, CTRL_C, CTRL_D, ENTER, HANG_UP, type Typed } from '../helpers/pseudo-terminal.ts';
import { HARDEN, WITH_HARDEN, harden } from './built-harden.ts';
import { layerChanges } from './host-layer.ts';
import { expectNothingLeft, hostNow, statusOf, untilTakenBack } from './keep-parts.ts';
import { liveRestore } from './systemd-parts.ts';
import { type TestHost, realHosts, systemdHost } from './throwaway-host.ts';

const ASKED = /Or type "keep" here[\s\S]*takes the changes\s+back\.\s*$/;
const CODE = '/run/ended-with';

/** An apply at a terminal of the host, whose changes wait to be kept; the exit code is that of harden, also where the terminal is gone. */
async function waiting(host: TestHost, within: string, typed: readonly Typed[], more = '') {
  await host.check(`rm -f ${CODE}`);
  const words = `apply -c live-restore --no-trial-container --yes --confirm-within ${within} ${more}`;
  const inside = `trap : INT HUP; ${HARDEN} ${words}; echo $? > ${CODE}`;
  const command = `trap '' INT; nsenter -t ${host.pid} -a -- sh -c '${inside}'`;
  const { shown } = await atTerminal(command, typed, { timeoutMs: 60_000, columns: 100 });
  await expect.poll(() => host.exists(CODE), { timeout: 20_000, message: shown }).toBe(true);
  return { code: Number(await host.read(CODE)), shown: shown.replaceAll(/\s+/g, ' ') };
}

describe.runIf(realHosts('trixie'))('the question whether changes are kept', () => {
  const WAYS = [
    ['Ctrl-C', CTRL_C],
    ['Ctrl-C twice', CTRL_C + CTRL_C],
    ['the end of input', CTRL_D],
    ['a terminal that goes away', HANG_UP],
  ] as const;

  test('Ctrl-C, the end of input and a terminal that goes away leave it to the clock; another session can keep', async () => {
    await using host = await systemdHost('trixie', { binds: WITH_HARDEN });
    const before = await hostNow(host);
    for (const [what, keys] of WAYS) {
      const left = await waiting(host, '120s', [{ after: ASKED, keys }]);
      expect(left.code, `${what}: ${left.shown}`).toBe(0);
      const id = (await statusOf(host)).pending?.id ?? '';
      expect(id, what).toMatch(/^[0-9a-f]{8}$/);
      if (keys !== HANG_UP) {
        expect(left.shown, what).toContain(`the clock goes on. To keep the changes: sudo harden confirm ${id}`);
      }
      expect(await liveRestore(host), what).toBe('true');
      expect((await harden(host, ['confirm', id])).code, what).toBe(0);
      await expectNothingLeft(host);
      expect((await harden(host, ['rollback', '--yes', '--no-trial-container'])).code, what).toBe(0);
      expect(layerChanges(before, await hostNow(host)), what).toEqual([]);
    }
  });

  test('what nobody keeps after a terminal went away is taken back when the time is up', async () => {
    await using host = await systemdHost('trixie', { binds: WITH_HARDEN });
    const before = await hostNow(host);
    const left = await waiting(host, '8s', [{ after: ASKED, keys: HANG_UP }]);
    expect(left.code, left.shown).toBe(0);
    const { pending, reverts } = await statusOf(host);
    await untilTakenBack(host, pending?.id ?? reverts.at(-1)?.id ?? '');
    expect(await liveRestore(host)).toBe('false');
    await expectNothingLeft(host);
    expect(layerChanges(before, await hostNow(host))).toEqual([]);
  });

  test.each(['', '--accessible'])(
    '%s wrong answers are no keep, however many; the time runs on and takes it back',
    async (more) => {
      await using host = await systemdHost('trixie', { binds: WITH_HARDEN });
      const before = await hostNow(host);
      const wrong = ['yes', 'k', '', 'keep it', 'confirm'].map((word, at) => ({
        after: at === 0 ? ASKED : at === 3 ? /(?:)/ : /To keep the changes, type: keep\s*$/,
        keys: `${word}${ENTER}`,
      }));
      const { code, shown } = await waiting(host, '8s', wrong, more);
      expect(code, shown).toBe(6);
      expect(shown).toContain('To keep the changes, type: keep');
      expect(shown).not.toContain('Kept');
      expect(await liveRestore(host)).toBe('false');
      await expectNothingLeft(host);
      expect(layerChanges(before, await hostNow(host))).toEqual([]);
    },
  );

  test('a wrong answer and then the word keeps', async () => {
    await using host = await systemdHost('trixie', { binds: WITH_HARDEN });
    const { code, shown } = await waiting(host, '60s', [
      { after: ASKED, keys: `no${ENTER}` },
      { after: /To keep the changes, type: keep\s*$/, keys: `  KEEP ${ENTER}` },
    ]);
    expect(code, shown).toBe(0);
    expect(shown).toContain('Kept. Undo any time: sudo harden rollback');
    expect(await liveRestore(host)).toBe('true');
    expect((await statusOf(host)).pending).toBeNull();
    await expectNothingLeft(host);
  });
});
