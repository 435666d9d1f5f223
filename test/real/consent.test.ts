import { describe, expect, test } from 'vitest';
import { atTerminal, CTRL_C, ENTER, type TerminalResult, type Typed } from '../helpers/pseudo-terminal.ts';
import { HARDEN, WITH_HARDEN, harden } from './built-harden.ts';
import { layerChanges } from './host-layer.ts';
import { DAEMON_JSON, SITE_JSON, layerOf, runContainers, runningContainers } from './systemd-parts.ts';
import { type TestHost, realHosts, systemdHost } from './throwaway-host.ts';

const QUESTION = /explain\s+N\s+\(none\)\s*$/;
const all: Typed = { after: QUESTION, keys: `all${ENTER}` };

function applyAt(host: TestHost, args: string, typed: readonly Typed[]): Promise<TerminalResult> {
  // Ctrl-C is for harden; nsenter would end with it and leave harden alone.
  return atTerminal(`trap '' INT; nsenter -t ${host.pid} -a -- ${HARDEN} apply --no-trial-container ${args}`, typed, {
    timeoutMs: 60_000,
    columns: 100,
  });
}

describe.runIf(realHosts('trixie'))('what a person has to say to a plan', () => {
  test('containers that would stop are named, and the word is typed; three wrong answers change nothing', async () => {
    await using host = await systemdHost('trixie', { binds: WITH_HARDEN });
    await runContainers(host);
    await host.write(DAEMON_JSON, SITE_JSON, 0o640);
    const before = await layerOf(host);
    const running = await runningContainers(host);
    const word = /To go on, type: restart\s*$/;
    const wrong = await applyAt(host, '-c 2.17', [
      all,
      { after: word, keys: `yes${ENTER}` },
      { after: word, keys: `r${ENTER}` },
      { after: word, keys: ENTER },
    ]);
    expect(wrong.code, wrong.shown).toBe(3);
    expect(wrong.shown).toMatch(
      /stops 3 containers\s+1 comes back by itself: always\s+2 stay down until you start them: plain and web/,
    );
    expect(wrong.shown).toContain('! This restarts dockerd. 3 containers stop; 2 of them may stay down.');
    expect(layerChanges(before, await layerOf(host))).toEqual([]);
    expect(await runningContainers(host)).toBe(running);

    const kept = await applyAt(host, '-c 2.16,2.17', [
      all,
      {
        after: /! Change \d+ breaks what is said above\.[\s\S]*type: cut\s*$/,
        keys: `cut${ENTER}`,
      },
    ]);
    expect(kept.code, kept.shown).toBe(0);
    expect(kept.shown).toContain('! published ports of web');
    expect(kept.shown).toContain('3 running containers stay up.');
    expect(await runningContainers(host)).toBe(running);
    expect((await harden(host, ['rollback', '--yes', '--max-impact', 'restart'])).code).toBe(0);
  });

  test('a socket that is closed to somebody asks for the name of the host', async () => {
    await using host = await systemdHost('trixie', { binds: WITH_HARDEN });
    await host.check('chmod 0666 /run/docker.sock');
    const name = (await host.check('hostname')).trim();
    const asked = new RegExp(`type the name of this host: ${name}\\s*$`);
    const { code, shown } = await applyAt(host, '-c 3.16', [
      all,
      { after: asked, keys: `all${ENTER}` },
      { after: asked, keys: `${name}${ENTER}` },
    ]);
    expect(code, shown).toBe(0);
    expect(shown).toContain('changes who can reach the engine');
    expect(await host.check('stat -c %a /run/docker.sock')).toBe('660\n');
  });

  test('Ctrl-C once finishes the step and puts all back; twice stops at once and prints the command that repairs', async () => {
    await using host = await systemdHost('trixie', { binds: WITH_HARDEN });
    await host.write(DAEMON_JSON, SITE_JSON, 0o640);
    // A start that takes long enough to be interrupted.
    await host.write('/etc/systemd/system/docker.service.d/slow.conf', '[Service]\nExecStartPre=/bin/sleep 4\n', 0o644);
    await host.check('systemctl daemon-reload');
    const before = await layerOf(host);
    const args = '-c 2.15 --yes --max-risk high --max-impact restart --color never --accessible --confirm-within never';
    const atWork = /Step \d+ of \d+ is done: write/;
    const once = await applyAt(host, args, [{ after: atWork, keys: CTRL_C }]);
    expect(once.code, once.shown).toBe(130);
    expect(once.shown).toContain('the step at work is finished, then everything is put back');
    expect(layerChanges(before, await layerOf(host))).toEqual([]);

    const twice = await applyAt(host, args, [
      { after: atWork, keys: CTRL_C },
      { after: /again: stop at once/, keys: CTRL_C },
    ]);
    expect(twice.code, twice.shown).toBe(130);
    expect(twice.shown).toContain('To repair it: sudo harden recover');
    const repaired = await harden(host, ['recover']);
    expect(repaired.code, repaired.stdout + repaired.stderr).toBe(0);
    expect(layerChanges(before, await layerOf(host))).toEqual([]);
  });
});
