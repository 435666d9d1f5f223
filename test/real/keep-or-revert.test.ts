import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { expectAnswer } from '../helpers/answers.ts';
import { HARDEN, WITH_HARDEN, harden } from './built-harden.ts';
import { layerChanges } from './host-layer.ts';
import {
  ONE_CHANGE,
  UNITS,
  applyFor,
  applyWithin,
  expectNothingLeft,
  hostNow,
  journalOf,
  signalApply,
  statusOf,
  until,
  untilTakenBack,
} from './keep-parts.ts';
import {
  DAEMON_JSON,
  SITE_JSON,
  dropIn,
  liveRestore,
  runContainers,
  runningContainers,
  serviceState,
} from './systemd-parts.ts';
import { type TestHost, realHosts, systemdHost } from './throwaway-host.ts';

const TIMER = (id: string, number: number): string => `harden-revert-${id}-${number}.timer`;

describe.runIf(realHosts('bullseye', 'bookworm', 'trixie'))('changes that nobody keeps', () => {
  test('are taken back when the time is up, containers and all, and that is told until somebody saw it', async () => {
    await using host = await systemdHost('bookworm', { binds: WITH_HARDEN });
    await host.write(DAEMON_JSON, SITE_JSON, 0o640);
    await host.check('systemctl restart docker');
    await runContainers(host);
    const containers = await runningContainers(host);
    const before = await hostNow(host);
    const id = await applyFor(host, '5s', ['-c', '2.15-2.17', '--no-trial-container']);
    expect(await liveRestore(host)).toBe('true');
    expect(await dueWithin(host, id)).toBeLessThanOrEqual(5);
    const fired = await firedAfter(host, id);
    expect(fired).toBeGreaterThanOrEqual(4.9);
    expect(fired).toBeLessThan(7);
    await untilTakenBack(host, id);
    expect(await liveRestore(host)).toBe('false');
    expect(await serviceState(host)).toMatch(/^active success/);
    expect(await runningContainers(host)).toBe(containers);
    await expectNothingLeft(host);
    expect(layerChanges(before, await hostNow(host))).toEqual([]);

    const status = await harden(host, ['status']);
    expect(status.code).toBe(6);
    expect(status.stdout).toContain(`Taken back by itself: run ${id}`);
    expect((await harden(host, ['verify', ...ONE_CHANGE.slice(0, 2)])).code).toBe(6);
    expect((await harden(host, ['confirm', id])).code).toBe(6);
    expect((await harden(host, ['status', '--ack'])).code).toBe(0);
    expect((await harden(host, ['verify', ...ONE_CHANGE.slice(0, 2)])).code).toBe(2);
  });

  test('are kept from another session; until then nothing else is begun, and a rollback by its id is the revert', async () => {
    await using host = await systemdHost('trixie', { binds: WITH_HARDEN });
    const before = await hostNow(host);
    const id = await applyFor(host, '60s');
    expect((await harden(host, ['apply', ...ONE_CHANGE, '--yes'])).code).toBe(9);
    for (const args of [
      ['rollback', '--yes'],
      ['rollback', '00000000', '--yes'],
      ['rollback', id, '--plan'],
    ]) {
      const refused = await harden(host, args);
      expect(`${args.join(' ')} ${refused.code}`).toBe(`${args.join(' ')} 9`);
      expect(refused.stderr.replaceAll(/\s+/g, ' ')).toContain(`harden confirm ${id}`);
    }
    expect((await harden(host, ['recover'])).stdout).toContain('waits to be kept');
    expect((await statusOf(host)).pending).toMatchObject({ id });
    const kept = await harden(host, ['confirm', id.slice(0, 5), '--json']);
    expect(kept.code, kept.stderr).toBe(0);
    expect(expectAnswer('confirm', kept.stdout)).toMatchObject({ type: 'kept', id, exit: 0 });
    await expectNothingLeft(host);
    expect(await liveRestore(host)).toBe('true');
    const again = await harden(host, ['confirm', id, '--json']);
    expect(again.code).toBe(0);
    expect(expectAnswer('confirm', again.stdout)).toMatchObject({ type: 'kept-already', id });
    expect((await statusOf(host)).lastApply).toMatchObject({ snapshot: id });
    expect((await harden(host, ['rollback', id, '--yes'])).code).toBe(0);
    expect(layerChanges(before, await hostNow(host))).toEqual([]);

    const second = await applyFor(host, '60s');
    const back = await harden(host, ['rollback', second, '--json']);
    expect(back.code, back.stderr).toBe(0);
    expect(JSON.parse(back.stdout)).toMatchObject({ type: 'reverted', snapshot: second, notAsBefore: [] });
    expect((await harden(host, ['status'])).code).toBe(0);
    await expectNothingLeft(host);
    expect(layerChanges(before, await hostNow(host))).toEqual([]);
    expect((await harden(host, ['confirm', second])).code).toBe(64);
  });

  test('are taken back after the tool was killed in the middle, through daemon-reload and daemon-reexec', async () => {
    await using host = await systemdHost('bullseye', { binds: WITH_HARDEN });
    await stopInReload(host);
    const before = await hostNow(host);
    const run = applyWithin(host, '8s');
    await until(host, 'test -e /run/here');
    const id = await idAtWork(host);
    expect(await host.check(`systemctl show ${TIMER(id, 1)} -P ActiveState`)).toBe('active\n');
    await signalApply(host, 'KILL');
    await run;
    await host.check('touch /run/enough; systemctl daemon-reload; systemctl daemon-reexec; systemctl daemon-reload');
    expect(await host.check(`systemctl show ${TIMER(id, 1)} -P ActiveState`)).toBe('active\n');
    await untilTakenBack(host, id);
    expect(await liveRestore(host)).toBe('false');
    await expectNothingLeft(host);
    expect(layerChanges(before, await hostNow(host))).toEqual([]);
  });

  test('are taken back by the next command where that comes before the clock, which is stopped', async () => {
    await using host = await systemdHost('trixie', { binds: WITH_HARDEN });
    await stopInReload(host);
    const before = await hostNow(host);
    const run = applyWithin(host, '10m');
    await until(host, 'test -e /run/here');
    await signalApply(host, 'KILL');
    await run;
    await host.check('touch /run/enough');
    expect((await harden(host, ['recover'])).code).toBe(0);
    await expectNothingLeft(host);
    expect((await harden(host, ['status'])).code).toBe(0);
    expect(layerChanges(before, await hostNow(host))).toEqual([]);
  });

  test('wait for a tool that stands still with the lock: one writer, one end', async () => {
    await using host = await systemdHost('trixie', { binds: WITH_HARDEN });
    await stopInReload(host);
    const before = await hostNow(host);
    // Below a shell: what enters the host would stop with its child, and stay so.
    const run = host.run(`${HARDEN} apply ${ONE_CHANGE.join(' ')} --yes --confirm-within 3s; exit $?`);
    await until(host, 'test -e /run/here');
    const id = await idAtWork(host);
    await signalApply(host, 'STOP');
    await until(host, `systemctl is-active harden-revert-${id}-1.service`);
    await host.check('touch /run/enough');
    await sleep(1500);
    expect(await host.check(`systemctl is-active harden-revert-${id}-1.service`)).toBe('active\n');
    expect((await harden(host, ['confirm', id])).code).toBe(9);
    await signalApply(host, 'CONT');
    // The time of the first clock is over; what it started finds that another one counts now.
    const ended = await run;
    expect(ended.code, ended.stdout + ended.stderr).toBe(0);
    expect((await statusOf(host)).pending).toMatchObject({ id });
    await until(host, `! systemctl is-active harden-revert-${id}-1.service`);
    expect((await statusOf(host)).pending).toMatchObject({ id });
    await untilTakenBack(host, id);
    await expectNothingLeft(host);
    expect(layerChanges(before, await hostNow(host))).toEqual([]);
  });

  test('and kept in the very second the clock goes off, come to one end each time', async () => {
    await using host = await systemdHost('trixie', { binds: WITH_HARDEN });
    const ends = { kept: 0, 'taken back': 0 };
    const until40s = Date.now() + 40_000;
    for (let round = 0; Date.now() < until40s; round += 1) {
      const id = await applyFor(host, '2s');
      const due = await dueWithin(host, id);
      // From before the firing to after it, a tenth of a second further each time.
      await sleep(Math.max(0, due * 1000 - 700 + (round % 12) * 100));
      const { code, stdout, stderr } = await harden(host, ['confirm', id]);
      const what = `round ${round}: ${code} ${stdout}${stderr}\n`;
      if (code === 0) {
        ends.kept += 1;
        await until(host, `! systemctl is-active harden-revert-${id}-2.service`);
        expect((await statusOf(host)).reverts, what).toEqual([]);
        expect(await liveRestore(host), what).toBe('true');
        expect((await harden(host, ['rollback', id, '--yes', '--no-trial-container'])).code).toBe(0);
      } else {
        ends['taken back'] += 1;
        // Before or while it is taken back.
        expect([6, 9, 64], what + (await journalOf(host))).toContain(code);
        await untilTakenBack(host, id);
        expect(await liveRestore(host), what).toBe('false');
        await harden(host, ['status', '--ack']);
      }
      await expectNothingLeft(host);
    }
    expect(ends.kept + ends['taken back'], JSON.stringify(ends)).toBeGreaterThan(3);
  });
});

