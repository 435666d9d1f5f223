import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { shippedCatalogue } from '../../src/catalogue/shipped-catalogue.ts';
import type { Plan } from '../../src/model/plan.ts';
import { WITH_HARDEN, harden, planOf, verdictsOf, whyOf } from './built-harden.ts';
import { AUTHORIZATION_PLUGIN, makeTlsMaterial } from './tls-material.ts';
import { type ThrowawayHost, realHosts, systemdHost, throwawayHost } from './throwaway-host.ts';
import { COMMON_GROUND, ONE_WAY, ROWS, type Row, TLS_FOLDER } from './verdict-rows.ts';

const PROFILE = ['-p', 'cis-docker-1.8.0/L2'];

test('every control has its verdicts here, or a reason why it has only one', () => {
  const here = [...ROWS, ...ONE_WAY].map(({ control }) => control).sort();
  expect(here).toEqual(
    shippedCatalogue()
      .remediations.map(({ control }) => control)
      .sort(),
  );
});

describe.runIf(realHosts('bullseye', 'bookworm', 'trixie'))('verdicts on a real host', () => {
  test('each control both ways', async () => {
    const binds = { ...WITH_HARDEN, '/run/node': dirname(process.execPath) };
    await using host = await throwawayHost('trixie', { audit: true, binds });
    await host.check(COMMON_GROUND);
    await host.write('/run/harden-authz.mjs', AUTHORIZATION_PLUGIN, 0o600);
    await makeTlsMaterial(host, TLS_FOLDER);

    const bad = await planIn(host, 'bad');
    expectVerdicts(bad, 'bad');
    await host.stopDockerd();
    const good = await planIn(host, 'good');
    expectVerdicts(good, 'good');
    for (const { control, verdict } of ONE_WAY) {
      expect(verdictsOf(bad)[control], control).toBe(verdict);
      expect(verdictsOf(good)[control], control).toBe(verdict);
    }
    // What fails can be changed, or comes with steps for a person, as what a person decides does.
    for (const one of [...bad.controls, ...good.controls]) {
      expect(one.verdict !== 'fail' || one.changes.length > 0 || one.steps.length > 0, one.slug).toBe(true);
      expect(one.verdict !== 'manual' || one.steps.length > 0, one.slug).toBe(true);
      expect(one.verdict === 'pass' ? one.evidence.length > 0 : one.reason !== '', one.slug).toBe(true);
    }
  });

  test('a control that is in no profile cannot be chosen', async () => {
    await using host = await throwawayHost('trixie', { binds: WITH_HARDEN });
    const { code, stderr } = await harden(host, ['plan', '-c', 'legacy-registry-disabled']);
    expect(code).toBe(64);
    expect(stderr).toContain('legacy-registry-disabled');
  });

  test('an engine that still knows aufs and devicemapper and uses neither passes', async () => {
    await using host = await throwawayHost('bullseye', { binds: WITH_HARDEN });
    await host.startDockerd();
    const plan = await planOf(host, ...PROFILE);
    expect(verdictsOf(plan)).toMatchObject({
      'no-aufs': 'pass',
      'no-devicemapper': 'pass',
      'base-device-size': 'not-applicable',
    });
  });

  test('one that is stopped tells neither; a leftover of devicemapper is for a person', async () => {
    await using host = await throwawayHost('bullseye', { binds: WITH_HARDEN });
    await host.write('/etc/docker/daemon.json', '{"storage-opts": ["dm.basesize=20G"]}');
    expect(verdictsOf(await planOf(host, ...PROFILE))).toMatchObject({
      'no-aufs': 'not-checked',
      'no-devicemapper': 'not-checked',
      'base-device-size': 'manual',
    });
  });

  test('an engine without root passes the control that asks for one, and is not changed', async () => {
    await using host = await throwawayHost('trixie', { binds: WITH_HARDEN });
    await host.write('/run/rootless.sh', ROOTLESS_DOCKERD, 0o755);
    await host.check(`
      set -e
      useradd --uid 1000 --create-home somebody
      mkdir -p /run/docker /run/containerd /run/user/1000 /run/rootlesskit
      chown somebody /run/user/1000 /run/rootlesskit
      ln -s /bin/true /usr/local/bin/rootlesskit-docker-proxy
      setsid -f setpriv --reuid 1000 --regid 1000 --clear-groups \\
        unshare --user --map-root-user --mount --net /run/rootless.sh > /run/dockerd.log 2>&1 < /dev/null
      for try in $(seq 100); do docker -H ${ROOTLESS_SOCKET} info > /dev/null 2>&1 && break; sleep 0.2; done
      docker -H ${ROOTLESS_SOCKET} info -f '{{.SecurityOptions}}' | grep -q rootless`);
    const plan = await planOf(host, ...PROFILE);
    expect(verdictsOf(plan)['rootless-daemon'], whyOf(plan, 'rootless-daemon')).toBe('pass');
    expect(plan.refusal).toContain('rootless');
    expect(plan.changes).toEqual([]);
    expect((await harden(host, ['apply', '--yes'])).code).toBe(5);
    await host.check('kill $(cat /run/user/1000/docker.pid); sleep 1');
  });

  test('a stock host: what is not there does not apply', async () => {
    await using host = await throwawayHost('forky', { audit: true, binds: WITH_HARDEN });
    await host.startDockerd();
    const plan = await planOf(host, ...PROFILE);
    const absent = plan.controls.filter(({ verdict }) => verdict === 'not-applicable').map(({ slug }) => slug);
    expect(absent.sort()).toEqual([
      'audit-containerd-shim',
      'audit-etc-sysconfig-docker',
      'audit-shim-runc-v1',
      'base-device-size',
      'daemon-json-mode',
      'daemon-json-owner',
      'etc-sysconfig-docker-mode',
      'etc-sysconfig-docker-owner',
      'no-aufs',
      'no-devicemapper',
      'registry-certs-mode',
      'registry-certs-owner',
      'tls-ca-mode',
      'tls-ca-owner',
      'tls-cert-mode',
      'tls-cert-owner',
      'tls-key-mode',
      'tls-key-owner',
    ]);
  });

  test('without the right to see audit rules nothing is said of them; without an engine nothing of what it runs with', async () => {
    await using host = await systemdHost('bookworm', { binds: WITH_HARDEN });
    const audit = ROWS.map(({ control }) => control).filter((slug) => slug.startsWith('audit-'));
    const running = await planOf(host, ...PROFILE);
    const verdicts = verdictsOf(running);
    // What is not there needs no rule, whoever may see the rules; daemon.json is what this plan makes.
    expect(audit.filter((slug) => verdicts[slug] !== 'not-checked')).toEqual(['audit-etc-sysconfig-docker']);
    expect(whyOf(running, 'audit-dockerd')).toContain('Operation not permitted');

    await host.write('/etc/docker/daemon.json', '{ "live-restore": true, "icc": true }', 0o600);
    await host.check('systemctl restart docker.service && systemctl stop docker.service docker.socket');
    const stopped = await planOf(host, ...PROFILE);
    // What the settings alone can say is said; that something runs with them is not.
    expect(verdictsOf(stopped)).toMatchObject({
      'icc-disabled': 'fail',
      'live-restore': 'not-checked',
      'log-level-info': 'not-checked',
      'daemon-seccomp-profile': 'not-checked',
      'default-ulimits-set': 'manual',
      'docker-service-mode': 'pass',
    });
    expect((await harden(host, ['verify', '-c', 'live-restore'])).code).toBe(8);
    expect((await harden(host, ['plan', '-c', 'live-restore', '--exit-code'])).code).toBe(8);
  });
});

