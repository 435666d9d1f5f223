import * as z from 'zod';
import { SUBJECTS } from '../../model/facts.ts';
import type { AuditRuleDesired } from '../../model/remediation.ts';

/** `permissions`: one to four different letters of r (read), w (write), x (execute), a (attribute change). */
export const auditRuleSchema: z.ZodType<AuditRuleDesired> = z.lazy(() =>
  z.strictObject({
    type: z.literal('audit-rule'),
    subject: z.enum(SUBJECTS),
    permissions: z
      .string()
      .regex(/^(?:([rwxa])(?!.*\1)){1,4}$/, 'one to four different letters of r, w, x, a')
      .meta({ description: 'Kinds of access that must be recorded, at least' }),
  }),
);
