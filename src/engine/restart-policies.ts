import type { JsonObject } from '../model/canonical.ts';
import type { Change, Comparison } from '../model/change.ts';
import type { AtRestart, ContainerFacts, HostFacts } from '../model/facts.ts';
import type { HostReader } from '../model/host.ts';
import { restartKeepsContainers } from '../resources/daemon-option/index.ts';
import { isJsonObject, objectMember } from './facts/reading.ts';

const AT_ONCE = 4;

/** True where something of this would restart dockerd and stop the containers that run, so that what becomes of them matters. */
export function mayStopContainers(comparisons: readonly Comparison[], facts: HostFacts): boolean {
  const restarts = (change: Pick<Change, 'impact'>): boolean =>
    change.impact === 'restart' || change.impact === 'recreate';
  return (
    (facts.engine.containers ?? []).some(({ running }) => running) &&
    !restartKeepsContainers([], facts) &&
    comparisons.some((comparison) => 'change' in comparison && restarts(comparison.change))
  );
}

/** `facts` with what a restart of dockerd does to each running container: one question to the engine for each of them. */
export async function withRestartPolicies(host: HostReader, facts: HostFacts): Promise<HostFacts> {
  const { engine } = facts;
  if (engine.containers === undefined) {
    return facts;
  }
  const containers: ContainerFacts[] = [];
  // No more at once than have a connection: waiting for one counts against the time that the question after it has.
  for (let from = 0; from < engine.containers.length; from += AT_ONCE) {
    const some = engine.containers.slice(from, from + AT_ONCE);
    containers.push(...(await Promise.all(some.map((one) => withPolicy(host, engine, one)))));
  }
  return { ...facts, engine: { ...engine, containers } };
}

async function withPolicy(host: HostReader, engine: HostFacts['engine'], one: ContainerFacts): Promise<ContainerFacts> {
  const atRestart = one.running ? await askAtRestart(host, engine, one) : undefined;
  return atRestart === undefined ? one : { ...one, atRestart };
}

async function askAtRestart(
  host: HostReader,
  { apiSocket }: HostFacts['engine'],
  { id }: ContainerFacts,
): Promise<AtRestart | undefined> {
  const outcome = await host.docker(apiSocket, `/containers/${id}/json`);
  const answered = outcome.type === 'answered' && outcome.status === 200 && isJsonObject(outcome.body);
  return answered ? atRestartOf(outcome.body) : undefined;
}

function atRestartOf(container: JsonObject): AtRestart | undefined {
  const hostConfig = objectMember(container, 'HostConfig');
  if (hostConfig['AutoRemove'] === true) {
    return 'removed';
  }
  // A task of a swarm has no restart policy of its own: the swarm starts another one in its place.
  const labels = objectMember(objectMember(container, 'Config'), 'Labels');
  const policy = objectMember(hostConfig, 'RestartPolicy')['Name'];
  const isTask = labels['com.docker.swarm.task.id'] !== undefined;
  return typeof policy === 'string' && !isTask ? BY_POLICY.get(policy) : undefined;
}

const BY_POLICY: ReadonlyMap<string, AtRestart> = new Map([
  ['always', 'back'],
  ['unless-stopped', 'back'],
  ['on-failure', 'unsure'],
  ['no', 'down'],
  ['', 'down'],
]);
