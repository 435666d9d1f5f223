import * as z from 'zod';
import { SETTINGS, type SettingKey } from '../config.ts';
import type { DeepReadonly } from '../plan.ts';
import { Trouble } from '../result.ts';
import { ScheduledEnd } from '../scheduled.ts';
import { Attempt, head } from './head.ts';

export const StatusAnswer = z.lazy(() =>
  z.strictObject({
    ...head('status'),
    pending: z
      .strictObject({
        id: z.string(),
        changes: z.int(),
        secondsLeft: z.int().nonnegative().describe('0: its time is up.'),
      })
      .nullable()
      .describe('A run whose changes are taken back unless somebody keeps them.'),
    unfinished: z.array(z.string()).describe('Runs without an end that do not wait: at work, or killed.'),
    lastApply: z
      .strictObject({
        snapshot: z.string(),
        at: z.iso.datetime(),
        by: z.string(),
        profile: z.string(),
        changes: z.int(),
        takenBackBy: z.string().nullable().describe('The rollback that took all of it back, and was proven.'),
        attempt: Attempt.optional(),
        left: z.int().optional().describe('Changes that rollbacks left as others had made them.'),
      })
      .nullable(),
    drift: z
      .array(z.string())
      .optional()
      .describe('Controls the last apply had set and that fail now; left out where none do, or nobody could look.'),
    standing: z
      .array(z.strictObject({ snapshot: z.string(), at: z.string(), changes: z.int() }))
      .optional()
      .describe('Older applies that were not taken back as a whole, newest first; left out where there are none.'),
    notLive: WrittenOnly().optional(),
    containers: z
      .strictObject({ run: z.string(), down: z.array(z.string()), gone: z.array(z.string()) })
      .optional()
      .describe(
        'Containers that ran before the last run that restarted dockerd and have not run since: `down` are there, `gone` are not. Left out where there are none, or the engine does not tell.',
      ),
    reverts: z
      .array(
        z.strictObject({
          id: z.string(),
          cause: z.enum(['clock', 'boot']),
          at: z.string(),
          notAsBefore: z.array(Trouble).nullable().describe('Null where nobody has looked yet.'),
        }),
      )
      .describe('Runs that were taken back by themselves, until `status --ack`; newest first.'),
    scheduled: Scheduled().optional(),
    waivers: z
      .strictObject({
        ending: z.array(z.strictObject({ id: z.string(), until: z.iso.date(), owner: z.string(), daysLeft: z.int() })),
        problem: z.string().nullable().describe('Why their files cannot be taken.'),
      })
      .optional()
      .describe('Over, or so within 30 days; left out where the host has none.'),
  }),
);
export type StatusAnswer = DeepReadonly<z.infer<typeof StatusAnswer>>;

function WrittenOnly() {
  return z
    .array(
      z.strictObject({
        what: z.string(),
        controls: z.array(z.string()),
        until: z.enum(['restart', 'reboot']),
        command: z.string().describe('Makes it live.'),
      }),
    )
    .describe(
      'Set by applies that stand, and not what the host runs with yet; left out where there is nothing, or nobody could look.',
    );
}

export const DoctorAnswer = z.lazy(() =>
  z.strictObject({
    ...head('doctor'),
    examined: z.array(
      z.strictObject({
        topic: z.string(),
        state: z
          .enum(['ok', 'note', 'trouble'])
          .describe('trouble: harden cannot work here, or would not see something.'),
        text: z.string(),
        mend: z.string().optional(),
      }),
    ),
  }),
);
export type DoctorAnswer = DeepReadonly<z.infer<typeof DoctorAnswer>>;

export const SettingsAnswer = z.lazy(() =>
  z.strictObject({
    ...head('settings'),
    settings: z.array(
      z.strictObject({
        key: z.enum(SETTINGS.map(({ key }): SettingKey => key)),
        member: z.string().optional().describe('Of `parameters`: the parameter.'),
        value: z.json(),
        origin: z.discriminatedUnion('type', [
          z.strictObject({ type: z.literal('file'), file: z.string(), line: z.int() }),
          z.strictObject({ type: z.literal('variable'), name: z.string() }),
          z.strictObject({ type: z.literal('profile'), name: z.string() }),
        ]),
      }),
    ),
  }),
);
export type SettingsAnswer = DeepReadonly<z.infer<typeof SettingsAnswer>>;

function Scheduled() {
  return z
    .strictObject({
      pending: z
        .strictObject({
          id: z.string(),
          at: z.iso.datetime().nullable().describe('Null: at the next boot.'),
          by: z.string(),
          changes: z.int(),
          expiresAt: z.iso.datetime(),
          missed: z.boolean().describe('Its time went by and it did not begin.'),
        })
        .nullable(),
      begun: z.strictObject({ id: z.string() }).nullable(),
      ended: ScheduledEnd.nullable().describe(
        'The last one that did not do what it was set for, until `status --ack`.',
      ),
      damaged: z.boolean(),
    })
    .describe('Applies that were approved for later.');
}
