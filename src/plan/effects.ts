import type { Change } from '../model/change.ts';
import type { EngineFacts } from '../model/facts.ts';
import type { Effect } from '../model/plan.ts';

/** What applying `changes` does to the host, in the order it happens, each interruption once. */
export function effectsOf(changes: readonly Change[], engine: EngineFacts): readonly Effect[] {
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
  push('restart', 'docker.service', restarts, containersAtRestart(changes, engine));
  push('load-rules', null, rules, none);
  return effects.map((effect, index) => ({ step: index + 1, ...effect }));
}

/** Running containers outlive a restart of the daemon where live-restore is on, or is switched on before it. */
function containersAtRestart(
  changes: readonly Change[],
  engine: EngineFacts,
): Pick<Effect, 'containersKept' | 'containersStopped'> {
  const running = (engine.containers ?? []).filter((container) => container.running).map((container) => container.name);
  const on = engine.info['LiveRestoreEnabled'] === true || changes.some(switchesLiveRestoreOn);
  return on ? { containersKept: running, containersStopped: [] } : { containersKept: [], containersStopped: running };
}

function switchesLiveRestoreOn(change: Change): boolean {
  return (
    change.target.type === 'daemon-option' &&
    change.target.key === 'live-restore' &&
    change.impact === 'reload' &&
    change.after === true
  );
}
