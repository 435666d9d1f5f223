import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseRecording } from '../../src/host/recording-file.ts';
import { absPath } from '../../src/model/brand.ts';
import { type SimulatedHost, simulatedHost } from '../../src/host/simulated/simulated-host.ts';
import { DAEMON_FILE, ENGINE_STEPS, type EngineStep, simulatedView, writeDaemonFile } from '../support/engine-steps.ts';
import { CANDIDATES, engineRecording } from '../support/engine-recording.ts';
import { type TestHost, realHosts, systemdHost, throwawayHost } from './throwaway-host.ts';

const CONTAINER = 'docker run -d --network bridge --stop-timeout 1 box sh -c "sleep 9999"';
const INFO = 'LiveRestoreEnabled Debug LoggingDriver SecurityOptions ExperimentalBuild RegistryConfig Labels'.split(
  ' ',
);

describe.runIf(realHosts('trixie'))('dockerd below systemd, real and simulated', () => {
  let real: TestHost;
  let simulated: SimulatedHost;

  beforeAll(async () => {
    real = await systemdHost('trixie', { binds: { '/run/src': process.cwd() } });
    await real.importBusybox('box');
    await real.check(
      `${CONTAINER.replace('-d', '-d --name web -p 8080:80')} && ${CONTAINER.replace('-d', '-d --name worker')}`,
    );
    const record = await real.check(['/run/src/node_modules/node/bin/node', '/run/src/src/cli/harden.ts', 'record']);
    simulated = simulatedHost(parseRecording(record, 'the real host'));
  });
  afterAll(() => real.dispose());

  test.each(
    ENGINE_STEPS.map((step, index) => ({ name: `${index + 1}: ${step.does} with ${step.file ?? 'no file'}`, step })),
  )('are alike after step $name', async ({ step }) => {
    const said = await onReal(real, step);
    expect(onSimulated(simulated, step)).toEqual(said);
    expect(await simulatedView(simulated, INFO)).toEqual(await realView(real));
  });
});

interface Said {
  readonly code: number;
  readonly stderr: string;
}

async function onReal(host: TestHost, { file, does }: EngineStep): Promise<Said> {
  await (file === undefined ? host.check(['rm', '-f', DAEMON_FILE]) : host.write(DAEMON_FILE, file));
  const { code, stderr } = await host.run(`systemctl ${does}`);
  // A reload is answered before it is done; after a failed start systemd tries again until its limit.
  await host.check(
    code === 0
      ? 'sleep 0.7'
      : 'for i in $(seq 40); do systemctl is-failed -q docker || systemctl is-active -q docker && break; sleep 0.5; done; sleep 1',
  );
  return { code, stderr };
}

function onSimulated(host: SimulatedHost, { file, does }: EngineStep): Said {
  writeDaemonFile(host.sys, file);
  const outcome = host.sys.run({ tool: 'systemctl', args: does.split(' ') }, 1000);
  expect(outcome.type).toBe('exited');
  return outcome.type === 'exited' ? { code: outcome.code, stderr: outcome.stderr } : { code: -1, stderr: '' };
}

async function realView(host: TestHost): Promise<unknown> {
  const asked = await host.check(`
    systemctl show docker.service docker.socket -p ActiveState
    if systemctl is-active -q docker; then
      docker info --format '{{json .}}'
      docker version --format '{{json .Server.Experimental}}'
      docker network inspect bridge --format '{{json .Options}}'
      docker ps -a --format '{{.Names}} {{.State}}' | sort | tr '\\n' ' '; echo
      pgrep -c docker-proxy || true
    fi`);
  const [service = '', , socket = '', info, experimental, options, containers = '', proxies] = asked.split('\n');
  const states = [service, socket].map((line) => line.replace('ActiveState=', ''));
  if (info === undefined || info === '') {
    return { states };
  }
  const parsed = JSON.parse(info) as Record<string, unknown>;
  return {
    states,
    info: Object.fromEntries(INFO.map((name) => [name, parsed[name]])),
    experimental: experimental === 'true',
    options: JSON.parse(options ?? 'null') as unknown,
    containers: containers.trim().split(' ').filter(Boolean),
    proxies: Number(proxies),
  };
}

describe.each(['trixie', 'forky'] as const)('dockerd --validate of %s, real and simulated', (suite) => {
  test.runIf(realHosts(suite))('judges every candidate alike', async () => {
    await using real = await throwawayHost(suite);
    const version = /(\d+\.\d+\.\d+)/.exec(await real.check(['dockerd', '--version']))?.[1] ?? '';
    const simulated = simulatedHost(engineRecording(version));
    for (const { text, exact } of CANDIDATES) {
      const args = ['--validate', `--config-file=${DAEMON_FILE}`] as const;
      await real.write(DAEMON_FILE, text);
      writeDaemonFile(simulated.sys, text);
      const { code, stderr } = await real.run(['dockerd', ...args]);
      const outcome = simulated.sys.run({ tool: 'dockerd', exe: absPath('/usr/sbin/dockerd'), args }, 1000);
      const said =
        exact || code === 0 ? { stderr } : { stderr: expect.stringContaining(`file ${DAEMON_FILE}: `) as string };
      expect.soft({ text, ...outcome }).toEqual({ text, type: 'exited', code, stdout: '', ...said });
    }
  });

  test.runIf(realHosts(suite))('names a setting that is also a flag', async () => {
    await using real = await throwawayHost(suite);
    const simulated = simulatedHost(engineRecording(suite === 'trixie' ? '26.1.5' : '28.5.2'));
    for (const [text, flag] of [
      ['{"icc":true}', '--icc=false'],
      ['{"labels":["a=b"]}', '--label=c=d'],
      ['{"hosts":["unix:///run/x"]}', '-H=fd://'],
      ['{"mtu":1400}', '--mtu=1300'],
    ] as const) {
      await real.write(DAEMON_FILE, text);
      writeDaemonFile(simulated.sys, text);
      const { code, stderr } = await real.run(['dockerd', '--validate', flag]);
      const outcome = simulated.sys.run(
        { tool: 'dockerd', exe: absPath('/usr/sbin/dockerd'), args: ['--validate', flag] },
        1000,
      );
      expect.soft({ text, ...outcome }).toEqual({ text, type: 'exited', code, stdout: '', stderr });
    }
  });
});
