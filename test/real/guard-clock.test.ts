import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { ACCEPT_SOCKET, HARDEN, OWN_STATE, WITH_HARDEN, harden } from './built-harden.ts';
import { layerChanges } from './host-layer.ts';
import { applyWithin, idIn, statusOf, until, untilTakenBack } from './keep-parts.ts';
import { type ThrowawayHost, realHosts, throwawayHost } from './throwaway-host.ts';

/** A file whose mode is to be narrowed: needs neither dockerd nor an audit system. */
const ONE_FILE = ['-c', 'docker-sock-mode', '--no-trial-container'];
const ACCEPTED = [...ONE_FILE, ...ACCEPT_SOCKET];

describe.runIf(realHosts('trixie'))('a host where no systemd runs', () => {
  test('has a waiting process for a clock where one is asked for, and none by itself', async () => {
    await using host = await prepared();
    const remote = await host.run(
      `(sleep 2; echo all; sleep 1; echo break; sleep 3) | SSH_CONNECTION='192.0.2.1 1 192.0.2.2 22' script -qec '${HARDEN} apply ${ONE_FILE.join(' ')}' /dev/null`,
      { env: { TERM: 'xterm' } },
    );
    expect(remote.stdout.replaceAll(/\s+/g, ' ')).toContain(
      'without systemd there is no clock that outlasts everything',
    );
    expect(await mode(host)).toBe('666');

    const before = await host.layer(OWN_STATE);
    const applied = await applyWithin(host, '4s', ACCEPTED);
    expect(applied.code, applied.stdout + applied.stderr).toBe(0);
    expect(applied.stdout.replaceAll(/\s+/g, ' ')).toContain('one waiting process, since no systemd runs here');
    expect(await mode(host)).toBe('660');
    expect(await guards(host)).toBe(1);
    await untilTakenBack(host, idIn(applied.stdout));
    expect(await mode(host)).toBe('666');
    expect(await guards(host)).toBe(0);
    expect(layerChanges(before, await host.layer(OWN_STATE))).toEqual([]);
    expect((await harden(host, ['status', '--ack'])).code).toBe(0);

    const again = await applyWithin(host, '60s', ACCEPTED);
    expect((await harden(host, ['confirm', idIn(again.stdout)])).code).toBe(0);
    await until(host, '! pgrep --ns $$ --nslist mnt -f -- [-]-clock');
    expect(await mode(host)).toBe('660');
  });

  test('takes back with the next command where that process was ended', async () => {
    await using host = await prepared();
    const applied = await applyWithin(host, '3s', ACCEPTED);
    const id = idIn(applied.stdout);
    await host.check('pkill -KILL --ns $$ --nslist mnt -f -- [-]-clock');
    await sleep(2000);
    expect((await harden(host, ['recover'])).stdout).toContain('waits to be kept');
    await sleep(4000);
    expect((await harden(host, ['status'])).stdout).toContain('Time is up');
    const next = await harden(host, ['recover']);
    expect(next.stdout.replaceAll(/\s+/g, ' ')).toContain(
      `Run ${id} was not kept in time; the state before it is back.`,
    );
    expect(await mode(host)).toBe('666');
    expect((await statusOf(host)).reverts).toMatchObject([{ id, cause: 'clock', notAsBefore: [] }]);
  });
});

async function prepared(): Promise<ThrowawayHost> {
  const host = await throwawayHost('trixie', { binds: WITH_HARDEN });
  await host.startDockerd();
  await host.check('chmod 666 /run/docker.sock');
  return host;
}

async function mode(host: ThrowawayHost): Promise<string> {
  return (await host.check('stat -c %a /run/docker.sock')).trim();
}

async function guards(host: ThrowawayHost): Promise<number> {
  return Number((await host.run('pgrep --ns $$ --nslist mnt -c -f -- [-]-clock')).stdout);
}
