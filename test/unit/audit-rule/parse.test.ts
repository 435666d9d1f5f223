import { describe, expect, test } from 'vitest';
import { parseListed } from '../../../src/resources/audit-rule/listing.ts';
import { parseLine } from '../../../src/resources/audit-rule/parse.ts';
import { addArguments, deleteArguments, printRule } from '../../../src/resources/audit-rule/print.ts';
import { listedKey, ruleKey } from '../../../src/resources/audit-rule/rule.ts';

function ruleOf(text: string) {
  const line = parseLine(text);
  if (line.type !== 'rule' && line.type !== 'delete') {
    throw new Error(`${text}: ${JSON.stringify(line)}`);
  }
  return line.rule;
}
const mistakeOf = (text: string) => {
  const line = parseLine(text);
  return line.type === 'mistake' ? line : undefined;
};

describe('a line of a rule file', () => {
  test.each([
    ['-w /etc/docker -p wa -k docker', '-w /etc/docker/ -p aw -k docker'],
    ['-w /etc/docker', '-w /etc/docker -p rwxa'],
    ['-w /etc/docker -pwa -kdocker', '-w /etc/docker -p wa -k docker'],
    ['-w /etc/docker -k docker -p wa', '-w /etc/docker -p wa -F key=docker'],
    ['-a always,exit -F path=/x -F perm=wa -k docker', '-a exit,always -F perm=aw -F path=/x -F key=docker'],
    ['-a always,exit -S a -S b,c -F arch=b64', '-a always,exit -F arch=x86_64 -S c,b,a,a'],
    ['-a always,exit -S all -F dir=/x', '-a always,exit -F dir=/x/'],
    ['-a always,exit -F auid!=unset -F dir=/x', '-a always,exit -F dir=/x -F loginuid!=4294967295'],
    ['-a always,exit -F dir=/x -C auid!=uid', '-a always,exit -F dir=/x -C uid!=auid'],
    ['-a always,exit -S all -F a1&2 -k x', '-a always,exit -S all -F a1&0x2 -k x'],
    ['   -w /etc/docker   -p wa  ', '-w /etc/docker -p wa'],
    ['-a always,exit -F dir=/x -F uid=root', '-a always,exit -F dir=/x -F uid=0'],
    ['-a exclude,always -F msgtype=1300', '-a always,exclude -F msgtype=SYSCALL'],
  ])('%s means %s', (one, other) => {
    expect(ruleKey(ruleOf(one))).toBe(ruleKey(ruleOf(other)));
  });

  test.each([
    ['-w /x -p wa', '-w /x -p w'],
    ['-w /x -p wa -k a', '-w /x -p wa -k b'],
    ['-a always,exit -F path=/x', '-a never,exit -F path=/x'],
    ['-a always,exit -F path=/x', '-a always,exit -F dir=/x'],
    ['-a always,exit -F arch=b64 -F path=/x', '-a always,exit -F arch=b32 -F path=/x'],
    ['-a always,exit -F path=/x', '-a always,exit -F path=/x -F new_thing=1'],
  ])('%s is not %s', (one, other) => {
    expect(ruleKey(ruleOf(one))).not.toBe(ruleKey(ruleOf(other)));
  });

  test('comments, empty lines and settings are no rules', () => {
    expect(['# x', '   # x', '', '   '].map((text) => parseLine(text).type)).toEqual(Array(4).fill('nothing'));
    expect(parseLine('-D')).toEqual({ type: 'delete-all', key: undefined });
    expect(parseLine('-D -k docker')).toEqual({ type: 'delete-all', key: 'docker' });
    expect(
      ['-b 8192', '-f 1', '-e 2', '-r 0', '-q /a,/b', '--backlog_wait_time 60000', '--loginuid-immutable', '-t'].map(
        (text) => parseLine(text).type,
      ),
    ).toEqual(Array(8).fill('setting'));
    expect(['-i', '-c'].map((text) => parseLine(text).type)).toEqual(['go-on', 'go-on']);
    expect(parseLine('-d always,exit -F path=/x').type).toBe('delete');
    expect(parseLine('-W /x -p wa').type).toBe('delete');
    expect(parseLine('-A always,exit -F path=/x')).toMatchObject({ type: 'rule', prepend: true });
  });

  test.each([
    ['-w etc/docker', 4],
    ['-w "/etc/docker" -p wa', 4],
    ['-w /etc/docker -p wz', 19],
    ['-w /etc/docker -p', 16],
    ['-w\t/etc/docker', 1],
    ['\t-e 0', 1],
    ['-w /etc/docker -p wa # why', 22],
    ['-w /etc/docker -p wa\r', 19],
    ['-w /a b -p wa', 7],
    ["-w /a -p wa -k 'a b'", 19],
    ['-a always -F path=/x', 4],
    ['-a possible,exit -S open', 4],
    ['-a always,exit -F path = /x', 24],
    ['-a always,exit -F path=', 19],
    ['-a always,exit -w /x', 16],
    ['-a always,exit -F path=/x -F path=/y', 30],
    ['-k docker', 1],
    ['-F path=/x', 1],
    ['-a always,exit -S open,', 19],
    ['--watch /x', 1],
    ['garbage', 1],
    ['-b many', 4],
    ['-e 3', 4],
    [`-w /x -k ${'k'.repeat(300)}`, 10],
    ['-w /x -p wa -F arch=b64 -S open', 16],
  ])('%j is a mistake at column %i', (text, column) => {
    expect(mistakeOf(text)?.column).toBe(column);
  });

  test('a space and a backslash are escaped, nothing else is', () => {
    const rule = ruleOf('-w /srv/odd\\ na\\\\me"\' -p wa -k x');
    expect(rule.where?.path).toBe('/srv/odd na\\me"\'');
    expect(printRule(rule)).toBe('-w /srv/odd\\ na\\\\me"\' -p wa -k x');
    expect(addArguments(rule)[1]).toBe('/srv/odd na\\me"\'');
  });

  test.each([
    '-a always,exit -F constructor=1',
    '-a always,exit -F toString=1',
    '-a always,exit -F filetype=valueOf',
    '-a always,exit -F arch=hasownproperty -F msgtype=constructor',
  ])('%s has no other meaning because of what every object has', (text) => {
    expect(ruleKey(ruleOf(text))).not.toContain('native code');
    expect(printRule(ruleOf(text))).toContain(text.split('=').at(-1));
  });

  test('a rule is deleted with the words it was added with', () => {
    expect(deleteArguments(ruleOf('-w /x -p wa -k docker'))).toEqual(['-W', '/x', '-p', 'wa', '-k', 'docker']);
    expect(deleteArguments(ruleOf('-a always,exit -F arch=b64 -F dir=/x -F perm=wa -F key=docker'))).toEqual(
      '-d always,exit -F arch=b64 -F dir=/x -F perm=wa -F key=docker'.split(' '),
    );
  });
});

