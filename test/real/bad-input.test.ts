import { describe, expect, test } from 'vitest';
import { HARDEN } from '../helpers/program.ts';
import { layerChanges } from './host-layer.ts';
import { realHosts, systemdHost, throwawayHost } from './throwaway-host.ts';

/** Our own state, and what the host writes by itself. */
const OWN = ['/var/lib/harden', '/var/log'];
const BINDS = { '/run/harden-bin': HARDEN, '/run/node': process.execPath };
const H = '/run/harden-bin';
const YES = '--yes --max-risk high --max-impact restart';
/** Accepts connections on the engine's socket and never answers. */
const MUTE = `require('node:net').createServer(() => {}).listen('/run/docker.sock')`;

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

describe.runIf(realHosts('trixie'))('an engine that cannot be asked', () => {
  test('not running: plan says so and exits 0, apply exits 69 and writes nothing', async () => {
    await using host = await throwawayHost('trixie', { binds: BINDS, audit: true });
    const before = await host.layer(OWN);
    const plan = await host.run(`${H} plan`);
    expect(plan.code, plan.stderr).toBe(0);
    expect(plan.stdout).toContain('dockerd is not running');
    const apply = await host.run(`${H} apply ${YES}`);
    expect(apply.code, apply.stderr).toBe(69);
    expect(oneLine(apply.stderr)).toContain(
      'the Docker engine does not answer, so what it runs with cannot be judged. Nothing was changed.',
    );
    expect(apply.stderr).toContain('H3002');
    expect(layerChanges(before, await host.layer(OWN))).toEqual([]);
  });

  test('hanging: every command ends within the limit', async () => {
    await using host = await throwawayHost('trixie', { binds: BINDS, audit: true });
    await host.check(['sh', '-c', `setsid -f /run/node -e "$1" </dev/null >/dev/null 2>&1`, 'sh', MUTE]);
    await host.check('for _ in $(seq 100); do test -S /run/docker.sock && exit 0; sleep 0.05; done; exit 1');
    const before = await host.layer(OWN);
    for (const [command, code] of [
      ['plan', 0],
      [`apply ${YES}`, 69],
      ['verify', 2],
    ] as const) {
      const begun = Date.now();
      const result = await host.run(`${H} ${command}`, { timeoutMs: 30_000 });
      expect(Date.now() - begun, command).toBeLessThan(10_000);
      expect([code, 8], result.stderr + result.stdout).toContain(result.code);
    }
    expect(layerChanges(before, await host.layer(OWN))).toEqual([]);
  });

  test('a socket without permission: what it hides is not checked, never passed', async () => {
    await using host = await throwawayHost('trixie', { binds: BINDS, audit: true });
    await host.startDockerd();
    const plan = await host.run(`setpriv --reuid=65534 --regid=65534 --clear-groups ${H} plan --json`);
    expect(plan.code, plan.stderr).toBe(0);
    const { controls } = JSON.parse(plan.stdout) as { controls: { slug: string; verdict: string; reason: string }[] };
    const icc = controls.find(({ slug }) => slug === 'icc-disabled');
    expect(icc?.verdict).toBe('not-checked');
    const apply = await host.run(`setpriv --reuid=65534 --regid=65534 --clear-groups ${H} apply --yes`);
    expect(apply.code).toBe(77);
  });
});

describe.runIf(realHosts('trixie'))('a real systemd, and a person who stops', () => {
  test('the word restart approves; Ctrl-C while docker restarts puts all back', { timeout: 240_000 }, async () => {
    await using host = await systemdHost('trixie', { binds: BINDS });
    const before = await host.layer(OWN);
    const apply = `${H} apply -c 2.15`;

    // At a terminal: all, then another word three times, is a no.
    const at = (answers: readonly string[]) =>
      host.run(
        [
          'bash',
          '--norc',
          '-c',
          `(sleep 4; ${answers.map((answer) => `printf '%s\\r' '${answer}'; sleep 1.5`).join('; ')}; sleep 15) | script -qec "stty cols 80; ${apply}" /dev/null`,
        ],
        { env: { TERM: 'xterm' }, timeoutMs: 90_000 },
      );
    const declined = await at(['all', 'yes', 'go', 'ok']);
    expect(declined.code, declined.stdout).toBe(3);
    expect(layerChanges(before, await host.layer(OWN))).toEqual([]);

    const stopped = await host.run(
      `${apply} ${YES} >/run/out 2>/run/err & p=$!; for _ in $(seq 1000); do grep -q '^ *ok *1/' /run/err && break; sleep 0.01; done; kill -INT $p; wait $p; code=$?; cat /run/err; exit $code`,
      { timeoutMs: 120_000 },
    );
    expect(stopped.code, stopped.stdout).toBe(130);
    expect(stopped.stdout).toContain('SIGINT received');
    expect(layerChanges(before, await host.layer(OWN))).toEqual([]);
    expect((await host.check('systemctl is-active docker')).trim()).toBe('active');

    const approved = await at(['all', 'restart']);
    expect(approved.code, approved.stdout).toBe(0);
    expect((await host.run(`${H} plan -c 2.15 --exit-code`)).code).toBe(0);
    expect((await host.run(`${H} rollback ${YES}`)).code).toBe(0);
    expect(layerChanges(before, await host.layer(OWN))).toEqual([]);
  });
});
