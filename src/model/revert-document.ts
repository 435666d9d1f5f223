import * as z from 'zod';
import { RUN_ID, RunResult, Trouble, Undo } from './result.ts';

/** What hooks of a revert get: which run was taken back, why, and whether the host is as before it. A minor version only adds members. */
export const REVERT_SCHEMA = 'urn:harden:revert:1';
export const REVERT_SCHEMA_MINOR = 0;

/** `rollback`: somebody asked for it. `clock`, `boot`: nobody kept the run. `recovery`: it was killed, and another command ended it. */
export const REVERT_DOCUMENT_CAUSES = ['rollback', 'clock', 'boot', 'recovery'] as const;

export const RevertDocument = z.lazy(() =>
  z.strictObject({
    schema: z.literal(REVERT_SCHEMA),
    schemaMinor: z.int().nonnegative(),
    id: z.string().regex(RUN_ID).describe('Of the run that was taken back.'),
    at: z.iso.datetime(),
    cause: z.enum(REVERT_DOCUMENT_CAUSES),
    undo: Undo.nullable().describe('Paths put back, left to others, and failed; null where `result` says it.'),
    notAsBefore: z.array(Trouble).nullable().describe('What is not as before; null where nobody has looked yet.'),
    result: RunResult.nullable().describe('Of a rollback: its result.'),
  }),
);
export type RevertDocument = z.infer<typeof RevertDocument>;
