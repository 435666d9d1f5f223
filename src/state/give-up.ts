import type { AbsPath } from '../model/brand.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import { ensureFolder, holding } from './held.ts';
import { readJournal } from './journal.ts';
import { TRANSACTION_ID } from './manifest.ts';
import type { Folders } from './open-transaction.ts';
import { attempt } from './trouble.ts';

/** Name of the folder of a given-up transaction, below the one of its id. */
const KEPT_AS = 'transaction';

/**
 * Takes a transaction that could not be ended out of the way of others: its folder, with every saved copy, goes to `conflicts`, and from
 * there it can be put back and tried again. The caller has tried to end it and was told why that is not possible.
 */
export function giveUp({ sys, tx, conflicts }: Folders, stateDir: AbsPath, id: string): string {
  if (!TRANSACTION_ID.test(id) || sys.statAt(tx, id) === undefined) {
    throw new HardenError({
      code: 'H2022',
      exit: EXIT.usage,
      message: `There is no run ${id} without an end. Nothing was changed.`,
      hint: 'To see which runs have none: harden recover',
    });
  }
  const last = attempt(() =>
    holding(sys, sys.openObject(tx, id), (home) => readJournal(sys, home, id)?.records.at(-1)),
  );
  if (last.ok && (last.value?.type === 'commit' || last.value?.type === 'waiting')) {
    throw new HardenError({
      code: 'H2023',
      exit: EXIT.usage,
      message: `Run ${id} is ${last.value.type === 'commit' ? 'committed' : 'waiting to be kept'}; there is nothing to give up. Nothing was changed.`,
      hint: 'harden recover',
    });
  }
  holding(sys, ensureFolder(sys, conflicts, id), (folder) => {
    sys.move(tx, id, folder, KEPT_AS);
    sys.sync(folder);
    sys.sync(tx);
  });
  return `${stateDir}/conflicts/${id}/${KEPT_AS}`;
}
