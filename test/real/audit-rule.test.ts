import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Comparison } from '../../src/model/change.ts';
import type { SubjectName } from '../../src/model/facts.ts';
import type { AuditRuleDesired } from '../../src/model/remediation.ts';
import { printRule } from '../../src/resources/audit-rule/print.ts';
import { loadableRules } from '../support/audit-rules.ts';
import type { Answer, Request } from './audit-rule-inside.ts';
import { realHosts, SUITES, type TestHost, throwawayHost } from './throwaway-host.ts';

const containing = (text: string): unknown => expect.stringContaining(text);
const INSIDE = '/run/project';
const options = { audit: true, binds: { [INSIDE]: fileURLToPath(new URL('../..', import.meta.url)) } };

async function ask(host: TestHost, request: Request): Promise<Answer> {
  const argv = [`${INSIDE}/node_modules/node/bin/node`, `${INSIDE}/test/real/audit-rule-inside.ts`];
  return JSON.parse(await host.check(argv, { input: JSON.stringify(request) })) as Answer;
}

const want = (subject: SubjectName, permissions = 'wa'): AuditRuleDesired => ({
  type: 'audit-rule',
  subject,
  permissions,
});
const listOf = async (host: TestHost) =>
  (await host.check('auditctl -l')).split('\n').filter((line) => line.startsWith('-'));

async function verdict(host: TestHost, place: string, permissions = 'wa'): Promise<Comparison> {
  const { assessments } = await ask(host, {
    do: 'assess',
    wanted: [want('daemon-config-file', permissions)],
    places: { 'daemon-config-file': place },
  });
  const [only] = assessments;
  if (only === undefined) {
    throw new Error('nothing was assessed');
  }
  return only.comparison;
}

async function verdicts(host: TestHost, place: string, cases: readonly (readonly string[])[]) {
  const { assessments } = await ask(host, { do: 'verdicts', place, cases });
  return assessments.map(({ comparison }, index) => ({ rules: cases[index], verdict: comparison.verdict }));
}

const ALL: readonly AuditRuleDesired[] = [
  want('dockerd-binary', 'rwxa'),
  want('containerd-binary'),
  want('containerd-shim-runc-v2-binary'),
  want('runc-binary'),
  want('docker-config-directory'),
  want('docker-service-unit'),
  want('docker-socket-unit'),
  want('docker-socket'),
  want('containerd-socket'),
  want('containerd-state-directory', 'rwa'),
  want('docker-data-root'),
  want('etc-default-docker'),
];

