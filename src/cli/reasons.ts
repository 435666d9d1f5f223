import type { Plan } from '../model/plan.ts';
import { type Strength, isFinal, mayKeepOut } from '../plan/strength.ts';
import { NAMED } from '../render/effect-sentences.ts';
import { type Style, count, listed, paint, wrap } from '../render/layout.ts';
import { printable } from '../render/printable.ts';

/**
 * Why a yes is not enough for this plan: each reason with the change or the containers it is about.
 * @param areShown the effects of the plan stand right above, so that nothing they name is named again.
 */
export function reasonsFor(plan: Plan, strength: Strength, style: Style, areShown: boolean): string {
  const lines = [
    ...(strength.type === 'host' ? gravest(plan) : []),
    ...restartReasons(plan, areShown),
    ...(areShown ? breaksAbove(plan) : breaksNamed(plan)),
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

function breaksNamed({ changes }: Plan): readonly string[] {
  return changes.flatMap((change) => change.breaks.map((text) => `! Change ${change.id.slice(1)}: ${text}`));
}

function breaksAbove({ changes }: Plan): readonly string[] {
  const breaking = changes.filter(({ breaks }) => breaks.length > 0).map(({ id }) => id.slice(1));
  const one = breaking.length === 1;
  return breaking.length === 0
    ? []
    : [`! ${one ? 'Change' : 'Changes'} ${listed(breaking, 50)} ${one ? 'breaks' : 'break'} what is said above.`];
}

function restartReasons({ effects, changes }: Plan, areShown: boolean): readonly string[] {
  const restart = effects.find(({ kind }) => kind === 'restart');
  const recreated = changes.filter(({ impact }) => impact === 'recreate');
  const stopped = restart?.containersStopped ?? [];
  const kept = restart?.containersKept.length ?? 0;
  const stays =
    kept === 0
      ? 'No container is running.'
      : `${count(kept, 'running container')} ${kept === 1 ? 'stays' : 'stay'} up.`;
  const stops =
    areShown && stopped.length <= NAMED
      ? `${count(stopped.length, 'container')} ${stopped.length === 1 ? 'stops' : 'stop'}`
      : `These containers stop: ${listed(stopped, 50)}`;
  return [
    ...(stopped.length > 0 ? [`! This restarts dockerd. ${stops}.`] : []),
    ...(restart !== undefined && stopped.length === 0 ? [`This restarts dockerd. ${stays}`] : []),
    ...(recreated.length > 0 ? [`! ${count(recreated.length, 'change')} needs containers to be made anew.`] : []),
  ];
}
