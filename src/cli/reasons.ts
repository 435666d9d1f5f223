import type { Plan } from '../model/plan.ts';
import { type Strength, isFinal, mayKeepOut, removesContainers } from '../plan/strength.ts';
import { NAMED } from '../render/effect-sentences.ts';
import { type Style, count, listed, paint, wrap } from '../render/layout.ts';
import { printable } from '../render/printable.ts';

/** Why a yes is not enough for this plan. Its effects stand above: what they name is not named again. */
export function reasonsFor(plan: Plan, strength: Strength, style: Style): string {
  const lines = [...(strength.type === 'host' ? gravest(plan) : []), ...restartReasons(plan), ...breaksAbove(plan)];
  return lines
    .flatMap((line) => wrap(style, 0, printable(line), 2))
    .map((line) => `${line.startsWith('!') ? paint(style, 'red', line) : line}\n`)
    .join('');
}

function gravest(plan: Plan): readonly string[] {
  return plan.changes.flatMap((change) => {
    const about = `Change ${change.id.slice(1)} (${change.title})`;
    return [
      ...(isFinal(change) ? [`! ${about} cannot be undone.`] : []),
      ...(mayKeepOut(change) ? [`! ${about} changes who can reach the engine; it may be you who no longer can.`] : []),
      ...(removesContainers(plan, change) ? [`! ${about} removes containers for good, as said above.`] : []),
    ];
  });
}

function breaksAbove({ changes }: Plan): readonly string[] {
  const breaking = changes.filter(({ breaks }) => breaks.length > 0).map(({ id }) => id.slice(1));
  const one = breaking.length === 1;
  return breaking.length === 0
    ? []
    : [`! ${one ? 'Change' : 'Changes'} ${listed(breaking, 50)} ${one ? 'breaks' : 'break'} what is said above.`];
}

function restartReasons({ effects, changes }: Plan): readonly string[] {
  const restart = effects.find(({ kind }) => kind === 'restart');
  const recreated = changes.filter(({ impact }) => impact === 'recreate');
  const stopped = restart?.containersStopped ?? [];
  const kept = restart?.containersKept.length ?? 0;
  const stays =
    kept === 0
      ? 'No container is running.'
      : `${count(kept, 'running container')} ${kept === 1 ? 'stays' : 'stay'} up.`;
  const stops =
    stopped.length <= NAMED
      ? `${count(stopped.length, 'container')} ${stopped.length === 1 ? 'stops' : 'stop'}`
      : `These containers stop: ${listed(stopped, 50)}`;
  return [
    ...(stopped.length > 0 ? [`! This restarts dockerd. ${stops}${comingBack(restart)}.`] : []),
    ...(restart !== undefined && stopped.length === 0 ? [`This restarts dockerd. ${stays}`] : []),
    ...(recreated.length > 0 ? [`! ${count(recreated.length, 'change')} needs containers to be made anew.`] : []),
  ];
}

function comingBack(restart: Plan['effects'][number] | undefined): string {
  const all = restart?.containersStopped.length ?? 0;
  const back = restart?.containersAfter?.back.length;
  if (back === undefined) {
    return '';
  }
  if (back === all) {
    return all === 1 ? ' and comes back by itself' : ' and come back by themselves';
  }
  return back === 0 ? ', and may stay down' : `; ${all - back} of them may stay down`;
}
