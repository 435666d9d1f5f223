import type { RecordedFile, Recording } from '../../src/host/recording-schema.ts';
import { answeredQuery, recordedStat, recordingOf, textFile } from './simulated-recording.ts';

/** Calls of auditctl one after the other: what harden gives, and what others have there already. */
export const AUDIT_STEPS: readonly (readonly string[])[] = [
  ['-w', '/etc/docker', '-p', 'wa', '-k', 'docker'],
  ['-w', '/etc/docker/', '-p', 'aw', '-k', 'docker'],
  ['-w', '/usr/sbin/dockerd', '-p', 'rwxa', '-k', 'docker'],
  ['-w', '/usr/sbin/dockerd', '-k', 'all'],
  ['-w', '/etc/none', '-p', 'x', '-k', 'one', '-k', 'two'],
  ['-w', '/nowhere/at/all', '-p', 'wa'],
  ['-w', 'relative', '-p', 'wa'],
  ['-w', '/etc/docker', '-p', 'wq'],
  ['-w', '/etc/a b', '-p', 'w', '-k', 'sp ace'],
  ['-a', 'always,exit', '-F', 'path=/usr/sbin/dockerd', '-F', 'perm=wa', '-F', 'key=field'],
  ['-a', 'exit,always', '-F', 'dir=/etc/docker', '-F', 'perm=wa', '-k', 'field'],
  ['-a', 'always,exit', '-F', 'dir=/etc/docker', '-F', 'perm=wa', '-F', 'key=docker'],
  ['-a', 'always,exit', '-F', 'dir=/etc/missing', '-F', 'perm=wa', '-k', 'x'],
  ['-a', 'never,exit', '-F', 'path=/usr/sbin/dockerd', '-F', 'perm=wa', '-k', 'never'],
  ['-a', 'always,exit', '-F', 'path=/usr/sbin/dockerd', '-F', 'perm=x'],
  ['-a', 'always,exit', '-F', 'path=/usr/sbin/dockerd', '-F', 'key=no-permissions'],
  ...['b64', 'b32'].flatMap((arch) =>
    ['r', 'w', 'x', 'a', 'wa', 'rwxa'].map((letters) => [
      ...['-a', 'always,exit', '-F', `arch=${arch}`, '-F', 'path=/usr/sbin/dockerd', '-F', `perm=${letters}`],
      ...['-F', `key=${arch}`],
    ]),
  ),
  ['-a', 'always,exit', '-F', 'arch=b64', '-S', 'all', '-F', 'dir=/etc/docker', '-F', 'perm=wa', '-F', 'key=all'],
  ['-a', 'always,exit', '-F', 'arch=b64', '-F', 'dir=/etc/docker', '-F', 'perm=wa', '-F', 'key=dir'],
  ['-a', 'always,exit', '-F', 'arch=b64', '-F', 'dir=/etc/docker', '-F', 'perm=wa', '-F', 'key=dir'],
  ['-A', 'always,exit', '-F', 'arch=b64', '-F', 'path=/etc/first', '-F', 'perm=wa', '-F', 'key=first'],
  ['-a', 'always,exit', '-F', 'arch=b64', '-S', 'openat,execve', '-F', 'path=/etc/none', '-k', 'calls'],
  ['-a', 'always,exit', '-F', 'arch=b64', '-F', 'exe=/usr/sbin/dockerd', '-F', 'key=exe'],
  ['-a', 'always,exit', '-F', 'path=/etc/none', '-F', 'perm=wa', '-F', 'success=1', '-F', 'key=fields'],
  ['-a', 'bogus,exit', '-F', 'path=/etc/none'],
  ['-a', 'always,exit', '-F', 'bogus=1'],
  ['-W', '/etc/docker', '-p', 'wa', '-k', 'docker'],
  ['-W', '/etc/docker', '-p', 'wa', '-k', 'docker'],
  ['-W', '/usr/sbin/dockerd', '-p', 'wa', '-k', 'field'],
  ['-d', 'always,exit', '-F', 'dir=/etc/docker', '-F', 'perm=wa', '-F', 'key=field'],
  ['-d', 'always,exit', '-F', 'arch=b64', '-F', 'path=/usr/sbin/dockerd', '-F', 'perm=wa', '-F', 'key=b64'],
  ['-d', 'always,exit', '-F', 'arch=b64', '-F', 'path=/usr/sbin/dockerd', '-F', 'perm=wa', '-F', 'key=b64'],
  ['-d', 'always,exit', '-F', 'path=/etc/never-added', '-F', 'perm=wa'],
  ['-R', '/etc/good.rules'],
  ['-R', '/etc/bad.rules'],
  ['-R', '/etc/good.rules'],
  ['-D', '-k', 'b32'],
  ['-D'],
  ['-D'],
];

export const AUDIT_FILES: Readonly<Record<string, string>> = {
  '/etc/good.rules':
    '# a comment\n\n-w /etc/docker -p wa -k file\n-a always,exit -F arch=b64 -F path=/etc/a\\ b -F perm=wa -F key=file\n',
  '/etc/bad.rules': '-w /etc/none -p r -k before\n-w /nowhere/at/all -p wa\n-w /etc/none -p w -k after\n',
};

/** A host with those files on which auditctl says this. */
export function auditRecording(list: string, status: string, version: string): Recording {
  const folder = (): RecordedFile => ({ stat: recordedStat('directory', 0o755) });
  const texts = Object.entries(AUDIT_FILES).map(([path, text]) => [path, textFile(text)] as const);
  const files = {
    '/etc': { ...folder(), entries: { status: 'present' as const, value: ['bad.rules', 'docker', 'good.rules'] } },
    '/etc/docker': folder(),
    '/usr/sbin/dockerd': textFile('', 0o755),
    ...Object.fromEntries(texts),
  };
  const queries = [
    answeredQuery('auditctl', ['-l'], list),
    answeredQuery('auditctl', ['-s'], status),
    answeredQuery('auditctl', ['-v'], version),
  ];
  return recordingOf(files, { queries });
}
