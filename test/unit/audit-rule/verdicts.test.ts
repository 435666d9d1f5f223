import { describe, expect, test } from 'vitest';
import { absPath } from '../../../src/model/brand.ts';
import type { Comparison } from '../../../src/model/change.ts';
import type { SubjectName } from '../../../src/model/facts.ts';
import { unreadable } from '../../../src/model/state.ts';
import { auditRule } from '../../../src/resources/audit-rule/index.ts';
import { type AuditHost, auditFacts, auditReader } from '../../support/audit-host.ts';

const containing = (text: string): unknown => expect.stringContaining(text);
const RULES = '/etc/audit/rules.d';
/** Steps for a person: no change goes with them. */
const LEFT = expect.any(Array) as unknown;
const OURS = `${RULES}/50-harden-docker.rules`;

async function assess(subject: SubjectName, setting: AuditHost, permissions = 'wa', willExist: readonly string[] = []) {
  const context = {
    facts: auditFacts(setting),
    parameters: {},
    willExist: new Set(willExist.map(absPath)),
    manual: [],
  };
  const all = await auditRule.assess({ type: 'audit-rule', subject, permissions }, context, auditReader(setting));
  return all.map(({ comparison }) => comparison);
}

async function runc(setting: AuditHost, permissions = 'wa'): Promise<Comparison> {
  const [only] = await assess(
    'runc-binary',
    { tree: { '/usr/bin/runc': '' }, subjects: { 'runc-binary': '/usr/bin/runc' }, ...setting },
    permissions,
  );
  if (only === undefined) {
    throw new Error('nothing was assessed');
  }
  return only;
}

async function folder(kernelRules: readonly string[], more: Partial<AuditHost> = {}): Promise<Comparison> {
  const tree = { '/etc/docker/': '', '/etc/docker/certs.d/': '', '/etc/docker-old/': '' };
  const [only] = await assess('docker-config-directory', {
    tree,
    subjects: { 'docker-config-directory': '/etc/docker' },
    ...more,
    audit: { kernelRules, ...more.audit },
  });
  if (only === undefined) {
    throw new Error('nothing was assessed');
  }
  return only;
}

const kernel = (...kernelRules: readonly string[]): AuditHost => ({ audit: { kernelRules } });
function changeOf(comparison: Comparison) {
  if (comparison.verdict !== 'fail' || !('change' in comparison)) {
    throw new Error(`no change: ${JSON.stringify(comparison)}`);
  }
  return comparison.change;
}
/** As audit 4.0.2 lists `perm=wa`. */
const WA =
  'open,bind,truncate,ftruncate,rename,mkdir,rmdir,creat,link,unlink,symlink,chmod,fchmod,chown,fchown,lchown,mknod,acct,swapon,quotactl,setxattr,lsetxattr,fsetxattr,removexattr,lremovexattr,fremovexattr,openat,mkdirat,mknodat,fchownat,unlinkat,renameat,linkat,symlinkat,fchmodat,fallocate,renameat2,openat2';
const twin = (arch: string, calls = WA) =>
  `-a always,exit -F arch=${arch} -S ${calls} -F path=/usr/bin/runc -F perm=wa -F key=docker`;

describe('a rule of the kernel that counts', () => {
  test.each([
    [['-w /usr/bin/runc -p wa -k docker']],
    [['-w /usr/bin/runc -p rwxa']],
    [['-w /usr/bin -p wa -k bin']],
    [['-w / -p rwxa']],
    [[twin('b64'), twin('b32')]],
    [[twin('b32', `${WA},fchmodat2,setxattrat`), twin('b64')]],
    [['-a always,exit -S all -F path=/usr/bin/runc -F key=x']],
    [['-a always,exit -S all -F dir=/usr -F perm=rwxa']],
    [['-w /usr/bin/runc -p w', '-w /usr/bin/runc -p a -k other']],
    [['-a never,exit -S adjtimex', '-w /usr/bin/runc -p wa']],
    [['-a never,exit -S all -F dir=/var -F key=x', '-w /usr/bin/runc -p wa']],
    [['-w /usr/bin/runc -p wa', '-a never,exit -S all']],
    [['-a never,exit -S all -F path=/usr/bin/runc -F exe=/usr/bin/dpkg', '-w /usr/bin/runc -p wa']],
    [['-a always,exclude -F msgtype=CWD', '-w /usr/bin/runc -p wa']],
    [['-a never,user', '-w /usr/bin/runc -p wa']],
    [['-a never,filesystem -F fstype=tracefs', '-w /usr/bin/runc -p wa']],
  ])('%j', async (rules) => {
    expect(await runc(kernel(...rules))).toMatchObject({ verdict: 'pass' });
  });

  test('a spelling through a link of a folder is the same place', async () => {
    const links = { '/sbin': '/usr/bin' };
    expect(await runc({ ...kernel('-w /sbin/runc -p wa'), links })).toMatchObject({ verdict: 'pass' });
  });

  test('another key is named in the evidence', async () => {
    const { evidence } = await runc(kernel('-w /usr/bin/runc -p wa -k site'));
    expect(evidence).toContainEqual({ source: 'auditctl -l', read: 'key', value: 'covered by key site' });
  });
});

