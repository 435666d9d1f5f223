import type { PlanDifference } from '../model/difference.ts';
import { type Style, count, wrap } from './layout.ts';
import { mdCode, mdText } from './markdown-escape.ts';
import { printable } from './printable.ts';

export function isEmpty({ added, removed, changed, results }: PlanDifference): boolean {
  return added.length + removed.length + changed.length + results.length === 0;
}

/** What differs, one line each; one sentence where nothing does. */
export function differenceText(difference: PlanDifference, style: Style): string {
  const { added, removed, changed, results, others } = difference;
  const line = (text: string): readonly string[] => wrap(style, 2, printable(text), 6);
  const lines = [
    ...wrap(style, 0, headline(difference), 2),
    ...others.flatMap((other) => line(`! ${other}`)),
    ...added.flatMap(({ title, controls }) => line(`+ ${title} (${controls.join(' ')})`)),
    ...removed.flatMap(({ title, controls }) => line(`- ${title} (${controls.join(' ')})`)),
    ...changed.flatMap(({ title, controls, what }) => line(`~ ${title} (${controls.join(' ')}): ${what.join(', ')}`)),
    ...results.flatMap(({ id, title, before, after }) =>
      line(`${id} ${title}: ${before ?? 'not looked at'} -> ${after ?? 'not looked at'}`),
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function headline(difference: PlanDifference): string {
  const { added, removed, changed, results } = difference;
  const since = `Since ${shortDigest(difference)} of ${minute(difference.sinceAt)}`;
  return isEmpty(difference)
    ? `${since}: no difference.`
    : `${since}: ${added.length} more, ${removed.length} fewer, ${changed.length} different; ${count(results.length, 'control')} with another result.`;
}

/** For a change review. */
export function differenceMarkdown(difference: PlanDifference): readonly string[] {
  const { added, removed, changed, others } = difference;
  const ids = (list: PlanDifference['added']): string =>
    list.length === 0 ? '' : ` (${[...new Set(list.flatMap(({ controls }) => controls))].map(mdText).join(' ')})`;
  return [
    `Since the plan ${mdCode(shortDigest(difference))} of ${minute(difference.sinceAt)}: **+${added.length}** ${added.length === 1 ? 'change' : 'changes'}${ids(added)}, **-${removed.length}**${ids(removed)}, **${changed.length}** different${ids(changed)}.`,
    ...others.map((other) => `- ${mdText(other)}`),
  ];
}

function shortDigest({ since }: PlanDifference): string {
  return since.slice('sha256:'.length, 'sha256:'.length + 8);
}

function minute(time: string): string {
  return `${time.slice(0, 16).replace('T', ' ')} UTC`;
}
