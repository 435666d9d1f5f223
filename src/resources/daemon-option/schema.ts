import * as z from 'zod';
import type { Json } from '../../model/canonical.ts';
import type { DaemonOptionDesired } from '../../model/remediation.ts';
import { shapeProblem } from './inspect-document.ts';
import { keyRow, SETTABLE_KEYS } from './keys.ts';

const json: z.ZodType<Json> = z.json();

const write = z.lazy(() =>
  z.union([
    z.strictObject({ value: json }),
    z.strictObject({ absent: z.literal(true) }),
    z.strictObject({ parameter: z.string().min(1) }),
  ]),
);

/** A wanted value of a daemon.json key. Strict: an unknown member, an unknown key or a value of another type is a mistake. */
export const daemonOptionSchema: z.ZodType<DaemonOptionDesired> = z.lazy(() =>
  z
    .strictObject({
      type: z.literal('daemon-option'),
      key: z.enum(SETTABLE_KEYS, `must be a key harden can set: ${SETTABLE_KEYS.join(', ')}`),
      value: json.exactOptional(),
      not: z.array(json).min(1).exactOptional(),
      set: z.literal(true).exactOptional(),
      write: write.exactOptional(),
    })
    .superRefine((desired, context) => {
      if ([desired.value, desired.not, desired.set].filter((member) => member !== undefined).length !== 1) {
        context.addIssue({ code: 'custom', message: 'exactly one of "value", "not" and "set" is needed' });
      }
      const written = desired.write !== undefined && 'value' in desired.write ? [desired.write.value] : [];
      for (const value of [...(desired.value === undefined ? [] : [desired.value]), ...written]) {
        const wrong = shapeProblem(keyRow(desired.key)?.shape ?? 'any', value);
        if (wrong !== undefined || value === null) {
          context.addIssue({
            code: 'custom',
            path: ['value'],
            message: `${desired.key} ${wrong?.message ?? 'must not be null'}`,
          });
        }
      }
    }),
);
