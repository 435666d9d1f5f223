import { describe, expect, test } from 'vitest';
import { HARDEN, WITH_HARDEN, harden } from './built-harden.ts';
import { layerChanges } from './host-layer.ts';
import { hostNow, until } from './keep-parts.ts';
import { DAEMON_JSON, dropIn, liveRestore } from './systemd-parts.ts';
import { type RunResult, type TestHost, realHosts, systemdHost, throwawayHost } from './throwaway-host.ts';

const UNIT = 'harden-scheduled-apply';
const UNITS = '/etc/systemd/system';
const CHOICE = ['-c', 'live-restore', '--no-trial-container'];
const YES = [...CHOICE, '--yes', '--max-impact', 'restart'];

describe.runIf(realHosts('bullseye', 'trixie'))('apply --at', () => {
  test.each(['bullseye', 'trixie'] as const)(
    '%s: is carried out at that time, once, by whoever approved it then; its units go',
    { timeout: 200_000 },
    async (suite) => {
      await using host = await systemdHost(suite, { binds: WITH_HARDEN });
      const before = await hostNow(host);
      const id = await setFor(host, await inSeconds(host, 15), '--reason', 'at night');
      expect(await liveRestore(host)).toBe('false');
      expect(await host.check(`stat -c %a /var/lib/harden/scheduled/pending.json`)).toBe('600\n');
      expect(await statusOf(host)).toMatchObject({
        code: 0,
        scheduled: { pending: { id, changes: 1, missed: false } },
      });
      expect((await harden(host, ['status'])).stdout).toMatch(/^Set for .*1 change, approved by root/);
      expect((await harden(host, ['plan', '-c', '3.1'])).stderr).toMatch(
        new RegExp(`set for .* UTC: 1 change, run ${id}\\.`),
      );
      expectCode(await harden(host, ['apply', ...YES, '--at', 'boot']), 9, 'H6032');
      expect((await harden(host, ['doctor'])).stderr).not.toContain('H1000');
      const restarted = `[ "$(docker info -f '{{.LiveRestoreEnabled}}')" = true ]`;
      await until(host, restarted, 90_000).catch(async (cause: unknown) => {
        throw new Error(await host.check(`journalctl -n 60 --no-pager; ${HARDEN} status || true`), { cause });
      });
      await untilGone(host);
      expect(await statusOf(host)).toMatchObject({ code: 0, scheduled: { pending: null, begun: null, ended: null } });
      const [run] = await historyOf(host);
      expect(run).toMatchObject({ id, verb: 'apply', exit: 0, by: 'root', reason: 'at night' });
      expect(run).toHaveProperty('approvedAt');
      expect((await harden(host, ['rollback', id, '--yes', '--max-impact', 'restart'])).code).toBe(0);
      expect(layerChanges(before, await hostNow(host))).toEqual([]);

      // The same names again: systemd starts what is approved now, not what it remembers.
      const next = await setFor(host, await inSeconds(host, 600));
      expect(await host.check(`systemctl show ${UNIT}.service -P ExecStart`)).toContain(next);
      expect((await harden(host, ['apply', '--at', 'never'])).stdout).toContain('is taken back');
      expect((await harden(host, ['apply', '--at', 'never'])).stdout).toContain('Nothing was set');
      await untilGone(host);
      expect(layerChanges(before, await hostNow(host))).toEqual([]);

      // One that is at work, or was killed, is no more to be taken back, and not said never to have been.
      const begun = await setFor(host, await inSeconds(host, 600));
      await host.check('cd /var/lib/harden/scheduled && mv pending.json begun.json');
      expect((await harden(host, ['apply', '--at', 'never'])).stdout).toContain(`Run ${begun} is not taken back`);
    },
  );

  test('is set again where systemd was reloaded meanwhile, as by any package', { timeout: 200_000 }, async () => {
    await using host = await systemdHost('trixie', { binds: WITH_HARDEN });
    await setFor(host, await inSeconds(host, 600));
    await host.check('systemctl daemon-reload');
    expect((await harden(host, ['apply', '--at', 'never'])).stdout).toContain('is taken back');
    for (const at of [await inSeconds(host, 700), 'boot']) {
      const id = await setFor(host, at);
      expect(await host.check(`systemctl show ${UNIT}.service -P ExecStart`)).toContain(id);
      expect((await harden(host, ['apply', '--at', 'never'])).stdout).toContain('is taken back');
    }
    await host.check('systemctl daemon-reload');
    await untilGone(host);
  });

  test('boot: not before the next one, and then after docker', { timeout: 200_000 }, async () => {
    await using host = await systemdHost('trixie', { binds: WITH_HARDEN });
    await harden(host, ['plan', ...CHOICE.slice(0, 2), '-o', '/root/plan.json']);
    const file = ['/root/plan.json', '--refresh', '--no-trial-container', '--yes', '--max-impact', 'restart'];
    const set = await harden(host, ['apply', ...file, '--at', 'boot', '--confirm-within', '10m', '--json']);
    expect(set.code, set.stderr).toBe(0);
    const { id } = JSON.parse(set.stdout) as { readonly id: string };
    const other = await harden(host, ['apply', '--scheduled', 'ffffffffffff', '--no-input']);
    expect(other.stderr).toContain('is not the one that waits. Nothing was changed.');
    expect(await host.check(`ls ${UNITS}/${UNIT}.service`)).toContain(UNIT);
    await host.check('systemctl daemon-reload');
    expect(await host.check('systemctl show multi-user.target -P Wants')).toContain(`${UNIT}.service`);
    expect(await host.check(`systemctl show ${UNIT}.service -P After`)).toContain('docker.service');
    expect(await host.check(`systemd-analyze verify ${UNIT}.service 2>&1 || true`)).not.toContain('harden');
    await host.check(`systemctl start ${UNIT}.service`);
    expect(await statusOf(host)).toMatchObject({ scheduled: { pending: { id, at: null } } });
    expect(await liveRestore(host)).toBe('false');
    await host.check(
      'mkdir /run/random && echo 11111111-2222-3333-4444-555555555555 > /run/random/boot_id && mount --bind /run/random /proc/sys/kernel/random',
    );
    await host.check(`systemctl start ${UNIT}.service`);
    expect(await liveRestore(host)).toBe('true');
    // The clock to keep the changes is set as in any apply without a terminal.
    expect(await statusOf(host)).toMatchObject({
      pending: { id },
      scheduled: { pending: null, begun: null, ended: null },
    });
    expect((await harden(host, ['confirm', id])).code).toBe(0);
    // As a real boot would have.
    await host.check('systemctl daemon-reload');
    await untilGone(host);
  });

  test(
    'a host that is not as planned then is not changed, and that is told until it was seen',
    { timeout: 200_000 },
    async () => {
      await using host = await systemdHost('trixie', { binds: WITH_HARDEN });
      const id = await setFor(host, await inSeconds(host, 12));
      const site = '{"live-restore": false, "icc": false}';
      await host.write(DAEMON_JSON, site, 0o644);
      await until(host, 'test -e /var/lib/harden/scheduled/ended.json', 60_000);
      await untilGone(host);
      expect(await host.read(DAEMON_JSON)).toBe(site);
      expect(await statusOf(host)).toMatchObject({ code: 5, scheduled: { ended: { id, exit: 5 } } });
      expect(await historyOf(host)).toMatchObject([{ id, exit: 5 }]);
      expect((await harden(host, ['history', 'show', id])).stdout).toContain('Not carried out');
      expect((await harden(host, ['status', '--ack'])).code).toBe(0);

      // A time that goes by with the machine off, and a record that somebody wrote into.
      const missed = await setFor(host, await inSeconds(host, 20));
      await host.check(
        `systemctl stop ${UNIT}.timer; sed -i 's/"at":"[^"]*"/"at":"2026-01-01T00:00:00Z"/' /var/lib/harden/scheduled/pending.json`,
      );
      expect(await statusOf(host)).toMatchObject({ scheduled: { pending: { id: missed, missed: true } } });
      expect((await harden(host, ['status'])).stdout).toMatch(/^Missed: 1 change/);
      const told = await harden(host, ['history', 'list']);
      expect(told.stdout).toMatch(new RegExp(`^${missed} .* UTC +apply +missed `));
      expect(JSON.parse((await harden(host, ['history', 'list', '--json'])).stdout)).toMatchObject({
        missed: { id: missed, by: 'root', changes: 1 },
      });
      const again = await setFor(host, await inSeconds(host, 600));
      await host.check(`sed -i 's/"createdBy":"root"/"createdBy":"other"/' /var/lib/harden/scheduled/pending.json`);
      expect((await harden(host, ['apply', '--scheduled', missed, '--no-input'])).stderr).toContain(
        'not the one that waits',
      );
      expect(await host.check(`systemctl is-active ${UNIT}.timer`)).toBe('active\n');
      const started = await harden(host, ['apply', '--scheduled', again, '--no-input']);
      expectCode(started, 65, 'H6033');
      expect(await statusOf(host)).toMatchObject({ scheduled: { pending: null, ended: { id: again, exit: 65 } } });
      expect(await host.read(DAEMON_JSON)).toBe(site);
    },
  );

  test('is not made up for by a machine that wakes, and may be a little late', { timeout: 200_000 }, async () => {
    await using host = await systemdHost('trixie', { binds: WITH_HARDEN });
    const record = '/var/lib/harden/scheduled/pending.json';
    const ago = (seconds: number): Promise<string> =>
      host.check(
        `sed -i "s/\\"at\\":\\"[^\\"]*\\"/\\"at\\":\\"$(date -u -d '-${seconds} seconds' +%FT%T.000Z)\\"/" ${record}`,
      );
    const before = await hostNow(host);
    // A timer whose time came while the machine slept starts the service on waking.
    const slept = await setFor(host, await inSeconds(host, 600));
    await ago(301);
    const woken = await host.run(`systemctl start ${UNIT}.service`);
    expect(woken.code).not.toBe(0);
    expect((await host.check(`journalctl -o cat -u ${UNIT}.service`)).replaceAll(/\s+/g, ' ')).toMatch(
      /more than 5 minutes ago, so it is not begun\. Nothing was changed\..* H6034/,
    );
    expect(await liveRestore(host)).toBe('false');
    expect(await statusOf(host)).toMatchObject({ scheduled: { pending: { id: slept, missed: true }, ended: null } });
    expect((await harden(host, ['status'])).stdout).toMatch(/^Missed: 1 change, approved by root/);
    await untilGone(host);
    expect((await harden(host, ['apply', '--at', 'never'])).stdout).toContain('is taken back');
    expect(layerChanges(before, await hostNow(host))).toEqual([]);

    const late = await harden(host, ['apply', ...YES, '--at', await inSeconds(host, 600)], {
      env: { HARDEN_LOG: 'file' },
    });
    expect(late.code, late.stderr).toBe(0);
    await ago(240);
    await host.check(`systemctl start ${UNIT}.service`);
    expect(await liveRestore(host)).toBe('true');
    // The log goes where whoever approved it said.
    expect(await host.read('/var/log/harden/harden.log')).toContain('ended with exit code 0 (done)');
    expect(await host.check('journalctl -q -t harden HARDEN_VERB=apply HARDEN_EVENT=step.done || true')).toBe('');
    await untilGone(host);
  });

  test('what is not possible is refused, and leaves nothing', { timeout: 200_000 }, async () => {
    await using host = await systemdHost('trixie', { binds: WITH_HARDEN });
    await harden(host, ['plan', ...CHOICE.slice(0, 2), '--expires', '1h', '-o', '/root/plan.json']);
    await host.install(`${WITH_HARDEN['/run/built'] ?? ''}/harden`, '/opt/x/harden', 0o755);
    await host.check('chown 1000 /opt/x');
    const before = await hostNow(host);
    const at = await inSeconds(host, 7200);
    for (const args of [
      ['--at', 'nonsense'],
      ['--at', '2020-01-01'],
      ['--at', '2099-01-01'],
      ['--at', '--', 'Sun 03:00'],
      ['--at', 'boot', '--root', '/srv'],
      ['--at', 'boot', '--dry-run'],
      ['--at', 'boot', '--events', '/run/events'],
    ]) {
      const { code, stderr } = await harden(host, ['apply', ...YES, ...args]);
      expect({ args, code }, stderr).toEqual({ args, code: 64 });
      expect(stderr.replaceAll(/\s+/g, ' ')).toMatch(/Nothing was (changed|done)\./);
    }
    expectCode(await harden(host, ['apply', ...YES, '--at', 'nonsense']), 64, 'H0085');
    expectCode(await harden(host, ['apply', ...CHOICE, '--at', at]), 4, 'H4001');
    const file = ['apply', '/root/plan.json', '--yes', '--max-impact', 'restart'];
    expectCode(await harden(host, [...file, '--at', at]), 5, 'H4023');
    expectCode(await host.run(['/opt/x/harden', 'apply', ...YES, '--at', at]), 77, 'H6031');
    await host.write(`${UNITS}/${UNIT}.service`, '[Service]\nExecStart=/bin/true\n', 0o644);
    expectCode(await harden(host, ['apply', ...YES, '--at', at]), 5, 'H6030');
    expect(await host.read(`${UNITS}/${UNIT}.service`)).toBe('[Service]\nExecStart=/bin/true\n');
    await host.check(`rm ${UNITS}/${UNIT}.service`);
    expect(layerChanges(before, await hostNow(host))).toEqual([]);
    expect((await harden(host, ['status', '--json'])).stdout).toContain('"pending": null');
  });
});

