import * as z from 'zod';
import { ContainersSeen } from './containers-seen.ts';
import { Counts, type DeepReadonly } from './plan.ts';

/**
 * What `--events` writes, one JSON object a line, as it happens. The first names schema and run, the last repeats the exit code; of a
 * run that was killed the last is missing. A promise to scripts: a minor version only adds members and types.
 */
export const EVENT_SCHEMA = 'urn:harden:event:1';
export const EVENT_SCHEMA_MINOR = 2;

const Summary = z.lazy(() =>
  z.strictObject({
    ...Counts.unwrap().shape,
    applied: z
      .int()
      .describe('Changes carried out and seen on the host, or pending as announced; of a rollback those put back.'),
    verified: z.int().describe('Controls of the plan that passed when the host was looked at after an apply.'),
    after: Counts.unwrap()
      .exactOptional()
      .describe(
        'Counts of the host as found after an apply whose changes stay; those beside it are of before. Since minor 2.',
      ),
  }),
);

/** One line. */
export const EventLine = z.lazy(() =>
  z.discriminatedUnion('type', [
    line('run.start', {
      schema: z.literal(EVENT_SCHEMA),
      schemaMinor: z.int().nonnegative().exactOptional().describe('Left out: 0.'),
      run: z.string(),
      verb: z.enum(['apply', 'rollback', 'plan', 'verify']),
      plan: z
        .string()
        .nullable()
        .exactOptional()
        .describe(
          'Digest of the plan: the approved one, else that of the host as found. Null where something comes before there is one. Since minor 1.',
        ),
    }),
    line('recovered', { lines: z.array(z.string()).describe('What became of runs that had no end.') }),
    line('health.looked', { what: z.string() }),
    line('snapshot.made', { snapshot: z.string(), steps: z.int(), objects: z.int(), bytes: z.int() }),
    line('snapshot.rehearsed', { objects: z.int(), bytes: z.int() }),
    line('step.started', step()),
    line('step.done', { ...step(), seconds: seconds() }),
    line('step.failed', { ...step(), seconds: seconds(), reason: z.string() }),
    line('verify.started', {}),
    line('undo.started', { reason: z.string() }),
    line('revert.armed', {
      withinMs: z.number().describe('The changes are taken back then, unless they are kept.'),
      deadline: z.iso
        .datetime()
        .exactOptional()
        .describe('When that is, by the clock of the machine now. Since minor 2.'),
    }),
    line('run.end', {
      exit: z.int().describe('The exit code of the process.'),
      outcome: z.string().nullable().describe('`type` of the result; `planned` of a plan, null where there is none.'),
      plan: z.string().nullable().describe('Digest of what was carried out, planned or verified.'),
      code: z.string().nullable().describe('Of the error that ended it.'),
      message: z.string().nullable(),
      summary: Summary.nullable()
        .exactOptional()
        .describe('Counts of the plan, and what became of it; null where there was no plan. Since minor 1.'),
      containers: ContainersSeen.exactOptional(),
    }),
  ]),
);
export type EventLine = DeepReadonly<z.infer<typeof EventLine>>;

type WithoutNumber<T> = T extends unknown ? Omit<T, 'seq' | 'time'> : never;
/** What happened; number and time are given when it is written. */
export type RunEvent = WithoutNumber<EventLine>;

function line<Type extends string, Members extends z.core.$ZodLooseShape>(type: Type, members: Members) {
  return z.strictObject({ seq: z.int().nonnegative(), time: z.iso.datetime(), type: z.literal(type), ...members });
}

function step() {
  return {
    number: z.int().positive(),
    of: z.int().positive(),
    what: z.string(),
    changes: z
      .array(z.string())
      .exactOptional()
      .describe('Ids of the changes of the plan it serves; a write or a restart may serve several. Since minor 2.'),
  };
}

function seconds() {
  return z.number().nonnegative().exactOptional().describe('Since it began, to the millisecond. Since minor 2.');
}
