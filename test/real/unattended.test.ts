import { describe, expect, test } from 'vitest';
import type { EventLine } from '../../src/model/event.ts';
import type { Plan } from '../../src/model/plan.ts';
import { HARDEN } from '../helpers/program.ts';
import { layerChanges } from './host-layer.ts';
import { layerOf } from './systemd-parts.ts';
import { realHosts, systemdHost, throwawayHost } from './throwaway-host.ts';

const CHOICE = '-c 2.15-2.17';

describe.runIf(realHosts('trixie'))('unattended, on a host with a running dockerd', () => {
  test(
    'approved by its digest, told as events, kept, rendered again and taken back',
    { timeout: 240_000 },
    async () => {
      await using host = await systemdHost('trixie');
      await host.install(HARDEN, '/usr/local/sbin/harden', 0o755);
      const before = await layerOf(host);
      const plan = JSON.parse(await host.check(`harden plan ${CHOICE} --json`)) as Plan;
      const refused = await host.run(`harden apply ${CHOICE} --approve 00000000 --events /run/refused.jsonl`);
      expect(refused.code, refused.stderr).toBe(5);
      expect(layerChanges(before, await layerOf(host))).toEqual([]);
      const events = async (file: string): Promise<readonly EventLine[]> =>
        (await host.read(file))
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line) as EventLine);
      expect((await events('/run/refused.jsonl')).at(-1)).toMatchObject({ exit: 5, code: 'H4020' });
      await host.check(
        `harden apply ${CHOICE} --approve ${plan.id} --reason "change 7" --ticket C-7 --events fd:3 3>/run/events.jsonl`,
        { timeoutMs: 120_000 },
      );
      const told = await events('/run/events.jsonl');
      expect(told.at(-1)).toMatchObject({ type: 'run.end', exit: 0, plan: plan.digest });
      const [start] = told;
      const run = start?.type === 'run.start' ? start.run : '';
      expect(await host.check('harden history list')).toContain('ticket: C-7');
      expect(await host.check(`harden report ${run} --format csv`)).toContain('"fixed"');
      await host.check(`harden plan ${CHOICE} --against ${run} | grep -F "fewer"`);
      await host.check(`harden rollback ${run} --yes --max-impact restart --reason "not yet"`, { timeoutMs: 120_000 });
      expect(layerChanges(before, await layerOf(host))).toEqual([]);
      const diff = await host.run(
        `harden history diff ${run} $(harden history list --json | grep -m1 -o '"id": "[0-9a-f]*"' | cut -d'"' -f4)`,
      );
      expect(diff.code, diff.stderr).toBe(2);
    },
  );

  test('where ssh-keygen is not installed a required signature is refused, not taken as given', async () => {
    await using host = await throwawayHost('trixie');
    await host.startDockerd();
    await host.install(HARDEN, '/usr/local/sbin/harden', 0o755);
    expect((await host.run('command -v ssh-keygen')).code).toBe(1);
    await host.write('/etc/harden/allowed_signers', 'ann@example.org ssh-ed25519 AAAA\n', 0o644);
    await host.check(`harden plan ${CHOICE} -o /root/plan.json`);
    await host.write('/root/plan.json.sig', 'anything', 0o600);
    const before = await host.layer();
    const { code, stderr } = await host.run(
      'harden apply /root/plan.json --require-signature --yes --max-impact restart',
    );
    expect({ code, id: stderr.includes('H1041') }, stderr).toEqual({ code: 65, id: true });
    expect(stderr).toContain('ssh-keygen is not installed');
    expect(layerChanges(before, await host.layer())).toEqual([]);
  });
});
