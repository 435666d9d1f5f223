import * as z from 'zod';
import type { DeepReadonly } from '../plan.ts';
import { Trouble } from '../result.ts';
import { Attempt, head } from './head.ts';

export const SnapshotsAnswer = z.lazy(() =>
  z.strictObject({
    ...head('snapshots'),
    snapshots: z.array(z.strictObject(snapshotLine())).describe('Newest first.'),
    damaged: z.array(Trouble),
  }),
);
export type SnapshotsAnswer = DeepReadonly<z.infer<typeof SnapshotsAnswer>>;

export const SnapshotAnswer = z.lazy(() =>
  z.strictObject({
    ...head('snapshot'),
    ...snapshotLine(),
    changes: z.array(z.string()).describe('Titles.'),
    files: z.array(
      z.strictObject({
        path: z.string(),
        before: z.string().nullable().describe('Null: not there, no file, or not looked into. Secrets are masked.'),
        after: z.string().nullable(),
        access: z.string(),
      }),
    ),
  }),
);
export type SnapshotAnswer = DeepReadonly<z.infer<typeof SnapshotAnswer>>;

export const SnapshotVerificationAnswer = z.lazy(() =>
  z.strictObject({
    ...head('snapshot-verification'),
    snapshots: z
      .array(z.strictObject({ id: z.string(), troubles: z.array(Trouble) }))
      .describe('Without troubles: every byte is as it was saved.'),
  }),
);
export type SnapshotVerificationAnswer = DeepReadonly<z.infer<typeof SnapshotVerificationAnswer>>;

function snapshotLine() {
  return {
    id: z.string(),
    createdAt: z.iso.datetime(),
    purpose: z.enum(['apply', 'rollback']),
    profile: z.string(),
    changes: z.int(),
    takenBackBy: z.string().optional().describe('The rollback that took all of it back, and was proven.'),
    attempt: Attempt.optional(),
    left: z.int().optional().describe('Changes that rollbacks left as others had made them.'),
  };
}