describe('a rule of the kernel that does not count', () => {
  test.each([
    [[]],
    [['-w /usr/bin/runc -p r']],
    [['-w /usr/bin/runc -p w']],
    [['-w /usr/bin/runc2 -p wa']],
    [['-w /usr/bin/run -p wa']],
    [['-w /usr/bin/other -p wa']],
    [[twin('b64')]],
    [[twin('b64', 'open,openat'), twin('b32', 'open,openat')]],
    [['-a always,exit -S open,openat -F path=/usr/bin/runc']],
    [['-a always,exit -S all -F path=/usr/bin/runc -F perm=wa -F auid>=1000 -F key=x']],
    [['-a always,exit -S all -F path=/usr/bin/runc -F success=0']],
    [['-a always,exit -S all -F path=/usr/bin/runc -F brand_new=1']],
    [['-a always,exit -S all -F path=/usr/bin/runc -C uid!=euid']],
    [['-a always,exit -S all -F path=/usr/bin']],
    [['-a always,user -F uid=0']],
  ])('%j', async (rules) => {
    expect(await runc(kernel(...rules))).toMatchObject({ verdict: 'fail', change: { op: 'add', liveAfter: 'now' } });
  });

  test('a rule on a link to the file watches the link', async () => {
    expect(
      await runc({ ...kernel('-w /usr/bin/crun -p wa'), links: { '/usr/bin/crun': '/usr/bin/runc' } }),
    ).toMatchObject({ verdict: 'fail' });
  });

  test('a recursive rule stops at a mount point, a rule for the entry covers no folder', async () => {
    expect((await folder(['-w /etc -p wa'])).verdict).toBe('pass');
    expect(
      (
        await folder(['-w /etc -p wa'], {
          mounts: [
            ['/', 'ext4'],
            ['/etc/docker', 'xfs'],
          ],
        })
      ).verdict,
    ).toBe('fail');
    expect(
      (
        await folder(['-w /etc/docker -p wa'], {
          mounts: [
            ['/', 'ext4'],
            ['/etc/docker', 'xfs'],
          ],
        })
      ).verdict,
    ).toBe('pass');
    expect(
      (
        await folder([
          '-a always,exit -F arch=b64 -S all -F path=/etc/docker',
          '-a always,exit -F arch=b32 -S all -F path=/etc/docker',
        ])
      ).verdict,
    ).toBe('fail');
    expect((await folder(['-w /etc/docker-old -p wa'])).verdict).toBe('fail');
    expect((await folder(['-w /etc/docker/certs.d -p wa'])).verdict).toBe('fail');
  });

  test('a watch in the list is what the files say it was', async () => {
    const listed = ['-w /etc/docker -p wa -k d'];
    const rules = (text: string) => ({ rules: { [`${RULES}/10.rules`]: text } });
    expect((await folder(listed, rules('-w /etc/docker -p wa -k d\n'))).verdict).toBe('pass');
    expect((await folder(listed, rules('-a always,exit -F path=/etc/docker -F perm=wa -k d\n'))).verdict).toBe('fail');
    expect((await folder(listed, rules('-a never,exit -F dir=/etc/docker -F perm=wa -k d\n'))).verdict).toBe('fail');
  });

  test('a folder further down that is left out is shown', async () => {
    const rules = ['-a never,exit -S all -F dir=/etc/docker/certs.d', '-w /etc/docker -p wa'];
    const comparison = await folder(rules);
    expect(comparison.verdict).toBe('pass');
    expect(comparison.evidence).toContainEqual({ source: 'auditctl -l', read: 'left out by', value: [rules[0]] });
  });
});

