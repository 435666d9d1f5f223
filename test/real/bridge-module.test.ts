import { describe, expect, test } from 'vitest';
import { WITH_HARDEN, harden, planOf, runJson } from './built-harden.ts';
import { type ThrowawayHost, realHosts, throwawayHost } from './throwaway-host.ts';

const CONTROLS = ['-c', 'icc-disabled,userland-proxy-off'];
const MODULES = '/lib/modules/$(uname -r)';

/** Hides what the module shows below /proc/sys/net, as on a host that has not loaded it; `modprobe` brings it to light where `has` says so. */
async function withoutModule(host: ThrowawayHost, has: boolean): Promise<void> {
  const found = has ? '*br_netfilter*) umount -R -l /proc/sys/net;; ' : '';
  const program = ['#!/bin/sh', 'echo "$@" >> /run/modprobe.log', `case "$*" in ${found}*) exit 1;; esac`, ''];
  await host.check(`
    set -e
    mkdir /run/net; mount -t tmpfs none /run/net
    for from in /proc/sys/net/*; do
      name=$(basename $from)
      if [ $name != bridge ]; then mkdir /run/net/$name; mount --bind $from /run/net/$name; fi
    done
    mount --rbind /run/net /proc/sys/net
    rm -f "$(command -v modprobe)"
    test ! -e /proc/sys/net/bridge`);
  await host.write('/sbin/modprobe', program.join('\n'), 0o755);
}

describe.runIf(realHosts('bullseye', 'trixie', 'forky'))('br_netfilter that is not loaded', () => {
  test.each(['bullseye', 'trixie', 'forky'] as const)(
    '%s: dockerd loads it itself, so what needs it is no risk where the kernel has it',
    async (suite) => {
      await using host = await throwawayHost(suite, { binds: WITH_HARDEN });
      await host.startDockerd();
      await withoutModule(host, true);
      await host.check(`mkdir -p ${MODULES}; echo kernel/net/bridge/br_netfilter.ko: > ${MODULES}/modules.dep`);
      const plan = await planOf(host, ...CONTROLS);
      expect(plan.summary.maxRisk).toBe('medium');
      expect(plan.changes.flatMap(({ notes }) => notes).join('\n')).toContain('docker loads the kernel module');
      await runJson(host, ['apply', ...CONTROLS], 0);
      await host.stopDockerd();
      await host.startDockerd();
      expect(await host.read('/run/modprobe.log')).toContain('br_netfilter');
      expect((await harden(host, ['verify', ...CONTROLS])).code).toBe(0);
    },
  );

  test('is a risk where nobody can tell whether the kernel has it: without it dockerd does not start', async () => {
    await using host = await throwawayHost('trixie', { binds: WITH_HARDEN });
    await host.startDockerd();
    await withoutModule(host, false);
    const plan = await planOf(host, ...CONTROLS);
    expect(plan.summary.maxRisk).toBe('high');
    expect((await harden(host, ['apply', '--yes', ...CONTROLS])).code).toBe(4);
    await runJson(host, ['apply', '--max-risk', 'high', ...CONTROLS], 0);
    await host.stopDockerd();
    const started = await host.run('timeout 10 dockerd', { timeoutMs: 15_000 });
    expect(started.stderr).toContain('br_netfilter');
    expect(started.code).toBe(1);
  });
});
