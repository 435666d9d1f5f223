import { mkdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { DOCKER_CE, NIXOS, RED_HAT, REFUSED } from '../fixtures/hosts/trees.ts';
import { addresses, planOf, reasonFor, verdicts } from '../helpers/plan-of.ts';
import { harden } from '../helpers/program.ts';
import { canOwn, plantTree, treeChanges, type TreeFiles } from '../helpers/tree.ts';

const ALL = ['-p', 'cis-docker-1.8.0/L2', '--yes', '--max-risk', 'high', '--max-impact', 'restart'];

describe.runIf(canOwn())("docker-ce's layout", () => {
  test('each verdict is drawn from the files, and what only a running host shows is no pass', async () => {
    using tree = plantTree(DOCKER_CE);
    const plan = await planOf(['--root', tree.root, '-p', 'cis-docker-1.8.0/L2']);

    expect(plan.source.type).toBe('root');
    expect(plan.refusal).toBeNull();
    expect(plan.host).toMatchObject({
      name: 'image-01',
      serviceManager: 'none',
      docker: { flavour: 'docker-ce', version: '28.5.2', running: false },
    });
    expect(verdicts(plan)).toMatchObject({
      'audit-dockerd': 'fail',
      'audit-etc-docker': 'fail',
      'separate-partition': 'not-applicable',
      'docker-group-trusted': 'pass',
      'icc-disabled': 'fail',
      'log-level-info': 'not-checked',
      'docker-service-owner': 'pass',
      'docker-service-mode': 'fail',
      'etc-docker-mode': 'pass',
      'daemon-json-owner': 'pass',
      'daemon-json-mode': 'fail',
      'tls-key-mode': 'not-applicable',
      'docker-sock-mode': 'not-applicable',
    });
    expect(reasonFor(plan, 'docker-service-mode')).toBe(
      '/usr/lib/systemd/system/docker.service has mode 0666, and 0644 is the most',
    );
    expect(addresses(plan)).toEqual(
      expect.arrayContaining(['daemon-option:icc', 'audit-rule:/usr/bin/dockerd', 'audit-rule:/var/lib/docker']),
    );
  });

  test('apply changes what the plan said and nothing else; the second plan is empty', async () => {
    using tree = plantTree(DOCKER_CE);
    const before = tree.state();
    const planned = await planOf(['--root', tree.root, '-p', 'cis-docker-1.8.0/L2']);
    const files = new Set(planned.changes.map(({ target }) => ('file' in target ? target.file : target.path)));

    const applied = await harden(['apply', '--root', tree.root, ...ALL]);
    expect(applied.code, applied.stderr + applied.stdout).toBe(0);
    const changed = treeChanges(before, tree.state()).map((line) => line.split(':')[0] ?? '');
    expect(changed.sort()).toEqual([...files].sort());
    expect(JSON.parse(tree.read('/etc/docker/daemon.json'))).toMatchObject({
      'log-driver': 'local',
      labels: ['of=others'],
      icc: false,
      'live-restore': true,
    });
    expect(tree.read('/etc/audit/rules.d/50-site.rules')).toBe('# of the site\n-w /etc/passwd -p wa -k identity\n');

    const second = await planOf(['--root', tree.root, '-p', 'cis-docker-1.8.0/L2']);
    expect(second.changes).toEqual([]);
    expect(second.pending.map(({ address, until }) => `${address} ${until}`)).toEqual(
      expect.arrayContaining(['daemon-option:icc restart', 'audit-rule:/usr/bin/dockerd reboot']),
    );
    expect((await harden(['apply', '--root', tree.root, ...ALL])).code).toBe(0);
  });

  test('rollback gives back every byte and all metadata', async () => {
    using tree = plantTree(DOCKER_CE);
    const before = tree.state();
    expect((await harden(['apply', '--root', tree.root, ...ALL])).code).toBe(0);
    expect(treeChanges(before, tree.state())).not.toEqual([]);

    const back = await harden([
      'rollback',
      '--root',
      tree.root,
      '--yes',
      '--max-risk',
      'high',
      '--max-impact',
      'restart',
    ]);
    expect(back.code, back.stderr + back.stdout).toBe(0);
    expect(treeChanges(before, tree.state())).toEqual([]);
    expect(addresses(await planOf(['--root', tree.root]))).not.toEqual([]);
  });

  test('a key somebody set after the apply is kept, said, and told in the exit code', async () => {
    using tree = plantTree(DOCKER_CE);
    expect((await harden(['apply', '--root', tree.root, ...ALL])).code).toBe(0);
    const theirs = { ...(JSON.parse(tree.read('/etc/docker/daemon.json')) as object), icc: true, 'log-level': 'warn' };
    tree.plant({ '/etc/docker/daemon.json': `${JSON.stringify(theirs, undefined, 4)}\n` });

    const back = await harden([
      'rollback',
      '--root',
      tree.root,
      '--yes',
      '--max-risk',
      'high',
      '--max-impact',
      'restart',
    ]);
    expect(back.code, back.stdout + back.stderr).toBe(2);
    expect(back.stdout).toContain('icc');
    const left = JSON.parse(tree.read('/etc/docker/daemon.json')) as Record<string, unknown>;
    expect(left).toMatchObject({ icc: true, 'log-level': 'warn', 'log-driver': 'local' });
    expect(left).not.toHaveProperty('live-restore');
  });

  test('verify asserts: 2 while something is open, and says where', async () => {
    using tree = plantTree(DOCKER_CE);
    const { code, stdout } = await harden(['verify', '--root', tree.root]);
    expect(code).toBe(2);
    expect(stdout).toContain('3.2 ');
    expect((await harden(['verify', '--root', tree.root, '-c', '3.1'])).code).toBe(0);
    expect((await harden(['verify', '--root', tree.root, '-c', '2.3'])).code).toBe(8);
    expect((await harden(['verify', '--root', tree.root, '-c', '2.3', '--unknown', 'ignore'])).code).toBe(0);
  });

  test('plan writes nothing, nor does a dry run', async () => {
    using tree = plantTree(DOCKER_CE);
    const before = tree.state();
    await planOf(['--root', tree.root]);
    const dry = await harden(['apply', '--root', tree.root, '--dry-run']);
    expect(dry.code, dry.stderr).toBe(0);
    expect(dry.stdout).toContain('Steps, none of them carried out');
    expect(treeChanges(before, tree.state())).toEqual([]);
  });

  test('an option taken out of the file counts as done, and comes back', async () => {
    const file = '/etc/docker/daemon.json';
    const text = '{\n  "insecure-registries": ["registry.test:5000"],\n  "experimental": true\n}\n';
    using tree = plantTree({ ...DOCKER_CE, [file]: text });
    const only = ['--root', tree.root, '-c', 'no-insecure-registries', '-c', 'no-experimental'];
    const applied = await harden(['apply', ...only, '--yes', '--max-risk', 'high']);
    expect(applied.code, applied.stderr + applied.stdout).toBe(0);
    expect(tree.read(file)).not.toContain('registry.test');
    expect((await planOf(only)).changes).toEqual([]);
    expect((await harden(['rollback', '--root', tree.root, '--yes', '--max-risk', 'high'])).code).toBe(0);
    expect(tree.read(file)).toBe(text);
  });
});

describe.runIf(canOwn())('a Red Hat-like host', () => {
  test('flags come from /etc/sysconfig/docker, the unit from a real /lib, and auditctl -R is no place for rules', async () => {
    using tree = plantTree(RED_HAT);
    const before = tree.state();
    const plan = await planOf(['--root', tree.root, '-p', 'cis-docker-1.8.0/L2']);

    expect(verdicts(plan)).toMatchObject({
      'audit-dockerd': 'fail',
      'docker-service-mode': 'pass',
      'etc-sysconfig-docker-mode': 'fail',
      'etc-default-docker-mode': 'not-applicable',
      'icc-disabled': 'fail',
    });
    expect(reasonFor(plan, 'audit-dockerd')).toContain('auditctl -R');
    expect(addresses(plan)).toContain('file-access:/etc/sysconfig/docker#mode');
    const unit = plan.controls.find(({ slug }) => slug === 'docker-service-mode');
    expect(JSON.stringify(unit?.evidence)).toContain('/lib/systemd/system/docker.service');

    const applied = await harden(['apply', '--root', tree.root, ...ALL]);
    expect(applied.code, applied.stderr + applied.stdout).toBe(0);
    expect((await planOf(['--root', tree.root, '-p', 'cis-docker-1.8.0/L2'])).changes).toEqual([]);
    expect(before['/etc/docker/daemon.json']).toBeUndefined();
    expect(tree.state()['/etc/docker/daemon.json']).toMatch(/^file 0600 0:0 /);

    expect(
      (await harden(['rollback', '--root', tree.root, '--yes', '--max-risk', 'high', '--max-impact', 'restart'])).code,
    ).toBe(0);
    expect(treeChanges(before, tree.state())).toEqual([]);
  });

  test('a key that a flag of /etc/sysconfig/docker sets is never written into the file', async () => {
    using tree = plantTree({
      ...RED_HAT,
      '/etc/sysconfig/docker': "OPTIONS='--icc=true --live-restore'\n",
    });
    const plan = await planOf(['--root', tree.root, '-c', 'icc-disabled,live-restore']);
    expect(plan.changes).toEqual([]);
    expect(verdicts(plan)).toMatchObject({ 'icc-disabled': 'fail' });
    expect(reasonFor(plan, 'icc-disabled')).toBe('the flag --icc sets icc to true');
  });
});

describe.runIf(canOwn())('hosts that are looked at and left alone', () => {
  test.each(Object.entries(REFUSED))('%s', async (_name, [files, flavour, why]) => {
    using tree = plantTree(files);
    const before = tree.state();
    const plan = await planOf(['--root', tree.root]);
    expect(plan.host.docker.flavour).toBe(flavour);
    expect(plan.refusal).toContain(why);
    expect(plan.changes).toEqual([]);
    expect(plan.summary.changes).toBe(0);

    const refused = await harden([
      'apply',
      '--root',
      tree.root,
      '--yes',
      '--max-risk',
      'high',
      '--max-impact',
      'reboot',
    ]);
    expect(refused.code).toBe(5);
    expect(refused.stderr).toContain('Nothing was changed.');
    expect(refused.stderr.replaceAll(/\s+/g, ' ')).toContain(plan.refusal);
    expect(refused.stderr).toContain('H3001');
    expect(refused.stdout).toBe('');
    expect(treeChanges(before, tree.state())).toEqual([]);
  });

  test('NixOS: files of the store are never written; the plan says where to set it', async () => {
    using tree = plantTree(NIXOS);
    const before = tree.state();
    const plan = await planOf(['--root', tree.root]);
    expect(plan.changes).toEqual([]);
    expect(verdicts(plan)['icc-disabled']).toBe('fail');
    expect(reasonFor(plan, 'icc-disabled')).toContain('NixOS builds /etc from its configuration');
    expect((await harden(['apply', '--root', tree.root, ...ALL])).code).toBe(0);
    expect(treeChanges(before, tree.state())).toEqual([]);
  });

  test('an empty folder, a missing one, a file: exit codes and no writes', async () => {
    using tree = plantTree({ '/a-file': 'x' });
    mkdirSync(tree.at('/empty'));
    expect((await planOf(['--root', tree.at('/empty')])).refusal).toContain('no Docker engine');
    for (const root of [tree.at('/not-there'), tree.at('/a-file')]) {
      const { code, stderr } = await harden(['plan', '--root', root]);
      expect(code).toBe(64);
      expect(stderr).toContain('cannot be taken as a root folder');
    }
  });
});

describe.runIf(canOwn())('one stale item', () => {
  const edits: readonly (readonly [string, TreeFiles, number])[] = [
    [
      'a foreign key was added',
      {
        '/etc/docker/daemon.json':
          '{\n    "log-driver": "local",\n    "labels": ["of=others"],\n    "dns": ["192.0.2.1"],\n    "mtu": 1400\n}\n',
      },
      0,
    ],
    ['a planned key was set to something else', { '/etc/docker/daemon.json': '{"icc": true}\n' }, 5],
    [
      'a rule file changed what is covered',
      { '/etc/audit/rules.d/60-more.rules': '-w /usr/bin/dockerd -p x -k more\n' },
      5,
    ],
  ];
  test.each(edits)('%s', async (_what, edit, code) => {
    using tree = plantTree(DOCKER_CE);
    const file = `${tree.outside}/plan.json`;
    expect((await harden(['plan', '--root', tree.root, '-o', file])).code).toBe(0);
    tree.plant(edit);
    const before = tree.state();
    const applied = await harden(['apply', file, '--root', tree.root, '--yes', '--max-risk', 'high']);
    expect(applied.code, applied.stderr + applied.stdout).toBe(code);
    if (code === 5) {
      expect(applied.stderr).toContain('Nothing was changed.');
      expect(applied.stderr).toContain('moved since: ');
      expect(treeChanges(before, tree.state())).toEqual([]);
    }
  });
});
