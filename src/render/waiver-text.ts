import { numbersIn, waiverNamed } from '../model/plain-names.ts';
import type { Plan, TakenWaiver } from '../model/plan.ts';
import { waiverWarnings } from '../model/waiver-words.ts';
import { SOON_DAYS, daysLeft, waiverEnd } from '../model/waiver.ts';
import { type Colour, type Style, count, paint, spread, wrap } from './layout.ts';
import { printable } from './printable.ts';

/** More rows than this are folded in a plan of many. */
const MANY = 20;

/** The waived controls of a plan or a verification, each with its end. */
export function waivedLines(plan: Plan, style: Style): readonly string[] {
  const taken = plan.waivers.taken ?? [];
  if (taken.length === 0) {
    return [];
  }
  const rows = taken.length > MANY ? taken.slice(0, MANY) : taken;
  return [
    ...spread(style, paint(style, 'bold', 'WAIVED'), `${taken.length}`),
    ...inPlanOrder(plan, rows).flatMap(({ control, waiver }) => {
      const { ids, title, slug } = control;
      const text = `w ${ids[0] ?? slug} ${title}: ${endText(waiver, plan.createdAt)}. ${waiver.reason} (${waiver.owner})`;
      return wrap(style, 2, printable(text), 6).map((line) => paintEnd(style, waiver, plan.createdAt, line));
    }),
    ...(rows.length < taken.length ? [`  ${taken.length - rows.length} more: harden waiver list`] : []),
  ];
}

function inPlanOrder(
  plan: Plan,
  taken: readonly TakenWaiver[],
): readonly { readonly control: Plan['controls'][number]; readonly waiver: TakenWaiver }[] {
  return plan.controls.flatMap((control) =>
    taken.filter((one) => one.control === control.slug).map((waiver) => ({ control, waiver })),
  );
}

/** `until 2027-01-31 (70 days)` */
function endText({ until, graceUntil }: Pick<TakenWaiver, 'until' | 'graceUntil'>, at: string): string {
  return graceUntil === null
    ? `${waiverEnd({ until })} (${daysText(daysLeft(until, at))})`
    : waiverEnd({ until, graceUntil });
}

/** A line about it: red while only a grace keeps it, or on its last days; yellow in the last week. */
function paintEnd(style: Style, waiver: Pick<TakenWaiver, 'until' | 'graceUntil'>, at: string, line: string): string {
  const colour = endColour(waiver, at);
  return colour === undefined ? line : paint(style, colour, line);
}

function endColour({ until, graceUntil }: Pick<TakenWaiver, 'until' | 'graceUntil'>, at: string): Colour | undefined {
  const days = daysLeft(until, at);
  if (graceUntil !== null || days <= 1) {
    return 'red';
  }
  return days <= 7 ? 'yellow' : undefined;
}

export function daysText(days: number): string {
  if (days < 0) {
    return `ended ${count(-days, 'day')} ago`;
  }
  return days === 0 ? 'last day' : count(days, 'day');
}

/** All there is to say of the waiver of one control: its end, why, who; or why it counts no more. */
export function waiverExplained({ waivers, createdAt, source }: Plan, slug: string): readonly string[] {
  const { taken = [], ended = [] } = waivers;
  return [
    ...taken
      .filter(({ control }) => control === slug)
      .flatMap((waiver) => [
        `${endText(waiver, createdAt)}: ${waiver.reason}`,
        `owner: ${waiver.owner}${waiver.approvedBy === null ? '' : `, approved by ${waiver.approvedBy}`}`,
        `found without it: ${waiver.found}${source.type === 'live' ? `. To take it out: sudo harden waiver remove ${slug}` : ''}`,
      ]),
    ...ended
      .filter(({ controls }) => controls.includes(slug))
      .map(({ id, owner, reason }) => `not any more: that of ${waiverNamed(id)} (${owner}) ${reason}`),
  ];
}

/**
 * What is told of waivers beside a result, a line each: those that end within 30 days, and those that can be removed.
 * `everything`: also those that are over, which the text of a plan says among its warnings.
 */
