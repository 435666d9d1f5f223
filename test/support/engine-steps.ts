import type { SimulatedHost } from '../../src/host/simulated/simulated-host.ts';
import { absPath, baseName, parentPath } from '../../src/model/brand.ts';
import type { JsonObject } from '../../src/model/canonical.ts';
import type { Sys } from '../../src/model/sys.ts';

export interface EngineStep {
  /** daemon.json beforehand; undefined: none. */
  readonly file: string | undefined;
  /** Arguments of systemctl. */
  readonly does: string;
}

export const DAEMON_FILE = '/etc/docker/daemon.json';
const RESET = { file: '{}', does: 'reset-failed docker.service docker.socket' };
const ALL =
  '{"live-restore":true,"debug":true,"insecure-registries":["r.example:5000","10.1.0.0/16"],"labels":["a=b"],"no-new-privileges":true,"icc":false,"log-driver":"local","experimental":true,"userland-proxy":false}';

/** In this order: what each key does at a reload, what it does when it is gone, what a restart keeps, what is refused. */
export const ENGINE_STEPS: readonly EngineStep[] = [
  { file: ALL, does: 'reload docker' },
  { file: '{}', does: 'reload docker' },
  { file: undefined, does: 'reload docker.service' },
  { file: '{"live-restore":true,"foo":1}', does: 'reload docker' },
  { file: '{"debug":false,}', does: 'reload docker' },
  { file: '{"debug":false,"labels":[]}', does: 'reload docker' },
  RESET,
  { file: ALL, does: 'restart docker' },
  { file: '{"live-restore":true}', does: 'reload docker' },
  RESET,
  { file: '{"live-restore":true,"no-new-privileges":true}', does: 'restart docker' },
  RESET,
  { file: '{"live-restore":false}', does: 'reload docker' },
  { file: '{"icc":false}', does: 'restart docker' },
  { file: undefined, does: 'restart docker' },
  { file: '{"experimental":true}', does: 'restart docker' },
  { file: '{"experimental":true}', does: 'restart docker' },
  { file: undefined, does: 'restart docker' },
  RESET,
  { file: undefined, does: 'restart docker' },
  RESET,
  { file: '{"foo":1}', does: 'restart docker' },
  { file: undefined, does: 'reload docker' },
  RESET,
  { file: undefined, does: 'restart docker' },
  RESET,
  { file: '{"icc":false,"iptables":false}', does: 'restart docker' },
  RESET,
  { file: undefined, does: 'restart docker' },
  { file: undefined, does: 'restart nothing' },
  { file: undefined, does: 'reset-failed nothing' },
];

/** Writes as the product does: a new file under another name, then the name. */
export function writeDaemonFile(sys: Sys, text: string | undefined): void {
  const path = absPath(DAEMON_FILE);
  const folder = sys.openDirectory(parentPath(path));
  if (text !== undefined) {
    const file = sys.createFile(folder, 'daemon.json.new');
    sys.write(file, new TextEncoder().encode(text), 0);
    sys.close(file);
    sys.rename(folder, 'daemon.json.new', baseName(path));
  } else if (sys.statAt(folder, baseName(path)) !== undefined) {
    sys.unlink(folder, baseName(path));
  }
  sys.close(folder);
}

/** What can be seen of the engine and its units; `members`: those of GET /info. */
export async function simulatedView(host: SimulatedHost, members: readonly string[]): Promise<unknown> {
  const socket = absPath('/run/docker.sock');
  const states = await Promise.all(['docker.service', 'docker.socket'].map((unit) => stateOf(host, unit)));
  const info = bodyOf(await host.docker(socket, '/info'));
  if (info === undefined) {
    return { states };
  }
  const version = bodyOf(await host.docker(socket, '/version'));
  const bridge = bodyOf(await host.docker(socket, '/networks/bridge'));
  const list = await host.docker(socket, '/containers/json?all=1');
  const containers = list.type === 'answered' && Array.isArray(list.body) ? (list.body as readonly JsonObject[]) : [];
  const proxies = host.processes(['docker-proxy'], []);
  return {
    states,
    info: Object.fromEntries(members.map((name) => [name, info[name]])),
    experimental: version?.['Experimental'] === true,
    options: bridge?.['Options'],
    containers: containers
      .map(nameAndState)
      .sort()
      .flatMap((line) => line.split(' ')),
    proxies: proxies.status === 'present' ? proxies.value.length : -1,
  };
}

function nameAndState({ Names: names, State: state }: JsonObject): string {
  const name = Array.isArray(names) && typeof names[0] === 'string' ? names[0].slice(1) : '';
  return `${name} ${typeof state === 'string' ? state : ''}`;
}

function bodyOf(outcome: Awaited<ReturnType<SimulatedHost['docker']>>): JsonObject | undefined {
  return outcome.type === 'answered' ? (outcome.body as JsonObject) : undefined;
}

async function stateOf(host: SimulatedHost, unit: string): Promise<string> {
  const outcome = await host.query({ tool: 'systemctl', args: ['show', unit, '-p', 'ActiveState'] });
  return outcome.type === 'exited' ? outcome.stdout.trim().replace('ActiveState=', '') : outcome.type;
}
