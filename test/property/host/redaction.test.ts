import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordingReader, recordingText } from '../../../src/host/recorder.ts';
import { redactArgv } from '../../../src/host/redact-argv.ts';
import { redactJsonText } from '../../../src/host/redact-json.ts';
import { redactText } from '../../../src/host/redact-text.ts';
import { type AbsPath, absPath } from '../../../src/model/brand.ts';
import type { HostReader } from '../../../src/model/host.ts';
import { absent, present } from '../../../src/model/state.ts';

const nowhere = () => undefined;

/** Long enough not to be a part of a shape below by chance. */
const word = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9+/._~-]{10,30}$/);
const name = fc.constantFrom(
  'splunk-token',
  'password',
  'DB_PASSWORD',
  'client_secret',
  'identitytoken',
  'auth',
  'api-key',
  'AWS_SECRET_ACCESS_KEY',
  'x.credentials.y',
);
const around = fc.constantFrom('', 'A=1 ', '--icc=false ', '{"a":"b"} ', "'quoted' ", '"x y" ');

/** Ways in which a name and its secret stand in settings, units, outputs and command lines. */
const SHAPES: readonly ((name: string, secret: string, spare: string) => string)[] = [
  (key, secret, before) => `${before}${key}=${secret} next=1`,
  (key, secret) => `${key} = ${secret} and more`,
  (key, secret) => `${key}: ${secret}`,
  (key, secret) => `  ${key} = "${secret} with blanks"`,
  (key, secret) => `"${key}": "${secret}"`,
  (key, secret) => `{"x": {"${key}" : "${secret}"}, "broken"`,
  (key, secret, before) => `${before}--${key} ${secret} --next`,
  (key, secret, before) => `${before}--${key}=${secret}`,
  (key, secret) => `Environment="${key}=${secret} with blanks" "B=2"`,
  (key, secret) => `Environment='${key}=${secret} with blanks'`,
  (key, secret) => `OPTS="--log-opt ${key}=${secret} --icc=false"`,
  (key, secret) => `OPTS='--log-opt ${key}="${secret} b" --icc=false'`,
  (key, secret) => String.raw`x="{\"${key}\":\"${secret}\"}"`,
  (key, secret) => `argv[]=/usr/bin/dockerd --log-opt ${key}=${secret} ; ignore_errors=no`,
  (_, secret, before) => `${before}http://user:${secret}@proxy.example:3128/`,
  (_, secret, before) => `${before}https://${secret}@proxy.example/`,
  (_, secret) => `HTTPS_PROXY=user:${secret}@proxy.example:3128`,
  (_, secret) => `-----BEGIN EC PRIVATE KEY-----\n${secret}\n-----END EC PRIVATE KEY-----`,
];

const planted = fc
  .record({ key: name, secret: word, spare: around, shape: fc.constantFrom(...SHAPES) })
  .map(({ key, secret, spare, shape }) => ({ secret, text: shape(key, secret, spare) }))
  // A user without a password, but with a slash, is a host and a path by all rules.
  .filter(({ secret, text }) => !(secret.includes('/') && text.includes(`://${secret}@`)));

