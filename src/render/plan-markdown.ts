import type { Plan } from '../model/plan.ts';
import { liveWhen } from '../model/plan-changes.ts';
import { waiverEnd } from '../model/waiver.ts';
import { differenceLines } from './change-difference.ts';
import { interruptions, lossSentences, undoSentence } from './effect-sentences.ts';
import { count } from './layout.ts';
import { mdBlock, mdCode, mdComment, mdText } from './markdown-escape.ts';
import { isNothing } from './plan-text.ts';

/** Comments of code hosts end near 65,536 characters; what a bot puts around the plan needs room too. */
export const MARKDOWN_LIMIT = 60_000;

type PlanChange = Plan['changes'][number];

/** What is left out to stay below the limit; each level leaves out what the one before does, and more. */
const FOLDS = [
  { differences: true, lists: true, rows: (): boolean => true, said: '' },
  {
    differences: false,
    lists: true,
    rows: (): boolean => true,
    said: 'The exact differences are left out, they are too long for a comment.',
  },
  {
    differences: false,
    lists: true,
    rows: (change: PlanChange): boolean => change.risk !== 'low' || change.breaks.length > 0,
    said: 'The exact differences and the changes of low risk are left out, they are too long for a comment.',
  },
  {
    differences: false,
    lists: false,
    rows: (change: PlanChange): boolean => change.breaks.length > 0,
    said: 'The exact differences, all changes without a warning and what harden leaves alone are left out, they are too long for a comment.',
  },
] as const;

/**
 * A plan for a change review, below `MARKDOWN_LIMIT` characters where its warnings leave room: counts, effects, warnings and digest are
 * always there, the rest is folded as far as needed, and what was folded is said. `next`: the command that applies it. `since`: lines
 * about what differs from another plan.
 */
export function planMarkdown(plan: Plan, next: string | undefined, since: readonly string[] = []): string {
  const texts = FOLDS.map((fold) => () => textWith(plan, { next, since }, fold));
  const last = texts.pop();
  const fitting = texts.map((make) => make()).find((text) => text.length < MARKDOWN_LIMIT);
  return fitting ?? last?.() ?? '';
}

interface Around {
  readonly next: string | undefined;
  readonly since: readonly string[];
}

function textWith(plan: Plan, { next, since }: Around, fold: (typeof FOLDS)[number]): string {
  const blocks = [
    [
      `<!-- harden:plan host=${mdComment(plan.host.name)} profile=${mdComment(plan.content.profile)} -->`,
      `### ${headline(plan)}`,
    ],
    countTable(plan),
    plan.refusal === null ? [] : ['> [!CAUTION]', `> ${mdText(plan.refusal)} Nothing is changed here.`],
    plan.changes.length === 0
      ? []
      : [`**If applied:** ${[...interruptions(plan), undoSentence(plan)].map(mdText).join('; ')}.`],
    warningLines(plan),
    changeTable(plan, fold.rows),
    fold.differences ? differences(plan) : [],
    fold.lists ? untouched(plan) : [],
    fold.said === '' ? [] : [`_${fold.said} \`harden plan\` on the host shows all of it._`],
    since,
    endLines(plan, next),
  ];
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')}\n`;
}

function headline(plan: Plan): string {
  const name = mdText(plan.host.name);
  if (isNothing(plan)) {
    return `harden: ${name} already matches ${mdText(plan.content.profile)}`;
  }
  const deciding = plan.changes.filter((change) => change.breaks.length > 0 || !change.reversible).length;
  const tail = deciding === 0 ? '' : `, ${deciding} ${deciding === 1 ? 'needs' : 'need'} a decision`;
  return `harden: ${count(plan.changes.length, 'change')} on ${name}${tail}`;
}

function countTable(plan: Plan): readonly string[] {
  const { summary } = plan;
  const touched = plan.controls.filter((control) => control.changes.length > 0 && control.verdict === 'fail');
  const later = touched.filter((control) =>
    control.changes.some((id) => plan.changes.some((change) => change.id === id && liveWhen(plan, change) !== 'now')),
  ).length;
  const live = touched.length - later;
  const rest = `${summary.waived} / ${summary.manual} / ${summary.notChecked + summary.errors} / ${summary.notApplicable}`;
  return [
    '| | now | after |',
    '|---|--:|--:|',
    `| pass | ${summary.pass} | ${summary.pass + live} |`,
    `| to fix | ${summary.toFix} | ${summary.toFix - touched.length} |`,
    ...(later === 0 ? [] : [`| written, live later | | ${later} |`]),
    `| waived / manual / not checked / not applicable | ${rest} | ${rest} |`,
  ];
}

