import * as z from 'zod';
import type { DeepReadonly } from '../plan.ts';
import { head } from './head.ts';

export const WaiversAnswer = z.lazy(() =>
  z.strictObject({
    ...head('waivers'),
    host: z.string(),
    waivers: z.array(
      z.strictObject({
        id: z.string().describe('CONTROL@HOSTS as written in its file.'),
        what: z.string(),
        hosts: z.array(z.string()),
        reason: z.string(),
        owner: z.string(),
        until: z.iso.date().describe('Last day, UTC.'),
        daysLeft: z.int().describe('0 on the last day, negative after it.'),
        state: z.enum(['counts', 'grace', 'not-yet', 'over', 'other-host', 'moved']),
        place: z.string().describe('FILE:LINE'),
      }),
    ),
  }),
);
export type WaiversAnswer = DeepReadonly<z.infer<typeof WaiversAnswer>>;

export const WaiverCheckAnswer = z.lazy(() =>
  z.strictObject({
    ...head('waiver-check'),
    waivers: z.int(),
    remarks: z.array(
      z.strictObject({
        id: z.string(),
        place: z.string(),
        kind: z.enum(['over', 'grace', 'moved', 'other-host', 'not-selected', 'unneeded', 'ends-soon']),
        text: z.string(),
      }),
    ),
  }),
);
export type WaiverCheckAnswer = DeepReadonly<z.infer<typeof WaiverCheckAnswer>>;
