import type { Change } from '../model/change.ts';
import type { AtRestart } from '../model/facts.ts';
import type { Effect } from '../model/plan.ts';

/** What the plan cannot know by itself: which containers run, and whether they outlive a restart that carries out these changes. */
export interface RestartFacts {
  readonly running: readonly string[];
  /** By name; of one that is not in it nothing is known. */
  readonly atRestart?: ReadonlyMap<string, AtRestart>;
  readonly keepsContainers: (changes: readonly Change[]) => boolean;
}

export type ContainersAtRestart = Pick<Effect, 'containersKept' | 'containersStopped' | 'containersAfter'>;

/** What applying `changes` does to the host, in the order it happens, each interruption once. */
export function effectsOf(changes: readonly Change[], restart: RestartFacts): readonly Effect[] {
  const idsWhere = (wanted: (change: Change) => boolean): string[] => changes.filter(wanted).map((change) => change.id);
  const writes = idsWhere((change) => change.op !== 'activate');
  const rules = idsWhere((change) => change.target.type === 'audit-rule' && change.liveAfter === 'now');
  const reloads = idsWhere((change) => change.impact === 'reload');
  const restarts = idsWhere((change) => change.impact === 'restart' || change.impact === 'recreate');
  const effects: Omit<Effect, 'step'>[] = [];
  const push = (kind: Effect['kind'], unit: string | null, ids: string[], containers: ContainersAtRestart): void => {
    if (ids.length > 0) {
      effects.push({ kind, unit, changes: ids, ...containers });
    }
  };
  const none = { containersKept: [], containersStopped: [] };
  push('write', null, writes, none);
  push('reload', 'docker.service', reloads, none);
  push('restart', 'docker.service', restarts, containersAtRestart(restart.keepsContainers(changes), restart));
  push('load-rules', null, rules, none);
  return effects.map((effect, index) => ({ step: index + 1, ...effect }));
}

/** What a restart does to the containers that run: all of them outlive it, or all stop. */
export function containersAtRestart(
  keeps: boolean,
  { running, atRestart }: Pick<RestartFacts, 'running' | 'atRestart'>,
): ContainersAtRestart {
  if (keeps || running.length === 0) {
    return { containersKept: keeps ? running : [], containersStopped: [] };
  }
  const becoming = (wanted: AtRestart | undefined): readonly string[] =>
    running.filter((name) => atRestart?.get(name) === wanted);
  return {
    containersKept: [],
    containersStopped: running,
    containersAfter: {
      back: becoming('back'),
      unsure: becoming('unsure'),
      down: becoming('down'),
      removed: becoming('removed'),
      unknown: becoming(undefined),
    },
  };
}
