import * as z from 'zod';

/** Of each answer; a minor version only adds members. */
export const ANSWER_SCHEMA_MINOR = 0;

interface Head<Name extends string> {
  readonly schema: z.ZodLiteral<`urn:harden:${Name}:1`>;
  readonly schemaMinor: z.ZodInt;
}

/** What every answer begins with. */
export function head<Name extends string>(name: Name): Head<Name> {
  return { schema: z.literal(`urn:harden:${name}:1`), schemaMinor: z.int().nonnegative() };
}

/** The last rollback of an apply. */
export const Attempt = z.lazy(() =>
  z
    .strictObject({ by: z.string(), how: z.enum(['partly', 'unproven']) })
    .describe('The last rollback, where it took a part, or the host was not seen to be as before.'),
);
