import { describe, expect, test } from 'vitest';
import type { Json } from '../../src/model/canonical.ts';
import type { DaemonOptionDesired } from '../../src/model/remediation.ts';
import type { Answer } from './daemon-option-driver.ts';
import { ask, carryOut, withProject } from './daemon-option-steps.ts';
import { realHosts, type Suite, SUITES, type ThrowawayHost, throwawayHost } from './throwaway-host.ts';

const FILE = '/etc/docker/daemon.json';

/** What the chapter on the daemon wants, as its remediations say it. */
const WANTED: readonly DaemonOptionDesired[] = [
  { type: 'daemon-option', key: 'icc', value: false },
  { type: 'daemon-option', key: 'live-restore', value: true },
  { type: 'daemon-option', key: 'no-new-privileges', value: true },
  { type: 'daemon-option', key: 'userland-proxy', value: false },
  { type: 'daemon-option', key: 'log-level', value: 'info' },
  { type: 'daemon-option', key: 'debug', value: false },
  { type: 'daemon-option', key: 'insecure-registries', value: [] },
  { type: 'daemon-option', key: 'iptables', value: true },
  { type: 'daemon-option', key: 'ip6tables', not: [false], write: { absent: true } },
  { type: 'daemon-option', key: 'experimental', value: false },
  { type: 'daemon-option', key: 'cgroup-parent', value: '', write: { absent: true } },
  { type: 'daemon-option', key: 'seccomp-profile', not: ['unconfined'], write: { absent: true } },
  { type: 'daemon-option', key: 'default-ulimits', set: true, write: { parameter: 'ulimits' } },
];
const PARAMETERS = { ulimits: { nofile: { Name: 'nofile', Soft: 1024, Hard: 4096 } } };
const NEW_ENGINES: readonly Suite[] = ['trixie', 'forky'];

async function reload(host: ThrowawayHost): Promise<void> {
  await host.check('kill -HUP "$(cat /var/run/docker.pid)"; sleep 0.7; docker version >/dev/null');
}

const verdicts = (answer: Answer): Readonly<Record<string, string>> =>
  Object.fromEntries(
    answer.assessments.map(({ address, comparison }) => [address.replace('daemon-option:', ''), comparison.verdict]),
  );

const verdictOf = async (host: ThrowawayHost, key: string, value: Json): Promise<string> => {
  const answer = await ask(host, { desired: [{ type: 'daemon-option', key, value }] });
  return answer.assessments[0]?.comparison.verdict ?? 'none';
};

