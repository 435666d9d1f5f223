import { EXIT, type ExitCode, HardenError } from '../model/errors.ts';
import { atPlace } from '../model/command-place.ts';
import type { RevertNote } from '../model/revert.ts';
import type { Recovered } from '../model/transaction.ts';
import { recoveredText } from '../render/recover-text.ts';
import { unfinishedRuns } from './store-place.ts';
import { waitsToBeKept } from './keeping.ts';
import { tell } from './output.ts';
import { commandPlace } from './place.ts';
import { readTerminal } from './terminal.ts';

/** For commands that only read: says that what they see may be half of something. Returns notes of runs that were taken back by themselves. */
export function tellUnfinished(): readonly RevertNote[] {
  const { unfinished, openRuns, notes } = unfinishedRuns(commandPlace());
  const waiting = new Set(openRuns.flatMap((run) => (run.waiting === undefined ? [] : [run.id])));
  for (const id of unfinished) {
    if (waiting.has(id)) {
      tell(
        `harden: the changes of run ${id} are taken back unless somebody keeps them.\n  ${here(`To keep them: sudo harden confirm ${id}`)}\n`,
      );
      continue;
    }
    tell(
      `harden: run ${id} has not ended: it is still at work, or it was killed. What is seen here may be half of it.\n  ${here('To end it: sudo harden recover')}\n`,
    );
  }
  return notes;
}

/** Says what is set for later, as far as we may look. */
export async function tellScheduled(args: {
  readonly root: string | undefined;
  readonly 'state-dir'?: string | undefined;
}): Promise<void> {
  if (args.root !== undefined) {
    return;
  }
  const { scheduledWord } = await import('./scheduled-status.ts');
  try {
    const word = scheduledWord({ root: undefined, 'state-dir': args['state-dir'] }, new Date());
    tell(word === undefined ? '' : `harden: ${word}\n  ${here('To see it: harden status')}\n`);
  } catch {
    // Whoever may not look into the state folder is told of the host alone.
  }
}

/** A run was taken back and nobody has said that they saw it; that outweighs what else is found. */
export function tellReverted(notes: readonly RevertNote[]): ExitCode {
  const ids = notes.map(({ id }) => id).join(', ');
  tell(
    `harden: run ${ids} was taken back by itself.\n  ${here('To see why: sudo harden status; once seen: sudo harden status --ack')}\n`,
  );
  return EXIT.rolledBack;
}

/** Says what became of a dead run; nothing new is begun on a host where one could not be ended. @throws HardenError */
export function refuseUnrecovered(list: readonly Recovered[]): void {
  const ended = list.filter(({ outcome }) => outcome !== 'waiting');
  if (ended.length > 0) {
    tell(recoveredText(ended, commandPlace(), readTerminal(false).err));
  }
  if (list.some(({ outcome }) => outcome === 'incomplete' || outcome === 'refused')) {
    throw new HardenError({
      code: 'H2024',
      exit: EXIT.needsAttention,
      message: 'an earlier run could not be ended, so nothing new is begun.',
      hint: 'Mend what is named above, then: sudo harden recover',
    });
  }
  const waiting = list.find(({ outcome }) => outcome === 'waiting');
  if (waiting !== undefined) {
    throw waitsToBeKept(waiting.id);
  }
}

function here(text: string): string {
  return atPlace(text, commandPlace());
}
