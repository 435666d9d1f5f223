import { describe, expect, test } from 'vitest';
import { WITH_HARDEN, harden, runJson } from './built-harden.ts';
import { applyFor, untilTakenBack } from './keep-parts.ts';
import { type TestHost, realHosts, systemdHost, throwawayHost } from './throwaway-host.ts';

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

const LOG = '/var/log/harden/harden.log';
const NOBODY = 'setpriv --reuid=65534 --regid=65534 --clear-groups';

describe.runIf(realHosts('trixie'))('the log where no journal is', () => {
  test('is a file: what was done, what was refused, and with --debug what was run and asked', async () => {
    await using host = await throwawayHost('trixie', { binds: WITH_HARDEN });
    await host.startDockerd();
    expect((await harden(host, ['plan', '-c', '2.2'])).code).toBe(0);
    expect(await host.exists('/var/log/harden')).toBe(false);
    expect((await harden(host, ['apply', '-c', '2.2', '--yes', ...HIGH])).code).toBe(0);
    expect(await host.read(LOG)).toMatch(/^20\S+Z apply [0-9a-f]{8}: begun\n.*ended with exit code 0 \(done\)\n$/s);
    expect(await host.check('stat -c "%a %U" /var/log/harden /var/log/harden/harden.log')).toBe('750 root\n600 root\n');
    expect((await harden(host, ['apply', '-c', '2.16', '--no-input'])).code).toBe(4);
    expect(await host.read(LOG)).toMatch(/: ended with exit code 4 .*H4001[^\n]*\n$/);

    const asked = await harden(host, ['plan', '-c', '2.2,1.1.3', '--debug']);
    expect(asked.stderr).toContain(`harden: what is done inside goes to the log: cat ${LOG}\n`);
    const log = await host.read(LOG);
    expect(log).toMatch(/ \d+ harden plan -c 2\.2,1\.1\.3 --debug: begins \(harden /);
    expect(log).toMatch(/ GET \/[\w.]*\/?info\S* at \/run\/docker\.sock: answered 200 after \d+ ms\n/);
    expect(log).toMatch(/ \/usr\/s?bin\/\S+.*: ended with \d+ after \d+ ms\n/);

    await host.check(`rm -r /var/log/harden`);
    const off = await harden(host, ['apply', '-c', '2.16', '--yes', '--debug', ...HIGH], {
      env: { HARDEN_LOG: 'off' },
    });
    expect(off.code, off.stderr).toBe(0);
    expect(await host.exists('/var/log/harden')).toBe(false);
  });

  test('holds no secret of a daemon.json, whatever is logged of it', async () => {
    await using host = await throwawayHost('trixie', { binds: WITH_HARDEN });
    const secrets = ['tok-3NzaC1lZDI1', 'splunk-hunter2'];
    await host.write(
      '/etc/docker/daemon.json',
      `{"proxies": {"http-proxy": "http://ops:${secrets[0]}@proxy.example:3128", "https-proxy": "http://${secrets[1]}@proxy.example:3128"}}\n`,
      0o600,
    );
    await host.startDockerd();
    expect((await harden(host, ['apply', '-c', '2.*', '-v', '--yes', '--debug', ...HIGH])).code).toBe(0);
    expect((await harden(host, ['rollback', '--yes', '--debug', ...HIGH])).code).toBe(0);
    // A file dockerd refuses, with the secret where it complains.
    await host.write('/etc/docker/daemon.json', `{"proxies": "http://ops:${secrets[0]}@proxy.example"}\n`, 0o600);
    const broken = await harden(host, [
      'apply',
      '-c',
      '2.2',
      '--yes',
      '--debug',
      '--reason',
      `token=${secrets[1]}`,
      ...HIGH,
    ]);
    expect(broken.code).toBe(65);
    const log = await host.read(LOG);
    expect(log).toContain('ended with exit code 0 (done)');
    expect(log).toContain('ended with exit code 65');
    expect(log).toContain('<redacted>');
    expect(secrets.filter((secret) => log.includes(secret))).toEqual([]);
  });

  test('of somebody who is not root is their own, and has only what --debug asks for', async () => {
    await using host = await throwawayHost('trixie', { binds: WITH_HARDEN });
    await host.check('mkdir /run/theirs; chown 65534:65534 /run/theirs');
    const env = { XDG_STATE_HOME: '/run/theirs/state', HOME: '/nonexistent' };
    const plan = `${NOBODY} /run/built/harden plan -c 2.2`;
    expect((await host.run(plan, { env })).code).toBe(0);
    expect(await host.check('ls /run/theirs')).toBe('');
    const asked = await host.run(`${plan} --debug`, { env });
    expect(asked.code, asked.stderr).toBe(0);
    const file = '/run/theirs/state/harden/log/harden.log';
    expect(asked.stderr).toContain(`cat ${file}`);
    expect(await host.read(file)).toContain('harden plan -c 2.2 --debug: begins');
    expect(await host.check(`stat -c "%a %u" /run/theirs/state/harden/log ${file}`)).toBe('700 65534\n600 65534\n');
    expect(await host.exists('/var/log/harden')).toBe(false);

    const nowhere = await host.run(`${plan} --debug`, { env: { HOME: '/nonexistent' } });
    expect(nowhere.code, nowhere.stderr).toBe(0);
    expect(nowhere.stderr).toContain('the log of this run is not written');
    expect(nowhere.stderr).not.toContain('goes to the log');
  });
});

describe.runIf(realHosts('trixie'))('--debug where the journal is', () => {
  test('writes there, with a priority of its own', async () => {
    await using host = await systemdHost('trixie', { binds: WITH_HARDEN });
    const { code, stderr } = await harden(host, ['plan', '-c', '2.2', '--debug']);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('what is done inside goes to the log: journalctl -t harden\n');
    const internals = await entries(host, 'HARDEN_EVENT=internal');
    expect(internals.length).toBeGreaterThan(2);
    expect(new Set(internals.map(({ PRIORITY }) => PRIORITY))).toEqual(new Set(['7']));
  });
});
