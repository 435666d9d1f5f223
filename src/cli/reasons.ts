import type { Plan } from '../model/plan.ts';
import { type Strength, isFinal, mayKeepOut } from '../plan/strength.ts';
import { type Style, count, listed, paint, wrap } from '../render/layout.ts';
import { printable } from '../render/printable.ts';

/** Why a yes is not enough for this plan: each reason with the change or the containers it is about. */
export function reasonsFor(plan: Plan, strength: Strength, style: Style): string {
  const lines = [
    ...(strength.type === 'host' ? gravest(plan) : []),
    ...restartReasons(plan),
    ...plan.changes.flatMap((change) => change.breaks.map((text) => `! Change ${change.id.slice(1)}: ${text}`)),
  ];
  return lines
    .flatMap((line) => wrap(style, 0, printable(line), 2))
    .map((line) => `${line.startsWith('!') ? paint(style, 'red', line) : line}\n`)
    .join('');
}

function gravest({ changes }: Plan): readonly string[] {
  return changes.flatMap((change) => {
    const about = `Change ${change.id.slice(1)} (${change.title})`;
    return [
      ...(isFinal(change) ? [`! ${about} cannot be undone.`] : []),
      ...(mayKeepOut(change) ? [`! ${about} changes who can reach the engine; it may be you who no longer can.`] : []),
    ];
  });
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
  return [
    ...(stopped.length > 0 ? [`! This restarts dockerd. These containers stop: ${listed(stopped, 50)}.`] : []),
    ...(restart !== undefined && stopped.length === 0 ? [`This restarts dockerd. ${stays}`] : []),
    ...(recreated.length > 0 ? [`! ${count(recreated.length, 'change')} needs containers to be made anew.`] : []),
  ];
}