describe('redaction', () => {
  it('leaves no secret in a text', () => {
    fc.assert(
      fc.property(planted, fc.array(planted, { maxLength: 3 }), ({ secret, text }, others) => {
        const lines = [...others.map((other) => other.text), text].join('\n');
        expect(redactText(lines, nowhere)).not.toContain(secret);
      }),
      { numRuns: 3000 },
    );
  });

  it('leaves no secret in an argument vector, and keeps the number of items', () => {
    fc.assert(
      fc.property(name, fc.string({ minLength: 11 }), fc.array(fc.string()), (key, secret, rest) => {
        for (const argv of [
          ['--log-opt', `${key}=${secret}`],
          [`--${key}=${secret}`],
          [`--${key}`, secret],
          [`--log-opt=${key}=${secret}`],
        ]) {
          const redacted = redactArgv([...rest, ...argv], nowhere);
          expect(redacted).toHaveLength(rest.length + argv.length);
          expect(redacted.slice(rest.length).join('\0')).not.toContain(secret);
        }
      }),
    );
  });

  it('leaves no secret below a secret name in JSON, and keeps all keys, lists and other values', () => {
    fc.assert(
      fc.property(name, word, fc.jsonValue(), fc.nat(4), (key, secret, other, indent) => {
        const text = JSON.stringify(
          { a: [{ [key]: { deep: [secret, 7] } }], url: `http://u:${secret}@h` },
          undefined,
          indent,
        );
        const redacted = redactJsonText(text, nowhere) ?? '';
        expect(redacted).not.toContain(secret);
        expect(JSON.parse(redacted)).toEqual({
          a: [{ [key]: { deep: ['<redacted>', '<redacted>'] } }],
          url: 'http://<redacted>@h',
        });
        const harmless = JSON.stringify({ other });
        expect(Object.keys(JSON.parse(redactJsonText(harmless, nowhere) ?? '') as object)).toEqual(['other']);
      }),
    );
  });

  it('is done once: a second pass changes nothing', () => {
    fc.assert(
      fc.property(planted, ({ text }) => {
        const once = redactText(text, nowhere);
        expect(redactText(once, nowhere)).toBe(once);
      }),
      { numRuns: 1000 },
    );
  });

  it('never fails on whatever text a host has', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(typeof redactText(text, nowhere)).toBe('string');
        redactJsonText(text, nowhere);
      }),
    );
  });

  it('takes a secret found in one place out of every other place of a recording', async () => {
    await fc.assert(
      fc.asyncProperty(
        planted.filter(({ text }) => !text.includes('PRIVATE KEY')),
        fc.uint8Array(),
        async ({ secret, text }, bytes) => {
          // Found in the file; elsewhere it stands without any name.
          const everywhere = `seen ${secret} here`;
          const recorder = recordingReader(
            hostSaying(text, everywhere, Buffer.concat([bytes, Buffer.from(`\xff ${everywhere}`, 'latin1')])),
          );
          const { reader } = recorder;
          reader.read(absPath('/etc/docker/daemon.json'));
          reader.read(absPath('/etc/binary'));
          reader.processes(['dockerd'], ['X']);
          await reader.query({ tool: 'systemctl', args: ['show', 'docker.service'] });
          await reader.docker(absPath('/run/docker.sock'), '/info');
          const { recording, redactions } = recorder.recording({ takenAt: '2026-11-22T10:00:00Z', toolVersion: '0' });
          expect(recordingText(recording)).not.toContain(secret);
          const content = recording.files[absPath('/etc/binary')]?.content;
          expect(
            content?.status === 'present' && 'base64' in content.value
              ? Buffer.from(content.value.base64, 'base64').toString('latin1')
              : '',
          ).not.toContain(secret);
          expect(redactions.length).toBeGreaterThan(0);
          expect(JSON.stringify(redactions)).not.toContain(secret);
        },
      ),
    );
  });
});

/** A host on which `text` stands in daemon.json and `elsewhere` in everything else. */
function hostSaying(text: string, elsewhere: string, binary: Uint8Array): HostReader {
  const process = {
    pid: 4711,
    name: 'dockerd',
    exe: present(absPath('/usr/bin/dockerd')),
    argv: ['dockerd', elsewhere],
    uid: 0,
    startTicks: '12345',
    environment: { X: elsewhere },
  };
  return {
    kind: 'live',
    identity: () => ({
      hostname: 'test',
      machineId: 'ab'.repeat(16),
      kernelRelease: '6',
      machine: 'x86_64',
      bootId: 'boot',
      uid: 0,
      capabilities: [],
      inContainer: false,
    }),
    stat: () => absent,
    read: (path: AbsPath) => present(path === '/etc/binary' ? binary : new Uint8Array(Buffer.from(text))),
    list: () => absent,
    realPath: () => absent,
    attributes: () => Promise.resolve(new Map()),
    mounts: () => present([]),
    processes: () => present([process]),
    query: () => Promise.resolve({ type: 'exited', code: 0, stdout: elsewhere, stderr: '' }),
    docker: () => Promise.resolve({ type: 'answered', status: 200, body: { Labels: [elsewhere] } }),
  };
}
