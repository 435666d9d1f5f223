import * as z from 'zod';
import { cleanPath } from '../model/brand.ts';
import type { Json } from '../model/canonical.ts';
import type { ParameterShape } from '../model/remediation.ts';

/** The resource limits of Linux, as the engine names them. */
const LIMITS = [
  'core',
  'cpu',
  'data',
  'fsize',
  'locks',
  'memlock',
  'msgqueue',
  'nice',
  'nofile',
  'nproc',
  'rss',
  'rtprio',
  'rttime',
  'sigpending',
  'stack',
] as const;

/** Log drivers whose records stay on this host. A journal may be forwarded: whoever names it here says that it is. */
const LOCAL_DRIVERS: readonly string[] = ['none', 'json-file', 'local'];

const text = () => z.string().min(1, 'must not be empty');
const path = () => z.string().refine((raw) => cleanPath(raw) === raw, 'must be an absolute path without . or .. in it');
const account = () => z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]*\$?$/, 'must be the name of an account');
const limitNumber = () => z.int().min(-1);

const limit = z.lazy(() =>
  z
    .strictObject({ Name: z.enum(LIMITS), Soft: limitNumber(), Hard: limitNumber() })
    .refine(({ Soft, Hard }) => Hard === -1 || (Soft !== -1 && Soft <= Hard), {
      path: ['Soft'],
      message: 'must not be above "Hard"',
    }),
);

const ulimits = z.lazy(() =>
  z
    .partialRecord(z.enum(LIMITS), limit)
    .refine((limits) => Object.keys(limits).length > 0, 'must name at least one limit')
    .superRefine((limits, context) => {
      for (const [key, one] of Object.entries(limits)) {
        if (one.Name !== key) {
          context.addIssue({ code: 'custom', path: [key, 'Name'], message: `must be "${key}" again` });
        }
      }
    }),
);

const logTarget = z.lazy(() =>
  z.strictObject({
    driver: text().refine(
      (driver) => !LOCAL_DRIVERS.includes(driver),
      'must be a driver that sends logs away from this host',
    ),
    options: z.record(z.string(), z.string('must be a text; numbers and yes or no go in quotes')).default({}),
  }),
);

const tls = z.lazy(() =>
  z.strictObject({
    ca: path(),
    certificate: path(),
    key: path(),
    hosts: list(
      z.string().regex(/^(tcp|unix|fd):\/\/\S*$/, 'must be an address such as tcp://0.0.0.0:2376'),
    ).optional(),
  }),
);

/** What a profile must give for a parameter of each shape. */
export const parameterValues: Readonly<Record<ParameterShape, z.ZodType<Json>>> = {
  string: z.lazy(text),
  'string-list': z.lazy(() => list(text())),
  'user-list': z.lazy(() => z.array(account()).refine(eachOnce, 'must name each account once')),
  ulimits: z.lazy(() => ulimits.transform(plain)),
  'log-target': logTarget,
  tls: z.lazy(() => tls.transform(plain)),
};

function list(item: z.ZodString) {
  return z.array(item).min(1, 'must not be empty').refine(eachOnce, 'must name each thing once');
}

function eachOnce(items: readonly string[]): boolean {
  return new Set(items).size === items.length;
}

/** Without members that are undefined, which JSON does not know. */
function plain(value: Readonly<Record<string, Json | undefined>>): Json {
  return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, Json] => entry[1] !== undefined));
}
