import { choiceWords } from '../model/choice-words.ts';
import type { Plan, PlanControl } from '../model/plan.ts';
import { liveWhen } from '../model/plan-changes.ts';
import type { Profile, Remediation } from '../model/remediation.ts';
import { changeLines } from './change-text.ts';
import { type Style, columns, paint, wrap } from './layout.ts';
import { waiverExplained } from './waiver-text.ts';
import { printable, shown } from './printable.ts';

/** What a control means, how this host stands to it, what would be changed, what that breaks, and how to take it back. */
export function explainText(
  explained: { readonly remediation: Remediation; readonly profile: Profile; readonly plan: Plan | undefined },
  style: Style,
): string {
  const { remediation, profile, plan } = explained;
  const control = plan?.controls.find(({ slug }) => slug === remediation.control);
  return blocksText([
    [
      ...columns(style, 0, [
        paint(style, 'bold', remediation.references[profile.benchmark] ?? '-'),
        remediation.control,
        profile.benchmark,
        `level ${remediation.level}`,
      ]),
      ...wrap(style, 2, `${remediation.title}.`),
    ],
    block(style, 'WHY', [remediation.why]),
    block(style, 'WHAT IT MAY BREAK', [remediation.breaks]),
    ...(plan === undefined || control === undefined
      ? [block(style, 'ON THIS HOST', [`Not looked at: it is not part of ${profile.name}.`])]
      : hereBlocks(plan, control, style)),
    block(style, 'BY HAND', sameLines(remediation.manual, control?.steps ?? []) ? [] : remediation.manual),
    block(
      style,
      'PARAMETERS OF A PROFILE',
      remediation.parameters.map(({ name, description }) => `${name}: ${description}`),
    ),
    block(
      style,
      'NUMBERS',
      Object.entries(remediation.references).map(([benchmark, number]) => `${number} in ${benchmark}`),
    ),
  ]);
}

/** Which plan a change is numbered in: numbers begin anew in each. */
export function numberedIn(plan: Plan, change: Plan['changes'][number], style: Style): readonly string[] {
  const words = choiceWords(plan.selection);
  const number = `Change ${change.id.slice(1)} of ${plan.changes.length}`;
  const text =
    words.length === 0
      ? `${number} in the plan of all controls of ${plan.content.profile}. A plan of some of them numbers its own: give its -c, -x or --section here too.`
      : `${number} in the plan of ${plan.content.profile} with ${words.join(' ')}.`;
  return wrap(style, 0, printable(text), 2).map((line) => paint(style, 'dim', line));
}

function asApplied(plan: Plan, change: Plan['changes'][number]): Plan['changes'][number] {
  return { ...change, liveAfter: liveWhen(plan, change) };
}

/** One change of a plan with everything there is to know of it. */
export function explainChangeText(plan: Plan, change: Plan['changes'][number], style: Style): string {
  const controls = plan.controls.filter(({ slug }) => change.controls.includes(slug));
  return blocksText([
    changeLines(asApplied(plan, change), controls.map(({ ids, slug }) => ids[0] ?? slug).join(' '), style, 'full'),
    block(
      style,
      'FIXES',
      controls.map(({ ids, title, reason }) => `${ids[0] ?? ''} ${title}: ${reason}`),
    ),
    block(style, 'TO UNDO IT', [undoOf(change.reversible)]),
    block(
      style,
      'MORE',
      controls.map(({ ids, slug }) => `harden explain ${ids[0] ?? slug}`),
    ),
  ]);
}

function hereBlocks(plan: Plan, control: PlanControl, style: Style): readonly (readonly string[])[] {
  const changes = plan.changes.filter(({ controls }) => controls.includes(control.slug));
  const seen = [
    `${control.verdict}${control.reason === '' ? '' : `: ${control.reason}`}`,
    ...control.evidence.map(
      ({ source, read, value }) => `${source}: ${read} = ${value === null ? 'not there' : shown(value)}`,
    ),
  ];
  const pending = plan.pending.filter(({ controls }) => controls.includes(control.slug));
  return [
    block(style, `ON ${plan.host.name.toUpperCase()}`, seen),
    block(style, 'WAIVED', waiverExplained(plan, control.slug)),
    changes.length === 0
      ? []
      : [
          paint(style, 'bold', 'WHAT WOULD BE CHANGED'),
          ...changes.flatMap((change) =>
            changeLines(asApplied(plan, change), control.ids[0] ?? control.slug, style, 'full'),
          ),
        ],
    block(
      style,
      'WRITTEN, NOT LIVE YET',
      pending.map(({ reason, command }) => `${reason} To make it live: ${command}`),
    ),
    block(style, 'WHAT A PERSON DOES', control.steps),
    block(style, 'TO UNDO IT', changes.length === 0 ? [] : [undoOf(changes.every(({ reversible }) => reversible))]),
  ];
}

function sameLines(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, index) => line === b[index]);
}

function undoOf(reversible: boolean): string {
  return reversible ? 'sudo harden rollback puts it back as it was.' : 'It cannot be taken back.';
}

function block(style: Style, heading: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0
    ? []
    : [
        paint(style, 'bold', printable(heading)),
        ...lines.flatMap((line) => wrap(style, 2, printable(line), lines.length === 1 ? 2 : 4)),
      ];
}

function blocksText(blocks: readonly (readonly string[])[]): string {
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}
