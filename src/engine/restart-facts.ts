import type { HostFacts } from '../model/facts.ts';
import type { RestartFacts } from '../plan/effects.ts';
import { restartKeepsContainers } from '../resources/daemon-option/index.ts';

export function restartFactsOf(facts: HostFacts): RestartFacts {
  return {
    running: (facts.engine.containers ?? []).filter(({ running }) => running).map(({ name }) => name),
    keepsContainers: (changes) => restartKeepsContainers(changes, facts),
  };
}
