import type { Change } from '../../model/change.ts';
import type { HostFacts } from '../../model/facts.ts';
import { reloadIsSafe } from './activation.ts';
import { listed, runningNames } from './consequences.ts';
import { parseFlags } from './flags.ts';

/** True where the file can carry containers over a restart: live-restore is not a flag, no swarm excludes it, and a reload does no harm. */
export function canBridge(facts: HostFacts): boolean {
  return facts.engine.swarm !== 'active' && reloadIsSafe(facts) && !parseFlags(facts.engine.argv).has('live-restore');
}

/** Whether running containers outlive the restart that carries `changes` out. */
export function restartKeepsContainers(changes: readonly Change[], facts: HostFacts): boolean {
  const flag = parseFlags(facts.engine.argv).get('live-restore');
  if (facts.engine.swarm === 'active') {
    return false;
  }
  if (flag !== undefined) {
    return flag.value === true;
  }
  const on = facts.engine.info['LiveRestoreEnabled'] === true;
  const wanted = changes.some(switchesOn);
  const sentence = stoppedAlthoughOn(facts);
  return canBridge(facts)
    ? on || wanted
    : on && (wanted || !changes.some(({ breaks }) => breaks.some((one) => one === sentence)));
}

/**
 * What a restart stops although live-restore is on in the running daemon: it was switched on by a reload, the file it starts with
 * again does not say so, and nothing can be said to it in between. `inFile` is the value the file will have.
 */
export function lostLiveRestore(inFile: boolean, facts: HostFacts): readonly string[] {
  const { engine } = facts;
  const isFlag = parseFlags(engine.argv).has('live-restore');
  const isLost = engine.info['LiveRestoreEnabled'] === true && !inFile && !isFlag && !canBridge(facts);
  return isLost && runningNames(facts).length > 0 ? [stoppedAlthoughOn(facts)] : [];
}

function stoppedAlthoughOn(facts: HostFacts): string {
  return `live-restore is on in the running dockerd but not in its file, so the restart stops ${listed(runningNames(facts))}`;
}

function switchesOn({ target, op, after }: Change): boolean {
  return target.type === 'daemon-option' && target.key === 'live-restore' && (after === true || op === 'activate');
}
