import type { Recovered } from '../model/transaction.ts';
import { type Style, wrap } from './layout.ts';
import { printable } from './printable.ts';

const WORDS: Readonly<Record<Recovered['outcome'], string>> = {
  committed: 'was complete; what it left behind was cleaned',
  undone: 'was not complete; the state before it is back',
  dropped: 'had changed nothing; it was dropped',
  incomplete: 'could not be ended; nothing more was tried. Mend what is named here, then: sudo harden recover',
  refused: 'has damaged records; nothing was touched. Its saved files are kept in the state folder',
};

/** What became of runs that had no end. */
export function recoveredText(recovered: readonly Recovered[], style: Style): string {
  if (recovered.length === 0) {
    return 'Nothing to recover.\n';
  }
  return `${recovered.flatMap((one) => recoveredLines(one, style)).join('\n')}\n`;
}

function recoveredLines({ id, outcome, undo }: Recovered, style: Style): readonly string[] {
  return [
    ...wrap(style, 0, `Run ${id} ${WORDS[outcome]}.`, 2),
    ...undo.kept.flatMap(({ what, reason }) =>
      wrap(style, 2, `left alone: ${printable(what)}: ${printable(reason)}`, 4),
    ),
    ...undo.failed.flatMap(({ what, reason }) => wrap(style, 2, `! ${printable(what)}: ${printable(reason)}`, 4)),
  ];
}
