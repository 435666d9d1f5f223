import type { Change } from '../model/change.ts';
import type { Effect } from '../model/plan.ts';

/** What the plan cannot know by itself: which containers run, and whether they outlive a restart that carries out these changes. */
export interface RestartFacts {
  readonly running: readonly string[];
  readonly keepsContainers: (changes: readonly Change[]) => boolean;
}

/** What applying `changes` does to the host, in the order it happens, each interruption once. */
export function effectsOf(changes: readonly Change[], restart: RestartFacts): readonly Effect[] {
  const idsWhere = (wanted: (change: Change) => boolean): string[] => changes.filter(wanted).map((change) => change.id);
  const writes = idsWhere((change) => change.op !== 'activate');
  const rules = idsWhere((change) => change.target.type === 'audit-rule' && change.liveAfter === 'now');
  const reloads = idsWhere((change) => change.impact === 'reload');
  const restarts = idsWhere((change) => change.impact === 'restart' || change.impact === 'recreate');
  const effects: Omit<Effect, 'step'>[] = [];
  const push = (
    kind: Effect['kind'],
    unit: string | null,
    ids: string[],
    containers: Pick<Effect, 'containersKept' | 'containersStopped'>,
  ): void => {
    if (ids.length > 0) {
      effects.push({ kind, unit, changes: ids, ...containers });
    }
  };
  const none = { containersKept: [], containersStopped: [] };
  push('write', null, writes, none);
  push('reload', 'docker.service', reloads, none);
  push('restart', 'docker.service', restarts, containersAtRestart(changes, restart));
  push('load-rules', null, rules, none);
  return effects.map((effect, index) => ({ step: index + 1, ...effect }));
}

function containersAtRestart(
  changes: readonly Change[],
  { running, keepsContainers }: RestartFacts,
): Pick<Effect, 'containersKept' | 'containersStopped'> {
  return keepsContainers(changes)
    ? { containersKept: running, containersStopped: [] }
    : { containersKept: [], containersStopped: running };
}
