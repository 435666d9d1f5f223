import type { Plan } from '../model/plan.ts';
import { liveWhen } from '../model/plan-changes.ts';
import { count, listed } from './layout.ts';
import { printable } from './printable.ts';

/** Of more containers than this that stop the rest is counted. */
export const NAMED = 12;
/** `--no-trial-container` goes without. */
const TRIAL = 'starts one throwaway container before and after, and removes it';

/**
 * What applying all of a plan interrupts, one sentence part each, in the order of happening.
 * @param names `elsewhere`: containers that stop are counted here, as they are named beside it.
 */
export function interruptions(plan: Plan, names: 'here' | 'elsewhere' = 'here'): readonly string[] {
  const reloads = plan.effects.some((effect) => effect.kind === 'reload');
  const restart = plan.effects.find((effect) => effect.kind === 'restart');
  const later = plan.changes.map((change) => liveWhen(plan, change));
  const doing = [
    ...(reloads ? ['reloads dockerd once'] : []),
    ...(restart === undefined ? [] : [`${reloads ? 'then ' : ''}restarts ${reloads ? 'it' : 'dockerd'} once`]),
  ];
  return [
    doing.length === 0 ? 'interrupts nothing' : doing.join(', '),
    ...(restart === undefined ? [] : [containerSentence(restart, plan.host.docker.unreachable !== undefined, names)]),
    ...(doing.length > 0 && plan.source.type === 'live' ? [TRIAL] : []),
    ...(['restart', 'reboot'] as const).flatMap((until) => {
      const n = later.filter((when) => when === until).length;
      return n === 0
        ? []
        : [
            `leaves ${count(n, 'change')} written but not live until ${until === 'restart' ? 'dockerd restarts' : 'the next boot'}`,
          ];
    }),
  ];
}

/** Whether it logs somebody out, needs a boot, and can be taken back. */
export function undoSentence(plan: Plan): string {
  const parts = ['logs nobody out', ...(plan.summary.maxImpact === 'reboot' ? [] : ['needs no reboot'])];
  const undo = plan.summary.reversible
    ? 'can be undone completely'
    : `cannot undo ${changesNamed(plan.rollback.notCovered.map((item) => item.change.slice(1)))}`;
  return `${parts.join(', ')}, ${undo}`;
}

function changesNamed(numbers: readonly string[]): string {
  return `${numbers.length === 1 ? 'change' : 'changes'} ${listed(numbers)}`;
}

function containerSentence(restart: Plan['effects'][number], silent: boolean, names: 'here' | 'elsewhere'): string {
  if (silent) {
    return 'which containers run is not known';
  }
  if (restart.containersStopped.length > 0) {
    const stops = `stops ${count(restart.containersStopped.length, 'container')}`;
    return names === 'elsewhere' ? stops : `${stops}: ${printable(listed(restart.containersStopped, NAMED))}`;
  }
  return restart.containersKept.length === 0
    ? 'no container is running'
    : `keeps ${restart.containersKept.length === 1 ? 'the running container' : `all ${restart.containersKept.length} running containers`} up: live-restore is on before the restart`;
}
