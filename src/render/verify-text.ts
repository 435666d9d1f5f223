import { thingAt } from '../model/plain-names.ts';
import type { Plan } from '../model/plan.ts';
import { type CommandPlace, atPlace } from '../model/command-place.ts';
import { isOnlyPending } from '../model/plan-changes.ts';
import type { ContainersDown } from '../model/status.ts';
import { downSinceLines } from './containers-text.ts';
import { type Style, columns, count, mark, paint, spread, wrap } from './layout.ts';
import { printable } from './printable.ts';
import { waivedLines } from './waiver-text.ts';

/** What was so in a baseline already, and what to call that: names of controls, addresses of settings. */
export interface KnownFindings {
  readonly known: ReadonlySet<string>;
  readonly knownPending: ReadonlySet<string>;
  readonly baseline: string;
}

export interface VerifyView {
  readonly compared?: KnownFindings | undefined;
  /** Items only a person can decide fail. */
  readonly manualFails?: boolean;
  /** What became of the host since it was changed; left out where it was not. */
  readonly since?: SinceView | undefined;
  /** Containers that ran before the last run and have not run since. */
  readonly containers?: ContainersDown | undefined;
  /** Where somebody asked for it. */
  readonly score?: string | undefined;
  readonly place?: CommandPlace | undefined;
  /** Who could see more, where somebody could. */
  readonly more?: string | undefined;
}

/** By names of controls: what was undone, or taken back, and how; what came since. */
export interface SinceView {
  readonly undone: ReadonlyMap<string, string>;
  readonly takenBack: ReadonlyMap<string, string>;
  readonly fresh: ReadonlySet<string>;
}

/**
 * Only what is not as it should be, three kinds apart: failing, written but not live, not checked; manual items are counted. What a
 * baseline had already stands apart from what is new.
 */
