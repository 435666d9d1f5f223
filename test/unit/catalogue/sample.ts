import { z } from 'zod';
import { loadCatalogue } from '../../../src/catalogue/load.ts';
import type { DesiredType } from '../../../src/catalogue/schema.ts';
import { HardenError } from '../../../src/model/errors.ts';

/** Two resource types of the shape the real ones have, so that these tests do not depend on what those allow. */
export const types: readonly DesiredType[] = [
  {
    name: 'daemon-option',
    schema: z.strictObject({
      type: z.literal('daemon-option'),
      key: z.enum([
        'icc',
        'debug',
        'log-driver',
        'userns-remap',
        'default-ulimits',
        'authorization-plugins',
        'tlsverify',
      ]),
      value: z.json().optional(),
      not: z.array(z.json()).optional(),
      set: z.literal(true).optional(),
      write: z
        .union([
          z.strictObject({ value: z.json() }),
          z.strictObject({ absent: z.literal(true) }),
          z.strictObject({ parameter: z.string() }),
        ])
        .optional(),
    }),
  } as DesiredType,
  {
    name: 'report',
    schema: z.strictObject({ type: z.literal('report'), about: z.enum(['rootless', 'socket-group-members']) }),
  },
];

/** A remediation of one line per key: line 2 `control`, 3 `title`, … in the order below; `changes` replaces lines. */
export function remediation(control: string, changes: Readonly<Record<string, string | undefined>> = {}): string {
  const lines: Readonly<Record<string, string | undefined>> = {
    control: `'${control}'`,
    title: `'The title of ${control}'`,
    level: '1',
    references: "{ 'cis-docker-1.8.0': '2.1' }",
    why: "'Because.'",
    breaks: "'Nothing.'",
    risk: "'low'",
    tags: "['daemon']",
    desired: "[{ type: 'daemon-option', key: 'icc', value: false }]",
    ...changes,
  };
  const members = Object.entries(lines).flatMap(([key, value]) => (value === undefined ? [] : [`  ${key}: ${value},`]));
  return `{\n${members.join('\n')}\n}\n`;
}

export function profile(name: string, rest = ''): string {
  return `{\n  name: '${name}',\n  title: 'A profile',\n  benchmark: 'cis-docker-1.8.0',\n  level: 1,\n${rest}}\n`;
}

/** What is thrown for these files; nothing where they load. */
export function mistakesIn(files: Readonly<Record<string, string>>): HardenError | undefined {
  return thrownBy(() => loadCatalogue(files, types));
}

export function thrownBy(action: () => unknown): HardenError | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (error instanceof HardenError) {
      return error;
    }
    throw error;
  }
}

/** Details as `line:column: text`, also where there is only one. */
export function places(error: HardenError | undefined): readonly string[] {
  if (error === undefined) {
    return [];
  }
  if (error.position === undefined) {
    return error.details;
  }
  const { file, line, column } = error.position;
  return [`${file}:${line ?? 0}:${column ?? 0}: ${error.details.join(' ')}`];
}
