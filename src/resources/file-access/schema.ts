import * as z from 'zod';
import { SUBJECTS } from '../../model/facts.ts';
import type { FileAccessDesired } from '../../model/remediation.ts';

/** The engines set the access of their own data roots anew at each start; a rule for it would fight them. */
const RESET_AT_EACH_START: readonly (typeof SUBJECTS)[number][] = ['docker-data-root', 'containerd-state-directory'];

const subject = z.lazy(() =>
  z
    .enum(SUBJECTS)
    .refine(
      (name) => !RESET_AT_EACH_START.includes(name),
      'the engine sets the access of this folder itself at each start',
    ),
);

/** Which bits may be set at most, and whose the thing must be. At least one of the three. */
export const fileAccessSchema = z.lazy(() =>
  z
    .strictObject({
      type: z.literal('file-access'),
      subject,
      atMost: z
        .string()
        .regex(/^[0-7]{4}$/, 'four octal digits, for example 0644')
        .exactOptional(),
      owner: z.literal('root').exactOptional(),
      group: z.enum(['root', 'socket-group']).exactOptional(),
    })
    .refine(
      ({ atMost, owner, group }) => atMost !== undefined || owner !== undefined || group !== undefined,
      'says nothing: give atMost, owner or group',
    )
    .refine(
      ({ subject: name, group }) => group !== 'socket-group' || name === 'docker-socket',
      'only the Docker socket belongs to the socket group',
    ),
) satisfies z.ZodType<FileAccessDesired>;
