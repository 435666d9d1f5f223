import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { EventLine } from '../../src/model/event.ts';
import { HARDEN } from '../helpers/program.ts';
import { realHosts, systemdHost } from './throwaway-host.ts';

const USER_DATA = readFileSync(join(import.meta.dirname, '../../examples/cloud-init.yaml'), 'utf8');

/** The commands below `runcmd`, each a list in a list. */
function commands(): readonly (readonly string[])[] {
  const found: string[][] = [];
  for (const [, begins, word = ''] of USER_DATA.matchAll(/^ {2}(?:( {2})|- )- (.+)$/gm)) {
    if (begins === undefined) {
      found.push([word]);
    } else {
      found.at(-1)?.push(word);
    }
  }
  expect(found.length).toBeGreaterThan(0);
  return found;
}

test('the user data begins as cloud-init wants it', () => {
  expect(USER_DATA.startsWith('#cloud-config\n')).toBe(true);
  expect(commands().flat()).toContain('apply');
});

describe.runIf(realHosts('trixie'))('the user data for cloud-init', () => {
  test('hardens a host at its first boot, and a second run of it changes nothing', { timeout: 240_000 }, async () => {
    await using host = await systemdHost('trixie');
    await host.install(HARDEN, '/usr/local/sbin/harden', 0o755);
    for (const command of commands()) {
      const { code, stdout, stderr } = await host.run(command, { timeoutMs: 120_000 });
      expect(code, stdout + stderr).toBe(0);
    }
    const events = (await host.read('/var/log/harden.jsonl')).trimEnd().split('\n');
    expect(JSON.parse(events.at(-1) ?? '') as EventLine).toMatchObject({ type: 'run.end', exit: 0, outcome: 'done' });
    expect((await host.check('harden history list')).trim()).toContain('first boot');
    const before = await host.layer();
    for (const command of commands()) {
      expect((await host.run(command, { timeoutMs: 120_000 })).code).toBe(0);
    }
    const moved = Object.keys(await host.layer()).filter((path) => !(path in before));
    expect(moved.filter((path) => path.startsWith('/etc/'))).toEqual([]);
  });
});