describe.runIf(realHosts('trixie'))('without systemd', () => {
  test('apply --at says what to do instead', async () => {
    await using host = await throwawayHost('trixie', { binds: WITH_HARDEN });
    await host.startDockerd();
    const before = await host.layer();
    const refused = await harden(host, ['apply', ...YES, '--at', 'boot']);
    expectCode(refused, 5, 'H6030');
    expect(refused.stderr.replaceAll(/\s+/g, ' ')).toContain('harden plan -c live-restore -o FILE');
    expect(layerChanges(before, await host.layer())).toEqual([]);
  });
});

describe.runIf(realHosts('trixie'))('the limit of a command', () => {
  test('in the middle of a change puts everything back; before it nothing begins', { timeout: 200_000 }, async () => {
    await using host = await systemdHost('trixie', { binds: WITH_HARDEN });
    await dropIn(
      host,
      `ExecReload=/bin/sh -c 'touch /run/here; for i in $(seq 300); do [ -e /run/enough ] && break; sleep 0.1; done'`,
    );
    await host.check('systemctl restart docker');
    const before = await hostNow(host);
    const begun = Date.now();
    const run = harden(host, ['apply', ...YES, '--timeout', '15s']);
    await until(host, 'test -e /run/here');
    await new Promise((resolve) => setTimeout(resolve, 17_000 - (Date.now() - begun)));
    await host.check('touch /run/enough');
    const { code, stdout, stderr } = await run;
    expect(code, stdout + stderr).toBe(6);
    expect(stderr).toContain('the time limit of 15s was reached; the step at work is finished');
    expect(stderr).toMatch(/reload docker: begins now, usually takes some seconds, at most 90 s/);
    expect(stdout).toContain('the time limit was reached');
    expect(layerChanges(before, await hostNow(host))).toEqual([]);

    // An engine that does not answer holds a plan up.
    await host.check('systemctl kill -s STOP docker.service');
    const asked = await host.run([HARDEN, 'plan', ...CHOICE.slice(0, 2), '--timeout', '2s']);
    await host.check('systemctl kill -s CONT docker.service');
    expectCode(asked, 143, 'H0131');
    expect(asked.stderr).toContain('Nothing was changed.');
    expect(layerChanges(before, await hostNow(host))).toEqual([]);
  });

  test('a restart that takes long is told of before it begins, at a terminal too', { timeout: 200_000 }, async () => {
    await using host = await systemdHost('trixie', { binds: WITH_HARDEN });
    await dropIn(host, 'ExecStartPre=/bin/sleep 8');
    const command = `stty cols 100 rows 40; ${HARDEN} apply -c 2.15-2.17 --no-trial-container --yes --max-impact restart`;
    const run = host.check(`TERM=xterm script -qfec '${command}' /run/shown > /dev/null`, { timeoutMs: 120_000 });
    // Drawn while the restart is at work.
    await until(host, `grep -q 'restart docker: usually takes some seconds, at most 4 min' /run/shown`, 60_000);
    expect(await host.check(`grep -c 'Verified' /run/shown || true`)).toBe('0\n');
    await run;
  });
});

