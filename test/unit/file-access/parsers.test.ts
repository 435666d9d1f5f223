import { describe, expect, test } from 'vitest';
import { absPath } from '../../../src/model/brand.ts';
import { socketIds } from '../../../src/resources/file-access/containerd-config.ts';
import { fileAccessSchema } from '../../../src/resources/file-access/schema.ts';
import { dropInText, winningDropIn } from '../../../src/resources/file-access/socket-unit.ts';
import { parseGroup, parseNsswitch, parsePasswd } from '../../../src/resources/common/accounts.ts';
import { flagValues, switchValue } from '../../../src/model/command-flags.ts';
import { runPath } from '../../../src/resources/common/socket-group.ts';
import { socketSettings } from '../../../src/resources/common/socket-settings.ts';

const FILE = absPath('/x.conf');
const values = (...texts: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(socketSettings(texts.map((text) => ({ path: FILE, text })))).map(([key, { value }]) => [key, value]),
  );

describe('accounts', () => {
  test('odd lines are left out', () => {
    expect(parsePasswd('root:x:0:0:r:/root:/bin/sh\n\n#c\n+@nis\n-bad::1:2\nno-id:x::\n')).toEqual([
      { name: 'root', uid: 0, gid: 0 },
    ]);
    expect(parseGroup('docker:x:998:ann,,bob\nempty:x:3:\nbroken\n')).toEqual([
      { name: 'docker', gid: 998, members: ['ann', 'bob'] },
      { name: 'empty', gid: 3, members: [] },
    ]);
  });

  test('other sources than the local files are found', () => {
    expect(
      parseNsswitch(
        'passwd: files systemd\ngroup: files [SUCCESS=merge] sss # ldap\nhosts: dns\ninitgroups: files winbind\n',
      ),
    ).toEqual(['sss', 'winbind']);
  });
});

describe('docker.socket', () => {
  test('later files win, an empty value takes back, a wrong mode is ignored, other sections do not count', () => {
    expect(values('[Socket]\nSocketMode=0660\nSocketGroup = docker\n', '[Socket]\nSocketMode=0600\n')).toEqual({
      SocketMode: '0600',
      SocketGroup: 'docker',
    });
    expect(values('[Socket]\nSocketGroup=docker\n', '[Socket]\nSocketGroup=\n')).toEqual({});
    expect(values('[Socket]\nSocketMode=0660\n', '[Socket]\nSocketMode=rw\n')).toEqual({ SocketMode: '0660' });
    expect(values('[Unit]\nSocketMode=0600\n#[Socket]\n')).toEqual({});
  });

  test('the drop-in sorts behind those of others that set the same', () => {
    const at = (name: string, text: string) => ({ path: absPath(`/etc/systemd/system/docker.socket.d/${name}`), text });
    const set = '[Socket]\nSocketMode=0666\n';
    expect(winningDropIn([])).toBe('/etc/systemd/system/docker.socket.d/50-harden.conf');
    expect(winningDropIn([at('10-a.conf', set)])).toMatch(/50-harden.conf$/);
    expect(winningDropIn([at('override.conf', '[Socket]\nBacklog=1\n')])).toMatch(/50-harden.conf$/);
    expect(winningDropIn([at('override.conf', set)])).toMatch(/zz-harden.conf$/);
    expect(winningDropIn([at('50-harden.conf', set)])).toMatch(/50-harden.conf$/);
    expect(winningDropIn([at('zzz.conf', set)])).toBeUndefined();
  });

  test('other lines of a drop-in are kept', () => {
    const text = '# mine\n[Socket]\nSocketMode=0666\nBacklog=3\n';
    expect(dropInText(text, { SocketMode: '0660', SocketUser: 'root' })).toBe(
      '# mine\n[Socket]\nBacklog=3\nSocketMode=0660\nSocketUser=root\n',
    );
    expect(dropInText('[Unit]\nX=1', { SocketMode: '0660' })).toBe('[Unit]\nX=1\n[Socket]\nSocketMode=0660\n');
    expect(dropInText(text, { SocketMode: '0666' })).toBe(text);
  });

  test('/var/run is /run', () => {
    expect(runPath('/var/run/docker.sock')).toBe('/run/docker.sock');
    expect(runPath('2375')).toBeUndefined();
  });
});

describe("containerd's configuration", () => {
  test.each([
    ['', 'grpc', { uid: 0, gid: 0 }],
    ['[grpc]\nuid = 5\ngid = 1_000\n[metrics]\nuid = 9\n', 'grpc', { uid: 5, gid: 1000 }],
    ['#[grpc]\n#  gid = 5\n', 'grpc', { uid: 0, gid: 0 }],
    ['grpc.gid = 7\n', 'grpc', { uid: 0, gid: 7 }],
    ['[plugins."io.containerd.server.v1.grpc"]\n  gid = 8\n', 'grpc', { uid: 0, gid: 8 }],
    ['[plugins."io.containerd.grpc.v1.cri"]\n  gid = 8\n', 'grpc', { uid: 0, gid: 0 }],
    ['[grpc]\ngid = 7\n[ttrpc]\ngid = 1\n', 'ttrpc', { uid: 0, gid: 7 }],
    ['[grpc]\ngid = 7\n[ttrpc]\naddress = "/run/t.sock"\ngid = 1\n', 'ttrpc', { uid: 0, gid: 1 }],
  ] as const)('%j for %s', (toml, server, ids) => {
    expect(socketIds(toml, server)).toEqual(ids);
  });
});

test('flags in all spellings', () => {
  expect(flagValues(['-H', 'fd://', '--host=tcp://x', '-Hunix:///y', '-H=z', '--hostx'], 'host', 'H')).toEqual([
    'fd://',
    'tcp://x',
    'unix:///y',
    'z',
  ]);
  expect(flagValues(['--group'], 'group')).toEqual([]);
  expect(switchValue(['--tlsverify'], 'tlsverify')).toBe(true);
  expect(switchValue(['--tlsverify', '--tlsverify=false'], 'tlsverify')).toBe(false);
  expect(switchValue([], 'tlsverify')).toBeUndefined();
});

describe('what a remediation may ask for', () => {
  const base = { type: 'file-access', subject: 'daemon-config-file' };
  test.each([
    ['nothing', base],
    ['a mode of three digits', { ...base, atMost: '644' }],
    ['an unknown key', { ...base, atMost: '0644', recursive: true }],
    ['an unknown subject', { ...base, subject: 'everything', atMost: '0644' }],
    ['another owner than root', { ...base, owner: 'bob' }],
    ['the socket group for a file', { ...base, group: 'socket-group' }],
    ['the data root, which dockerd sets itself', { type: 'file-access', subject: 'docker-data-root', atMost: '0700' }],
  ])('not %s', (_name, desired) => {
    expect(fileAccessSchema.safeParse(desired).success).toBe(false);
  });

  test('mode, owner and group, each alone or together', () => {
    for (const part of [
      { atMost: '0644' },
      { owner: 'root' },
      { group: 'root' },
      { atMost: '0644', owner: 'root', group: 'root' },
    ]) {
      expect(fileAccessSchema.safeParse({ ...base, ...part }).success).toBe(true);
    }
  });
});
