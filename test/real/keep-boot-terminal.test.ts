import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { HARDEN, WITH_HARDEN, harden } from './built-harden.ts';
import { layerChanges } from './host-layer.ts';
import {
  ONE_CHANGE,
  UNITS,
  applyFor,
  expectNothingLeft,
  hostNow,
  idIn,
  signalApply,
  statusOf,
  until,
  untilTakenBack,
} from './keep-parts.ts';
import { DAEMON_JSON, SITE_JSON, liveRestore } from './systemd-parts.ts';
import { type TestHost, realHosts, systemdHost } from './throwaway-host.ts';

const TIMER = (id: string, number: number): string => `harden-revert-${id}-${number}.timer`;

describe.runIf(realHosts('trixie'))('the net for the next boot', () => {
  test('is there while a run is at work or waits, brings the files back at the next boot, and goes', async () => {
    await using host = await systemdHost('trixie', { binds: WITH_HARDEN });
    await host.write(DAEMON_JSON, SITE_JSON, 0o640);
    const before = await hostNow(host);
    const id = await applyFor(host, '10m');
    expect(
      await host.check("systemctl list-timers --all --no-legend --no-pager | grep -o 'harden-revert-.*timer' | sort"),
    ).toBe([`harden-revert-${id}-2-words-2.timer`, `harden-revert-${id}-2-words-3.timer`, TIMER(id, 2), ''].join('\n'));
    await until(host, `journalctl --no-pager -o cat | grep -q 'taken back in 600 s unless somebody keeps them'`);
    expect(await host.read(`${UNITS}/harden-recover.service`)).toContain(`ExecStart="${HARDEN}" "recover" "--boot"`);
    await host.check('systemctl daemon-reload');
    expect(await host.check('systemctl show sysinit.target -P Wants')).toContain('harden-recover.service');
    expect(await host.check('systemctl show harden-recover.service -P Before')).toContain('docker.service');
    expect(await host.check('systemd-analyze verify harden-recover.service 2>&1 || true')).not.toContain('harden');

    // A boot: other boot id, no timers, no docker.
    await host.check(`systemctl stop docker.socket docker.service ${TIMER(id, 2)}`);
    await otherBoot(host);
    await host.check(`systemctl stop 'harden-revert-*.timer'; systemctl start harden-recover.service`);
    expect(await host.read(DAEMON_JSON)).toBe(SITE_JSON);
    expect(await statusOf(host)).toMatchObject({ pending: null, reverts: [{ id, cause: 'boot', notAsBefore: null }] });
    await host.check('systemctl start docker.socket docker.service');
    await host.check('systemctl daemon-reload');
    await expectNothingLeft(host);
    expect(layerChanges(before, await hostNow(host))).toEqual([]);
    expect((await harden(host, ['status', '--ack'])).code).toBe(0);
  });

  test('is not needed for it: without it the next command takes back first, services too', async () => {
    await using host = await systemdHost('trixie', { binds: WITH_HARDEN });
    const before = await hostNow(host);
    const id = await applyFor(host, '10m');
    await host.check(
      `rm -r ${UNITS}/harden-recover.service ${UNITS}/sysinit.target.d; systemctl stop 'harden-revert-*.timer'`,
    );
    await otherBoot(host);
    const next = await harden(host, ['confirm', id]);
    expect(next.code).toBe(6);
    expect(next.stderr.replaceAll(/\s+/g, ' ')).toContain('not kept before the machine was started anew');
    expect(await liveRestore(host)).toBe('false');
    await expectNothingLeft(host);
    expect(layerChanges(before, await hostNow(host))).toEqual([]);
  });

  test('leaves a unit of that name alone that is not its own, also where it stands half made', async () => {
    await using host = await systemdHost('trixie', { binds: WITH_HARDEN });
    const unit = '[Unit]\nDescription=of the site\n[Service]\nExecStart=/bin/true\n';
    await host.write(`${UNITS}/harden-recover.service`, unit, 0o640);
    const before = await hostNow(host);
    const id = await applyFor(host, '60s');
    expect(await host.read(`${UNITS}/harden-recover.service`)).toBe(unit);
    expect((await harden(host, ['rollback', id])).code).toBe(0);
    expect(layerChanges(before, await hostNow(host))).toEqual([]);

    await host.check(
      `rm ${UNITS}/harden-recover.service; mkdir ${UNITS}/.harden-recover.d.new; touch ${UNITS}/.harden-recover.service.new`,
    );
    expect((await harden(host, ['recover'])).code).toBe(0);
    await expectNothingLeft(host);
    await host.write('/usr/lib/systemd/system/harden-recover.service', unit, 0o644);
    await applyFor(host, '60s');
    expect(await host.exists(`${UNITS}/harden-recover.service`)).toBe(false);
    expect((await harden(host, ['confirm'])).code).toBe(0);
  });
});