export function verifyText(plan: Plan, style: Style, view: VerifyView = {}): string {
  const { compared, manualFails = false } = view;
  const failing = plan.controls.filter((control) => control.verdict === 'fail' && !isOnlyPending(plan, control));
  const isNews = ({ slug }: { readonly slug: string }): boolean => compared?.known.has(slug) !== true;
  const isNewPending = ({ address }: { readonly address: string }): boolean =>
    compared?.knownPending.has(address) !== true;
  const blocks = [
    columns(style, 0, [
      paint(style, 'bold', 'harden verify'),
      printable(plan.host.name),
      plan.content.profile,
      plan.source.type,
    ]),
    silenceLines(plan, style),
    columns(style, 2, [
      ...countCells(plan, failing.length),
      ...(compared === undefined ? [] : [`${failing.filter(isNews).length} new failing`]),
    ]),
    view.containers === undefined ? [] : downSinceLines(view.containers, style),
    ...failingBlocks(failing.filter(isNews), style, view),
    [
      ...block(
        style,
        'WRITTEN, NOT LIVE YET',
        plan.pending
          .filter(isNewPending)
          .map(({ address, until, reason }) => `${mark(style, '~')} ${thingAt(address)}: pending-${until}. ${reason}`),
      ),
      ...[...new Set(plan.pending.map((item) => item.command))].flatMap((command) =>
        wrap(style, 2, `To make it live: ${printable(command)}`, 4),
      ),
    ],
    block(
      style,
      'NOT CHECKED',
      plan.notChecked
        .filter(({ control }) => isNews({ slug: control }))
        .map(({ id, title, reason }) => `${mark(style, '?')} ${id} ${title}: ${reason}`),
    ),
    manualFails ? manualLines(plan, style, isNews) : [],
    ...(compared === undefined ? [] : [knownLines(plan, style, compared)]),
    waivedLines(plan, style),
    view.score === undefined ? [] : wrap(style, 0, view.score, 2),
    wrap(style, 0, plan.content.notCovered, 2).map((line) => paint(style, 'dim', line)),
    [
      compared === undefined
        ? closing(plan, failing.length, manualFails)
        : comparedClosing(plan, compared, manualFails),
      ...(view.more === undefined ? [] : [view.more]),
    ].flatMap((text) => wrap(style, 0, printable(atPlace(text, view.place ?? {})), 2)),
  ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

/** First of all: what is said of settings is then said of files. */
function silenceLines({ host: { docker } }: Plan, style: Style): readonly string[] {
  return docker.unreachable === undefined
    ? []
    : wrap(
        style,
        2,
        `${mark(style, '!')} dockerd does not ${docker.running ? 'answer' : 'run'} (${printable(docker.unreachable)}): its settings are judged by its files alone, and which containers run is not known.`,
        4,
      ).map((line) => paint(style, 'red', line));
}

/** Kinds apart where an apply stands: what somebody undid, what a rollback took back, what came since, and what was left as it was. */
function failingBlocks(
  failing: Plan['controls'],
  style: Style,
  { compared, since }: VerifyView,
): readonly (readonly string[])[] {
  const lines = (heading: string, controls: Plan['controls']): readonly string[] =>
    block(
      style,
      heading,
      controls.map(({ slug, ids, title, reason }) => {
        const how = since?.undone.get(slug) ?? since?.takenBack.get(slug);
        return `${mark(style, 'x')} ${ids[0] ?? ''} ${title}: ${reason}${how === undefined ? '' : `. ${how}`}`;
      }),
    );
  if (compared !== undefined || since === undefined) {
    return [lines(compared === undefined ? 'FAILING' : 'FAILING, NEW', failing)];
  }
  const { undone, takenBack, fresh } = since;
  return [
    lines(
      'UNDONE since harden set it',
      failing.filter(({ slug }) => undone.has(slug)),
    ),
    lines(
      'TAKEN BACK since harden set it',
      failing.filter(({ slug }) => takenBack.has(slug)),
    ),
    lines(
      'NEW since the last apply',
      failing.filter(({ slug }) => fresh.has(slug)),
    ),
    lines(
      'NEVER FIXED',
      failing.filter(({ slug }) => !undone.has(slug) && !takenBack.has(slug) && !fresh.has(slug)),
    ),
  ];
}

function manualLines(
  { manual }: Plan,
  style: Style,
  isNews: (control: { readonly slug: string }) => boolean,
): readonly string[] {
  return block(
    style,
    'MANUAL',
    manual
      .filter(({ control }) => isNews({ slug: control }))
      .map(({ id, title, reason }) => `${mark(style, 'm')} ${id} ${title}: ${reason}`),
  );
}

function knownLines(plan: Plan, style: Style, { known, knownPending, baseline }: KnownFindings): readonly string[] {
  const signs = { fail: 'x', 'not-checked': '?', manual: 'm' } as const;
  return block(style, `AS IN ${printable(baseline)}`, [
    ...plan.controls.flatMap(({ slug, ids, title, verdict, reason }) =>
      known.has(slug) && (verdict === 'fail' || verdict === 'not-checked' || verdict === 'manual')
        ? [`${signs[verdict]} ${ids[0] ?? ''} ${title}: ${reason}`]
        : [],
    ),
    ...plan.pending
      .filter(({ address }) => knownPending.has(address))
      .map(({ address, until }) => `${mark(style, '~')} ${thingAt(address)}: pending-${until}.`),
  ]);
}

function comparedClosing(plan: Plan, { known, knownPending }: KnownFindings, manualFails: boolean): string {
  const news = plan.controls.filter(
    ({ slug, verdict }) =>
      !known.has(slug) &&
      (verdict === 'fail' || verdict === 'not-checked' || verdict === 'error' || (manualFails && verdict === 'manual')),
  );
  return news.length > 0 || plan.pending.some(({ address }) => !knownPending.has(address))
    ? 'Worse than the baseline. Next: harden plan, which shows what would change.'
    : 'Not worse than the baseline.';
}

function countCells(plan: Plan, failing: number): readonly string[] {
  const { summary } = plan;
  const optional = [
    [summary.pending, 'not live yet'],
    [summary.waived, 'waived'],
    [summary.manual, 'manual'],
    [summary.notApplicable, 'not applicable'],
    [summary.notChecked + summary.errors, 'not checked'],
  ] as const;
  return [
    count(summary.controls, 'control'),
    `${summary.pass} pass`,
    `${failing} failing`,
    ...optional.filter(([n]) => n > 0).map(([n, word]) => `${n} ${word}`),
  ];
}

function block(style: Style, heading: string, items: readonly string[]): readonly string[] {
  return items.length === 0
    ? []
    : [
        ...spread(style, paint(style, 'bold', heading), `${items.length}`),
        ...items.flatMap((item) => wrap(style, 2, printable(item), 6)),
      ];
}

function closing(plan: Plan, failing: number, manualFails: boolean): string {
  if (failing > 0) {
    return 'Next: harden plan, which shows what would change.';
  }
  if (plan.pending.length > 0) {
    return 'Everything is written; what is named above makes it live.';
  }
  if (manualFails && plan.manual.length > 0) {
    return 'What only a person can decide counts here, as --manual fail says. To waive what is decided: harden waiver add';
  }
  return plan.notChecked.length > 0
    ? 'What could be checked is as it should be; the rest is unknown, which is not a pass.'
    : 'As it should be.';
}
