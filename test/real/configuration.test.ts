import { describe, expect, test } from 'vitest';
import { expectAnswer } from '../helpers/answers.ts';
import { HARDEN, OWN_STATE, WITH_HARDEN, harden, planOf } from './built-harden.ts';
import { layerChanges } from './host-layer.ts';
import { type TestHost, realHosts, throwawayHost } from './throwaway-host.ts';

const OPTIONS = { binds: WITH_HARDEN };
const DAEMON_JSON = '/etc/docker/daemon.json';
const config = (body: string): string => `{ schema: 'urn:harden:config:1',\n${body} }\n`;
const WEB = `{ name: 'web', title: 'Ours', benchmark: 'cis-docker-1.7.0', level: 2, exclude: ['2.1'] }`;

/** Root's configuration: a profile of the site, and who says what. */
async function withSitePolicy(host: TestHost): Promise<void> {
  await host.check('mkdir -p -m 0755 /etc/harden /etc/harden/conf.d /etc/harden/profiles.d');
  await host.write('/etc/harden/profiles.d/web.json5', WEB, 0o644);
  await host.write('/etc/harden/harden.json5', config("profile: 'web',\nmaxRisk: 'low'"), 0o644);
  await host.write('/etc/harden/conf.d/10-low.json5', config("maxImpact: 'none'"), 0o644);
  await host.write(
    '/etc/harden/conf.d/20-high.json5',
    config("maxImpact: 'restart',\nexclude: ['icc-disabled']"),
    0o644,
  );
}

describe.runIf(realHosts('trixie'))('the configuration of a host', () => {
  test('says profile, exclusions and ceilings; a plan file goes on its own profile; the last file by name wins', async () => {
    await using host = await throwawayHost('trixie', OPTIONS);
    await withSitePolicy(host);
    await host.write(DAEMON_JSON, '{}\n', 0o666);
    const plan = await planOf(host);
    expect(plan.content).toMatchObject({ profile: 'web', benchmark: 'cis-docker-1.7.0' });
    expect(plan.selection.leftOut).toContainEqual({
      control: 'icc-disabled',
      id: '2.2',
      by: '/etc/harden/conf.d/20-high.json5',
    });
    const { settings } = expectAnswer('settings', await host.check(`${HARDEN} doctor --config --json`));
    const origin = (file: string) => ({ type: 'file', file: `/etc/harden/${file}`, line: 2 });
    expect(settings).toContainEqual({ key: 'profile', value: 'web', origin: origin('harden.json5') });
    expect(settings).toContainEqual({ key: 'maxImpact', value: 'restart', origin: origin('conf.d/20-high.json5') });
    const before = await host.layer();
    const applied = await harden(host, ['apply', '-c', 'daemon-json-mode', '--yes']);
    expect(applied.code, applied.stdout + applied.stderr).toBe(0);
    expect(await host.check(`stat -c %a ${DAEMON_JSON}`)).toBe('644\n');
    expect((await harden(host, ['rollback', '--yes'])).code).toBe(0);
    expect(layerChanges(before, await host.layer(OWN_STATE))).toEqual([]);

    await harden(host, ['plan', '-c', '3.18', '-p', 'cis-docker-1.8.0/L2', '-o', '/root/plan.json']);
    const byFile = await harden(host, ['apply', '/root/plan.json', '--yes']);
    expect(byFile.code, byFile.stdout + byFile.stderr).toBe(0);
  });

  test.each<readonly [string, string, string]>([
    [
      'a file everybody may write to',
      'chmod 0666 /etc/harden/conf.d/20-high.json5',
      '20-high.json5 can be written by others',
    ],
    ['a file of somebody', 'chown 1000 /etc/harden/harden.json5', '/etc/harden/harden.json5 does not belong to root'],
    ['a folder of a group', 'chmod 0775 /etc/harden', '/etc/harden can be written by others'],
    [
      'a profile everybody may write to',
      'chmod 0666 /etc/harden/profiles.d/web.json5',
      'web.json5 can be written by others',
    ],
  ])('is refused for %s, before anything is looked at or written, and rollback goes on', async (_what, harm, says) => {
    await using host = await throwawayHost('trixie', OPTIONS);
    await host.write(DAEMON_JSON, '{}\n', 0o666);
    const untouched = await host.layer();
    const applied = await harden(host, ['apply', '-p', 'cis-docker-1.8.0/L2', '-c', '3.18', '--yes']);
    expect(applied.code, applied.stderr).toBe(0);
    await withSitePolicy(host);
    await host.check(harm);
    const before = await host.layer();
    for (const verb of ['plan', 'apply', 'verify']) {
      const refused = await harden(host, [verb]);
      expect(refused.code, refused.stderr).toBe(65);
      expect(refused.stderr.replaceAll(/\s+/g, ' ')).toContain(says);
      expect(refused.stderr).toContain('H2041');
    }
    expect(layerChanges(before, await host.layer())).toEqual([]);
    const back = await harden(host, ['rollback', '--yes']);
    expect(back.code, back.stdout + back.stderr).toBe(0);
    await host.check('rm -r /etc/harden');
    expect(layerChanges(untouched, await host.layer(OWN_STATE))).toEqual([]);
  });
});

describe.runIf(realHosts('trixie'))('doctor', () => {
  test('finds a host with a daemon and audit in order, and says what a user would not see', async () => {
    await using host = await throwawayHost('trixie', { ...OPTIONS, audit: true });
    await host.startDockerd();
    const { examined } = expectAnswer('doctor', (await host.run(`${HARDEN} doctor --json`)).stdout);
    const stateOf = (topic: string) => examined.find((one) => one.topic === topic);
    expect(stateOf('Docker')).toMatchObject({ state: 'ok', text: 'docker.io 26.1.5, answers' });
    expect(stateOf('audit')?.text).toContain('audit 4.0.2');
    expect(stateOf('rights')).toMatchObject({ state: 'ok' });
    expect(stateOf('runs')).toMatchObject({ state: 'ok' });
    const asked = "docker info --format '{{.CgroupVersion}} {{.CgroupDriver}}'";
    const [version, driver] = (await host.check(asked)).trim().split(' ');
    expect((await planOf(host)).host.docker).toMatchObject({ cgroup: { version, driver }, rootless: false });
    const user = await host.run(`setpriv --reuid=1000 --regid=1000 --clear-groups ${HARDEN} doctor`);
    expect(user.code).toBe(2);
    expect(user.stdout).toMatch(/! +rights +user 1000/);
    expect(user.stdout).toContain('-> sudo harden doctor');
  });
});
