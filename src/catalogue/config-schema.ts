import * as z from 'zod';
import { IMPACTS } from '../model/change.ts';
import { CONFIG_SCHEMA } from '../model/config.ts';
import { RISKS } from '../model/remediation.ts';

const text = () => z.string().regex(/^\S(.*\S)?$/, 'must be one line of text without white space at its ends');
const UNIT_HOURS: Readonly<Record<string, number>> = { s: 1 / 3600, m: 1 / 60, h: 1, d: 24 };

/** As the options take it, and no longer than they do. */
const duration = (more: readonly string[], most: string): z.ZodString =>
  z
    .string()
    .regex(
      new RegExp(`^(${['[1-9]\\d{0,5}[smhd]', ...more].join('|')})$`),
      `must be a number and s, m, h or d, for example ${[most, ...more].join(', or ')}`,
    )
    .refine((text) => more.includes(text) || hours(text) <= hours(most), `must be at most ${most}`);

function hours(text: string): number {
  return Number(text.slice(0, -1)) * (UNIT_HOURS[text.slice(-1)] ?? 0);
}

const absolute = () => z.string().regex(/^\/\S/, 'must begin with an absolute path');

/** A profile as `-p` takes it; a file only by its absolute path, since nothing is read from the folder one happens to be in. */
export const profileName = (): z.ZodString =>
  z
    .string()
    .regex(
      /^(\/.*|(?!.*\.json5?$)[A-Za-z0-9][A-Za-z0-9._/-]*)$/,
      'must be the name of a profile, or the absolute path of its file',
    );

/** How results are shown; also what somebody who is not root may set. */
export const presentation = {
  format: () => z.enum(['text', 'json', 'md']).optional().describe('What goes to standard output.'),
  color: () => z.enum(['auto', 'always', 'never']).optional().describe('auto: on a terminal.'),
  width: () => z.int().min(40).max(1000).optional().describe('Columns; more than 100 are not used.'),
  accessible: () => z.boolean().optional().describe('Plain lines: nothing is redrawn, no sign stands without words.'),
  pager: () => z.boolean().optional().describe('Whether long output on a terminal goes through a pager.'),
  groupBy: () => z.enum(['effect', 'section', 'severity', 'file']).optional().describe('What a plan is ordered by.'),
} as const;

/** One file of configuration. Values of parameters are checked later, by the shape each parameter has. */
export const configFile = z.lazy(() =>
  z.strictObject({
    $schema: z.string().optional(),
    schema: z.literal(CONFIG_SCHEMA),
    profile: profileName().optional().describe('What this host is compared with where no -p is given.'),
    exclude: z
      .array(text())
      .optional()
      .describe(
        'Controls left out whatever the profile says: names, numbers, ranges, globs, tag:NAME. Those of all files count.',
      ),
    parameters: z
      .record(z.string(), z.json())
      .optional()
      .describe('Values for parameters of remediations, by name; they win over those of the profile.'),
    maxRisk: z.enum(RISKS).optional().describe('Ceiling of apply --yes. Approves nothing by itself.'),
    maxImpact: z.enum(IMPACTS).optional().describe('Ceiling of apply --yes. Approves nothing by itself.'),
    confirmWithin: duration(['never'], '24h')
      .optional()
      .describe('How long apply waits to be told that its changes are kept.'),
    timeout: duration([], '7d')
      .optional()
      .describe('Limit for a whole command: what is not changed yet is not begun, what is half done is put back.'),
    health: z
      .array(absolute())
      .optional()
      .describe(
        'Health checks of apply besides /etc/harden/health.d: files, folders, programs. Those of all files count.',
      ),
    requireSignature: z.boolean().optional().describe('apply takes only plans that were signed.'),
    allowedSigners: absolute().optional().describe('Who may sign plans: a file as ssh-keygen(1) has it.'),
    waiverGrace: duration([], '30d').optional().describe('How long a waiver counts after its end.'),
    format: presentation.format(),
    color: presentation.color(),
    width: presentation.width(),
    accessible: presentation.accessible(),
    pager: presentation.pager(),
    groupBy: presentation.groupBy(),
  }),
);
export type ConfigFile = z.infer<typeof configFile>;