describe.runIf(realHosts('trixie'))('a clock that cannot be had', () => {
  test('starts nothing: systemd-run that fails, or says yes and sets nothing', async () => {
    await using host = await systemdHost('trixie', { binds: WITH_HARDEN });
    const before = await hostNow(host);
    await host.check('mv /usr/bin/systemd-run /usr/bin/systemd-run.real');
    const stub = async (text: string): Promise<void> =>
      host.write('/usr/bin/systemd-run', `#!/bin/sh\n${text}\n`, 0o755);

    await stub('echo no >&2; exit 1');
    const refused = await applyWithin(host, '30s');
    expect(`${refused.code} ${refused.stderr}`).toMatch(/^5 .*does not work here\.\s+Nothing\s+was\s+changed/s);

    await stub('case "$*" in *--version*) exec systemd-run.real "$@" ;; esac; exit 0');
    const unseen = await applyWithin(host, '30s');
    expect(`${unseen.code} ${unseen.stdout}`.replaceAll(/\s+/g, ' ')).toMatch(/^6 .*is not seen armed/);
    await stub('case "$*" in *--version*) exec systemd-run.real "$@" ;; esac; echo full >&2; exit 1');
    const failed = await applyWithin(host, '30s');
    expect(`${failed.code} ${failed.stdout}`.replaceAll(/\s+/g, ' ')).toMatch(/^6 .*could not be set: full/);

    await host.check('mv /usr/bin/systemd-run.real /usr/bin/systemd-run');
    expect(await host.check('journalctl -u docker -o cat --no-pager | grep -c "^Reload" || true')).toBe('0\n');
    expect((await harden(host, ['recover'])).stdout).toBe('Nothing to recover.\n');
    await expectNothingLeft(host);
    expect(layerChanges(before, await hostNow(host))).toEqual([]);
  });

  test('is refused where others could change what it starts, with the command that mends it; without one no net either', async () => {
    await using host = await systemdHost('trixie', { binds: WITH_HARDEN });
    await host.install(`${WITH_HARDEN['/run/built'] ?? ''}/harden`, '/opt/x/harden', 0o755);
    await host.check('chown 1000 /opt/x');
    const own = ['/opt/x/harden', 'apply', ...ONE_CHANGE, '--yes'];
    const refused = await host.run([...own, '--confirm-within', '1m']);
    expect(refused.code).toBe(77);
    expect(refused.stderr.replaceAll(/\s+/g, ' ')).toContain(
      'install -o root -g root -m 0755 /opt/x/harden /usr/local/sbin/harden',
    );
    const applied = await host.run(own);
    expect(applied.code, applied.stderr).toBe(0);
    expect(applied.stderr).toContain('/opt/x does not belong to root');
    expect(await host.exists(`${UNITS}/harden-recover.service`)).toBe(false);
    await host.check('install -o root -g root -m 0755 /opt/x/harden /usr/local/sbin/harden');
    const kept = await host.run(['/usr/local/sbin/harden', 'rollback', '--yes']);
    expect(kept.stderr).not.toContain('does not belong');
  });
});

/** `systemctl reload docker` takes long once, so that a test can do something in the middle of an apply. */
async function stopInReload(host: TestHost): Promise<void> {
  await dropIn(
    host,
    `ExecReload=/bin/sh -c 'touch /run/here; for i in $(seq 100); do [ -e /run/enough ] && break; sleep 0.1; done'`,
  );
  await host.check('systemctl restart docker');
}

async function idAtWork(host: TestHost): Promise<string> {
  return (await host.check('ls /var/lib/harden/tx')).trim();
}

async function dueWithin(host: TestHost, id: string): Promise<number> {
  const { pending } = await statusOf(host);
  expect(pending).toMatchObject({ id });
  return pending?.secondsLeft ?? 0;
}

/** Seconds between the second arming and the start of what it starts, by the journal's clock. */
async function firedAfter(host: TestHost, id: string): Promise<number> {
  await until(host, `journalctl --no-pager -o cat | grep -q 'Started harden-revert-${id}-2.service'`);
  const times = await host.check(
    `journalctl --no-pager -o short-unix | grep -e 'Started harden-revert-${id}-2' | cut -d' ' -f1`,
  );
  const [armed = 0, fired = 0] = times.trim().split('\n').map(Number);
  return fired - armed;
}
