import { describe, expect, test } from 'vitest';
import { selectInfo } from '../../../src/engine/facts/engine-api.ts';
import { tomlString } from '../../../src/engine/facts/containerd.ts';
import { remapFolder } from '../../../src/engine/facts/daemon-settings.ts';
import { flagValues, switchValue } from '../../../src/model/command-flags.ts';
import { parseDpkgStatus, upstreamVersion } from '../../../src/engine/facts/packages.ts';
import { parseShow, shownCommand, shownStreams } from '../../../src/engine/facts/systemctl-show.ts';
import {
  expandCommand,
  parseEnvironmentFile,
  readUnitSettings,
  splitWords,
} from '../../../src/engine/facts/unit-file.ts';
import { byVersion } from '../../../src/engine/facts/version-order.ts';
import { absPath } from '../../../src/model/brand.ts';

const file = absPath('/etc/systemd/system/x.service');
const settingsOf = (...texts: readonly string[]): ReturnType<typeof readUnitSettings> =>
  readUnitSettings(texts.map((text) => ({ path: file, text })));
const commandOf = (text: string, variables: Readonly<Record<string, string>> = {}): readonly (readonly string[])[] =>
  settingsOf(text).execStart.map((command) => expandCommand(command, variables));

describe('unit files', () => {
  test('an empty ExecStart empties what earlier files said', () => {
    const { execStart } = settingsOf('[Service]\nExecStart=/a\n', '[Service]\nExecStart=\nExecStart=/b c\n');
    expect(execStart.map(({ words }) => words)).toEqual([['/b', 'c']]);
  });

  test('settings of other sections do not count, comments inside a continued line neither', () => {
    expect(commandOf('[Unit]\nExecStart=/no\n[Service]\nExecStart=/a \\\n# b\n;c\n  d\n')).toEqual([['/a', 'd']]);
  });

  test('variables: a word of its own splits, in braces it does not, a double dollar is one, a colon leaves all', () => {
    const variables = { OPTS: '--a "b c"  d', EMPTY: '' };
    expect(
      commandOf('[Service]\nExecStart=/x $OPTS ${OPTS} p${OPTS}q $EMPTY ${EMPTY} $$HOME a$OPTS', variables),
    ).toEqual([['/x', '--a', 'b c', 'd', '--a "b c"  d', 'p--a "b c"  dq', '', '$HOME', 'a$OPTS']]);
    expect(commandOf('[Service]\nExecStart=:/x $OPTS', variables)).toEqual([['/x', '$OPTS']]);
    expect(commandOf('[Service]\nExecStart=/x $constructor a${toString}', variables)).toEqual([['/x', 'a']]);
  });

  test('prefixes, a second name, percent signs and a second command on the line', () => {
    expect(commandOf('[Service]\nExecStart=-@/usr/bin/dockerd docker -H fd:// --x=50%% ; /other')).toEqual([
      ['/usr/bin/dockerd', '-H', 'fd://', '--x=50%'],
    ]);
  });

  test('words: quotes group and keep the other kind, backslashes mean letters', () => {
    expect(splitWords(`a "b 'c'" 'd "e"' f\\ g \\x41\\t "" h"i j"k`)).toEqual([
      'a',
      "b 'c'",
      'd "e"',
      'f g',
      'A\t',
      '',
      'hi jk',
    ]);
    expect(splitWords('  ')).toEqual([]);
  });

  test('environment files: quotes, comments, spaces and continued lines', () => {
    expect(parseEnvironmentFile('# A=1\nA="x \\"y\\" z"\n B = \'q"r\' \nexport C=1\nD=a \\\nb\nE=\n')).toEqual({
      A: 'x "y" z',
      B: 'q"r',
      D: 'a b',
      E: '',
    });
  });

  test('truth words of RefuseManualStop', () => {
    expect(settingsOf('[Unit]\nRefuseManualStop=yes').refusesManualStop).toBe(true);
    expect(settingsOf('[Unit]\nRefuseManualStop=no').refusesManualStop).toBe(false);
  });
});

describe('systemctl show', () => {
  const command =
    '{ path=/usr/sbin/dockerd ; argv[]=/usr/sbin/dockerd -H fd:// $DOCKER_OPTS q;z ; ignore_errors=no ; start_time=[n/a] ; pid=0 }';
  test('blocks by unit, repeated properties, argument vectors and streams', () => {
    const shown = parseShow(
      `Id=a.service\nExecStart=${command}\n\nId=a.socket\nListen=/run/a (Stream)\nListen=/run/b (Datagram)\nListen=[::]:2375 (Stream)\n`,
    );
    expect(shown.get('a.socket')?.get('Listen')).toHaveLength(3);
    expect(shownStreams(shown.get('a.socket')?.get('Listen') ?? [])).toEqual(['/run/a', '[::]:2375']);
    expect(shownCommand(shown.get('a.service')?.get('ExecStart')?.[0] ?? '')).toEqual([
      '/usr/sbin/dockerd',
      '-H',
      'fd://',
      '$DOCKER_OPTS',
      'q;z',
    ]);
    expect(shownCommand('')).toEqual([]);
  });
});

