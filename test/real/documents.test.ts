import { describe, expect, test } from 'vitest';
import { TOPICS } from '../../src/cli/help/topics.ts';
import { allBlocks, checkedScript } from '../helpers/documents.ts';
import { atTerminal, ENTER } from '../helpers/pseudo-terminal.ts';
import { HARDEN, WITH_HARDEN, harden } from './built-harden.ts';
import { layerChanges } from './host-layer.ts';
import { layerOf } from './systemd-parts.ts';
import { type TestHost, realHosts, systemdHost } from './throwaway-host.ts';

const BLOCKS = allBlocks().filter(({ host }) => host === 'real');
const YES = ['--yes', '--max-risk', 'high', '--max-impact', 'restart'];
/** As the README says of its host. */
const TWO_CONTAINERS = `
  docker run -d --stop-timeout 1 --name db box sleep 10000
  docker run -d --stop-timeout 1 --name shop -p 8080:80 box httpd -f -p 80`;

describe.runIf(realHosts('trixie'))('commands of the documents that want a host of their own', () => {
  test.each(BLOCKS.map((block) => [`${block.file}:${block.line}`, block] as const))('%s', async (_where, block) => {
    await using host = await systemdHost('trixie', { binds: WITH_HARDEN });
    if (block.commands.some((command) => /\b(?:apply|rollback)\b/.test(command))) {
      await host.importBusybox('box');
      await host.check(TWO_CONTAINERS);
    }
    const script = `cd /root\nharden() { ${HARDEN} "$@"; }\nsudo() { "$@"; }\n${checkedScript(block)}`;
    const { code, stdout, stderr } = await host.run(['sh', '-c', script], { timeoutMs: 110_000 });
    expect(code, stdout + stderr).toBe(0);
  });

  test('there are some', () => {
    expect(BLOCKS.length).toBeGreaterThan(1);
  });
});

describe.runIf(realHosts('trixie'))('examples of the help that ask, or need a run to go back from', () => {
  const typed = [
    { after: /\(none\)\s*$/, keys: `all${ENTER}` },
    { after: /type: \w+\s*$/, keys: `restart${ENTER}` },
  ];

  test('each of harden help way-back does what is said, and the host is as before', async () => {
    const examples = TOPICS['way-back'].blocks.flatMap((block) => (block.type === 'lines' ? block.lines : []));
    await using host = await systemdHost('trixie', { binds: WITH_HARDEN });
    const before = await layerOf(host);
    const waiting = ['apply', '-c', '2.16', ...YES, '--no-trial-container', '--confirm-within', '10m'];
    expect((await harden(host, waiting)).code).toBe(0);
    // Kept before it is taken back; what is left is in the order of the page.
    const kept = 'sudo harden confirm';
    const run = new Set<string>();
    for (const example of [kept, ...examples.filter((one) => one !== kept)]) {
      expect(examples).toContain(example);
      const { code, shown } = await at(host, example.replace('sudo harden ', ''), [
        { after: /yes \/ no/, keys: `yes${ENTER}` },
      ]);
      expect({ example, code }, shown).toEqual({ example, code: 0 });
      run.add(example);
    }
    expect(examples.filter((example) => !run.has(example))).toEqual([]);
    expect(layerChanges(before, await layerOf(host))).toEqual([]);
  });

  test('a plan file is applied by somebody who says all', async () => {
    await using host = await systemdHost('trixie', { binds: WITH_HARDEN });
    const examples = TOPICS['plan-file'].blocks.flatMap((block) => (block.type === 'lines' ? block.lines : []));
    expect(examples).toEqual(['harden plan -o plan.json', 'sudo harden apply plan.json']);
    const planned = await host.run(['sh', '-c', `cd /root && ${HARDEN} plan -c 2.16 -o plan.json`]);
    expect(planned.code, planned.stderr).toBe(0);
    const applied = await at(host, 'apply plan.json', typed);
    expect(applied.code, applied.shown).toBe(0);
    expect((await host.check('docker info -f "{{.LiveRestoreEnabled}}"')).trim()).toBe('true');
  });

  function at(host: TestHost, words: string, answers: Parameters<typeof atTerminal>[1]): ReturnType<typeof atTerminal> {
    return atTerminal(`nsenter -t ${host.pid} -a -- sh -c 'cd /root && ${HARDEN} ${words} --no-pager'`, answers, {
      timeoutMs: 60_000,
      columns: 100,
    });
  }
});