/** Approves one change for later; gives the run it becomes. */
async function setFor(host: TestHost, at: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await harden(host, ['apply', ...YES, '--at', at, '--json', ...args]);
  expect(code, stdout + stderr).toBe(0);
  const result = JSON.parse(stdout) as { readonly type: string; readonly id: string };
  expect(result.type).toBe('scheduled');
  return result.id;
}

async function inSeconds(host: TestHost, seconds: number): Promise<string> {
  return (await host.check(`date -u -d '+${seconds} sec' '+%Y-%m-%d %H:%M:%S UTC'`)).trim();
}

async function statusOf(host: TestHost): Promise<unknown> {
  const { code, stdout } = await harden(host, ['status', '--json']);
  return { code, ...(JSON.parse(stdout) as object) };
}

async function historyOf(host: TestHost): Promise<readonly object[]> {
  return (JSON.parse((await harden(host, ['history', 'list', '--json'])).stdout) as { runs: object[] }).runs;
}

/** No unit of ours is loaded, and none is on the disk. */
async function untilGone(host: TestHost): Promise<void> {
  await until(host, `! systemctl list-units --all --no-legend --plain '${UNIT}*' | grep -q .`, 60_000);
  expect(await host.check(`find ${UNITS} -name '*scheduled-apply*'`)).toBe('');
}

function expectCode({ code, stdout, stderr }: RunResult, wanted: number, id: string): void {
  expect({ code, id: stderr.includes(id) }, stdout + stderr).toEqual({ code: wanted, id: true });
}
