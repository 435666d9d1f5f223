import { EXIT, HardenError } from '../model/errors.ts';

/** Where a command needs a snapshot and none was ever kept. @throws HardenError */
export function noSnapshots(): never {
  throw new HardenError({
    code: 'H2011',
    exit: EXIT.usage,
    message: 'there is no snapshot: nothing was applied on this host. Nothing was changed.',
    hint: 'To see what an apply would change: harden plan',
  });
}
