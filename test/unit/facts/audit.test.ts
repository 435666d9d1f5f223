import { describe, expect, test } from 'vitest';
import { parseAuditStatus, parseDiskActions, parseRuleList } from '../../../src/engine/facts/audit.ts';
import { gatherFacts } from '../../../src/engine/facts/gather-facts.ts';
import type { AuditFacts } from '../../../src/model/facts.ts';
import type { CommandOutcome, HostIdentity } from '../../../src/model/host.ts';
import { type FakeHost, fakeReader } from '../../helpers/fake-reader.ts';

const auditOf = async (host: FakeHost): Promise<AuditFacts> => (await gatherFacts(fakeReader(host))).audit;
const exited = (code: number, stderr: string): CommandOutcome => ({ type: 'exited', code, stdout: '', stderr });

describe('audit that cannot be read', () => {
  const notPermitted = exited(
    255,
    'Error sending rule list data request (Operation not permitted)\nThere was an error while processing parameters\n',
  );
  test.each([
    ['no auditctl', {}, {}, '', 'not installed'],
    [
      'not root',
      { 'auditctl -l': exited(4, 'You must be root to run this program.\n') },
      { uid: 1000, capabilities: [] },
      '',
      'by root only',
    ],
    ['no capability', { 'auditctl -l': notPermitted }, { capabilities: ['chown'] }, '', 'CAP_AUDIT_CONTROL'],
    ['a container', { 'auditctl -l': notPermitted }, { inContainer: true }, '', 'in a container'],
    [
      'no audit in the kernel',
      { 'auditctl -l': exited(1, 'Error - audit support not in kernel\n') },
      {},
      '',
      'this kernel has no audit',
    ],
    [
      'switched off at boot',
      { 'auditctl -l': exited(1, 'Cannot open netlink audit socket: Protocol not supported\n') },
      {},
      'quiet audit=0 x',
      'audit=0 on the kernel command line',
    ],
    [
      'status without an answer',
      { 'auditctl -l': 'No rules\n', 'auditctl -s': { type: 'timed-out', afterMs: 5000 } },
      {},
      '',
      'within 5000 ms',
    ],
    ['an unknown failure', { 'auditctl -l': exited(1, 'strange\n') }, {}, '', 'auditctl failed: strange'],
    [
      'a recording without it',
      { 'auditctl -l': { type: 'not-started', reason: 'the recording does not hold it' } },
      {},
      '',
      'does not hold it',
    ],
  ] as const satisfies readonly (readonly [string, FakeHost['queries'], Partial<HostIdentity>, string, string])[])(
    '%s',
    async (...[, queries, identity, cmdline, reason]) => {
      const audit = await auditOf({ queries, identity, files: { '/proc/cmdline': cmdline } });
      expect(audit.unavailable).toContain(reason);
      expect(audit.kernelRules).toBeUndefined();
      expect(audit.enabled).toBeUndefined();
    },
  );
});

describe('rule files', () => {
  const ok = { 'auditctl -l': 'No rules\n', 'auditctl -s': 'enabled 0\n' };
  test('only what augenrules joins, in its order, then the generated file; odd ones are unreadable', async () => {
    const { ruleFiles } = await auditOf({
      queries: ok,
      files: {
        '/etc/audit/rules.d/10-a.rules': '-w /a\n',
        '/etc/audit/rules.d/9-b.rules': '-w /b\n',
        '/etc/audit/rules.d/fifo.rules': { type: 'fifo' },
        '/etc/audit/rules.d/link.rules': { link: '/tmp/x' },
        '/etc/audit/rules.d/dir.rules': { type: 'directory' },
        '/etc/audit/rules.d/.hidden.rules': 'x',
        '/etc/audit/rules.d/old.rules.bak': 'x',
        '/etc/audit/audit.rules': '-w /a\n-w /b\n',
      },
    });
    expect(ruleFiles.map(({ path, text }) => [path, text.status])).toEqual([
      ['/etc/audit/rules.d/9-b.rules', 'present'],
      ['/etc/audit/rules.d/10-a.rules', 'present'],
      ['/etc/audit/rules.d/dir.rules', 'unreadable'],
      ['/etc/audit/rules.d/fifo.rules', 'unreadable'],
      ['/etc/audit/rules.d/link.rules', 'unreadable'],
      ['/etc/audit/audit.rules', 'present'],
    ]);
  });

  test('a folder that cannot be listed stands in the list itself', async () => {
    const { ruleFiles } = await auditOf({
      queries: ok,
      files: { '/etc/audit/rules.d': { type: 'directory', denied: true } },
    });
    expect(ruleFiles).toEqual([
      { path: '/etc/audit/rules.d', text: { status: 'unreadable', reason: expect.any(String) as string } },
    ]);
  });
});

test.each([
  ['/etc/default/auditd', 'USE_AUGENRULES="yes"\n', 'augenrules'],
  ['/etc/sysconfig/auditd', '# x\nUSE_AUGENRULES="no"\n', 'auditctl -R'],
  ['/etc/default/auditd', 'EXTRAOPTIONS=""\n', 'unknown'],
])('without units the loader is what %s says', async (path, text, loader) => {
  expect((await auditOf({ files: { [path]: text } })).loader).toBe(loader);
});

test('status of today’s form; lines that are no known number are left out', () => {
  expect(
    parseAuditStatus(
      'enabled 1\nfailure 1\npid 431\nrate_limit 0\nbacklog_limit 8192\nlost 12\nbacklog 4\nbacklog_wait_time 60000\nloginuid_immutable 0 unlocked\n',
    ),
  ).toEqual({
    enabled: 1,
    failure: 1,
    auditdPid: 431,
    lost: 12,
    backlogLimit: 8192,
  });
  expect(parseAuditStatus('enabled 7\n').enabled).toBeUndefined();
});

test('the rule list without its remarks', () => {
  expect(parseRuleList('No rules\n')).toEqual([]);
  expect(parseRuleList('-a never,task\n-w /etc/docker -p wa -k docker\n')).toEqual([
    '-a never,task',
    '-w /etc/docker -p wa -k docker',
  ]);
});

test('auditd.conf: names in any case, values in upper case, other settings left out', () => {
  expect(
    parseDiskActions('DISK_FULL_ACTION=halt\n# disk_error_action = x\ndisk_error_action = Syslog\nlog_file = /x\n'),
  ).toEqual({ disk_full_action: 'HALT', disk_error_action: 'SYSLOG' });
});
