import { describe, expect, it } from 'vitest';
import { RECORDING_SCHEMA } from '../../../src/host/recording-schema.ts';
import { redactArgv } from '../../../src/host/redact-argv.ts';
import { redactJsonText } from '../../../src/host/redact-json.ts';
import { redactRecording } from '../../../src/host/redact-recording.ts';
import { redactText } from '../../../src/host/redact-text.ts';
import { isSecretName } from '../../../src/host/secret-names.ts';
import { absPath } from '../../../src/model/brand.ts';
import { present } from '../../../src/model/state.ts';

const nowhere = () => undefined;

describe('names of secrets', () => {
  it.each([
    'splunk-token',
    'DB_PASSWORD',
    'passwd',
    'identitytoken',
    'auth',
    'apiKey',
    'aws_secret_access_key',
    'JoinTokens',
    'unlock-key',
    'REGISTRY_PASS',
  ])('include %s', (name) => {
    expect(isSecretName(name)).toBe(true);
  });

  it.each([
    'icc',
    'tlskey',
    'authorization-plugins',
    'no-new-privileges',
    'insecure-registries',
    'log-opts',
    'PassEnvironment',
    'NoNewPrivileges',
    'KeyringMode',
    'key',
    'bypass4netns',
  ])('do not include %s', (name) => {
    expect(isSecretName(name)).toBe(false);
  });
});

describe('a text without its secrets', () => {
  it.each([
    ['HTTP_PROXY=http://u:p@proxy:3128/', 'HTTP_PROXY=http://<redacted>@proxy:3128/'],
    ['https_proxy=u:p@proxy:3128', 'https_proxy=<redacted>@proxy:3128'],
    ['--http-proxy u:p@proxy:3128 --x', '--http-proxy <redacted>@proxy:3128 --x'],
    ['pull https://token@ghcr.io/x', 'pull https://<redacted>@ghcr.io/x'],
    ['http://u:p@ss/w@rd@proxy/', 'http://<redacted>@proxy/'],
    [
      'Environment="HTTPS_PROXY=http://u:p@x:1" "NO_PROXY=localhost,::1"',
      'Environment="HTTPS_PROXY=http://<redacted>@x:1" "NO_PROXY=localhost,::1"',
    ],
    ['Environment="TOKEN=x y z" "B=2"', 'Environment="TOKEN=<redacted>" "B=2"'],
    ['Environment=TOKEN=abc B=2', 'Environment=TOKEN=<redacted> B=2'],
    [
      'DOCKER_OPTS="--log-opt splunk-token=abc --icc=false"',
      'DOCKER_OPTS="--log-opt splunk-token=<redacted> --icc=false"',
    ],
    [
      'ExecStart={ path=/usr/bin/dockerd ; argv[]=/usr/bin/dockerd --token abc -H fd:// ; pid=7 }',
      'ExecStart={ path=/usr/bin/dockerd ; argv[]=/usr/bin/dockerd --token <redacted> -H fd:// ; pid=7 }',
    ],
    ['  password = "x y"  # note', '  password = "<redacted>"  # note'],
    ['  password = """a\nb"""\nx = 1', '  password = """<redacted>"""\nx = 1'],
    ['password: my secret words\nnext: 1', 'password: <redacted>\nnext: 1'],
    ['export TOKEN=ab\\\ncd\nX=1', 'export TOKEN=<redacted>\nX=1'],
    [`--password 'a b'"c d" --next`, '--password <redacted> --next'],
    [
      String.raw`"opts": "{\"password\":\"ab c\",\"k\":1}"`,
      String.raw`"opts": "{\"password\":\"<redacted>\",\"k\":1}"`,
    ],
    [`sh -c 'mysql --password="a b" -h db'`, `sh -c 'mysql --password="<redacted>" -h db'`],
    ['{"log-opts": {"splunk-token": "abc"}, "icc": fa', '{"log-opts": {"splunk-token": "<redacted>"}, "icc": fa'],
    ['{"tokens": ["a", "b"], oops', '{"tokens": <redacted>, oops'],
    ['a\n-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----\nb', 'a\n<redacted>\nb'],
    ['join with SWMTKN-1-3pu6-7u0 now', 'join with <redacted> now'],
    ['root:$6$salt$hash:1:0', 'root:<redacted>:1:0'],
  ])('%j', (text, expected) => {
    expect(redactText(text, nowhere)).toBe(expected);
    expect(redactText(expected, nowhere)).toBe(expected);
  });

  it.each([
    '-a always,exit -F path=/etc/passwd -F perm=wa -F key=passwd_changes',
    '-w /etc/docker/secret/token -p wa -k token',
    'https://host/a@b and http://[::1]:80/x@y and https://host/path?mail=a@b.c',
    'image registry.local/vault-secret:1.2',
    'token = ""\npassword: null\nsecret=true',
    'docker:x:998:alice,bob',
    'tlskey = "/etc/docker/key.pem"',
    'NO_PROXY=localhost,127.0.0.1',
  ])('stays as it is where there is none: %j', (text) => {
    expect(redactText(text, nowhere)).toBe(text);
  });
});

