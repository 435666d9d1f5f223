import type { AtRestart, HostFacts } from '../model/facts.ts';
import type { RestartFacts } from '../plan/effects.ts';
import { restartKeepsContainers } from '../resources/daemon-option/index.ts';

export function restartFactsOf(facts: HostFacts): RestartFacts {
  const running = (facts.engine.containers ?? []).filter((container) => container.running);
  return {
    running: running.map(({ name }) => name),
    atRestart: new Map(
      running.flatMap(({ name, atRestart }): (readonly [string, AtRestart])[] =>
        atRestart === undefined ? [] : [[name, atRestart]],
      ),
    ),
    keepsContainers: (changes) => restartKeepsContainers(changes, facts),
  };
}