describe('rules that silence others', () => {
  test.each([
    ['-a never,task', /exempts new processes/],
    ['-a always,exclude -F msgtype>0', /drops the records/],
    ['-a never,exclude -F msgtype=SYSCALL', /drops the records/],
    ['-a always,exclude -F uid=0', /drops the records/],
    ['-a never,filesystem -F fstype=61267', /whole file system/],
    ['-a never,exit -S all', /comes first/],
    ['-a never,exit -F arch=b64 -S openat', /comes first/],
    ['-a never,exit -S all -F dir=/usr', /comes first/],
    ['-a never,exit -S all -F path=/usr/bin/runc -F auid>=1000', /comes first/],
  ])('%s: known wrong, and left to a person', async (rule, reason) => {
    const comparison = await runc({
      ...kernel(rule, '-w /usr/bin/runc -p wa'),
      rules: { [`${RULES}/10.rules`]: `# x\n${rule.replace('61267', '0xef53')}\n` },
    });
    expect(comparison).toMatchObject({ verdict: 'fail', reason: expect.stringMatching(reason) as string, steps: LEFT });
    expect(comparison).not.toHaveProperty('change');
  });

  test('the file that holds it is named', async () => {
    const comparison = await runc({
      ...kernel('-a never,task'),
      rules: { [`${RULES}/10.rules`]: '# x\n-a task,never\n' },
    });
    expect(comparison).toMatchObject({
      verdict: 'fail',
      steps: [containing(`${RULES}/10.rules line 2`), containing('Restart dockerd'), containing('')],
    });
  });
});

describe('where audit cannot be asked or changed', () => {
  test('no kernel answer is not checked, with the reason', async () => {
    const reason = 'the kernel lets nobody in a container read or set audit rules (Operation not permitted)';
    expect(await runc({ audit: { unavailable: reason, kernelRules: undefined } })).toMatchObject({
      verdict: 'not-checked',
      reason,
    });
  });

  test('locked until the next boot: the file is written, and then it waits', async () => {
    const locked = { kernelRules: [], enabled: 2 } as const;
    const change = changeOf(await runc({ audit: locked }));
    expect(change).toMatchObject({
      liveAfter: 'reboot',
      after: { kernel: [], file: ['-w /usr/bin/runc -p wa -k docker'] },
    });
    expect(await runc({ audit: locked, rules: { [OURS]: '-w /usr/bin/runc -p wa -k docker\n' } })).toMatchObject({
      verdict: 'fail',
      pending: { until: 'reboot' },
    });
  });

  test('a folder taken as / has no kernel: the file is all there is', async () => {
    const audit = { kernel: 'not-here', kernelRules: undefined, enabled: undefined } as const;
    expect(changeOf(await runc({ audit }))).toMatchObject({ liveAfter: 'reboot', after: { kernel: [] } });
    expect(await runc({ audit, rules: { [OURS]: '-w /usr/bin/runc -p wa -k docker\n' } })).toMatchObject({
      verdict: 'fail',
      pending: { until: 'reboot' },
    });
  });

  test('a rule that only a file holds is loaded as the file says', async () => {
    const change = changeOf(
      await runc({ ...kernel(), rules: { [`${RULES}/10.rules`]: '-w /usr/bin/runc -p rwa -k site\n' } }),
    );
    expect(change).toMatchObject({
      op: 'activate',
      after: { kernel: ['-w /usr/bin/runc -p rwa -k site'], file: [], folders: [] },
    });
  });

  test('of a pair with one half loaded only the other half is loaded', async () => {
    const change = changeOf(await runc({ audit: { version: '4.0.2', kernelRules: [twin('b64')] } }));
    expect(change.after).toMatchObject({
      kernel: ['-a always,exit -F arch=b32 -F path=/usr/bin/runc -F perm=wa -F key=docker'],
    });
  });

  test('a rule that is gone from our file is written again; what others load without a file is theirs', async () => {
    const loaded = kernel('-w /usr/bin/runc -p wa -k docker');
    expect(changeOf(await runc({ ...loaded, rules: { [OURS]: '## x\n' } })).after).toMatchObject({
      kernel: [],
      file: ['-w /usr/bin/runc -p wa -k docker'],
    });
    expect(await runc(loaded)).toMatchObject({ verdict: 'pass' });
  });

  test('the loader that does not read rules.d is explained', async () => {
    expect(await runc({ audit: { kernelRules: [], loader: 'auditctl -R' } })).toMatchObject({
      verdict: 'fail',
      steps: LEFT,
      reason: containing('auditctl -R'),
    });
  });
});

