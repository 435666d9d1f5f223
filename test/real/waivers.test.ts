import { describe, expect, test } from 'vitest';
import { Plan } from '../../src/model/plan.ts';
import { HARDEN, WITH_HARDEN, harden } from './built-harden.ts';
import { layerChanges } from './host-layer.ts';
import { realHosts, throwawayHost } from './throwaway-host.ts';

const DIR = '/etc/harden/waivers.d';
const day = (from: number): string => new Date(Date.now() + from * 86_400_000).toISOString().slice(0, 10);
const ADD = ['waiver', 'add', '-c', '2.2', '--reason', 'R', '--owner', 'ops', '--until', day(20)];

describe.runIf(realHosts('trixie'))('waivers of a machine', () => {
  test("are root's own: read by every command, taken out again, and never of anybody else", async () => {
    await using host = await throwawayHost('trixie', { binds: WITH_HARDEN });
    await host.startDockerd();
    const before = await host.layer();
    const verify = () => harden(host, ['verify', '-c', '2.2']);
    expect((await verify()).code).toBe(2);

    const added = await harden(host, [...ADD, '--only-while', 'daemon.json#/icc=null']);
    expect(added.code, added.stderr).toBe(0);
    expect(await host.check(`stat -c '%a %U %G' ${DIR} ${DIR}/icc-disabled.json5`)).toBe(
      '755 root root\n644 root root\n',
    );
    const waived = await verify();
    expect({ code: waived.code, told: waived.stderr.includes(`ends on ${day(20)}: 20 days`) }, waived.stderr).toEqual({
      code: 0,
      told: true,
    });
    const planned = await harden(host, ['plan', '--json', '-c', '2.2']);
    expect(Plan.parse(JSON.parse(planned.stdout)).changes).toEqual([]);
    const applied = await harden(host, [
      'apply',
      '-c',
      '2.2',
      '--yes',
      '--max-risk',
      'high',
      '--max-impact',
      'restart',
    ]);
    expect(applied.code, applied.stderr).toBe(0);
    expect((await host.run(['test', '-e', '/etc/docker/daemon.json'])).code).toBe(1);
    expect((await harden(host, ['status'])).stdout).toContain(
      `The waiver of icc-disabled (ops) ends on ${day(20)}, 20 days.`,
    );

    // Others than root may look, and are told so where they may not.
    const nobody = [
      'setpriv',
      '--reuid=65534',
      '--regid=65534',
      '--clear-groups',
      'env',
      'HOME=/nonexistent',
      HARDEN,
      'plan',
      '-c',
      '2.2',
    ];
    const seen = await host.run(nobody);
    expect(seen.stdout, seen.stderr).toContain('w 2.2 ');
    await host.check(`chmod 0700 ${DIR}`);
    const blind = await host.run(nobody);
    expect({ code: blind.code, coded: blind.stderr.includes('H2032') }, blind.stderr).toEqual({
      code: 77,
      coded: true,
    });

    for (const [spoil, mend] of [
      [`chmod 0775 ${DIR}`, `chmod 0755 ${DIR}`],
      [`chmod 0666 ${DIR}/icc-disabled.json5`, `chmod 0644 ${DIR}/icc-disabled.json5`],
      [`chown 1000 /etc/harden`, `chown 0 /etc/harden`],
    ] as const) {
      await host.check(`chmod 0755 ${DIR}; ${spoil}`);
      for (const args of [['verify'], ['plan'], ['apply', '--yes'], ['waiver', 'list']]) {
        const { code, stderr } = await harden(host, args);
        expect({ spoil, args, code, coded: stderr.includes('H2031') }, stderr).toEqual({
          spoil,
          args,
          code: 65,
          coded: true,
        });
      }
      expect((await harden(host, ['status'])).stdout).toContain('Waivers cannot be taken');
      await host.check(mend);
    }

    // The value it was granted for is another one now.
    await host.write('/etc/docker/daemon.json', '{ "icc": true }', 0o600);
    const moved = await verify();
    expect({
      code: moved.code,
      said: moved.stderr.replaceAll(/\s+/g, ' ').includes('daemon.json#/icc is true, not unset any more'),
    }).toEqual({
      code: 2,
      said: true,
    });
    await host.check('rm /etc/docker/daemon.json');

    expect((await harden(host, ['waiver', 'remove', '2.2'])).code).toBe(0);
    expect(await host.check(`ls -A ${DIR}`)).toBe('');
    expect((await verify()).code).toBe(2);
    await host.check('rmdir /etc/harden/waivers.d /etc/harden');
    const left = layerChanges(before, await host.layer()).filter((line) => !line.includes('/var/lib/harden'));
    expect(left.filter((line) => line.includes('/etc/'))).toEqual([]);
  });
});
