import type { Plan } from '../model/plan.ts';
import type { ScheduledStatus } from '../model/status.ts';
import { type Style, count, wrap } from './layout.ts';
import { printable } from './printable.ts';

/** The answer of `apply --at`. */
export function scheduledText(
  { plan, id, at }: { readonly plan: Plan; readonly id: string; readonly at: string | null },
  style: Style,
): string {
  const lines = [
    ...wrap(
      style,
      0,
      `Set for ${whenText(at)}: ${count(plan.changes.length, 'change')}, run ${id}. Nothing was changed yet.`,
    ),
    ...wrap(
      style,
      2,
      `The host is looked at again then; where it is not as planned any more, or after ${minute(plan.expiresAt)}, nothing is changed and harden status tells.`,
      4,
    ),
    ...wrap(style, 2, 'To see it: harden status; to take it back: sudo harden apply --at never', 4),
  ];
  return `${lines.join('\n')}\n`;
}

/** Above the plan a person is asked about. */
export function notNowText(at: string | null, style: Style): string {
  return `${wrap(style, 0, `Not now: what you approve is carried out ${at === null ? 'at the next boot' : `at ${minute(at)}`}, without a question.`, 2).join('\n')}\n`;
}

/** Lines of `harden status`. */
export function scheduledLines({ pending, begun, ended, damaged }: ScheduledStatus): readonly string[] {
  return [
    ...(pending === null ? [] : pendingLines(pending)),
    ...(begun === null
      ? []
      : [
          `Set for later: run ${begun.id} has begun and has no end yet: it is at work, or was killed.`,
          '  If it was killed: sudo harden recover; once seen: sudo harden status --ack',
        ]),
    ...(ended === null
      ? []
      : [
          `Set for later: run ${ended.id} ended with exit ${ended.exit}, ${minute(ended.at)}: ${printable(ended.message)}`,
          `  All of it: harden history show ${ended.id}; once seen: sudo harden status --ack`,
        ]),
    ...(damaged
      ? [
          'What is kept of an apply set for later cannot be read.',
          '  To remove it: sudo harden apply --at never; sudo harden status --ack',
        ]
      : []),
  ];
}

function pendingLines({ id, at, by, changes, expiresAt, missed }: NonNullable<ScheduledStatus['pending']>): string[] {
  const what = `${count(changes, 'change')}, approved by ${printable(by)} (run ${id})`;
  return missed
    ? [
        `Missed: ${what} were to be made at ${minute(at ?? '')}, and nothing began: the machine was off or slept, or the timer was removed.`,
        '  To set it anew: sudo harden apply --at TIME; to forget it: sudo harden apply --at never',
      ]
    : [
        `Set for ${whenText(at)}: ${what}; valid until ${minute(expiresAt)}.`,
        '  To take it back: sudo harden apply --at never',
      ];
}

function whenText(at: string | null): string {
  return at === null ? 'the next boot' : minute(at);
}

function minute(iso: string): string {
  return `${iso.slice(0, 16).replace('T', ' ')} UTC`;
}
