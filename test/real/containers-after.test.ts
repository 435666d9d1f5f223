import { describe, expect, test } from 'vitest';
import { HARDEN, WITH_HARDEN, harden, planOf } from './built-harden.ts';
import { type TestHost, realHosts, systemdHost } from './throwaway-host.ts';

/** A restart of dockerd without live-restore, of a key no reload takes up. */
const CHOICE = ['-c', 'no-new-privileges-default'];
const LIMITS = ['--yes', '--max-risk', 'high', '--max-impact', 'restart'];

describe.runIf(realHosts('trixie'))('containers of five restart policies', () => {
  test('the plan, the end of apply and rollback, status and verify say which of them run', async () => {
    await using host = await systemdHost('trixie', { binds: WITH_HARDEN });
    await runAll(host);

    const plan = await planOf(host, ...CHOICE);
    expect(plan.effects.at(-1)?.containersAfter).toEqual({
      back: ['always', 'unless'],
      unsure: ['failing'],
      down: ['plain'],
      removed: ['job'],
      unknown: [],
    });
    const text = words((await harden(host, ['plan', ...CHOICE])).stdout);
    expect(text).toContain('stops 5 containers 2 come back by themselves: always and unless');
    expect(text).toContain('1 comes back unless it ends with 0 (on-failure): failing');
    expect(text).toContain('1 stays down until you start it: plain');
    expect(text).toContain('! job is removed when dockerd stops, with what was written in it (--rm)');

    const refused = await harden(host, ['apply', ...CHOICE, ...LIMITS]);
    expect(refused.code).toBe(4);
    expect(words(refused.stderr)).toMatch(/removes containers that were started with --rm.*--accept 2\.15/);
    const applied = await harden(host, ['apply', ...CHOICE, ...LIMITS, '--accept', '2.15', '--events', '/run/events']);
    expect(applied.code, applied.stderr).toBe(0);
    expect(applied.stdout).toContain('Containers: 3 of 5 that ran before run (always, failing and unless).');
    expect(applied.stdout).toContain(
      '  ! 1 container that ran before does not run. To start:\n    docker start plain\n',
    );
    expect(words(applied.stdout)).toContain('! 1 container that ran before is gone, with what was written in it: job');
    const seen = { running: ['always', 'failing', 'unless'], down: ['plain'], gone: ['job'] };
    const last = (await host.read('/run/events')).trimEnd().split('\n').at(-1) ?? '';
    expect(JSON.parse(last)).toMatchObject({ type: 'run.end', containers: seen });
    expect(await running(host)).toEqual(['always', 'failing', 'unless']);

    expect((await harden(host, ['status'])).stdout).toContain('docker start plain');
    expect(words((await harden(host, ['verify', ...CHOICE])).stdout)).toContain('To start: docker start plain');
    await host.check('docker start plain');
    expect((await harden(host, ['status'])).stdout).not.toContain('docker start');

    const back = await harden(host, ['rollback', ...LIMITS]);
    expect(back.code, back.stderr).toBe(0);
    expect(words(back.stdout)).toContain('Containers: 3 of 4 that ran before run (always, failing and unless).');
    expect(back.stdout).toContain('    docker start plain\n');
    const status = JSON.parse((await harden(host, ['status', '--json'])).stdout) as object;
    expect(status).toMatchObject({ containers: { down: ['plain'], gone: [] } });
    await host.check('docker rm plain');
    expect((await host.run([HARDEN, 'status'])).stdout).not.toContain('plain');
  });
});

async function runAll(host: TestHost): Promise<void> {
  await host.importBusybox('box');
  await host.check(`
    set -e
    run() { docker run -d --stop-timeout 1 --name "$@" >/dev/null; }
    run plain box sleep 10000
    run failing --restart on-failure box sleep 10000
    run unless --restart unless-stopped box sleep 10000
    run always --restart always box sleep 10000
    run job --rm box sleep 10000
    run stopped --restart unless-stopped box sleep 10000
    docker stop -t 1 stopped`);
}

async function running(host: TestHost): Promise<readonly string[]> {
  return (await host.check("docker ps --format '{{.Names}}' | sort")).trimEnd().split('\n');
}

function words(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}
