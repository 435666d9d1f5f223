import * as z from 'zod';
import { WAIVER_SCHEMA } from '../model/waiver.ts';

const line = (most: number) =>
  z
    .string()
    .max(most, `must be at most ${most} characters long`)
    .regex(/^[^\s\p{Cc}]([^\p{Cc}]*[^\s\p{Cc}])?$/u, 'must be one line of text without white space at its ends');

const day = () => z.iso.date('must be a day, as 2027-01-31');

const hostPattern = () =>
  z.string().regex(/^[A-Za-z0-9._*?-]{1,253}$/, 'must be the name of a host; * stands for any text, ? for one sign');

const entry = () =>
  z.strictObject({
    control: line(100).describe('Name or number of a control, or a pattern: 2.9, userns-remap, 3.*'),
    host: z
      .union([hostPattern(), z.array(hostPattern()).min(1)], 'must be the name of a host, a pattern, or a list of them')
      .default('*')
      .describe('Hosts it is for; every host that reads it where left out.'),
    reason: line(1000).describe('Why the site lives with it.'),
    owner: line(200).describe('Who answers for it.'),
    approvedBy: line(200).optional(),
    from: day().optional().describe('First day, UTC.'),
    until: day().describe('Last day, UTC; at most 365 days after the first one, or after today.'),
    onlyWhile: z
      .record(z.string(), z.json())
      .optional()
      .describe('Places and the values they must hold: "daemon.json#/KEY", or "/PATH#mode"; null: not there.'),
  });

/** One waiver as it stands in a file. */
export type WaiverEntry = z.output<ReturnType<typeof entry>>;

/** A file of waivers. */
export const waiverFile = z.lazy(() =>
  z.strictObject({
    $schema: z.string().optional(),
    schema: z.literal(WAIVER_SCHEMA),
    waivers: z.array(entry()).max(1000),
  }),
);