/** All rows of one side at once: the file, dockerd, what needs it to run, one plan. */
async function planIn(host: ThrowawayHost, side: 'bad' | 'good'): Promise<Plan> {
  const scenes = ROWS.map((row) => row[side]);
  await host.write(
    '/etc/docker/daemon.json',
    JSON.stringify(Object.assign({}, ...scenes.map(({ json }) => json ?? {}))),
  );
  await host.check(['set -e', ...scenes.flatMap(({ script }) => script ?? [])].join('\n'));
  await host.startDockerd(scenes.flatMap(({ flags }) => flags ?? []));
  await host.check(['set -e', ...scenes.flatMap(({ then }) => then ?? [])].join('\n'));
  return planOf(host, ...PROFILE);
}

function expectVerdicts(plan: Plan, side: 'bad' | 'good'): void {
  const is = verdictsOf(plan);
  const wrong = ROWS.filter((row: Row) => is[row.control] !== row[side].verdict).map(({ control }) => control);
  expect(wrong, whyOf(plan, ...wrong)).toEqual([]);
}

const ROOTLESS_SOCKET = 'unix:///run/user/1000/docker.sock';
/** What RootlessKit does around dockerd, as far as dockerd needs it to start: it stands in a user namespace of its own already. */
const ROOTLESS_DOCKERD = `#!/bin/bash
export HOME=/home/somebody XDG_RUNTIME_DIR=/run/user/1000
export ROOTLESSKIT_STATE_DIR=/run/rootlesskit ROOTLESSKIT_PARENT_EUID=1000 ROOTLESSKIT_PARENT_EGID=1000
mount -t tmpfs none /run/containerd
mount -t tmpfs none /run/docker
exec dockerd --rootless --group root --storage-driver vfs --bridge none --iptables=false --userland-proxy=false \\
  -H ${ROOTLESS_SOCKET} --data-root /home/somebody/docker --exec-root /run/user/1000/docker --pidfile /run/user/1000/docker.pid
`;
