import type { Plan } from './plan.ts';
import { waiverEnd } from './waiver.ts';

/** Sentences for every rendering: what counts again, and what only a grace keeps from it. */
export function waiverWarnings({ controls, waivers }: Pick<Plan, 'controls' | 'waivers'>): readonly string[] {
  const numbers = (slugs: readonly string[]): string =>
    slugs.map((slug) => controls.find((control) => control.slug === slug)?.ids[0] ?? slug).join(' ');
  const late = (waivers.taken ?? []).flatMap(({ control, owner, until, graceUntil }) =>
    graceUntil === null ? [] : [`The waiver of ${numbers([control])} (${owner}) ${waiverEnd({ until, graceUntil })}.`],
  );
  const ended = (waivers.ended ?? []).map(
    ({ controls: open, owner, reason }) =>
      `The waiver of ${numbers(open)} (${owner}) ${reason}. ${open.length === 1 ? 'It counts' : 'They count'} again.`,
  );
  return [...new Set([...late, ...ended])];
}
