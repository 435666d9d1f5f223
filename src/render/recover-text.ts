import { type CommandPlace, atPlace, shellWord } from '../model/command-place.ts';
import type { Recovered, Trouble } from '../model/transaction.ts';
import { type Style, wrap } from './layout.ts';
import { printable } from './printable.ts';

const IS_BACK = 'the state before it is back';

const WORDS: Readonly<Record<Recovered['outcome'], string>> = {
  committed: 'was complete; what it left behind was cleaned',
  undone: `was not complete; ${IS_BACK}`,
  dropped: 'had changed nothing; it was dropped',
  incomplete: 'could not be ended; nothing more was tried. Mend what is named here, then: sudo harden recover',
  waiting: 'waits to be kept; it was left alone',
  refused: 'has damaged records; nothing was touched. Its saved files are kept in the state folder',
};

const NOT_KEPT: Readonly<Record<NonNullable<Recovered['notKept']>, string>> = {
  clock: `was not kept in time; ${IS_BACK}`,
  boot: `was not kept before the machine was started anew; ${IS_BACK}`,
  asked: `was not kept; ${IS_BACK}`,
};

/** What became of a run, with what is not as before it where somebody looked. */
type Ended = Recovered & { readonly notAsBefore?: readonly Trouble[] | null };

/** What became of runs that had no end. */
export function recoveredText(recovered: readonly Ended[], place: CommandPlace, style: Style): string {
  if (recovered.length === 0) {
    return 'Nothing to recover.\n';
  }
  return `${recovered.flatMap((one) => recoveredLines(one, place, style)).join('\n')}\n`;
}

function recoveredLines(
  { id, outcome, undo, notKept, notAsBefore }: Ended,
  place: CommandPlace,
  style: Style,
): readonly string[] {
  const moved = outcome === 'undone' ? (notAsBefore ?? []) : [];
  const ended = notKept === undefined || outcome !== 'undone' ? WORDS[outcome] : NOT_KEPT[notKept];
  const what = moved.length === 0 ? ended : ended.replace(IS_BACK, 'files are back, but this host is not as before it');
  return [
    ...wrap(style, 0, atPlace(`Run ${id} ${what}.`, place), 2),
    ...undo.kept.flatMap(({ what, reason }) =>
      wrap(style, 2, `left alone: ${printable(what)}: ${printable(reason)}`, 4),
    ),
    ...[...moved, ...undo.failed].flatMap(({ what, reason }) =>
      wrap(style, 2, `! ${printable(what)}: ${printable(reason)}`, 4),
    ),
  ];
}

/** A run that was given up: where its records are kept, and what stays on the host as it left it. */
export interface GivenUp {
  readonly id: string;
  readonly keptAt: string;
  readonly stays: readonly Trouble[];
}

export function givenUpText({ id, keptAt, stays }: GivenUp, place: CommandPlace, style: Style): string {
  const folder = keptAt.replace(/\/conflicts\/[^/]*\/[^/]*$/, '');
  const lines = [
    ...wrap(style, 0, `Run ${id} was given up: the host stays as it is now, and new runs may begin.`, 2),
    ...stays.flatMap(({ what, reason }) => wrap(style, 2, `not put back: ${printable(what)}: ${printable(reason)}`, 4)),
    ...wrap(style, 0, `Files named .harden-${id}-* beside what it changed stay too.`, 2),
    `Its records and all saved files: ${keptAt}`,
    atPlace(
      `To try again later: mv ${shellWord(keptAt)} ${shellWord(`${folder}/tx/${id}`)} && sudo harden recover`,
      place,
    ),
  ];
  return `${lines.join('\n')}\n`;
}
