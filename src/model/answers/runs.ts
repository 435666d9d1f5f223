import * as z from 'zod';
import { type DeepReadonly, Plan } from '../plan.ts';
import { RESULTS } from '../report.ts';
import { Proof, RUN_VERBS, Trouble, Undo } from '../result.ts';
import { TAKEN_BACK_BECAUSE } from '../revert.ts';
import { head } from './head.ts';

export const ConfirmAnswer = z.lazy(() =>
  z.discriminatedUnion('type', [
    kept('kept', { plan: Plan.optional(), proofs: z.array(Proof) }),
    kept('kept-already', {}),
    kept('not-as-proven', { proofs: z.array(Proof), secondsLeft: z.int() }),
    kept('unwell', { failing: z.array(Trouble), secondsLeft: z.int() }),
    kept('put-back', { plan: Plan.optional(), reason: z.string(), undo: Undo }),
  ]),
);
export type ConfirmAnswer = DeepReadonly<z.infer<typeof ConfirmAnswer>>;

export const RecoveryAnswer = z.lazy(() =>
  z.strictObject({
    ...head('recovery'),
    recovered: z.array(
      z.strictObject({
        id: z.string(),
        purpose: z.enum(['apply', 'rollback']).optional(),
        outcome: z.enum(['committed', 'undone', 'dropped', 'incomplete', 'refused', 'waiting']),
        undo: Undo,
        notKept: z.enum(['clock', 'boot', 'asked']).optional(),
        notAsBefore: z.array(Trouble).nullable().describe('Null where nobody looked.'),
      }),
    ),
    givenUp: z.strictObject({ id: z.string(), keptAt: z.string(), stays: z.array(Trouble) }).optional(),
  }),
);
export type RecoveryAnswer = DeepReadonly<z.infer<typeof RecoveryAnswer>>;

export const RunsAnswer = z.lazy(() =>
  z.strictObject({
    ...head('runs'),
    runs: z
      .array(
        z.strictObject({
          id: z.string(),
          at: z.string().describe('When it ended.'),
          verb: z.enum(RUN_VERBS),
          exit: z.int(),
          by: z.string(),
          profile: z.string(),
          changes: z.int(),
          reason: z.string().optional(),
          ticket: z.string().optional(),
          approvedAt: z.string().optional().describe('Of an apply that was put off.'),
          of: z.string().optional().describe('The apply that was kept or taken back.'),
          cause: z.enum(TAKEN_BACK_BECAUSE).optional(),
          left: z.array(z.string()).optional().describe('What a rollback left as others had made it.'),
        }),
      )
      .describe('Newest first.'),
    damaged: z.array(Trouble),
    missed: z
      .strictObject({ id: z.string(), at: z.string(), by: z.string(), profile: z.string(), changes: z.int() })
      .optional()
      .describe('An apply that was set for `at` and did not begin; left out where there is none.'),
  }),
);
export type RunsAnswer = DeepReadonly<z.infer<typeof RunsAnswer>>;

const DifferentChange = () => z.strictObject({ title: z.string(), controls: z.array(z.string()) });

export const DifferenceAnswer = z.lazy(() =>
  z.strictObject({
    ...head('difference'),
    since: z.string().describe('Digest of the older plan.'),
    sinceAt: z.iso.datetime(),
    added: z.array(DifferentChange()),
    removed: z.array(DifferentChange()),
    changed: z.array(DifferentChange().extend({ what: z.array(z.string()) })),
    results: z.array(
      z.strictObject({
        slug: z.string(),
        id: z.string(),
        title: z.string(),
        before: z.enum(RESULTS).optional().describe('Left out where the control is not in that plan.'),
        after: z.enum(RESULTS).optional(),
      }),
    ),
    others: z.array(z.string()).describe('Hosts, profiles or contents that differ already.'),
  }),
);
export type DifferenceAnswer = DeepReadonly<z.infer<typeof DifferenceAnswer>>;

function kept<Type extends string, Members extends z.core.$ZodLooseShape>(type: Type, members: Members) {
  return z.strictObject({
    ...head('confirm'),
    exit: z.int(),
    type: z.literal(type),
    id: z.string().describe('Of the run.'),
    ...members,
  });
}
