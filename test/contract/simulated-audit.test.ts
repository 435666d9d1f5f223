import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type SimulatedHost, simulatedHost } from '../../src/host/simulated/simulated-host.ts';
import { AUDIT_STEPS, auditRecording } from '../support/audit-steps.ts';

const STATUS = 'enabled 1\nfailure 1\npid 400\n';

/** The same host with the auditctl of a version; test/real/simulated-audit.test.ts holds it against real ones. */
function hostWith(version: string, list = 'No rules\n', status = STATUS): SimulatedHost {
  return simulatedHost(auditRecording(list, status, `auditctl version ${version}\n`));
}

function auditctl(
  host: SimulatedHost,
  ...args: string[]
): { readonly code: number; readonly stdout: string; readonly stderr: string } {
  const outcome = host.sys.run({ tool: 'auditctl', args }, 1000);
  if (outcome.type !== 'exited') {
    throw new Error(outcome.type);
  }
  return outcome;
}

const MODERN = [
  'always,exit',
  '-F',
  'arch=b64',
  '-F',
  'path=/usr/sbin/dockerd',
  '-F',
  'perm=x',
  '-F',
  'key=docker',
] as const;

describe('simulated auditctl', () => {
  test('lists a watch and a field rule with the same words', () => {
    const host = hostWith('3.0.9');
    auditctl(host, '-w', '/etc/docker', '-p', 'aw', '-k', 'docker');
    auditctl(host, '-a', 'always,exit', '-F', 'path=/usr/sbin/dockerd', '-F', 'perm=wa', '-k', 'docker');
    expect(auditctl(host, '-l').stdout).toBe('-w /etc/docker -p wa -k docker\n-w /usr/sbin/dockerd -p wa -k docker\n');
  });

  test('writes permissions out as calls from version 4 on', () => {
    const [before, after] = [hostWith('3.0.9'), hostWith('4.0.2')];
    auditctl(before, '-a', ...MODERN);
    auditctl(after, '-a', ...MODERN);
    const line = (calls: string) =>
      `-a always,exit -F arch=b64 -S ${calls} -F path=/usr/sbin/dockerd -F perm=x -F key=docker\n`;
    expect(auditctl(before, '-l').stdout).toBe(line('all'));
    expect(auditctl(after, '-l').stdout).toBe(line('execve'));
  });

  test('takes a rule once, and gives it back by the form it was not written in', () => {
    const host = hostWith('4.0.2');
    auditctl(host, '-w', '/etc/docker', '-p', 'wa', '-k', 'docker');
    const again = ['-a', 'always,exit', '-F', 'dir=/etc/docker', '-F', 'perm=wa', '-F', 'key=docker'];
    expect(auditctl(host, ...again)).toMatchObject({
      code: 255,
      stderr: expect.stringContaining('(Rule exists)') as string,
    });
    expect(auditctl(host, '-d', ...again.slice(1)).code).toBe(0);
    expect(auditctl(host, '-d', ...again.slice(1)).stderr).toContain('(No such file or directory)');
  });

  test('changes nothing while the rules are locked', () => {
    const host = hostWith('4.0.2', '-w /etc/docker -p wa\n', 'enabled 2\n');
    for (const args of [['-w', '/etc/other', '-p', 'wa'], ['-W', '/etc/docker', '-p', 'wa'], ['-D']]) {
      expect(auditctl(host, ...args)).toMatchObject({
        code: 255,
        stderr: expect.stringContaining('immutable') as string,
      });
    }
    expect(auditctl(host, '-l').stdout).toBe('-w /etc/docker -p wa\n');
  });

  test('says about what it cannot do that it cannot', () => {
    expect(auditctl(hostWith('4.0.2'), '-b', '64').stderr).toContain('does not know -b 64');
  });

  test('rules that are added and taken away in any order leave those of others as they were', () => {
    const foreign =
      '-w /etc/shadow -p wa -k others\n-a always,exit -S all -F path=/etc/none -F key=odd\n-w /etc/a b -p r\n';
    const adds = AUDIT_STEPS.filter(([option, path]) => ['-a', '-w'].includes(option ?? '') && path !== 'relative');
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...adds]),
        fc.infiniteStream(fc.nat()),
        fc.constantFrom('3.0.9', '4.0.2', '4.1.2'),
        (rules, picks, version) => {
          const host = hostWith(version, foreign);
          const added = rules.filter((args) => auditctl(host, ...args).code === 0);
          while (added.length > 0) {
            const [[option = '', ...rest] = []] = added.splice((picks.next().value ?? 0) % added.length, 1);
            expect(auditctl(host, option === '-a' ? '-d' : '-W', ...rest)).toMatchObject({ code: 0 });
          }
          expect(auditctl(host, '-l').stdout).toBe(foreign);
        },
      ),
    );
  });
});