/** When a break comes. */
const LATER = { now: '', restart: ' (once that is live)', reboot: ' (after the next boot)' } as const;

function warningLines(plan: Plan): readonly string[] {
  const breaks = plan.changes.flatMap((change) =>
    change.breaks.map((text) => `> **${idsOf(plan, change)}** ${mdText(text)}${LATER[liveWhen(plan, change)]}`),
  );
  const lost = lossSentences(plan).map((text) => `> ${mdText(text)}`);
  const lines = [...lost, ...breaks, ...plan.warnings.map((warning) => `> ${mdText(warning)}`)];
  return lines.length === 0 ? [] : ['> [!WARNING]', lines.join('  \n')];
}

function changeTable(plan: Plan, shown: (change: PlanChange) => boolean): readonly string[] {
  const rows = plan.changes
    .filter(shown)
    .map((change) =>
      [
        change.id.slice(1),
        mdText(change.title),
        idsOf(plan, change),
        change.risk === 'low' ? 'low' : `**${change.risk}**`,
        effectOf(plan, change),
      ].join(' | '),
    );
  return rows.length === 0
    ? []
    : ['| # | change | control | risk | effect |', '|--:|---|---|---|---|', ...rows.map((row) => `| ${row} |`)];
}

function effectOf(plan: Plan, change: PlanChange): string {
  const later = { now: [], restart: ['live after a restart'], reboot: ['live after a boot'] }[liveWhen(plan, change)];
  const breaks = change.breaks.length === 0 ? [] : ['see the warning'];
  return [change.impact, ...later, ...breaks].join(', ');
}

function differences(plan: Plan): readonly string[] {
  if (plan.changes.length === 0) {
    return [];
  }
  const lines = plan.changes.flatMap((change) => [`# ${change.id.slice(1)}`, ...differenceLines(change)]);
  return ['<details><summary>Exact differences</summary>', '', ...mdBlock('diff', lines), '</details>'];
}

function untouched(plan: Plan): readonly string[] {
  const items = [
    ...plan.manual.map((item) => ({ ...item, word: 'manual' })),
    ...plan.waived.map((item) => ({ ...item, word: 'waived', reason: waivedReason(plan, item) })),
    ...plan.notChecked.map((item) => ({ ...item, word: 'not checked' })),
  ].map(({ id, title, reason, word }) => `- ${word} **${mdText(id)}** ${mdText(title)}: ${mdText(reason)}`);
  return items.length === 0
    ? []
    : [`<details><summary>Not changed by harden (${items.length})</summary>`, '', ...items, '</details>'];
}

/** What was found, and why the site lives with it. */
function waivedReason(plan: Plan, { control, reason }: Plan['waived'][number]): string {
  const waiver = plan.waivers.taken?.find((one) => one.control === control);
  return waiver === undefined ? reason : `${reason}; ${waiverEnd(waiver)}: ${waiver.reason} (${waiver.owner})`;
}

function endLines(plan: Plan, next: string | undefined): readonly string[] {
  const { recording, type } = plan.source;
  const made =
    recording === null
      ? `made ${type === 'live' ? 'on the live host' : `from a folder`}`
      : `made from a recording of ${minute(recording.takenAt)}`;
  return [
    `Plan ${mdCode(plan.digest)}, ${made}, valid until ${minute(plan.expiresAt)}.`,
    mdText(plan.content.notCovered),
    ...(next === undefined || plan.changes.length === 0 ? [] : [`Apply: ${mdCode(next)}`]),
  ].map((line, index, all) => (index === all.length - 1 ? line : `${line}  `));
}

function idsOf(plan: Plan, change: PlanChange): string {
  return change.controls
    .map((slug) => mdText(plan.controls.find((one) => one.slug === slug)?.ids[0] ?? slug))
    .join(' ');
}

function minute(time: string): string {
  return `${time.slice(0, 16).replace('T', ' ')} UTC`;
}
