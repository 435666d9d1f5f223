import { containersSeen } from '../engine/containers-seen.ts';
import { listContainers } from '../engine/facts/engine-api.ts';
import type { HostFacts } from '../model/facts.ts';
import type { HostReader } from '../model/host.ts';
import type { Plan } from '../model/plan.ts';
import type { ContainersSeen } from '../model/containers-seen.ts';

/** What became of the containers of a run that has ended; the facts are those from before it began. */
export async function containersAfter(
  host: HostReader,
  { engine }: Pick<HostFacts, 'engine'>,
  plan: Plan,
): Promise<ContainersSeen | undefined> {
  return restartsDockerd(plan)
    ? containersSeen(engine.containers, await listContainers(host, engine.apiSocket))
    : undefined;
}

export function restartsDockerd({ effects }: Plan): boolean {
  return effects.some(({ kind }) => kind === 'restart');
}
