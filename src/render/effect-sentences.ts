import type { Plan } from '../model/plan.ts';
import { liveWhen } from '../model/plan-changes.ts';
import { count, listed } from './layout.ts';
import { printable } from './printable.ts';

type After = Plan['effects'][number]['containersAfter'];

/** Of more containers than this that stop the rest is counted. */
export const NAMED = 12;
/** What running containers hold back outlasts the restart of the plan itself. */
const AGAIN = 'dockerd restarts once more, with these containers stopped';
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
    doing.length === 0 ? nothingDone(plan) : doing.join(', '),
    ...(restart === undefined ? [] : containerSentences(restart, plan.host.docker.unreachable !== undefined, names)),
    ...(doing.length > 0 && plan.source.type === 'live' ? [TRIAL] : []),
    ...(['restart', 'reboot'] as const).flatMap((until) => {
      const n = later.filter((when) => when === until).length;
      return n === 0
        ? []
        : [
            `leaves ${count(n, 'change')} written but not live until ${until === 'reboot' ? 'the next boot' : restart === undefined ? 'dockerd restarts' : AGAIN}`,
          ];
    }),
  ];
}

/** A dockerd that is down may have left containers running. */
function nothingDone({ host: { docker } }: Plan): string {
  return docker.unreachable === undefined
    ? 'interrupts nothing'
    : `restarts nothing: dockerd does not ${docker.running ? 'answer' : 'run'}, and which containers run is not known`;
}

/** What breaks, with its change, and when where that is not at once. */
export function breakSentences(plan: Plan): readonly string[] {
  return plan.changes.flatMap((change) => {
    const when = { now: '', restart: ', once that is live', reboot: ', after the next boot' }[liveWhen(plan, change)];
    return change.breaks.map((text) => `${text} (change ${change.id.slice(1)}${when})`);
  });
}

/** How many controls the changes would meet, and how many of those not with this run. */
export function fixSentence(plan: Plan): string {
  const fixed = plan.controls.filter((control) => control.changes.length > 0);
  const isLater = (id: string): boolean =>
    plan.changes.some((change) => change.id === id && liveWhen(plan, change) !== 'now');
  const later = fixed.filter((control) => control.changes.some(isLater)).length;
  const rest = later === 0 ? '' : later === fixed.length ? `, later` : `, ${later} of them later`;
  return `${count(plan.changes.length, 'change')} would fix ${count(fixed.length, 'control')}${rest}.`;
}

/** Whether it logs somebody out, needs a boot, and can be taken back, with the command. */
export function undoSentence(plan: Plan): string {
  const parts = ['logs nobody out', ...(plan.summary.maxImpact === 'reboot' ? [] : ['needs no reboot'])];
  const undo = plan.summary.reversible
    ? `can be undone ${lossSentences(plan).length === 0 ? 'completely' : 'but for what is removed'} (harden rollback)`
    : `cannot undo ${changesNamed(plan.rollback.notCovered.map((item) => item.change.slice(1)))}`;
  return `${parts.join(', ')}, ${undo}`;
}

function changesNamed(numbers: readonly string[]): string {
  return `${numbers.length === 1 ? 'change' : 'changes'} ${listed(numbers)}`;
}

function containerSentences(
  restart: Plan['effects'][number],
  silent: boolean,
  names: 'here' | 'elsewhere',
): readonly string[] {
  if (silent) {
    return ['which containers run is not known'];
  }
  const { containersStopped, containersKept, containersAfter } = restart;
  if (containersStopped.length > 0) {
    return stopSentences(containersStopped, becomings(containersAfter), names);
  }
  return containersKept.length === 0
    ? ['no container is running']
    : [
        `keeps ${containersKept.length === 1 ? 'the running container' : `all ${containersKept.length} running containers`} up: live-restore is on before the restart`,
      ];
}

/** Containers that stop alike, and what becomes of them, said of one and of more. */
interface Becoming {
  readonly who: readonly string[];
  readonly one: string;
  readonly many: string;
  readonly isLoss?: boolean;
}

/** Empty for a plan that does not say. */
function becomings(after: After): readonly Becoming[] {
  const { back = [], unsure = [], down = [], removed = [], unknown = [] } = after ?? {};
  const all: readonly Becoming[] = [
    { who: back, one: 'comes back by itself', many: 'come back by themselves' },
    {
      who: unsure,
      one: 'comes back unless it ends with 0 (on-failure)',
      many: 'come back unless they end with 0 (on-failure)',
    },
    { who: down, one: 'stays down until you start it', many: 'stay down until you start them' },
    { who: unknown, one: 'may or may not come back (not known)', many: 'may or may not come back (not known)' },
    { who: removed, one: 'is removed for good', many: 'are removed for good', isLoss: true },
  ];
  return all.filter(({ who }) => who.length > 0);
}

/** One part for each kind; where there is one kind it is said with the stop. What is removed is named by `lossSentences`. */
function stopSentences(
  stopped: readonly string[],
  kinds: readonly Becoming[],
  names: 'here' | 'elsewhere',
): readonly string[] {
  const named = (who: readonly string[]): string => (names === 'here' ? `: ${printable(listed(who, NAMED))}` : '');
  const words = ({ who, one, many }: Becoming): string => (who.length === 1 ? one : many);
  const stops = `stops ${count(stopped.length, 'container')}`;
  const [only, ...others] = kinds.filter(({ isLoss }) => names === 'elsewhere' || isLoss !== true);
  if (only === undefined) {
    return [kinds.length === 0 ? `${stops}${named(stopped)}` : stops];
  }
  return others.length === 0 && only.who.length === stopped.length
    ? [`${stops}, which ${words(only)}${named(stopped)}`]
    : [stops, ...[only, ...others].map((kind) => `${kind.who.length} ${words(kind)}${named(kind.who)}`)];
}

/** What a restart takes away for good: nothing brings it back, a rollback neither. */
export function lossSentences({ effects }: Plan): readonly string[] {
  const removed = effects.flatMap(({ containersAfter }) => containersAfter?.removed ?? []);
  const [was, it] = removed.length === 1 ? ['is', 'it'] : ['are', 'them'];
  return removed.length === 0
    ? []
    : [
        `${listed(removed, NAMED)} ${was} removed when dockerd stops, with what was written in ${it} (--rm); a rollback does not bring ${it} back`,
      ];
}
