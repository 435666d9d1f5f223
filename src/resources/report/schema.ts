import * as z from 'zod';
import { REPORT_SUBJECTS, type ReportDesired } from '../../model/remediation.ts';

/** What is looked at and reported; nothing of it is ever changed. */
export const reportSchema = z.lazy(() =>
  z.strictObject({
    type: z.literal('report'),
    about: z.enum(REPORT_SUBJECTS),
  }),
) satisfies z.ZodType<ReportDesired>;