test('flags in all their spellings', () => {
  expect(flagValues(['-H', 'a', '-Hb', '-H=c', '--host', 'd', '--host=e', '--hosts=f', '-D'], 'host', 'H')).toEqual([
    'a',
    'b',
    'c',
    'd',
    'e',
  ]);
  expect(switchValue(['--tls=true', '--tls=false'], 'tls')).toBe(false);
  expect(switchValue(['--tls'], 'tls')).toBe(true);
  expect(switchValue(['--tlsverify'], 'tls')).toBeUndefined();
});

test.each([
  ['root = "/a" # x\n[grpc]\n  address = \'/b\'\n', '', 'root', '/a'],
  ['root = "/a"\n[grpc]\n  address = \'/b\'\n', 'grpc', 'address', '/b'],
  ['[grpc]\nuid = 0\n[ttrpc]\naddress = "/t"\n', 'grpc', 'address', undefined],
  ['grpc.address = "/d"\n', 'grpc', 'address', '/d'],
  ["[plugins.'io.x']\nroot = '/no'\n", '', 'root', undefined],
  ['[ "grpc" ] # x\naddress="/q\\"r"\n', 'grpc', 'address', '/q"r'],
  ['#[grpc]\n#address = "/no"\n', 'grpc', 'address', undefined],
])('%#: one string of a containerd configuration', (text, section, key, value) => {
  expect(tomlString(text, section, key)).toBe(value);
});

test.each([
  ['1:4.0.2-2+deb13u1', '4.0.2'],
  ['5:28.5.2-1~debian.13~trixie', '28.5.2'],
  ['v2.1.5', '2.1.5'],
  ['1.0.0~rc93+ds1', '1.0.0-rc93'],
  ['2.1.9+unknown', '2.1.9'],
  ['auditctl version 3.0\n', '3.0'],
  ['27.0.0-rc.2', '27.0.0-rc.2'],
  ['dev', undefined],
  [undefined, undefined],
])('%s is version %s', (raw, version) => {
  expect(upstreamVersion(raw)).toBe(version);
});

test('the package database: wholly installed ones only, the first entry too, names not inside names', () => {
  const text =
    'Package: runc\nStatus: install ok installed\nVersion: 1\n\nPackage: docker.io-doc\nStatus: install ok installed\nVersion: 2\n\nPackage: docker.io\nStatus: install ok half-configured\nVersion: 3\n\nPackage: containerd\nVersion: 4\nStatus: hold ok installed\nDescription: x\n';
  const { versions, daemonJsonOwner } = parseDpkgStatus(new TextEncoder().encode(text));
  expect([...versions]).toEqual([
    ['containerd', '4'],
    ['runc', '1'],
  ]);
  expect(daemonJsonOwner).toBeUndefined();
});

test('subordinate ids of a user namespace', () => {
  expect(remapFolder('ann:staff', 'ann:5:9\n', 'staff:6:9\n')).toBe('5.6');
  expect(remapFolder('bob', 'ann:5:9\n', 'ann:5:9\n')).toBeUndefined();
});

test('GET /info loses everything nobody asks for', () => {
  expect(
    selectInfo({
      HttpsProxy: 'x',
      Debug: true,
      Plugins: { Volume: ['local'], Log: ['a'] },
      Runtimes: { r: { path: 'p', status: {} } },
    }),
  ).toEqual({ Debug: true, Plugins: { Log: ['a'] }, Swarm: {}, Runtimes: { r: { path: 'p' } } });
});

test('the order of rule files is that of ls -v', () => {
  const sorted = [
    '10-procs.rules',
    '30-stig.rules',
    '9-a.rules',
    'a10.rules',
    'a2.rules',
    'a.rules',
    'a~.rules',
    'B.rules',
    'audit.rules',
    '10-procs.x.rules',
    '010.rules',
    '10.rules',
    '99-finalize.rules',
    '99-z_x.rules',
  ].sort(byVersion);
  // Printed by `ls -1v` of coreutils 9.1.
  expect(sorted).toEqual(LS);
});

const LS = [
  '9-a.rules',
  '010.rules',
  '10.rules',
  '10-procs.rules',
  '10-procs.x.rules',
  '30-stig.rules',
  '99-finalize.rules',
  '99-z_x.rules',
  'B.rules',
  'a~.rules',
  'a.rules',
  'a2.rules',
  'a10.rules',
  'audit.rules',
];
