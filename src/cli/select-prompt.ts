import {
  type KeypressEvent,
  createPrompt,
  isDownKey,
  isEnterKey,
  isSpaceKey,
  isUpKey,
  useKeypress,
  usePagination,
  useState,
} from '@inquirer/core';
import type { Plan } from '../model/plan.ts';
import { impactHeading } from '../render/plan-groups.ts';
import { interruptions, lossSentences } from '../render/effect-sentences.ts';
import { type Style, columns, count, listed, paint, spread, wrap } from '../render/layout.ts';
import { printable } from '../render/printable.ts';
import {
  type Choice,
  filtered,
  groupOf,
  moved,
  numberOf,
  toggledChoice,
  toggledGroup,
  visible,
  waivedIds,
} from './choice.ts';

/** How the list was left: done, back to the question, or to look at or waive the change under the cursor and come back. */
export interface Left {
  readonly by: 'done' | 'back' | 'diff' | 'explain' | 'waive';
  readonly choice: Choice;
}

export interface SelectConfig {
  readonly plan: Plan;
  readonly part: (ids: ReadonlySet<string>) => Plan;
  readonly choice: Choice;
  readonly style: Style;
  readonly rows: number;
}

const KEYS = [
  'space take or leave',
  'd diff',
  'e explain',
  'w waive',
  '/ filter',
  'g group',
  'a all',
  'enter done',
  'q back',
];
/** Lines of the screen that are not for the list. */
const AROUND = 12;

/** A checkbox list of the changes by interruption, with what the choice would do below it. Drawn on a terminal only. */
export const selectPrompt = createPrompt<Left, SelectConfig>((config, done) => {
  const { plan, style } = config;
  const [choice, setChoice] = useState(config.choice);
  useKeypress((key, line) => {
    const typed = line.line;
    if (choice.filtering) {
      setChoice(filterKey(choice, plan.changes, { key, typed }));
      return;
    }
    line.clearLine(0);
    const by = leavingBy(key, typed);
    if (by === undefined) {
      setChoice(listKey(choice, plan.changes, { key, typed }));
    } else {
      done({ by, choice });
    }
  });
  const shown = visible(plan.changes, choice.filter);
  const list = usePagination({
    items: shown,
    active: Math.max(
      0,
      shown.findIndex(({ id }) => id === choice.at),
    ),
    renderItem: ({ item, index }) => itemLines(item, shown[index - 1], choice, style).join('\n'),
    pageSize: Math.max(5, config.rows - AROUND),
    loop: false,
  });
  return [
    [
      paint(style, 'bold', `Choose what to apply to ${printable(plan.host.name)}`),
      shown.length === 0 ? '  nothing has these words' : list,
    ].join('\n'),
    footLines(config, choice).join('\n'),
  ];
});

interface Pressed {
  readonly key: KeypressEvent;
  /** What the line holds, this key included. */
  readonly typed: string;
}

function leavingBy(key: KeypressEvent, typed: string): Left['by'] | undefined {
  if (isEnterKey(key)) {
    return 'done';
  }
  if (key.name === 'escape') {
    return 'back';
  }
  return ({ d: 'diff', e: 'explain', q: 'back', w: 'waive' } as const)[typed.toLowerCase()];
}

function listKey(choice: Choice, changes: Plan['changes'], { key, typed }: Pressed): Choice {
  if (isUpKey(key) || isDownKey(key)) {
    return moved(choice, changes, isUpKey(key) ? -1 : 1);
  }
  if (isSpaceKey(key)) {
    return toggledChoice(choice, changes, [choice.at]);
  }
  switch (typed.toLowerCase()) {
    case 'g':
      return toggledGroup(choice, changes, groupOf(choice, changes));
    case 'a':
      return toggledGroup(
        choice,
        changes,
        visible(changes, choice.filter).map(({ id }) => id),
      );
    case '/':
      return { ...choice, filtering: true, filter: '', said: '' };
    default:
      return choice;
  }
}

function filterKey(choice: Choice, changes: Plan['changes'], { key, typed }: Pressed): Choice {
  if (isEnterKey(key)) {
    return { ...choice, filtering: false };
  }
  return key.name === 'escape'
    ? { ...filtered(choice, changes, ''), filtering: false }
    : filtered(choice, changes, typed);
}

function itemLines(
  change: Plan['changes'][number],
  before: Plan['changes'][number] | undefined,
  choice: Choice,
  style: Style,
): readonly string[] {
  const isWaived = waivedIds([change], choice.waived).has(change.id);
  const box = choice.chosen.has(change.id) ? 'x' : isWaived ? 'w' : ' ';
  const mark = `${choice.at === change.id ? '>' : ' '} [${box}]`;
  const number = change.id.slice(1).padStart(2);
  const warns = change.breaks.length > 0 ? '!' : ' ';
  const risk = change.risk === 'low' ? 'low' : change.risk.toUpperCase();
  const head = before?.impact === change.impact ? [] : [`  ${paint(style, 'bold', impactHeading(change.impact))}`];
  return [...head, ...spread(style, `${mark} ${number} ${warns} ${printable(change.title)}`, risk, 11)];
}

function footLines({ plan, part, style }: SelectConfig, choice: Choice): readonly string[] {
  const chosen = plan.changes.filter(({ id }) => choice.chosen.has(id));
  const after = chosen.length === 0 ? undefined : part(choice.chosen);
  const stopped = (after?.effects ?? []).flatMap(({ containersStopped }) => containersStopped);
  const alarms = [
    ...(stopped.length === 0 ? [] : [`these containers stop: ${listed(stopped, 50)}`]),
    ...(after === undefined ? [] : lossSentences(after)),
    ...chosen.flatMap((change) => change.breaks.map((text) => `${text} (change ${change.id.slice(1)})`)),
  ];
  const now = after === undefined ? 'nothing is chosen' : interruptions(after, 'elsewhere').join('; ');
  return [
    '',
    ...wrap(style, 2, `now ${chosen.length} of ${count(plan.changes.length, 'change')}: ${printable(now)}`, 4),
    ...alarms.flatMap((text) => wrap(style, 2, `! ${printable(text)}`, 4)).map((line) => paint(style, 'red', line)),
    ...waivedLines(plan, choice, style),
    ...(choice.said === '' ? [] : wrap(style, 2, choice.said, 4)),
    ...(choice.filtering || choice.filter !== ''
      ? wrap(style, 2, `/${printable(choice.filter)}${choice.filtering ? '_' : '   (esc in / shows all again)'}`, 4)
      : []),
    ...columns(style, 2, KEYS).map((line) => paint(style, 'dim', line)),
  ];
}

function waivedLines(plan: Plan, { waived }: Choice, style: Style): readonly string[] {
  return waived.flatMap(({ control, until, owner }) =>
    wrap(style, 2, printable(`w ${numberOf(plan, control)} waived until ${until} (${owner})`), 4),
  );
}