describe('rule files that end the loading', () => {
  const first = `${RULES}/10-site.rules`;
  const last = `${RULES}/99-site.rules`;
  const reasonFor = async (rules: AuditHost['rules']) => {
    const comparison = await runc({ ...kernel(), ...(rules === undefined ? {} : { rules }) });
    return 'steps' in comparison ? `${comparison.verdict}: ${comparison.reason}` : comparison.verdict;
  };

  test('a bad line, in any file, is named with its place', async () => {
    expect(await reasonFor({ [first]: '-w /etc/hosts -p wa\n-w "/etc/group"\n' })).toContain(
      `${first} line 2 column 4`,
    );
    expect(await reasonFor({ [last]: '-w /etc/hosts -p zz\n' })).toContain(`${last} line 1 column 18`);
  });

  test('a last line without its end runs into the next file', async () => {
    expect(await reasonFor({ [first]: '-w /etc/hosts -p wa', [last]: '# comment\n' })).toContain(`${first} line 1`);
    expect(await reasonFor({ [first]: '-w /etc/hosts -p wa' })).toBe('fail');
  });

  test('what is no regular file is named', async () => {
    expect(await reasonFor({ [first]: unreadable(`${first} is a fifo, not a regular file`) })).toContain('is a fifo');
  });

  test('a duplicate or a missing folder counts where it comes before ours', async () => {
    const twice = '-w /etc/hosts -p wa -k a\n-a always,exit -F path=/etc/hosts -F perm=aw -F key=a\n';
    expect(await reasonFor({ [first]: twice })).toContain('Rule exists');
    expect(await reasonFor({ [last]: twice })).toBe('fail');
    expect(await reasonFor({ [first]: '-w /nowhere/at/all -p wa\n' })).toContain('does not exist');
    expect(await reasonFor({ [first]: '-a always,exit -F dir=/nowhere\n' })).toContain('does not exist');
    expect(await reasonFor({ [first]: '-w /run/later/x -p wa\n' })).toBe('fail');
  });

  test('nothing ends it after -i or -c, and control lines are fine', async () => {
    expect(await reasonFor({ [first]: '-i\n-w "/etc/group"\n' })).toBe('fail');
    expect(await reasonFor({ [first]: '-D\n-b 8192\n-f 1\n--backlog_wait_time 60000\n-e 2\n' })).toBe('fail');
  });

  test('a carriage return is a bad line before audit 4 only', async () => {
    const rules = { [first]: '-w /etc/hosts -p wa\r\n' };
    expect(await runc({ ...kernel(), rules })).toMatchObject({ verdict: 'fail', steps: LEFT });
    expect(await runc({ audit: { kernelRules: [], version: '4.0.2' }, rules })).toMatchObject({ verdict: 'fail' });
  });

  test('a name with a space and a file that is not a .rules file of the folder are not loaded', async () => {
    expect(await reasonFor({ [`${RULES}/10 site.rules`]: 'nonsense\n', '/etc/audit/audit.rules': 'nonsense\n' })).toBe(
      'fail',
    );
  });
});

