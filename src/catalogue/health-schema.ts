import * as z from 'zod';
import { type AbsPath, cleanPath } from '../model/brand.ts';
import type { HealthProbe } from '../model/health.ts';

export const HEALTH_SCHEMA = 'urn:harden:health:1';
/** Values of a check that says nothing of them. */
export const CHECK_DEFAULTS = { timeout: 5, attempts: 3, interval: 1 } as const;

/** One check as it stands in a file; times in seconds. */
export interface CheckEntry {
  readonly name: string;
  readonly probe: HealthProbe;
  readonly timeout: number;
  readonly attempts: number;
  readonly interval: number;
}

const line = () =>
  z
    .string()
    .regex(/^[^\s\p{Cc}]([^\p{Cc}]*[^\s\p{Cc}])?$/u, 'must be one line of text without white space at its ends');

const check = () =>
  z
    .strictObject({
      name: line().max(80).describe('Stands in reports.'),
      tcp: z
        .string()
        .regex(/^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):\d{1,5}$/, 'must be HOST:PORT, with an IPv6 address in brackets')
        .optional()
        .describe('HOST:PORT that takes a connection and does not close it at once.'),
      http: z
        .string()
        .regex(/^https?:\/\/[^\s@]+$/, 'must be an http or https address, without a password in it')
        .refine((text) => URL.canParse(text), 'must be an http or https address')
        .optional()
        .describe('An address that answers; redirects are not followed.'),
      status: z.int().min(100).max(599).optional().describe('What `http` must answer with; 200 where left out.'),
      command: z
        .array(z.string().regex(/^[^\0]*$/, 'must not hold a zero byte'))
        .min(1)
        .optional()
        .describe('A program by its absolute path, then its arguments; no shell. It must end with 0.'),
      timeout: z.number().gt(0).max(300).default(CHECK_DEFAULTS.timeout).describe('Seconds one attempt may take.'),
      attempts: z.int().min(1).max(60).default(CHECK_DEFAULTS.attempts).describe('It passes where one of them does.'),
      interval: z.number().min(0).max(60).default(CHECK_DEFAULTS.interval).describe('Seconds between two attempts.'),
    })
    .transform((entry, context): CheckEntry => {
      const { name, timeout, attempts, interval } = entry;
      const probe = probeOf(entry);
      if (typeof probe === 'string') {
        context.addIssue({ code: 'custom', message: probe });
        return z.NEVER;
      }
      return { name, probe, timeout, attempts, interval };
    });

interface Asked {
  readonly name: string;
  readonly tcp?: string | undefined;
  readonly http?: string | undefined;
  readonly status?: number | undefined;
  readonly command?: readonly string[] | undefined;
}

/** What the entry asks, or what is wrong with it. */
function probeOf({ name, tcp, http, status, command }: Asked): HealthProbe | string {
  if ([tcp, http, command].filter((one) => one !== undefined).length !== 1) {
    return `check "${name}" must have exactly one of tcp, http and command`;
  }
  if (status !== undefined && http === undefined) {
    return `check "${name}" has a status, which only http can have`;
  }
  if (http !== undefined) {
    return { type: 'http', url: http, status: status ?? 200 };
  }
  return tcp === undefined ? commandProbe(name, command ?? []) : tcpProbe(name, tcp);
}

function tcpProbe(name: string, text: string): HealthProbe | string {
  const at = text.lastIndexOf(':');
  const port = Number(text.slice(at + 1));
  return port >= 1 && port <= 65_535
    ? { type: 'tcp', host: text.slice(0, at).replaceAll(/[[\]]/g, ''), port }
    : `check "${name}": a port is a number from 1 to 65535`;
}

function commandProbe(name: string, [program = '', ...args]: readonly string[]): HealthProbe | string {
  const path: AbsPath | undefined = cleanPath(program);
  return path === undefined
    ? `check "${name}": a program is named by its absolute path, "${program}" is not one`
    : { type: 'command', argv: [path, ...args] };
}

/** A file of health checks. */
export const healthFile = z.lazy(() =>
  z.strictObject({
    $schema: z.string().optional(),
    schema: z.literal(HEALTH_SCHEMA),
    checks: z
      .array(check())
      .min(1, 'must hold at least one check')
      .max(100)
      .describe('Done in this order, one after the other.'),
  }),
);