export function waiverNotices(plan: Plan, style: Style, everything: boolean): readonly string[] {
  const { taken = [], unneeded = [] } = plan.waivers;
  const soon = [...new Set(taken.map(({ id }) => id))].flatMap((id) => {
    const own = taken.filter((one) => one.id === id);
    const [first] = own;
    if (first?.graceUntil !== null) {
      return [];
    }
    const days = daysLeft(first.until, plan.createdAt);
    if (days > SOON_DAYS) {
      return [];
    }
    const line = `the waiver of ${numbersOf(plan, own)} (${first.owner}) ends on ${first.until}: ${daysText(days)}.`;
    return told(style, line, endColour(first, plan.createdAt));
  });
  return [
    ...(everything ? waiverWarnings(plan).flatMap((text) => told(style, lowerFirst(text), 'red')) : []),
    ...soon,
    ...unneeded.flatMap(({ id, reason }) =>
      told(style, `the waiver of ${numbersFor(plan, id)} can be removed: ${reason}.`, undefined),
    ),
  ];
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** A waiver that names its control by name is told by number. */
function numbersFor(plan: Plan, id: string): string {
  const [name = '', ...rest] = waiverNamed(id).split(' ');
  return [...numbersIn(plan, [name]), ...rest].join(' ');
}

function numbersOf(plan: Plan, taken: readonly TakenWaiver[]): string {
  return inPlanOrder(plan, taken)
    .map(({ control }) => control.ids[0] ?? control.slug)
    .join(' ');
}

function told(style: Style, text: string, colour: Colour | undefined): readonly string[] {
  const lines = wrap(style, 0, `harden: ${printable(text)}`, 2);
  return colour === undefined ? lines : lines.map((line) => paint(style, colour, line));
}

/** One waiver of a list. */
export interface WaiverRow {
  readonly id: string;
  /** Number and title of its control, or how many it means. */
  readonly what: string;
  readonly hosts: readonly string[];
  readonly reason: string;
  readonly owner: string;
  readonly until: string;
  readonly daysLeft: number;
  readonly state: 'counts' | 'grace' | 'not-yet' | 'over' | 'other-host' | 'moved';
  readonly place: string;
}

const STATE_WORDS: Readonly<Record<WaiverRow['state'], string>> = {
  counts: '',
  grace: ', taken a while longer by --waiver-grace',
  'not-yet': ', not begun yet',
  over: ', over',
  'other-host': ', not for this host',
  moved: ', holds no more',
};

export function waiverListText(rows: readonly WaiverRow[], host: string, style: Style): string {
  if (rows.length === 0) {
    return `${wrap(style, 0, `${printable(host)} has no waivers.`).join('\n')}\n`;
  }
  const blocks = rows.map((row) => {
    const colour: Colour | undefined =
      row.state === 'over' ||
      row.state === 'grace' ||
      row.state === 'moved' ||
      (row.state === 'counts' && row.daysLeft <= 1)
        ? 'red'
        : undefined;
    const end = `until ${row.until} (${daysText(row.daysLeft)})${STATE_WORDS[row.state]}`;
    return [
      ...wrap(style, 1, printable(`w ${row.what}`), 5),
      ...wrap(style, 5, printable(`${end}   ${row.hosts.join(', ')}   ${row.owner}`)).map((line) =>
        colour === undefined ? line : paint(style, colour, line),
      ),
      ...wrap(style, 5, printable(row.reason)),
      ...wrap(style, 5, printable(row.place)).map((line) => paint(style, 'dim', line)),
    ].join('\n');
  });
  const head = spread(style, paint(style, 'bold', `harden waivers   ${printable(host)}`), count(rows.length, 'waiver'));
  return `${head.join('\n')}\n\n${blocks.join('\n\n')}\n`;
}

/** What `harden waiver check` found, a sentence each. */
export interface WaiverRemarkRow {
  readonly id: string;
  readonly place: string;
  readonly text: string;
  readonly kind: string;
}

export function waiverCheckText(waivers: number, remarks: readonly WaiverRemarkRow[], style: Style): string {
  if (remarks.length === 0) {
    return `${wrap(style, 0, waivers === 0 ? 'There are no waivers.' : `${count(waivers, 'waiver')}, all in order.`).join('\n')}\n`;
  }
  const lines = remarks.flatMap(({ id, place, text, kind }) =>
    wrap(style, 2, printable(`${waiverNamed(id)} ${text}   (${place})`), 6).map((line) =>
      ['over', 'grace', 'moved'].includes(kind) ? paint(style, 'red', line) : line,
    ),
  );
  const head = `${count(waivers, 'waiver')}, ${remarks.length} to look at`;
  return `${[...wrap(style, 0, head), ...lines].join('\n')}\n`;
}
