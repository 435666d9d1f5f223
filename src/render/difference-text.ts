import type { DifferentResult, PlanDifference } from '../model/difference.ts';
import { type Style, count, wrap } from './layout.ts';
import { mdCode, mdText } from './markdown-escape.ts';
import { printable } from './printable.ts';

/** More controls than this are counted only. */
const FEW = 5;

export function isEmpty({ added, removed, changed, results }: PlanDifference): boolean {
  return added.length + removed.length + changed.length + results.length === 0;
}

/** What differs, one line each; one sentence where nothing does. */
export function differenceText(difference: PlanDifference, style: Style): string {
  const { added, changed, others } = difference;
  const { removed, results, choice } = listed(difference);
  const line = (text: string): readonly string[] => wrap(style, 2, printable(text), 6);
  const lines = [
    ...wrap(style, 0, headline(difference), 2),
    ...[...others, ...choice].flatMap((other) => line(`! ${other}`)),
    ...added.flatMap(({ title, controls }) => line(`+ ${title} (${controls.join(' ')})`)),
    ...removed.flatMap(({ title, controls }) => line(`- ${title} (${controls.join(' ')})`)),
    ...changed.flatMap(({ title, controls, what }) => line(`~ ${title} (${controls.join(' ')}): ${what.join(', ')}`)),
    ...results.flatMap(({ id, title, before, after }) =>
      line(`${id} ${title}: ${before ?? 'not looked at'} -> ${after ?? 'not looked at'}`),
    ),
  ];
  return `${lines.join('\n')}\n`;
}

interface Listed extends Pick<PlanDifference, 'removed' | 'results'> {
  /** What is chosen in one of the plans only, counted. */
  readonly choice: readonly string[];
}

/** A control that only one of the plans has chosen, and a change that is left out with its controls, say nothing of the host. */
function listed({ removed, results }: PlanDifference): Listed {
  const isOut = ({ after }: DifferentResult): boolean => after === 'not-selected';
  const wasOut = ({ before }: DifferentResult): boolean => before === 'not-selected';
  const [out, back] = [results.filter(isOut), results.filter((one) => wasOut(one) && !isOut(one))];
  const left = new Set(out.map(({ id }) => id));
  const gone = removed.filter(({ controls }) => controls.length > 0 && controls.every((id) => left.has(id)));
  const along = gone.length === 0 ? '' : `, with ${count(gone.length, 'change')}`;
  return {
    removed: removed.filter((change) => !gone.includes(change)),
    results: results.filter((one) => !isOut(one) && !wasOut(one)),
    choice: [
      ...(out.length === 0 ? [] : [`not chosen now, so not compared: ${named(out)}${along}`]),
      ...(back.length === 0 ? [] : [`not chosen then: ${named(back)}`]),
    ],
  };
}

/** A few with their numbers: a control that is left out for good should be seen. */
function named(results: readonly DifferentResult[]): string {
  const ids = results.length > FEW ? '' : ` (${results.map(({ id }) => id).join(' ')})`;
  return `${count(results.length, 'control')}${ids}`;
}

function headline(difference: PlanDifference): string {
  const { added, changed } = difference;
  const { removed, results } = listed(difference);
  const since = `Since ${shortDigest(difference)} of ${minute(difference.sinceAt)}`;
  return isEmpty(difference)
    ? `${since}: no difference.`
    : `${since}: ${added.length} more, ${removed.length} fewer, ${changed.length} different; ${count(results.length, 'control')} with another result.`;
}

/** For a change review. */
export function differenceMarkdown(difference: PlanDifference): readonly string[] {
  const { added, changed, others } = difference;
  const { removed, choice } = listed(difference);
  const ids = (list: PlanDifference['added']): string =>
    list.length === 0 ? '' : ` (${[...new Set(list.flatMap(({ controls }) => controls))].map(mdText).join(' ')})`;
  return [
    `Since the plan ${mdCode(shortDigest(difference))} of ${minute(difference.sinceAt)}: **+${added.length}** ${added.length === 1 ? 'change' : 'changes'}${ids(added)}, **-${removed.length}**${ids(removed)}, **${changed.length}** different${ids(changed)}.`,
    ...[...others, ...choice].map((other) => `- ${mdText(other)}`),
  ];
}

function shortDigest({ since }: PlanDifference): string {
  return since.slice('sha256:'.length, 'sha256:'.length + 8);
}

function minute(time: string): string {
  return `${time.slice(0, 16).replace('T', ' ')} UTC`;
}
