import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseRecording } from '../../src/host/recording-file.ts';
import { type SimulatedHost, simulatedHost } from '../../src/host/simulated/simulated-host.ts';
import { absPath } from '../../src/model/brand.ts';
import { CANDIDATES, engineRecording } from '../support/engine-recording.ts';
import { DAEMON_FILE, simulatedView, writeDaemonFile } from '../support/engine-steps.ts';

const SAMPLE = join(import.meta.dirname, '../../snapshots/hosts/debian-13-sample.json');
const recording = parseRecording(readFileSync(SAMPLE, 'utf8'), SAMPLE);
const SEEN = ['LiveRestoreEnabled', 'Debug', 'LoggingDriver', 'ContainersRunning'];
const RESET = 'reset-failed docker.service docker.socket';

/** test/real/simulated-engine.test.ts holds the same engine against a real one. */
function systemctl(
  host: SimulatedHost,
  does: string,
  file?: string,
): { readonly code: number; readonly stderr: string } {
  writeDaemonFile(host.sys, file);
  const outcome = host.sys.run({ tool: 'systemctl', args: does.split(' ') }, 1000);
  if (outcome.type !== 'exited') {
    throw new Error(outcome.type);
  }
  return outcome;
}

function validated(version: string, text: string): { readonly type: string } {
  const host = simulatedHost(engineRecording(version));
  writeDaemonFile(host.sys, text);
  const args = ['--validate', `--config-file=${DAEMON_FILE}`] as const;
  return host.sys.run({ tool: 'dockerd', exe: absPath('/usr/sbin/dockerd'), args }, 1000);
}

describe('simulated dockerd', () => {
  test('keeps at a reload what the file no longer says, and forgets it at a restart', async () => {
    const host = simulatedHost(recording);
    systemctl(host, 'reload docker', '{"live-restore":true,"debug":true}');
    expect(await simulatedView(host, SEEN)).toMatchObject({ info: { LiveRestoreEnabled: true, Debug: true } });
    systemctl(host, 'reload docker', '{}');
    expect(await simulatedView(host, SEEN)).toMatchObject({ info: { LiveRestoreEnabled: true, Debug: true } });
    systemctl(host, 'restart docker', '{}');
    expect(await simulatedView(host, SEEN)).toMatchObject({ info: { LiveRestoreEnabled: false, Debug: false } });
  });

  test('keeps containers, and with them the default bridge, through a restart with live-restore', async () => {
    const host = simulatedHost(recording);
    systemctl(host, 'reload docker', '{"live-restore":true}');
    systemctl(host, 'restart docker', '{"live-restore":true,"icc":false,"userland-proxy":false}');
    expect(await simulatedView(host, SEEN)).toMatchObject({
      info: { ContainersRunning: 3 },
      options: { 'com.docker.network.bridge.enable_icc': 'true' },
      proxies: 0,
    });
  });

  test('without live-restore ends containers and builds the bridge anew', async () => {
    const host = simulatedHost(recording);
    systemctl(host, 'restart docker', '{"icc":false}');
    expect(await simulatedView(host, SEEN)).toMatchObject({
      info: { ContainersRunning: 0 },
      options: { 'com.docker.network.bridge.enable_icc': 'false' },
      containers: ['db', 'exited', 'web', 'exited', 'worker', 'exited'],
    });
  });

  test('is another process after a restart, with a younger pid file', () => {
    const host = simulatedHost(recording);
    const look = () => [
      host.processes(['dockerd'], []),
      host.read(absPath('/run/docker.pid')),
      host.stat(absPath('/run/docker.pid')),
    ];
    const before = look();
    systemctl(host, 'reload docker', '{}');
    expect(look()).toEqual(before);
    systemctl(host, 'restart docker', '{}');
    look().forEach((answer, index) => expect(answer).not.toEqual(before[index]));
  });

  test.each(['{"foo":1}', '{"icc":false,"iptables":false}', '{', '{"seccomp-profile":"/nope"}'])(
    'does not start with %s, and starts again once that is mended and its failures are forgotten',
    async (file) => {
      const host = simulatedHost(recording);
      expect(systemctl(host, 'restart docker', file).code).toBe(1);
      expect(await simulatedView(host, SEEN)).toEqual({ states: ['failed', 'failed'] });
      expect(await host.docker(absPath('/run/docker.sock'), '/info')).toMatchObject({ code: 'refused' });
      expect(systemctl(host, 'restart docker', '{}').stderr).toContain('attempted too often');
      expect(systemctl(host, RESET, '{}').code).toBe(0);
      expect(systemctl(host, 'restart docker', '{}').code).toBe(0);
      expect(await simulatedView(host, SEEN)).toMatchObject({ states: ['active', 'active'] });
    },
  );

  test.each(['{"userns-remap":"default"}', '{"hosts":["tcp://0.0.0.0"]}', '{"tlsverify":true}'])(
    'refuses %s, which it cannot simulate, rather than pass it over',
    (file) => {
      expect(systemctl(simulatedHost(recording), 'restart docker', file).code).toBe(1);
      expect(validated('26.1.5', file)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('simulated') as string,
      });
    },
  );

  test('knows the keys of its version', () => {
    expect(validated('26.1.5', '{"bip6":"fd00::/64"}')).toMatchObject({ code: 1 });
    expect(validated('28.5.2', '{"bip6":"fd00::/64"}')).toMatchObject({ code: 0 });
    expect(validated('20.10.24', '{}')).toMatchObject({ code: 125 });
  });

  test('judges each candidate without falling over', () => {
    const verdicts = CANDIDATES.map(({ text }) => validated('26.1.5', text));
    expect(new Set(verdicts.map((verdict) => verdict.type))).toEqual(new Set(['exited']));
  });
});

describe('simulated systemd', () => {
  const shown = async (host: SimulatedHost) => {
    const outcome = await host.query({
      tool: 'systemctl',
      args: ['show', 'docker.socket', '-p', 'DropInPaths,NeedDaemonReload'],
    });
    return outcome.type === 'exited' ? outcome.stdout : outcome.type;
  };

  test('sees that a drop-in came, and takes it up when told to', async () => {
    const host = simulatedHost(recording);
    expect(await shown(host)).toBe('DropInPaths=\nNeedDaemonReload=no\n');
    let folder = host.sys.openDirectory(absPath('/etc'));
    for (const name of ['systemd', 'system', 'docker.socket.d']) {
      host.sys.makeDirectory(folder, name, 0o755);
      folder = host.sys.openObject(folder, name);
    }
    host.sys.createFile(folder, 'mode.conf');
    expect(await shown(host)).toBe('DropInPaths=\nNeedDaemonReload=yes\n');
    host.sys.run({ tool: 'systemctl', args: ['daemon-reload'] }, 1000);
    expect(await shown(host)).toBe('DropInPaths=/etc/systemd/system/docker.socket.d/mode.conf\nNeedDaemonReload=no\n');
  });

  test('starts docker three times in a row, and a fourth time only after reset-failed', () => {
    const host = simulatedHost(recording);
    const codes = [1, 2, 3, 4].map(() => systemctl(host, 'restart docker').code);
    expect(codes).toEqual([0, 0, 0, 1]);
    systemctl(host, RESET);
    expect(systemctl(host, 'restart docker').code).toBe(0);
  });

  test('is not there on a host that does not run it', () => {
    expect(systemctl(simulatedHost(engineRecording('26.1.5')), 'restart docker')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('has not been booted with systemd') as string,
    });
  });
});
