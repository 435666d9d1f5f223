import * as z from 'zod';
import type { Json } from '../../model/canonical.ts';
import type { Change } from '../../model/change.ts';

/** What a change of this type adds and nothing else does; `after` of the change. Lines as in a rule file or in tmpfiles.d. */
export interface Effect {
  /** Rules the kernel is given. */
  readonly kernel: readonly string[];
  /** Lines of the rule file the change names. */
  readonly file: readonly string[];
  /** Lines of tmpfiles.d for folders below /run. */
  readonly folders: readonly string[];
}

const effectSchema: z.ZodType<Effect, Json> = z.lazy(() =>
  z.strictObject({
    kernel: z.array(z.string()),
    file: z.array(z.string()),
    folders: z.array(z.string()),
  }),
);

export function effectOf(change: Change): Effect {
  return effectSchema.parse(change.after);
}
