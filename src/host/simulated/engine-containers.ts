import type { Json, JsonObject } from '../../model/canonical.ts';
import { isObject } from './engine-settings.ts';

/** True for a container whose network the engine must leave as it is while it runs. */
export function holdsNetwork(container: Json): boolean {
  return isObject(container) && isRunning(container) && !networkModeOf(container).startsWith('container:');
}

export function isRunning(container: Json): container is JsonObject {
  return isObject(container) && container['State'] === 'running';
}

/** After its end. A recording holds no restart policies, so nothing starts it again here. */
export function ended(container: Json): Json {
  return isRunning(container)
    ? { ...container, State: 'exited', Status: 'Exited (137) Less than a second ago', Ports: [] }
    : container;
}

/** GET /info counts them. */
export function counted(info: JsonObject, containers: readonly Json[]): JsonObject {
  const running = containers.filter(isRunning).length;
  const paused = containers.filter((one) => isObject(one) && one['State'] === 'paused').length;
  return {
    ...info,
    Containers: containers.length,
    ContainersRunning: running,
    ContainersPaused: paused,
    ContainersStopped: containers.length - running - paused,
  };
}

function networkModeOf(container: JsonObject): string {
  const config = container['HostConfig'];
  const mode = isObject(config) ? config['NetworkMode'] : undefined;
  return typeof mode === 'string' ? mode : '';
}
