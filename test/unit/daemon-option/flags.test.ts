import { describe, expect, test } from 'vitest';
import type { Json } from '../../../src/model/canonical.ts';
import { parseFlags } from '../../../src/resources/daemon-option/flags.ts';

const valueOf = (argv: readonly string[], key: string): Json | undefined => parseFlags(argv).get(key)?.value;

describe('dockerd command line', () => {
  test.each<readonly [string, readonly string[], string, Json]>([
    ['a boolean alone is true', ['--icc'], 'icc', true],
    ['a boolean takes its value after = only', ['--icc', 'false'], 'icc', true],
    ['--k=v', ['--icc=false'], 'icc', false],
    ['Go spellings of booleans', ['--live-restore=T'], 'live-restore', true],
    ['no boolean at all', ['--icc=maybe'], 'icc', null],
    ['--k v', ['--log-level', 'warn'], 'log-level', 'warn'],
    ['a value that looks like a flag', ['--log-level', '--icc'], 'log-level', '--icc'],
    ['-D', ['-D'], 'debug', true],
    ['-l v', ['-l', 'debug'], 'log-level', 'debug'],
    ['-lv', ['-ldebug'], 'log-level', 'debug'],
    ['-l=v', ['-l=debug'], 'log-level', 'debug'],
    ['letters together', ['-Dl', 'warn'], 'log-level', 'warn'],
    ['letters together, the first one', ['-Dl', 'warn'], 'debug', true],
    ['flag and key differ: --host', ['-H', 'fd://', '--host=tcp://h:1'], 'hosts', ['fd://', 'tcp://h:1']],
    ['flag and key differ: --label', ['--label', 'a=b', '--label=c=d'], 'labels', ['a=b', 'c=d']],
    ['flag and key differ: --insecure-registry', ['--insecure-registry', 'r:1'], 'insecure-registries', ['r:1']],
    ['flag and key differ: --storage-opt', ['--storage-opt', 'a=b'], 'storage-opts', ['a=b']],
    ['flag and key differ: --authorization-plugin', ['--authorization-plugin=x'], 'authorization-plugins', ['x']],
    [
      '--log-opt collects pairs',
      ['--log-opt', 'max-size=1m', '--log-opt=tag=a=b'],
      'log-opts',
      { 'max-size': '1m', tag: 'a=b' },
    ],
    [
      '--default-ulimit',
      ['--default-ulimit=nofile=10:20'],
      'default-ulimits',
      { nofile: { Name: 'nofile', Hard: 20, Soft: 10 } },
    ],
    [
      '--default-ulimit with one number',
      ['--default-ulimit', 'nproc=5'],
      'default-ulimits',
      { nproc: { Name: 'nproc', Hard: 5, Soft: 5 } },
    ],
    ['the last one counts', ['--log-level=warn', '--log-level=info'], 'log-level', 'info'],
    ['integers', ['--mtu=1400'], 'mtu', 1400],
    ['the storage driver by letter', ['-s', 'overlay2'], 'storage-driver', 'overlay2'],
    ['the group by letter', ['-G', 'ops'], 'group', 'ops'],
    ['the pid file by letter', ['-p', '/x.pid'], 'pidfile', '/x.pid'],
    ['an unknown flag swallows its value', ['--new-thing', 'x', '--icc=false'], 'icc', false],
  ])('%s', (_, argv, key, expected) => {
    expect(valueOf(argv, key)).toEqual(expected);
  });

  test('nothing after -- is a flag', () => {
    expect(parseFlags(['--', '--icc=false']).size).toBe(0);
  });

  test('what was not given is not there', () => {
    expect([...parseFlags(['-H', 'fd://', '--containerd=/run/containerd/containerd.sock']).keys()]).toEqual([
      'hosts',
      'containerd',
    ]);
  });
});