describe.runIf(realHosts('trixie'))('at a terminal', () => {
  const atTerminal = (command: string): string => `script -qec '${command}' /dev/null`;
  const apply = `${HARDEN} apply ${ONE_CHANGE.join(' ')}`;

  test('"keep" keeps, and the clock is on by itself for somebody who came by ssh', async () => {
    await using host = await systemdHost('trixie', { binds: WITH_HARDEN });
    const restarting = `${HARDEN} apply -c 2.15,2.16 --no-trial-container`;
    const shown = await host.run(
      `(sleep 3; echo all; sleep 1.5; echo restart; while ! ${HARDEN} status | grep -q 'Not kept yet'; do sleep 0.3; done; sleep 0.5; echo what; sleep 0.5; echo keep; sleep 5) | SSH_CONNECTION='192.0.2.1 1 192.0.2.2 22' ${atTerminal(restarting)}`,
      { timeoutMs: 90_000, env: { TERM: 'xterm' } },
    );
    const text = shown.stdout.replaceAll(/\s+/g, ' ');
    expect(text).toContain('taken back in 5:00 unless you keep them');
    expect(text).toContain('To keep the changes, type: keep');
    expect(text).toContain('Kept. Undo any time');
    expect((await statusOf(host)).lastApply).not.toBeNull();
    await expectNothingLeft(host);
  });

  test('a session that breaks off, or Ctrl-C, does not stop the clock', async () => {
    await using host = await systemdHost('trixie', { binds: WITH_HARDEN });
    const before = await hostNow(host);
    const gone = host.run(`sleep 60 | ${atTerminal(`${apply} --yes --confirm-within 6s`)}`, { timeoutMs: 60_000 });
    await until(host, `${HARDEN} status | grep -q 'Not kept yet'`);
    const { pending } = await statusOf(host);
    await host.check("pkill -KILL --ns $$ --nslist mnt -x script; pkill --ns $$ --nslist mnt -fx 'sleep 60'");
    await gone;
    await untilTakenBack(host, pending?.id ?? '');
    expect(layerChanges(before, await hostNow(host))).toEqual([]);
    await harden(host, ['status', '--ack']);

    const left = host.run(`sleep 30 | ${atTerminal(`${apply} --yes --confirm-within 60s`)}`, { timeoutMs: 60_000 });
    await until(host, `${HARDEN} status | grep -q 'Not kept yet'`);
    await sleep(500);
    await signalApply(host, 'INT');
    await host.run("pkill --ns $$ --nslist mnt -fx 'sleep 30'");
    const { stdout } = await left;
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('the clock goes on. To keep the changes: sudo harden confirm');
    const id = idIn(stdout);
    expect(await host.check(`systemctl show ${TIMER(id, 2)} -P ActiveState`)).toBe('active\n');
    expect((await harden(host, ['rollback', id])).code).toBe(0);
    expect(layerChanges(before, await hostNow(host))).toEqual([]);
  });
});

async function otherBoot(host: TestHost): Promise<void> {
  await host.check(
    'mkdir /run/random && echo 11111111-2222-3333-4444-555555555555 > /run/random/boot_id && mount --bind /run/random /proc/sys/kernel/random',
  );
}
