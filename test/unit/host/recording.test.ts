import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { liveHost } from '../../../src/host/live-host.ts';
import { recordedHost } from '../../../src/host/recorded-host.ts';
import { recordingReader, recordingText } from '../../../src/host/recorder.ts';
import { parseRecording } from '../../../src/host/recording-file.ts';
import { runProgram } from '../../../src/host/run-tool.ts';
import { tracedReader } from '../../../src/host/traced.ts';
import { type AbsPath, absPath } from '../../../src/model/brand.ts';
import { EXIT, HardenError } from '../../../src/model/errors.ts';
import type { HostReader } from '../../../src/model/host.ts';
import { machineKey } from '../../../src/model/machine-key.ts';
import { absent, present, unreadable } from '../../../src/model/state.ts';

const ORIGIN = { takenAt: '2026-11-22T10:00:00Z', toolVersion: '0.1.0' };
const SOCKET = absPath('/run/docker.sock');
let folder = '';

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'harden-recording-')));
  writeFileSync(join(folder, 'daemon.json'), '{ "icc": false }\n');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a plan asks, more or less. */
async function askAll(host: HostReader): Promise<unknown[]> {
  const paths = [join(folder, 'daemon.json'), '/etc/hostname', '/etc/passwd', '/usr/bin/env', '/bin', '/nothing'].map(
    absPath,
  );
  return [
    paths.map((path) => [host.stat(path), host.read(path), host.list(path), host.realPath(path)]),
    host.mounts(),
    [...(await host.attributes(paths))],
    await host.query({ tool: 'auditctl', args: ['-v'] }),
    await host.docker(absPath('/nothing.sock'), '/info'),
  ];
}