describe('the rule we write', () => {
  const lines = async (version: string | undefined, machine = 'x86_64') =>
    changeOf(await runc({ machine, audit: { kernelRules: [], version } })).target;
  const modern = (arch: string) => `-a always,exit -F arch=${arch} -F path=/usr/bin/runc -F perm=wa -F key=docker`;

  test.each([
    ['3.0', 'x86_64', ['-w /usr/bin/runc -p wa -k docker']],
    [undefined, 'x86_64', ['-w /usr/bin/runc -p wa -k docker']],
    ['4.0.2', 'x86_64', [modern('b64'), modern('b32')]],
    ['4.1.2', 'x86_64', [modern('b64'), modern('b32')]],
    ['4.0.2', 'aarch64', ['-w /usr/bin/runc -p wa -k docker']],
    ['4.0.4', 'aarch64', [modern('b64')]],
  ])('audit %s on %s', async (version, machine, rules) => {
    expect(await lines(version, machine)).toMatchObject({ rules, file: OURS });
  });

  test('dir= for a folder, and a second file with its folders for what is below /run', async () => {
    const setting: AuditHost = {
      tree: { '/run/containerd/': '', '/run/containerd/containerd.sock': '' },
      subjects: {
        'containerd-state-directory': '/run/containerd',
        'containerd-socket': '/run/containerd/containerd.sock',
      },
      audit: { kernelRules: [], version: '4.1.2' },
    };
    const [state] = await assess('containerd-state-directory', setting, 'rwa');
    const [socket] = await assess('containerd-socket', setting);
    expect(state === undefined ? undefined : changeOf(state)).toMatchObject({
      target: { file: `${RULES}/89-harden-docker-run.rules` },
      after: {
        file: [containing('dir=/run/containerd -F perm=rwa'), containing('')],
        folders: ['d /run/containerd 0711 0 0 -'],
      },
    });
    expect(socket === undefined ? undefined : changeOf(socket)).toMatchObject({
      after: { folders: ['d /run/containerd 0711 0 0 -'] },
      notes: [containing('API calls are not seen')],
    });
  });

  test('a file that this plan creates gets its rule in the same plan', async () => {
    const planned = {
      status: 'absent',
      reason: 'no file',
      planned: absPath('/etc/docker/daemon.json'),
      evidence: [],
    } as const;
    const setting: AuditHost = { subjects: { 'daemon-config-file': planned } };
    expect(await assess('daemon-config-file', setting)).toMatchObject([{ verdict: 'not-applicable' }]);
    expect(await assess('daemon-config-file', setting, 'wa', ['/etc/docker/daemon.json'])).toMatchObject([
      { verdict: 'fail', change: { after: { file: ['-w /etc/docker/daemon.json -p wa -k docker'] } } },
    ]);
  });
});

describe('data roots', () => {
  const root = async (audit: AuditHost['audit'], recentStarts?: number) => {
    const setting: AuditHost = {
      tree: { '/var/lib/docker/': '' },
      subjects: { 'docker-data-root': '/var/lib/docker' },
      audit: { kernelRules: [], ...audit },
      ...(recentStarts === undefined ? {} : { recentStarts }),
    };
    const [only] = await assess('docker-data-root', setting);
    if (only === undefined) {
      throw new Error('nothing was assessed');
    }
    return only;
  };

  test('the price is said, from what was measured and what the host does', async () => {
    expect(changeOf(await root({})).notes[0]).toContain('About 200 audit events');
    expect(changeOf(await root({}, 12)).notes[0]).toContain(
      'About 2400 events/h from the 12 container starts of the last hour',
    );
  });

  test('never where a full disk or a lost event takes the machine down; other rules are fine there', async () => {
    expect(await root({ diskActions: { admin_space_left_action: 'HALT' } })).toMatchObject({
      verdict: 'fail',
      steps: LEFT,
      reason: containing('admin_space_left_action = HALT'),
    });
    expect(await root({ diskActions: { disk_full_action: 'SINGLE' } })).toMatchObject({ verdict: 'fail', steps: LEFT });
    expect(await root({ failure: 2 })).toMatchObject({ verdict: 'fail', steps: LEFT, reason: containing('panic') });
    expect(
      await root({ diskActions: { admin_space_left_action: 'SUSPEND', max_log_file_action: 'ROTATE' } }),
    ).toMatchObject({ verdict: 'fail' });
    expect(
      await runc({ audit: { kernelRules: [], failure: 2, diskActions: { disk_full_action: 'HALT' } } }),
    ).toMatchObject({ verdict: 'fail' });
  });
});