describe.runIf(realHosts())('daemon options on a real daemon', () => {
  test.each(SUITES)(
    '%s: a stock host is planned, written, pending, live after a restart, and goes back to no file',
    async (suite) => {
      await using host = await throwawayHost(suite, withProject);
      await host.startDockerd();
      const question = { desired: WANTED, parameters: PARAMETERS };

      const first = await ask(host, question);
      expect(verdicts(first)).toEqual({
        icc: 'fail',
        'live-restore': 'fail',
        'no-new-privileges': 'fail',
        'userland-proxy': 'fail',
        'log-level': 'pass',
        debug: 'pass',
        'insecure-registries': 'pass',
        iptables: 'pass',
        ip6tables: suite === 'forky' ? 'pass' : 'not-applicable',
        experimental: 'pass',
        'cgroup-parent': 'pass',
        'seccomp-profile': 'pass',
        'default-ulimits': 'fail',
      });
      expect(first.changes.map(({ impact, liveAfter }) => [impact, liveAfter])).toEqual(
        first.changes.map(() => ['none', 'restart']),
      );
      await carryOut(host, first.work?.steps ?? []);
      const written = await host.read(FILE);

      const pending = await ask(host, question);
      expect(pending.changes).toEqual([]);
      for (const { comparison } of pending.assessments.filter(({ address }) =>
        first.changes.some((change) => change.address === address),
      )) {
        expect(comparison).toMatchObject({ verdict: 'fail', pending: { until: 'restart' } });
      }

      await host.restartDockerd();
      const live = await ask(host, question);
      const wrong = live.assessments.filter(
        ({ comparison }) => !['pass', 'not-applicable'].includes(comparison.verdict),
      );
      expect(wrong).toEqual([]);

      const after = Buffer.from(written).toString('base64');
      const back = await ask(host, { desired: [], revert: { changes: first.changes, before: null, after } });
      expect(back.reversal?.kept).toEqual([]);
      await carryOut(host, back.reversal?.steps ?? []);
      expect(await host.exists(FILE)).toBe(false);
    },
  );

  test.each(SUITES)('%s: what a reload does, and what it leaves', async (suite) => {
    await using host = await throwawayHost(suite, withProject);
    await host.startDockerd();
    await host.write(
      FILE,
      '{"live-restore": true, "debug": true, "insecure-registries": ["reg:5000"], "icc": false}',
      0o600,
    );
    await reload(host);
    expect(await verdictOf(host, 'live-restore', true)).toBe('pass');
    expect(await verdictOf(host, 'debug', false), 'in the file').toBe('fail');
    expect(await verdictOf(host, 'icc', false), 'needs a restart').toBe('fail');

    // Keys that vanish from the file keep their value over a reload: the file is right, the daemon is not.
    await host.write(FILE, '{}');
    await reload(host);
    const stale = await ask(host, {
      desired: WANTED.filter(({ key }) => key === 'debug' || key === 'insecure-registries'),
    });
    for (const { comparison } of stale.assessments) {
      expect(comparison).toMatchObject({
        verdict: 'fail',
        pending: { command: 'kill -HUP "$(cat /var/run/docker.pid)"' },
      });
    }
    await host.write(FILE, '{"live-restore": false, "debug": false, "insecure-registries": []}');
    await reload(host);
    expect(await verdictOf(host, 'debug', false)).toBe('pass');
    expect(await verdictOf(host, 'insecure-registries', [])).toBe('pass');
    expect(await verdictOf(host, 'live-restore', true)).toBe('fail');

    // A broken file leaves the daemon as it is, and is an error here.
    await host.write(FILE, '{"debug": true,}');
    await reload(host);
    expect(await verdictOf(host, 'debug', false)).toBe('error');
  });

  test.each(SUITES)('%s: containers that outlive a restart hold the default bridge', async (suite) => {
    await using host = await throwawayHost(suite, withProject);
    await host.write(FILE, '{"live-restore": true}', 0o600);
    await host.startDockerd();
    await host.importBusybox('box');
    await host.check('docker run -d --name web box sleep 600');
    const icc = { type: 'daemon-option', key: 'icc', value: false } as const;
    const plan = await ask(host, { desired: [icc] });
    expect(plan.changes).toMatchObject([{ liveAfter: 'restart', breaks: [] }]);
    await carryOut(host, plan.work?.steps ?? []);
    await host.restartDockerd();
    const held = await ask(host, { desired: [icc] });
    expect(held.assessments[0]?.comparison).toMatchObject({
      verdict: 'fail',
      pending: { command: 'docker stop web, then restart dockerd the way it was started, then docker start web' },
    });
    expect(await host.check("docker inspect -f '{{.State.Running}}' web")).toBe('true\n');
    await host.check('docker stop -t 0 web');
    await host.restartDockerd();
    expect(await verdictOf(host, 'icc', false)).toBe('pass');
  });

  test.each(SUITES)('%s: foreign keys and the layout of the file survive there and back', async (suite) => {
    await using host = await throwawayHost(suite, withProject);
    const original = '{\r\n\t"labels" : ["a=b"],\r\n\r\n\t"shutdown-timeout": 20\r\n}';
    await host.write(FILE, original, 0o644);
    await host.startDockerd();
    const plan = await ask(host, { desired: WANTED, parameters: PARAMETERS });
    await carryOut(host, plan.work?.steps ?? []);
    const written = await host.read(FILE);
    expect(written.startsWith(original.slice(0, -3))).toBe(true);
    expect(written.endsWith('\r\n}')).toBe(true);
    await host.restartDockerd();
    expect(await host.check("docker info -f '{{.Labels}}'")).toBe('[a=b]\n');
    const encoded = [original, written].map((text) => Buffer.from(text).toString('base64'));
    const [before = '', after = ''] = encoded;
    const back = await ask(host, { desired: [], revert: { changes: plan.changes, before, after } });
    await carryOut(host, back.reversal?.steps ?? []);
    expect(await host.read(FILE)).toBe(original);
  });

  test.each(SUITES)('%s: a flag is seen, and never written beside', async (suite) => {
    await using host = await throwawayHost(suite, withProject);
    await host.startDockerd(['--icc=true', '--live-restore', '-l', 'warn', '--default-ulimit', 'nofile=1024:4096']);
    const answer = await ask(host, { desired: WANTED, parameters: PARAMETERS });
    expect(verdicts(answer)).toMatchObject({
      icc: 'fail',
      'live-restore': 'pass',
      'log-level': 'fail',
      'default-ulimits': 'pass',
    });
    const written = answer.changes.map(({ address }) => address);
    expect(written).toEqual(['daemon-option:no-new-privileges', 'daemon-option:userland-proxy']);
    await carryOut(host, answer.work?.steps ?? []);
    await host.restartDockerd();
    expect((await ask(host, { desired: WANTED, parameters: PARAMETERS })).changes).toEqual([]);
  });
});

