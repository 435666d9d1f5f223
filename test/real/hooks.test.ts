import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { planJsonSchema } from '../../src/model/plan-schema.ts';
import { resultJsonSchema } from '../../src/model/result-schema.ts';
import { revertJsonSchema } from '../../src/model/revert-schema.ts';
import { WITH_HARDEN, harden, runJson } from './built-harden.ts';
import { applyFor, untilTakenBack } from './keep-parts.ts';
import { type TestHost, realHosts, systemdHost, throwawayHost } from './throwaway-host.ts';

const HOOKS = '/etc/harden/hooks.d';
const HIGH = ['--max-risk', 'high', '--max-impact', 'restart', '--no-trial-container'];
/** Keeps what it gets, its arguments, its environment and its folder. */
const KEEPER = `#!/bin/sh
cat >"/root/$1.json"
{ echo "$# $1"; pwd; env | sort; } >"/root/$1.txt"
`;

async function keepers(host: TestHost): Promise<void> {
  for (const event of ['plan', 'apply', 'verify', 'revert']) {
    await host.write(`${HOOKS}/${event}/50-keep`, KEEPER, 0o755);
  }
  await host.check(`chown -R root:root /etc/harden; chmod -R go-w /etc/harden`);
}

function fits(schema: Readonly<Record<string, unknown>>, text: string): unknown {
  const validate = new Ajv2020({ strict: false, formats: { 'date-time': true, date: true } }).compile(schema);
  const document: unknown = JSON.parse(text);
  expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
  return document;
}

describe.runIf(realHosts('trixie', 'bookworm'))('hooks of a site', () => {
  test('get the plan, the results and what was taken back, in a clean environment, and decide nothing', async () => {
    await using host = await throwawayHost('trixie', { binds: WITH_HARDEN });
    await host.startDockerd();
    await keepers(host);
    await host.write(
      `${HOOKS}/apply/10-bad`,
      '#!/bin/sh\necho out; echo "no route to the ticket system" >&2; exit 3\n',
      0o755,
    );
    await host.write(`${HOOKS}/apply/20-theirs`, KEEPER, 0o755);
    await host.write(`${HOOKS}/apply/30-off`, KEEPER, 0o644);
    await host.write(`${HOOKS}/apply/40-left.dpkg-old`, KEEPER, 0o755);
    await host.check(`chown 1000 ${HOOKS}/apply/20-theirs; ln -s 50-keep ${HOOKS}/apply/60-link`);

    const plan = await harden(host, ['plan', '-c', 'icc-disabled', '--json'], { env: { SECRET: 'x' } });
    expect(plan.code).toBe(0);
    expect(fits(planJsonSchema(), await host.read('/root/plan.json'))).toEqual(JSON.parse(plan.stdout));
    expect(await host.read('/root/plan.txt')).toMatch(
      /^1 plan\n\/\n(?:_=.*\n)?LC_ALL=C\.UTF-8\n(?:OLDPWD=.*\n)?PATH=\S+\nPWD=\/\n(?:SHLVL=.*\n)?(?:_=.*\n)?$/,
    );

    const applied = await harden(host, ['apply', '-c', 'icc-disabled', '--yes', ...HIGH]);
    expect(applied.code, applied.stderr).toBe(0);
    const said = applied.stderr.replaceAll(/\s+/g, ' ');
    expect(said).toMatch(/10-bad did not end well: it ended with 3.*no route to the ticket system.* H5010 /);
    expect(said).toMatch(/20-theirs was not run: .*does not belong to root.* H5011 /);
    expect(said).toMatch(/60-link was not run: it is a symlink/);
    expect(said).not.toMatch(/30-off|40-left/);
    const told = fits(resultJsonSchema(), await host.read('/root/apply.json'));
    expect(told).toMatchObject({ type: 'done', exit: 0, run: { verb: 'apply' } });
    const [name = ''] = (await host.check('ls /var/lib/harden/runs')).trim().split('\n');
    const kept = fits(resultJsonSchema(), await host.read(`/var/lib/harden/runs/${name}`));
    expect(kept).toMatchObject({
      hooks: [
        { hook: `${HOOKS}/apply/10-bad`, ended: 'badly', output: 'no route to the ticket system' },
        { hook: `${HOOKS}/apply/20-theirs`, ended: 'not-run' },
        { hook: `${HOOKS}/apply/50-keep`, ended: 'well' },
        { hook: `${HOOKS}/apply/60-link`, ended: 'not-run' },
      ],
    });

    // Nobody restarts this daemon, so the change is still pending.
    expect((await harden(host, ['verify', '-c', 'icc-disabled'])).code).toBe(2);
    expect(fits(resultJsonSchema(), await host.read('/root/verify.json'))).toMatchObject({ type: 'verified', exit: 2 });
    const doctor = (await harden(host, ['doctor'])).stdout.replaceAll(/\s+/g, ' ');
    expect(doctor).toContain(`${HOOKS}/apply/30-off (off: not executable)`);
    expect(doctor).toContain(`${HOOKS}/apply/20-theirs is not run`);

    const { snapshot } = await runJson(host, ['rollback', ...HIGH], 0);
    expect(fits(revertJsonSchema(), await host.read('/root/revert.json'))).toMatchObject({
      id: snapshot,
      cause: 'rollback',
      notAsBefore: [],
      result: { type: 'done', exit: 0 },
    });
  });

  test('are not run by a dry run, with --root or from a recording', async () => {
    await using host = await throwawayHost('trixie', { binds: WITH_HARDEN });
    await host.startDockerd();
    await keepers(host);
    await host.check('mkdir -p /root/image/etc');
    expect((await harden(host, ['apply', '-c', 'icc-disabled', '--dry-run'])).code).toBe(0);
    expect((await harden(host, ['plan', '--root', '/root/image'])).code).toBe(0);
    await harden(host, ['record', '-o', '/root/recording']);
    expect((await harden(host, ['plan', '--from', '/root/recording'])).code).toBe(0);
    await harden(host, ['apply', '-c', 'icc-disabled', '--no-input']);
    expect(await host.check('ls /root/*.json 2>/dev/null || true')).toBe('');
  });

  test('of a revert are run by the clock too, and the lock is free by then', async () => {
    await using host = await systemdHost('bookworm', { binds: WITH_HARDEN });
    await keepers(host);
    await host.write(
      `${HOOKS}/revert/60-asks`,
      '#!/bin/sh\n/run/built/harden recover >/root/asked 2>&1; echo $? >>/root/asked\n',
      0o755,
    );
    const id = await applyFor(host, '5s');
    await untilTakenBack(host, id);
    await host.check('for _ in $(seq 100); do grep -q "^[0-9]*$" /root/asked 2>/dev/null && break; sleep 0.1; done');
    expect(fits(revertJsonSchema(), await host.read('/root/revert.json'))).toMatchObject({
      id,
      cause: 'clock',
      notAsBefore: [],
    });
    expect(await host.read('/root/asked')).toMatch(/\n0\n$/);
  });
});
