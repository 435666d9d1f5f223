import { describe, expect, test } from 'vitest';
import { day } from '../helpers/waiver-files.ts';
import { atTerminal, CTRL_C, ENTER, type TerminalResult, type Typed } from '../helpers/pseudo-terminal.ts';
import { HARDEN, WITH_HARDEN, harden } from './built-harden.ts';
import { layerChanges } from './host-layer.ts';
import { layerOf, runContainers, runningContainers } from './systemd-parts.ts';
import { type TestHost, realHosts, systemdHost } from './throwaway-host.ts';

const QUESTION = /explain\s+N\s+\(none\)\s*$/;
const LIST = /q back\s*$/;
const FOLDER = '/etc/harden/waivers.d';
const UNTIL = day(90);
const given: readonly Typed[] = [
  { after: QUESTION, keys: `select${ENTER}` },
  { after: LIST, keys: '\u001B[B' },
  { after: />[^\n]*icc[\s\S]*q back\s*$/, keys: 'w' },
  { after: /Why do you live with it\?\s*$/, keys: `the shop talks over docker0, OPS-311${ENTER}` },
  { after: /Who answers for it\?\s*$/, keys: `shop@example.org${ENTER}` },
  { after: /away\):\s*$/, keys: `${UNTIL}${ENTER}` },
  { after: /\[w\][\s\S]*q back\s*$/, keys: ENTER },
];
const yes: Typed = { after: /and waive 1 control\?[\s\S]*\(none\)\s*$/, keys: `these${ENTER}` };

function applyAt(host: TestHost, typed: readonly Typed[]): Promise<TerminalResult> {
  const command = `nsenter -t ${host.pid} -a -- ${HARDEN} apply --no-trial-container --confirm-within never -c 2.2,2.16`;
  return atTerminal(`trap '' INT; ${command}`, typed, { timeoutMs: 60_000, columns: 100 });
}

describe.runIf(realHosts('trixie'))('a change is turned into a waiver at the question', () => {
  test('the waiver is in the folder of the machine, the rest is live, and what follows knows of it', async () => {
    await using host = await systemdHost('trixie', { binds: WITH_HARDEN });
    await runContainers(host);
    const running = await runningContainers(host);
    const before = await layerOf(host);
    const left = await applyAt(host, [...given, { after: yes.after, keys: CTRL_C }]);
    expect(left.code, left.shown).toBe(130);
    expect(layerChanges(before, await layerOf(host))).toEqual([]);

    const { code, shown } = await applyAt(host, [...given, yes]);
    expect(code, shown).toBe(0);
    expect(shown.replaceAll(/\s+/g, ' ')).toContain(
      `Waived until ${UNTIL}: icc-disabled (${FOLDER}/icc-disabled.json5)`,
    );
    expect(await host.read('/etc/docker/daemon.json')).not.toContain('icc');
    expect(await host.check(`stat -c '%a %U' ${FOLDER}/icc-disabled.json5`)).toBe('644 root\n');
    expect(await runningContainers(host)).toBe(running);

    const again = await harden(host, ['plan', '-c', '2.2,2.16']);
    expect(again.stdout).toContain('1 waived');
    expect((await harden(host, ['verify', '-c', '2.2,2.16'])).code).toBe(0);
    const { stdout } = await harden(host, ['explain', '2.2']);
    expect(stdout).toContain('waived');
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(`until ${UNTIL} (90 days)`);
    expect(stdout).toContain('the shop talks over docker0, OPS-311');
    expect(stdout).toContain('shop@example.org');
    expect(stdout).not.toContain('WHAT WOULD BE CHANGED');
  });

  test('a waiver that cannot be written is said with exit code 73, and the changes stand', async () => {
    await using host = await systemdHost('trixie', { binds: WITH_HARDEN });
    await runContainers(host);
    await host.check(`mkdir -p ${FOLDER} && mount --bind ${FOLDER} ${FOLDER} && mount -o remount,bind,ro ${FOLDER}`);
    const { code, shown } = await applyAt(host, [...given, yes]);
    expect(code, shown).toBe(73);
    expect(shown).toContain('! The waiver of icc-disabled is not written');
    expect(await host.read('/etc/docker/daemon.json')).toContain('live-restore');
  });

  test('an apply that is put back writes no waiver, and says so', async () => {
    await using host = await systemdHost('trixie', { binds: WITH_HARDEN });
    await runContainers(host);
    await host.check(`mkdir -p /etc/harden/health.d && cat > /etc/harden/health.d/no.json5 <<'END'
{ schema: 'urn:harden:health:1', checks: [{ name: 'new', command: ['/usr/bin/test', '!', '-e', '/etc/docker/daemon.json'] }] }
END`);
    const { code, shown } = await applyAt(host, [...given, yes]);
    expect(code, shown).toBe(6);
    expect(shown.replaceAll(/\s+/g, ' ')).toContain(
      'The waiver of icc-disabled is not written: the apply was put back',
    );
    expect(await host.exists(FOLDER)).toBe(false);
  });
});