/** Files on which we and the engines agree. We are stricter with several documents, null at the top and form feeds. */
const CORPUS: readonly (readonly [string, string])[] = [
  ['an empty object', '{}'],
  ['nothing', ''],
  ['white space', ' \n'],
  ['a good file', '{"icc": false, "labels": ["a=b"]}'],
  ['null for a key', '{"icc": null}'],
  ['proxies', '{"proxies": {"http-proxy": "http://p:1"}}'],
  ['a byte order mark', '\uFEFF{"debug": false}'],
  ['a flag name', '{"label": ["a=b"]}'],
  ['a real key in a foreign object', '{"foo": {"icc": false}}'],
  ['a key twice', '{"icc": true, "icc": false}'],
  ['a trailing comma', '{"debug": false,}'],
  ['a comment', '{ // x\n"debug": false}'],
  ['a list at the top', '[]'],
  ['a text at the top', '"x"'],
  ['an unknown key', '{"foo-bar": 1}'],
  ['a typo in a foreign object', '{"foo": {"bar": false}}'],
  ['capital letters', '{"ICC": false}'],
  ['a letter of a flag', '{"D": true}'],
  ['a text for a boolean', '{"icc": "false"}'],
  ['a number for a boolean', '{"icc": 0}'],
  ['a number in log-opts', '{"log-opts": {"max-file": 5}}'],
  ['a text for a list', '{"hosts": "x"}'],
  ['a fraction', '{"mtu": 1.5}'],
  ['a key that is also a flag', '{"experimental": true}'],
  ['a key that is a flag of another name', '{"labels": ["x=y"], "registry-mirrors": ["https://m.example"]}'],
];

describe.runIf(realHosts())('our reading of daemon.json and dockerd', () => {
  test.each(SUITES)('%s: agree on what stops a start', async (suite) => {
    await using host = await throwawayHost(suite, withProject);
    const flags = ['--experimental=false', '--registry-mirror=https://n.example'];
    await host.startDockerd(flags);
    const candidate = '/run/candidate.json';
    const validates = NEW_ENGINES.includes(suite);
    const { problems, validate } = await ask(host, { desired: [], candidates: CORPUS.map(([, text]) => text) });
    expect(validate?.slice(0, 3)).toEqual(validates ? ['--validate', '--config-file', candidate] : undefined);
    for (const [index, [what, text]] of CORPUS.entries()) {
      await host.write(candidate, text);
      // Engine 20.10 cannot check a file without starting: a second daemon gets as far as the pid file of the first.
      const started = await host.run(['dockerd', ...(validate ?? ['--config-file', candidate, ...flags])], {
        timeoutMs: 5_000,
      });
      const refused = /unable to configure|invalid/.test(started.stdout + started.stderr);
      const ours = problems[index] ?? [];
      expect(ours.length > 0, `${what}: ${ours.join()} / ${started.stderr}`).toBe(refused);
    }
  });

  test.each(NEW_ENGINES)('%s: we see what --validate does not', async (suite) => {
    await using host = await throwawayHost(suite, withProject);
    await host.startDockerd();
    const candidate = '/run/candidate.json';
    for (const text of [
      '{"icc": false, "iptables": false}',
      '{"icc": false, "ipv6": true, "ip6tables": false, "fixed-cidr-v6": "fd00::/80"}',
    ]) {
      await host.write(candidate, text);
      expect(
        (await host.run(['dockerd', '--validate', '--config-file', candidate])).code,
        'dockerd finds nothing',
      ).toBe(0);
      expect((await ask(host, { desired: [], candidates: [text] })).problems[0]).toHaveLength(1);
    }
    await host.stopDockerd();
    await host.write(FILE, '{"icc": false, "iptables": false}');
    await expect(host.startDockerd()).rejects.toThrow('iptables');
  });
});