describe.runIf(realHosts())('audit rules on a real host', () => {
  test.each(SUITES)('%s: all are added, hold, last over a boot, and go without a trace', async (suite) => {
    await using host = await throwawayHost(suite, options);
    await host.write('/etc/docker/daemon.json', '{}');
    await host.write('/etc/audit/rules.d/30-site.rules', '-w /etc/passwd -p wa -k identity\n', 0o640);
    await host.check(
      'auditctl -a always,exit -F arch=b64 -S adjtimex -F key=time; auditctl -w /etc/passwd -p wa -k identity',
    );
    await host.startDockerd();
    const foreign = await listOf(host);
    const layerBefore = await host.layer(['/var/log', '/root']);

    const { applied, steps = [], assessments } = await ask(host, { do: 'apply', wanted: ALL });
    expect(assessments.map(({ comparison }) => comparison.verdict)).not.toContain('manual');
    expect(assessments.filter(({ comparison }) => comparison.verdict === 'fail').length).toBeGreaterThan(9);
    expect(steps.findIndex((step) => step.startsWith('write-file'))).toBe(
      steps.filter((step) => step.startsWith('load')).length,
    );
    const after = await listOf(host);
    expect(after.slice(0, foreign.length)).toEqual(foreign);
    expect(after.some((line) => line.startsWith('-w /usr/bin/containerd -p wa -k docker'))).toBe(
      suite === 'bullseye' || suite === 'bookworm',
    );
    expect(await host.check('stat -c "%a %U %G" /etc/audit/rules.d/*harden*')).toBe('640 root root\n640 root root\n');

    const second = await ask(host, { do: 'assess', wanted: ALL });
    expect(
      second.assessments.map(({ comparison }) => comparison.verdict).filter((one) => one !== 'not-applicable'),
    ).toEqual(
      assessments
        .map(({ comparison }) => comparison.verdict)
        .filter((one) => one !== 'not-applicable')
        .map(() => 'pass'),
    );

    // A boot: /run is empty, systemd makes what tmpfiles.d names, then the rules are loaded.
    await host.stopDockerd();
    await host.run(
      'pkill --ns $$ --nslist mnt -x containerd; sleep 0.2; rm -rf /run/containerd /run/docker /run/docker.sock',
    );
    await host.check(
      'cp -a /etc/audit/audit.rules /run/audit.rules.kept; auditctl -D; systemd-tmpfiles --create --boot harden-docker.conf',
    );
    await host.check('augenrules --load');
    const booted = await listOf(host);
    expect(new Set(booted)).toEqual(new Set(after.filter((line) => !line.includes('key=time'))));
    await host.check(
      'cp -a /run/audit.rules.kept /etc/audit/audit.rules; rm -f /etc/audit/audit.rules.prev; auditctl -D',
    );
    await host.check('auditctl -a always,exit -F arch=b64 -S adjtimex -F key=time');
    for (const rule of booted.filter((line) => !line.includes('identity'))) {
      await host.check([
        'auditctl',
        ...(rule.startsWith('-w') ? rule.split(' ') : rule.replace(/ -S \S+/, '').split(' ')),
      ]);
    }
    await host.check('auditctl -w /etc/passwd -p wa -k identity');

    if (applied === undefined) {
      throw new Error('nothing was applied');
    }
    const back = await ask(host, { do: 'revert', applied });
    expect(back.kept).toEqual([]);
    expect(new Set(await listOf(host))).toEqual(new Set(foreign));
    expect(await host.layer(['/var/log', '/root'])).toEqual(layerBefore);
    const again = await ask(host, { do: 'revert', applied });
    expect(again).toMatchObject({ steps: [], kept: [] });
    expect(again.already?.length).toBe(applied.changes.length);
  });

  test.each(SUITES)('%s: a loaded rule counts for what it means', async (suite) => {
    await using host = await throwawayHost(suite, options);
    await host.check(
      'mkdir -p /srv/d/sub /srv/d-old; touch /srv/d/f /srv/d/sub/f; ln -s /srv /srv2; ln -s /srv/d /srv/dl',
    );
    const file = '/srv/d/f';
    const folder = '/srv/d';
    const cases: readonly (readonly [string, readonly string[], boolean])[] = [
      [file, ['-w /srv/d/f -p wa -k docker'], true],
      [file, ['-w /srv/d/f -k other'], true],
      [file, ['-w /srv2/d/f -p wa'], true],
      [file, ['-w /srv/d -p wa'], true],
      [
        file,
        [
          '-a always,exit -F arch=b64 -F path=/srv/d/f -F perm=wa',
          '-a always,exit -F arch=b32 -F path=/srv/d/f -F perm=aw',
        ],
        true,
      ],
      [file, ['-a exit,always -S all -F dir=/srv -k x'], true],
      [file, ['-a always,exit -F arch=b64 -F path=/srv/d/f -F perm=wa'], false],
      [file, ['-w /srv/d/f -p r'], false],
      [file, ['-w /srv/d/f -p w'], false],
      [file, ['-w /srv/d-old -p wa'], false],
      [file, ['-w /srv/d/ff -p wa'], false],
      [file, ['-w /srv/dl -p wa'], false],
      [file, ['-a always,exit -F path=/srv/d/f -F perm=wa -F auid>=1000'], false],
      [
        file,
        [
          '-a always,exit -F arch=b64 -S openat -F path=/srv/d/f',
          '-a always,exit -F arch=b32 -S openat -F path=/srv/d/f',
        ],
        false,
      ],
      [folder, ['-w /srv/d/ -p wa'], true],
      [folder, ['-a always,exit -F dir=/srv/d/ -F perm=rwxa -k a -k b'], true],
      [folder, ['-w /srv/d/f -p wa'], false],
      [
        folder,
        [
          '-a always,exit -F arch=b64 -F path=/srv/d -F perm=wa',
          '-a always,exit -F arch=b32 -F path=/srv/d -F perm=wa',
        ],
        false,
      ],
      [folder, ['-a never,exit -S all -F dir=/srv/d/sub', '-w /srv/d -p wa'], true],
    ];
    for (const place of [file, folder]) {
      const own = cases.filter(([where]) => where === place);
      expect(
        await verdicts(
          host,
          place,
          own.map(([, rules]) => rules),
        ),
      ).toEqual(own.map(([, rules, counts]) => ({ rules, verdict: counts ? 'pass' : 'fail' })));
    }
  });

  test.each(SUITES)('%s: what counts is what the kernel records', async (suite) => {
    await using host = await throwawayHost(suite, options);
    await host.check(
      'mkdir -p /srv/d/sub; touch /srv/d/f /srv/d/sub/f; ln -s /srv /srv2; ln -s /srv/d /srv/dl; mkdir -p /run/audit',
    );
    await host.check("sed -i 's/^flush.*/flush = NONE/' /etc/audit/auditd.conf; /sbin/auditd -s enable; sleep 0.5");
    const cases: readonly (readonly [string, readonly string[], boolean])[] = [
      ['/srv/d/f', ['-w /srv/d/f -p wa -k seen'], true],
      ['/srv/d/f', ['-w /srv2/d -p wa -k seen'], true],
      ['/srv/d/f', ['-w /srv/dl -p wa -k seen'], false],
      ['/srv/d/f', ['-w /srv/d/f -p r -k seen'], false],
      ['/srv/d/f', ['-a never,exit -S all -F dir=/srv/d -k seen', '-w /srv/d/f -p wa -k seen'], false],
      ['/srv/d/f', ['-w /srv/d/f -p wa -k seen', '-a never,exit -S all -F dir=/srv/d -k seen'], true],
      ['/srv/d/f', ['-a never,exclude -F msgtype=SYSCALL', '-w /srv/d/f -p wa -k seen'], false],
      ['/srv/d/sub', ['-w /srv/d -p wa -k seen'], true],
      ['/srv/d/sub', ['-a always,exit -F arch=b64 -F path=/srv/d -F perm=wa -F key=seen'], false],
    ];
    for (const [place, rules, recorded] of cases) {
      const file = place === '/srv/d/sub' ? '/srv/d/sub/f' : place;
      await host.check('auditctl -D');
      for (const rule of rules) {
        await host.check(['auditctl', ...rule.split(' ')]);
      }
      const log = '/var/log/audit/audit.log';
      await host.check(`sleep 0.1; : > ${log}; echo x >> ${file}; chmod 600 ${file}; sleep 0.2`);
      const events = Number(await host.check(`grep -c 'type=SYSCALL.*key="seen"' ${log} || true`));
      const { verdict: said } = await verdict(host, place);
      expect({ rules, recorded: events >= 2, passed: said === 'pass' }).toEqual({ rules, recorded, passed: recorded });
    }
    await host.check('auditctl -D; auditctl -e 0; kill $(auditctl -s | sed -n "s/^pid //p")');
  });

  test.each(SUITES)('%s: what silences rules is told apart and left to a person', async (suite) => {
    await using host = await throwawayHost(suite, options);
    const watch = '-w /etc/passwd -p wa';
    const silencing = [
      '-a never,task',
      '-a exclude,always -F msgtype>0',
      '-a never,exclude -F msgtype=SYSCALL',
      '-a never,exit -F dir=/etc',
      '-a exit,never -F arch=b64 -S all',
      '-a never,filesystem -F fstype=0x794c7630',
    ];
    const harmless = [
      '-a never,exit -F dir=/var',
      '-a never,user',
      '-a exclude,always -F msgtype=CWD',
      '-a never,exit -F arch=b64 -S adjtimex',
      '-a never,exit -F dir=/etc -F exe=/usr/bin/true',
    ];
    const cases = [...[...silencing, ...harmless].map((rule) => [rule, watch]), [watch, '-a never,exit -F dir=/etc']];
    expect(await verdicts(host, '/etc/passwd', cases)).toEqual(
      cases.map((rules) => ({ rules, verdict: silencing.includes(rules[0] ?? '') ? 'fail' : 'pass' })),
    );
  });

  test.each(SUITES)('%s: a never rule that the list shows as a watch is known by its file', async (suite) => {
    await using host = await throwawayHost(suite, options);
    await host.write('/etc/audit/rules.d/10-no.rules', '-a never,exit -F path=/etc/passwd -F perm=wa -k x\n');
    await host.check('augenrules --load');
    expect(await listOf(host)).toEqual(['-w /etc/passwd -p wa -k x']);
    expect(await verdict(host, '/etc/passwd')).toMatchObject({ verdict: 'fail', steps: expect.any(Array) as unknown });
  });

  test.each(SUITES)('%s: files with a bad line, a FIFO or a link are named and nothing is changed', async (suite) => {
    await using host = await throwawayHost(suite, options);
    const bad = '/etc/audit/rules.d/60-bad.rules';
    await host.write(bad, '-w /etc/hosts -p wa\n-w "/etc/group" -p wa\n');
    expect(await verdict(host, '/etc/passwd')).toMatchObject({
      verdict: 'fail',
      steps: expect.any(Array) as unknown,
      reason: containing(`${bad} line 2 column 4`),
    });
    await host.check(`rm ${bad}; mkfifo ${bad}`);
    expect(await verdict(host, '/etc/passwd')).toMatchObject({
      verdict: 'fail',
      steps: expect.any(Array) as unknown,
      reason: containing('fifo'),
    });
    await host.check(`rm ${bad}; echo '-w /etc/hosts -p wa' > /run/x; ln -s /run/x ${bad}`);
    expect(await verdict(host, '/etc/passwd')).toMatchObject({
      verdict: 'fail',
      steps: expect.any(Array) as unknown,
      reason: containing(bad),
    });
    await host.check(`rm ${bad}`);
    expect((await verdict(host, '/etc/passwd')).verdict).toBe('fail');
  });

  test.each(SUITES)(
    '%s: a rule lost from the kernel is loaded as its file says, a rule in no file is written down',
    async (suite) => {
      await using host = await throwawayHost(suite, options);
      const places = { 'daemon-config-file': '/etc/passwd' };
      await host.write('/etc/audit/rules.d/30-site.rules', '-w /etc/passwd -p rwa -k identity\n');
      const request = { do: 'apply', wanted: [want('daemon-config-file')], places } as const;
      const loaded = await ask(host, request);
      expect(loaded.steps).toEqual(['load audit rule: auditctl -w /etc/passwd -p rwa -k identity']);
      expect(await verdict(host, '/etc/passwd')).toMatchObject({ verdict: 'pass' });
      if (loaded.applied === undefined) {
        throw new Error('nothing was applied');
      }
      await ask(host, { do: 'revert', applied: loaded.applied });
      expect(await listOf(host)).toEqual([]);

      await host.check('rm /etc/audit/rules.d/30-site.rules');
      await ask(host, request);
      await host.check("sed -i '/passwd/d' /etc/audit/rules.d/50-harden-docker.rules");
      const kept = await ask(host, request);
      expect(kept.steps).toEqual(['write-file /etc/audit/rules.d/50-harden-docker.rules']);
      expect(await verdict(host, '/etc/passwd')).toMatchObject({ verdict: 'pass' });
    },
  );

  test.each(SUITES)('%s: the way back keeps what others wrote into our file meanwhile', async (suite) => {
    await using host = await throwawayHost(suite, options);
    const ours = '/etc/audit/rules.d/50-harden-docker.rules';
    const { applied } = await ask(host, { do: 'apply', wanted: [want('runc-binary'), want('docker-service-unit')] });
    if (applied === undefined) {
      throw new Error('nothing was applied');
    }
    await host.check(`echo '-w /etc/hosts -p wa -k mine' >> ${ours}; auditctl -w /etc/hosts -p wa -k mine`);
    const back = await ask(host, { do: 'revert', applied });
    expect(back.kept).toEqual([]);
    expect((await host.read(ours)).split('\n').slice(1)).toEqual(['-w /etc/hosts -p wa -k mine', '']);
    expect(await listOf(host)).toEqual(['-w /etc/hosts -p wa -k mine']);
  });

  test.each(SUITES)('%s: 300 rules come back from the kernel as what was written', async (suite) => {
    await using host = await throwawayHost(suite, options);
    await host.check('mkdir -p /srv/dir "/srv/odd name"; touch /srv/file /srv/dir/f');
    const rules = fc.sample(loadableRules, { numRuns: 300, seed: 7 });
    const { echoes = [] } = await ask(host, { do: 'echo', lines: rules.map(printRule) });
    expect(echoes.filter(({ said }) => said === '').length).toBeGreaterThan(250);
    expect(echoes.filter(({ said, same, left }) => said === '' && !(same && left === 0))).toEqual([]);
  });
});
