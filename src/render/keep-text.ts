import { type CommandPlace, atPlace, shellWord } from '../model/command-place.ts';
import type { RevertDue } from '../model/revert.ts';
import type { ClockKind } from '../model/revert-clock.ts';
import type { Trouble } from '../model/transaction.ts';
import { type Style, count, wrap } from './layout.ts';
import { printable } from './printable.ts';

/** `5:00`, `1:02:03`. */
export function remaining(seconds: number): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest.replace(/^0/, '');
}

export interface PendingText {
  readonly id: string;
  readonly withinMs: number;
  readonly kind: ClockKind;
  readonly due: RevertDue;
  readonly place: CommandPlace;
  /** Words of the apply that its confirm has to be told again. */
  readonly again?: readonly string[];
}

/** What somebody does to keep the changes; `here`: "keep" can be typed too. */
export function pendingText(
  { id, withinMs, kind, place, again = [] }: PendingText,
  here: boolean,
  style: Style,
): string {
  const limits =
    kind === 'systemd'
      ? 'The clock is a timer of systemd: closing this session does not stop it, a suspended machine does, and a boot takes the changes back.'
      : `The clock is one waiting process, since no systemd runs here: closing this session does not stop it; ending that process does, and then, as after a reboot, only the next harden command takes the changes back.`;
  const lines = [
    ...wrap(
      style,
      0,
      `These changes are taken back in ${remaining(Math.round(withinMs / 1000))} unless you keep them.`,
    ),
    ...wrap(
      style,
      2,
      atPlace(
        `Surest, because it proves that you still get in: open a second session and run   ${['sudo harden confirm', id, ...again.map(shellWord)].join(' ')}`,
        place,
      ),
      4,
    ),
    ...(here ? wrap(style, 2, 'Or type "keep" here.', 4) : []),
    ...wrap(style, 2, limits, 4),
  ];
  return `\n${lines.join('\n')}\n`;
}

export function keptText(id: string, place: CommandPlace, style: Style): string {
  return `${wrap(style, 0, atPlace(`Kept. Undo any time: sudo harden rollback ${id}`, place)).join('\n')}\n`;
}

export interface NotAsProvenText {
  readonly id: string;
  readonly proofs: readonly { readonly change: string; readonly proof: string; readonly reason: string }[];
  readonly secondsLeft: number;
  readonly place: CommandPlace;
}

export function notAsProvenText({ id, proofs, secondsLeft, place }: NotAsProvenText, style: Style): string {
  const lines = [
    ...wrap(
      style,
      0,
      `Not kept: the host is not as it was proven to be. The clock goes on: ${remaining(secondsLeft)} left.`,
    ),
    ...proofs
      .filter(({ proof }) => proof === 'failed')
      .flatMap(({ change, reason }) => wrap(style, 2, `! change ${change}: ${printable(reason)}`, 4)),
    ...wrap(
      style,
      2,
      atPlace(`To take it back now: sudo harden rollback ${id}; to try again: sudo harden confirm ${id}`, place),
      4,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

export interface UnwellText {
  readonly id: string;
  readonly failing: readonly Trouble[];
  readonly secondsLeft: number;
  readonly place: CommandPlace;
}

/** Checks of the site fail, so nothing was kept. */
export function unwellText({ id, failing, secondsLeft, place }: UnwellText, style: Style): string {
  const next = `To take it back now: sudo harden rollback ${id}; to keep it all the same: sudo harden confirm ${id} --despite-health`;
  const lines = [
    ...wrap(
      style,
      0,
      `Not kept: ${count(failing.length, 'health check')} fail${failing.length === 1 ? 's' : ''}. The clock goes on: ${remaining(secondsLeft)} left.`,
    ),
    ...failing.flatMap(({ what, reason }) => wrap(style, 2, `! ${printable(what)}: ${printable(reason)}`, 4)),
    ...wrap(style, 2, atPlace(next, place), 4),
  ];
  return `${lines.join('\n')}\n`;
}

/** After a revert; `troubles` null where nobody looked. */
export function takenBackText(
  {
    id,
    troubles,
    place,
  }: { readonly id: string; readonly troubles: readonly Trouble[] | null; readonly place: CommandPlace },
  style: Style,
): string {
  const [first, ...rest] = troubles ?? [];
  const lines =
    first === undefined
      ? wrap(
          style,
          0,
          `Run ${id} was taken back. ${troubles === null ? atPlace('To see the host: harden plan', place) : 'The host was looked at and is as before.'}`,
        )
      : [
          ...wrap(style, 0, `Run ${id} was taken back, but ${count(rest.length + 1, 'thing')} is not as before:`),
          ...[first, ...rest].flatMap(({ what, reason }) =>
            wrap(style, 2, `! ${printable(what)}: ${printable(reason)}`, 4),
          ),
          ...wrap(
            style,
            2,
            atPlace('To try the rest again: sudo harden recover; to see the host: harden plan', place),
            4,
          ),
        ];
  return `${lines.join('\n')}\n`;
}
