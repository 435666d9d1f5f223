import * as z from 'zod';
import {
  BENCHMARKS,
  type Desired,
  PARAMETER_SHAPES,
  type Profile,
  type Remediation,
  RISKS,
} from '../model/remediation.ts';
import type { AnyResourceType } from '../resources/resource-type.ts';
import { suggestion } from './nearest.ts';

/** What catalogue files need to know of a resource type. */
export type DesiredType = Pick<AnyResourceType, 'name' | 'schema'>;

// Schemas are made when first used (z.lazy): most commands read none of these files, and making all would be a tenth of their time.
const text = () => z.string().regex(/^\S(.*\S)?$/, 'must be one line of text without white space at its ends');
const slug = () => z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be lower-case words joined by hyphens');
const level = () => z.literal([1, 2]);
const number = () => z.string().regex(/^\d+(\.\d+){1,2}$/, 'must be a number such as 2.1 or 1.1.3');

const PROFILE_SCHEMA = 'urn:harden:profile:1';

/** Editors may point to the schema; harden does not read it. */
const $schema = () => z.string().optional();

const references = z.lazy(() =>
  z.partialRecord(z.enum(BENCHMARKS), number()).describe('The number of this control in each benchmark that has it.'),
);

const parameter = z.lazy(() =>
  z.strictObject({
    name: slug().describe('The name a profile gives the value under.'),
    description: text().describe('What the value is and what it should be, for the person who writes a profile.'),
    shape: z.enum(PARAMETER_SHAPES),
  }),
);

export type RemediationFile = Omit<Remediation, 'chapter'>;

/** One remediation file; the chapter is the folder it lies in. */
export function remediationFile(desired: z.ZodType<Desired>): z.ZodType<RemediationFile> {
  return z
    .strictObject({
      $schema: $schema(),
      control: slug().describe('The name of the control, and of the file.'),
      title: text().max(80).describe('The state to reach, as a statement, without a full stop.'),
      level: level().describe('The level of the benchmark that asks for it.'),
      references,
      why: text().describe('The attack or the failure it prevents.'),
      breaks: text().describe('What stops working, and who notices it first.'),
      risk: z.enum(RISKS).describe('How likely it is that a change breaks something.'),
      tags: z.array(slug()).describe('For selection by tag:NAME.'),
      desired: z.array(desired).describe('All of them must hold. Empty where only a person can tell.'),
      parameters: z.array(parameter).default([]).describe('Values the site may give in its profile.'),
      manual: z.array(text()).default([]).describe('Steps for a person, in order.'),
    })
    .transform(withoutEditorKey);
}

/** One profile file. Values of parameters are checked later, by the shape each parameter has. */
export const profileFile: z.ZodType<Profile> = z.lazy(() =>
  z
    .strictObject({
      $schema: $schema(),
      schema: z.literal(PROFILE_SCHEMA).optional().describe('As the other files of a site have it; may be left out.'),
      name: z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]*$/, 'must be made of letters, digits and . _ / -')
        .describe('Stands in plans and reports.'),
      title: text(),
      benchmark: z.enum(BENCHMARKS),
      level: level().describe('Controls up to this level are chosen.'),
      parameters: z
        .record(z.string(), z.json())
        .default({})
        .describe('Values for parameters of remediations, by name.'),
      include: z
        .array(text())
        .default([])
        .describe('Controls chosen besides: names, numbers, ranges, globs, tag:NAME.'),
      exclude: z.array(text()).default([]).describe('Controls left out; wins over everything else.'),
    })
    .transform(({ schema: _schema, ...file }) => withoutEditorKey(file)),
);

/** Hands each wanted state to the schema of the resource type that its `type` names. */
export function desiredOf(types: readonly DesiredType[]): z.ZodType<Desired> {
  const byName = new Map<string, DesiredType>(types.map((type) => [type.name, type]));
  return z.looseObject({ type: z.string() }).transform((raw, context): Desired => {
    const type = byName.get(raw.type);
    if (type === undefined) {
      const hint = suggestion(raw.type, [...byName.keys()]);
      context.addIssue({ code: 'custom', path: ['type'], message: `unknown resource type "${raw.type}"${hint}` });
      return z.NEVER;
    }
    const parsed = type.schema.safeParse(raw);
    if (parsed.success) {
      return parsed.data;
    }
    for (const issue of parsed.error.issues) {
      // A finished issue has all a raised one needs but the input, which nobody reads; the union is too wide for the compiler to see it.
      context.addIssue({ ...issue, input: raw } as z.core.$ZodSuperRefineIssue);
    }
    return z.NEVER;
  });
}

/** The same for editors, as a plain choice. */
export function desiredChoice(types: readonly DesiredType[]): z.ZodType<Desired> {
  return z.union(types.map(({ schema }) => schema));
}

function withoutEditorKey<T extends { $schema?: string | undefined }>(file: T): Omit<T, '$schema'> {
  const rest = { ...file };
  delete rest.$schema;
  return rest;
}