describe('a recording', () => {
  it('answers every question that was asked as the host did', async () => {
    const recorder = recordingReader(liveHost());
    const live = await askAll(recorder.reader);
    const { recording } = recorder.recording(ORIGIN);
    expect(await askAll(recordedHost(recording))).toEqual(live);
    expect(await askAll(recordedHost(parseRecording(recordingText(recording), 'test')))).toEqual(live);
  });

  it('is one text for one host, whatever the order of the questions', async () => {
    const first = recordingReader(liveHost());
    const second = recordingReader(liveHost());
    await askAll(first.reader);
    first.reader.stat(absPath('/etc'));
    second.reader.stat(absPath('/etc'));
    await askAll(second.reader);
    await askAll(second.reader);
    const text = recordingText(first.recording(ORIGIN).recording);
    expect(recordingText(second.recording(ORIGIN).recording)).toBe(text);
    expect(text).toMatch(/^\{\n "api": \{/);
    expect(text.endsWith('}\n')).toBe(true);
  });

  it('says of everything else that it is not in the recording', async () => {
    const { recording } = recordingReader(liveHost()).recording(ORIGIN);
    const host = recordedHost(recording);
    const path = absPath('/etc/docker');
    expect(host.kind).toBe('recorded');
    expect(host.stat(path)).toEqual(unreadable('/etc/docker: not in the recording'));
    expect(host.read(path)).toEqual(unreadable('/etc/docker: not in the recording'));
    expect(host.list(path)).toEqual(unreadable('/etc/docker: not in the recording'));
    expect(host.realPath(path)).toEqual(unreadable('/etc/docker: not in the recording'));
    expect(host.mounts()).toEqual(unreadable('mounts: not in the recording'));
    expect(host.processes(['dockerd'], [])).toEqual(unreadable('processes named dockerd: not in the recording'));
    expect(await host.attributes([path])).toEqual(new Map([[path, { flags: null, hasAcl: null }]]));
    expect(await host.query({ tool: 'auditctl', args: ['-l'] })).toEqual({
      type: 'not-started',
      reason: 'not in the recording',
    });
    expect(await host.docker(SOCKET, '/info')).toEqual({
      type: 'unreachable',
      code: 'other',
      reason: '/run/docker.sock GET /info: not in the recording',
    });
  });

  it('keeps a content that was read whole when it is asked for again with a small limit', () => {
    const { reader, recording } = recordingReader(liveHost());
    const path = absPath(join(folder, 'daemon.json'));
    reader.read(path);
    expect(reader.read(path, 3)).toMatchObject({ status: 'unreadable' });
    const host = recordedHost(recording(ORIGIN).recording);
    expect(host.read(path)).toMatchObject({ status: 'present' });
    expect(host.read(path, 3)).toMatchObject({ status: 'unreadable' });
  });

  it('holds the machine id as a keyed hash only, and that has the same key', () => {
    const recorder = recordingReader(busyHost([4711, 1234], ['9000', '800']));
    recorder.reader.read(absPath('/etc/machine-id'));
    const { recording, redactions } = recorder.recording(ORIGIN);
    const key = machineKey('ab'.repeat(16));
    expect(recordingText(recording)).not.toContain('ab'.repeat(16));
    expect(recording.host.machineId).toBe(key);
    expect(machineKey(key)).toBe(key);
    expect(redactions).toContainEqual({ where: 'this host', what: 'machine id, kept as a keyed hash' });
  });

  it('replaces pids and start times by their rank, the same everywhere', async () => {
    const texts = await Promise.all(
      [busyHost([4711, 1234], ['9000', '800']), busyHost([99, 42], ['7', '5'])].map(async (host) => {
        const { reader, recording } = recordingReader(host);
        reader.processes(['dockerd', 'containerd'], []);
        reader.read(absPath('/run/docker.pid'));
        await reader.query({ tool: 'systemctl', args: ['show', 'docker.service'] });
        await reader.query({ tool: 'auditctl', args: ['-s'] });
        await reader.docker(SOCKET, '/x/json');
        return recording(ORIGIN).recording;
      }),
    );
    expect(texts[0]).toEqual(texts[1]);
    const host = recordedHost(texts[0] ?? expect.unreachable());
    const found = host.processes(['dockerd', 'containerd'], []);
    expect(
      found.status === 'present' ? found.value.map(({ name, pid, startTicks }) => [name, pid, startTicks]) : found,
    ).toEqual([
      ['containerd', 1001, '1'],
      ['dockerd', 1002, '2'],
    ]);
    expect(host.read(absPath('/run/docker.pid'))).toEqual(present(new Uint8Array(Buffer.from('1002'))));
    expect(await host.query({ tool: 'systemctl', args: ['show', 'docker.service'] })).toMatchObject({
      stdout: 'MainPID=1002\nControlPID=0\nExecStart={ path=/usr/bin/dockerd ; pid=1002 ; status=0/0 }\n',
    });
    expect(await host.query({ tool: 'auditctl', args: ['-s'] })).toMatchObject({
      stdout: 'enabled 1\npid 1001\nlost 4711\n',
    });
    expect(await host.docker(SOCKET, '/x/json')).toMatchObject({ body: { State: { Pid: 1002 } } });
  });

  it('answers about processes by name, and only with variables that were asked for', () => {
    const { reader, recording } = recordingReader(busyHost([4711, 1234], ['9000', '800']));
    reader.processes(['dockerd', 'containerd'], ['A']);
    const host = recordedHost(recording(ORIGIN).recording);
    const one = host.processes(['dockerd'], []);
    expect(one.status === 'present' ? one.value.map(({ environment }) => environment) : one).toEqual([{}]);
    expect(host.processes(['dockerd'], ['A'])).toMatchObject({ value: [{ environment: { A: '1' } }] });
    expect(host.processes(['dockerd'], ['B'])).toMatchObject({ status: 'unreadable' });
    expect(host.processes(['runc'], [])).toMatchObject({ status: 'unreadable' });
  });

  it('still answers about variables after the same processes were asked for without them', () => {
    const { reader, recording } = recordingReader(busyHost([4711, 1234], ['9000', '800']));
    reader.processes(['dockerd'], ['A']);
    reader.processes(['dockerd'], []);
    const host = recordedHost(recording(ORIGIN).recording);
    expect(host.processes(['dockerd'], ['A'])).toMatchObject({ value: [{ environment: { A: '1' } }] });
  });
});

describe('a file that is no recording', () => {
  const valid = () => recordingText(recordingReader(busyHost([2, 3], ['1', '2'])).recording(ORIGIN).recording);
  const failureOf = (text: string): HardenError => {
    try {
      parseRecording(text, 'web-01.json');
    } catch (error) {
      if (error instanceof HardenError) {
        return error;
      }
    }
    throw new Error('was taken for a recording');
  };

  it.each([
    ['nothing', '', 1, 1],
    ['cut off', '{\n "schema": "urn:harden:rec', 2, 12],
    ['a trailing comma', '{\n "a": 1,\n}', 3, 1],
    ['a comment', '{\n // x\n "a": 1}', 2, 2],
    ['two values', '{}\n{}', 2, 1],
    ['a list', '[]', 1, 1],
    ['a number', '7', 1, 1],
  ])('is refused with its place: %s', (_, text, line, column) => {
    const error = failureOf(text);
    expect(error.exit).toBe(EXIT.malformed);
    expect(error.position).toEqual({ file: 'web-01.json', line, column });
  });

  it('is refused for a member it does not know, a wrong type and a missing one, each with its place', () => {
    const text = valid().replace('"hostname": "busy"', '"hostname": 7,\n  "colour": "red"');
    const error = failureOf(text.replace(/ "queries": \[\],\n/, ''));
    const lines = text.replace(/ "queries": \[\],\n/, '').split('\n');
    const lineOf = (part: string) => lines.findIndex((line) => line.includes(part)) + 1;
    expect(error.details).toEqual([
      expect.stringMatching(/^web-01\.json:1:1: queries: /),
      expect.stringMatching(
        new RegExp(`^web-01\\.json:${lineOf('"hostname"')}:15: host › hostname: .*expected string`),
      ),
      expect.stringMatching(new RegExp(`^web-01\\.json:${lineOf('"colour"')}:3: host: .*"colour"`)),
    ]);
    expect(error.position?.line).toBe(1);
  });

  it('may not hold a raw machine id or a path that is not clean', () => {
    expect(failureOf(valid().replace(/"machineId": "\w+"/, `"machineId": "${'ab'.repeat(16)}"`)).details[0]).toContain(
      'keyed',
    );
    expect(failureOf(valid().replace('"files": {}', '"files": {"/etc/../shadow": {}}')).details[0]).toContain(
      '/etc/../shadow',
    );
  });

  it.each([
    ['major', (text: string) => text.replace('recording:1', 'recording:2')],
    ['minor', (text: string) => text.replace('"schemaMinor": 0', '"schemaMinor": 9, "fromTheFuture": true')],
  ])('is refused in its own words where a newer harden wrote it: %s version', (_, change) => {
    const error = failureOf(change(valid()));
    expect(error.code).toBe('H1033');
    expect(error.exit).toBe(EXIT.malformed);
    expect(error.message).toContain('newer harden');
  });

  it('is read as it was written', () => {
    expect(recordingText(parseRecording(valid(), 'recording.json'))).toBe(valid());
  });
});

describe('tracing', () => {
  it('counts questions, and the programs that were really started', async () => {
    using traced = tracedReader(liveHost());
    const { reader } = traced;
    reader.stat(absPath('/etc'));
    reader.stat(absPath('/usr'));
    await reader.attributes([absPath('/etc'), absPath('/usr')]);
    await reader.docker(absPath('/nothing.sock'), '/info');
    const { calls, started } = traced.trace();
    expect(calls).toMatchObject({ stat: 2, attributes: 1, docker: 1, query: 0 });
    expect(started.map((path) => path.split('/').at(-1)).sort()).toEqual(['ls', 'lsattr']);
  });

  it('stops counting when disposed', async () => {
    const traced = tracedReader(liveHost());
    traced[Symbol.dispose]();
    await runProgram('/bin/true', [], 5000);
    expect(traced.trace().started).toEqual([]);
  });
});

/** A host with these pids and start times of dockerd and containerd. */
function busyHost(
  [docker = 0, containerd = 0]: readonly number[],
  [dockerTicks = '', containerdTicks = '']: readonly string[],
): HostReader {
  const process = (name: string, pid: number, startTicks: string) => ({
    pid,
    name,
    exe: present(absPath(`/usr/bin/${name}`)),
    argv: [name],
    uid: 0,
    startTicks,
    environment: { A: '1' },
  });
  const files: Readonly<Record<string, string>> = {
    '/run/docker.pid': String(docker),
    '/etc/machine-id': `${'ab'.repeat(16)}\n`,
  };
  return {
    kind: 'live',
    identity: () => ({
      hostname: 'busy',
      machineId: 'ab'.repeat(16),
      kernelRelease: '6.1',
      machine: 'x86_64',
      bootId: 'boot',
      uid: 0,
      capabilities: [],
      inContainer: false,
    }),
    stat: () => absent,
    read: (path: AbsPath) => present(new Uint8Array(Buffer.from(files[path] ?? ''))),
    list: () => absent,
    realPath: () => absent,
    attributes: () => Promise.resolve(new Map()),
    mounts: () => present([]),
    processes: (names) =>
      present(
        [process('dockerd', docker, dockerTicks), process('containerd', containerd, containerdTicks)].filter(
          ({ name }) => names.includes(name),
        ),
      ),
    query: ({ tool }) =>
      Promise.resolve({
        type: 'exited',
        code: 0,
        stderr: '',
        stdout:
          tool === 'auditctl'
            ? `enabled 1\npid ${containerd}\nlost 4711\n`
            : `MainPID=${docker}\nControlPID=0\nExecStart={ path=/usr/bin/dockerd ; pid=${docker} ; status=0/0 }\n`,
      }),
    docker: () => Promise.resolve({ type: 'answered', status: 200, body: { State: { Pid: docker } } }),
  };
}
