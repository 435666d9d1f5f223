import { EXIT, HardenError } from '../model/errors.ts';
import type { Recovered } from '../model/transaction.ts';
import { recoveredText } from '../render/recover-text.ts';
import { unfinishedRuns } from './compose.ts';
import { tell } from './output.ts';
import { readTerminal } from './terminal.ts';

/** For commands that only read: says that what they see may be half of something. */
export function tellUnfinished(root: string | undefined): void {
  for (const id of unfinishedRuns(root)) {
    tell(
      `harden: run ${id} has not ended: it is still at work, or it was killed. What is seen here may be half of it.\n  To end it: sudo harden recover\n`,
    );
  }
}

/** Says what became of a dead run; nothing new is begun on a host where one could not be ended. @throws HardenError */
export function refuseUnrecovered(list: readonly Recovered[]): void {
  if (list.length === 0) {
    return;
  }
  tell(recoveredText(list, readTerminal(false).err));
  if (list.some(({ outcome }) => outcome === 'incomplete' || outcome === 'refused')) {
    throw new HardenError({
      code: 'H2020',
      exit: EXIT.needsAttention,
      message: 'an earlier run could not be ended, so nothing new is begun.',
      hint: 'Mend what is named above, then: sudo harden recover',
    });
  }
}