describe('a line of auditctl -l', () => {
  test.each([
    ['-w /srv/odd name -p wa -k ke y', '-w /srv/odd\\ name -p wa -k ke\\ y'],
    ['-w /srv/dir -p wa -k one -k two', '-w /srv/dir -p wa -k one -k two'],
    ['-w /srv/file -p wa -k d', '-a always,exit -F path=/srv/file -F perm=wa -F key=d'],
    ['-w /srv/file -p wa -k d', '-a never,exit -F dir=/srv/file/ -F perm=aw -F key=d'],
    ['-a always,exit -S all -F path=/srv/odd name -F key=x', '-a always,exit -F path=/srv/odd\\ name -k x'],
    [
      '-a always,exit -F arch=b64 -S open,unlink,openat -F path=/srv/file -F key=d',
      '-a exit,always -F arch=b64 -S openat,open -S unlink -F path=/srv/file -k d',
    ],
    [
      '-a always,exit -F arch=b64 -S execve -C uid!=auid -C uid!=euid -F key=cc',
      '-a always,exit -F arch=b64 -S execve -C auid!=uid -C euid!=uid -k cc',
    ],
    ['-a never,task', '-a task,never'],
  ])('%s shows %s', (listed, written) => {
    const rule = parseListed(listed);
    expect(rule === undefined ? undefined : listedKey(rule)).toBe(listedKey(ruleOf(written)));
  });

  test('what is no rule is not taken for one', () => {
    expect(['No rules', '-p wa', '-p wa-w /x -k a', '-a whatever', '-w x -p wa'].map(parseListed)).toEqual(
      Array(5).fill(undefined),
    );
  });
});
