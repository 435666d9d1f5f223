import * as z from 'zod';
import { ContainersSeen } from './containers-seen.ts';
import { TAKEN_BACK_BECAUSE } from './revert.ts';
import { type DeepReadonly, Plan } from './plan.ts';

/**
 * How a run ended, with its plan: what `apply --json` and `rollback --json` print, and what is kept of every run. A promise to scripts:
 * a minor version only adds members.
 */
export const RESULT_SCHEMA = 'urn:harden:result:1';
export const RESULT_SCHEMA_MINOR = 2;

export const RUN_VERBS = ['apply', 'rollback', 'verify', 'confirm', 'revert'] as const;
export type RunVerb = (typeof RUN_VERBS)[number];

/** Names a run; of one that changed something it is the id of its snapshot too. */
export const RUN_ID = /^[0-9a-f]{8,32}$/;

export const Trouble = z.lazy(() => z.strictObject({ what: z.string(), reason: z.string() }));

const Run = z.lazy(() =>
  z.strictObject({
    id: z.string().regex(RUN_ID).describe('Of one that changed something: the id of its snapshot.'),
    verb: z.enum(RUN_VERBS),
    at: z.iso.datetime().describe('When it ended.'),
    by: z.string().describe('The login behind sudo, else the user; "harden" of what nobody asked for.'),
    reason: z.string().exactOptional().describe('Why, in the words of --reason.'),
    ticket: z.string().exactOptional(),
    approvedAt: z.iso
      .datetime()
      .exactOptional()
      .describe(
        'Of an apply that --at put off: when it was approved. This and types refused, scheduled: since minor 2.',
      ),
  }),
);
export type Run = DeepReadonly<z.infer<typeof Run>>;

export const Undo = z.lazy(() =>
  z.strictObject({
    restored: z.array(z.string()),
    kept: z.array(Trouble),
    failed: z.array(Trouble),
    unsure: z
      .array(Trouble)
      .exactOptional()
      .describe('Inverses that failed where there may have been nothing left to undo.'),
  }),
);

export const Proof = z.lazy(() =>
  z.strictObject({
    change: z.string(),
    proof: z.enum(['live', 'pending-restart', 'pending-reboot', 'failed']),
    reason: z.string(),
    command: z.string().exactOptional().describe('What makes a pending one live.'),
  }),
);

const LeftAlone = z.lazy(() =>
  z.strictObject({
    what: z.string(),
    reason: z.string(),
    address: z.string().exactOptional().describe('Of the change it belongs to.'),
    until: z
      .array(z.string())
      .exactOptional()
      .describe('Ids of later applies that changed it again: it goes back with those.'),
    touched: z.iso.datetime().exactOptional().describe('When the file it stands in was last touched, by whomever.'),
  }),
);

const LeftOut = z.lazy(() =>
  z
    .array(z.strictObject({ id: z.string(), title: z.string() }))
    .describe('Controls that go on failing: somebody chose so, or --skip-over-ceiling left their changes out.'),
);

const WaiversGiven = z.lazy(() =>
  z
    .array(
      z.strictObject({
        control: z.string(),
        until: z.iso.date(),
        file: z.string(),
        problem: z.string().exactOptional().describe('Why it was not written; left out where it was.'),
      }),
    )
    .describe('Waivers a person gave at the question of an apply, instead of changes.'),
);

const head = () => ({
  schema: z.literal(RESULT_SCHEMA),
  schemaMinor: z.int().nonnegative(),
  exit: z.int().describe('The exit code of the run.'),
  run: Run.exactOptional().describe('Left out by versions before minor 1.'),
  hooks: z
    .array(
      z.strictObject({
        hook: z.string(),
        ended: z.enum(['well', 'badly', 'not-run']),
        reason: z.string().exactOptional(),
        output: z.string().exactOptional(),
      }),
    )
    .exactOptional()
    .describe('Programs of the site that were told of this run, and how they ended; only in a run that is kept.'),
  plan: Plan,
});

const Done = () =>
  z.strictObject({
    ...head(),
    type: z.literal('done'),
    snapshot: z.string().describe('Of an apply its own; of a rollback the one that was put back.'),
    proofs: z.array(Proof),
    met: z.array(z.string()).exactOptional().describe('Controls that pass after an apply.'),
    kept: z.array(LeftAlone).describe('Of a rollback: left alone because it was changed since.'),
    standing: z.int().exactOptional().describe('After a rollback of a part: how many changes of that apply stay.'),
    health: z.strictObject({ checked: z.array(z.string()), notChecked: z.array(z.string()) }).exactOptional(),
    containers: ContainersSeen.exactOptional(),
    pendingRevert: z
      .strictObject({
        id: z.string(),
        withinMs: z.number(),
        kind: z.enum(['systemd', 'guard']),
        due: z.strictObject({ bootId: z.string(), dueMs: z.number(), withinMs: z.number(), clock: z.string() }),
      })
      .exactOptional()
      .describe('Set where the changes are taken back unless somebody keeps them.'),
    leftOut: LeftOut.exactOptional(),
    waiversGiven: WaiversGiven.exactOptional(),
  });

const RolledBack = () =>
  z.strictObject({
    ...head(),
    type: z.literal('rolled-back'),
    at: z.string(),
    reason: z.string(),
    signal: z.string().exactOptional().describe('Where a signal ended it, or `timeout`, the limit of --timeout.'),
    undo: Undo,
    notAsBefore: z.array(Trouble),
    containers: ContainersSeen.exactOptional(),
    said: z.array(z.string()).exactOptional(),
    wayOut: z.array(z.strictObject({ why: z.string(), commands: z.array(z.string()) })).exactOptional(),
    waiversGiven: WaiversGiven.exactOptional(),
  });

export const RunResult = z.lazy(() =>
  z.discriminatedUnion('type', [
    z.strictObject({
      ...head(),
      type: z.literal('nothing-to-do'),
      leftOut: LeftOut.exactOptional(),
      waiversGiven: WaiversGiven.exactOptional(),
    }),
    z.strictObject({ ...head(), type: z.literal('declined') }),
    z.strictObject({ ...head(), type: z.literal('dry-run'), steps: z.array(z.string()) }),
    Done(),
    z.strictObject({
      ...head(),
      type: z.literal('reverted'),
      snapshot: z.string(),
      undo: Undo,
      notAsBefore: z.array(Trouble),
      cause: z
        .enum(TAKEN_BACK_BECAUSE)
        .exactOptional()
        .describe(
          'clock: nobody kept it in time; boot: the machine was started anew first; person: somebody asked for it; unfinished: it was killed; not-final: it could not be made final. Left out before minor 2.',
        ),
      looked: z.boolean().exactOptional().describe('False where nobody looked at the running host afterwards.'),
    }),
    z
      .strictObject({ ...head(), type: z.literal('kept'), snapshot: z.string(), proofs: z.array(Proof) })
      .describe('A run that waited was kept.'),
    RolledBack(),
    z
      .strictObject({
        ...head(),
        type: z.literal('scheduled'),
        id: z.string().regex(RUN_ID).describe('Of the run it becomes.'),
        at: z.iso.datetime().nullable().describe('Null: at the next boot.'),
      })
      .describe('Approved, and nothing done yet: the answer of apply --at.'),
    z
      .strictObject({ ...head(), type: z.literal('refused'), code: z.string().nullable(), message: z.string() })
      .describe('A scheduled apply that did not begin.'),
    z.strictObject({ ...head(), type: z.literal('verified') }),
  ]),
);
export type RunResult = DeepReadonly<z.infer<typeof RunResult>>;