describe('a file in another encoding', () => {
  const SECRET = 'not-to-be-seen';
  const text = `{"splunk-token": "${SECRET}", "ü": 1}`;
  const wide = Buffer.from(`\uFEFF${text}`, 'utf16le');
  it.each([
    ['latin1', Buffer.from(text, 'latin1')],
    ['UTF-16, little end first', wide],
    ['UTF-16, big end first', Buffer.from(wide).swap16()],
    ['UTF-16 with a byte too many', Buffer.concat([wide, Buffer.from('x')])],
    ['a false byte order mark', Buffer.concat([Buffer.from('feff', 'hex'), Buffer.from(text)])],
  ])('loses its secrets and nothing else: %s', (_, bytes) => {
    const { base64 } = withoutSecrets(bytes);
    const seen = Buffer.from(base64, 'base64').toString('latin1').replaceAll('\0', '');
    expect(seen).not.toContain(SECRET);
    expect(seen).toContain('<redacted>');
    expect(seen).toContain('": 1}');
  });
});

describe('an argument vector without its secrets', () => {
  it('keeps its items, and hides values behind names and flags', () => {
    const argv = [
      'dockerd',
      '--log-opt=splunk-token=a=b',
      '--token',
      'x',
      '--proxy',
      'http://u:p@h',
      '-H',
      'fd://',
      'TOKEN=a b',
    ];
    expect(redactArgv(argv, nowhere)).toEqual([
      'dockerd',
      '--log-opt=splunk-token=<redacted>',
      '--token',
      '<redacted>',
      '--proxy',
      'http://<redacted>@h',
      '-H',
      'fd://',
      'TOKEN=<redacted>',
    ]);
  });
});

describe('a JSON text without its secrets', () => {
  it('changes nothing but the secrets: order, blanks and comments stay', () => {
    const text = `{ // token=zzz
  "log-opts" : {"splunk-token": "abc","n": 1},
  "http-proxy":"http://a:b@c", "JoinTokens": {"Worker": "x", "n": 5},
  "Env": ["A=b"], "Args": ["--password","x"], "pairs": [["Token","abc"]],
  "list": [{"Name":"DB_PASSWORD","Value":"v"}], "authorization-plugins": ["opa"], "tlskey": "/etc/k",
}\n`;
    expect(redactJsonText(text, nowhere)).toBe(`{ // token=<redacted>
  "log-opts" : {"splunk-token": "<redacted>","n": 1},
  "http-proxy":"http://<redacted>@c", "JoinTokens": {"Worker": "<redacted>", "n": "<redacted>"},
  "Env": ["<redacted>"], "Args": ["--password","<redacted>"], "pairs": [["Token","<redacted>"]],
  "list": [{"Name":"DB_PASSWORD","Value":"<redacted>"}], "authorization-plugins": ["opa"], "tlskey": "/etc/k",
}\n`);
  });

  it('sees the user of a proxy that is written without a scheme', () => {
    expect(redactJsonText('{"proxies":{"http-proxy":"u:p@h:1","no-proxy":"a,b"}}', nowhere)).toBe(
      '{"proxies":{"http-proxy":"<redacted>@h:1","no-proxy":"a,b"}}',
    );
    expect(redactArgv(['--https-proxy', 'u:p@h:1'], nowhere)).toEqual(['--https-proxy', '<redacted>@h:1']);
  });

  it('hides both values of a key that stands there twice', () => {
    expect(redactJsonText('{"token":"a","token":"b","x":"http://u:p@h"}', nowhere)).toBe(
      '{"token":"<redacted>","token":"<redacted>","x":"http://<redacted>@h"}',
    );
  });

  it('leaves what is not JSON to others', () => {
    expect(redactJsonText('{"a": 1} {"b": 2}', nowhere)).toBeUndefined();
    expect(redactJsonText('{"a": ', nowhere)).toBeUndefined();
  });
});

/** The recorded content of a file with these bytes, which are not UTF-8. */
function withoutSecrets(bytes: Buffer): { base64: string } {
  const path = absPath('/etc/docker/daemon.json');
  const { recording } = redactRecording({
    schema: RECORDING_SCHEMA,
    schemaMinor: 0,
    takenAt: '2026-11-22T10:00:00Z',
    tool: { name: 'harden', version: '0' },
    host: {
      hostname: 'x',
      machineId: '',
      kernelRelease: '',
      machine: '',
      bootId: '',
      uid: 0,
      capabilities: [],
      inContainer: false,
    },
    files: { [path]: { content: present({ base64: bytes.toString('base64') }) } },
    processes: {},
    queries: [],
    api: {},
  });
  const content = recording.files[path]?.content;
  return content?.status === 'present' && 'base64' in content.value ? content.value : { base64: '' };
}
