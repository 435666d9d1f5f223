import * as z from 'zod';
import { configFile } from './config-schema.ts';
import { healthFile } from './health-schema.ts';
import { desiredChoice, type DesiredType, profileFile, remediationFile } from './schema.ts';
import { waiverFile } from './waiver-schema.ts';

/** A JSON Schema (draft 2020-12), as plain data. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** For editors and for suggestions: what a remediation file may hold. */
export function remediationJsonSchema(types: readonly DesiredType[]): JsonSchema {
  return describe(remediationFile(desiredChoice(types)), 'A remediation of harden');
}

export function profileJsonSchema(): JsonSchema {
  return describe(profileFile, 'A profile of harden');
}

export function configJsonSchema(): JsonSchema {
  return describe(configFile, 'Configuration of harden');
}

export function healthJsonSchema(): JsonSchema {
  return describe(healthFile, 'Health checks of harden');
}

export function waiverJsonSchema(): JsonSchema {
  return describe(waiverFile, 'Waivers of harden');
}

function describe(schema: z.ZodType, title: string): JsonSchema {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return { $schema, title, ...rest };
}

/**
 * The keys that may stand at `path` of `value`, as the JSON Schema says. Of several alternatives those count that
 * allow the constants (such as `type`) the value holds there.
 */
export function allowedKeys(schema: JsonSchema, value: unknown, path: readonly PropertyKey[]): readonly string[] {
  const fitting = alternatives(schema).filter((one) => constantsAgree(one, value));
  const [step, ...rest] = path;
  if (step === undefined) {
    return fitting.flatMap((one) => [...Object.keys(record(one['properties'])), ...keysByName(one)]);
  }
  return fitting.flatMap((one) => {
    const inside = typeof step === 'number' ? one['items'] : record(one['properties'])[String(step)];
    return allowedKeys(record(inside), record(value)[String(step)], rest);
  });
}

/** Keys of a record that allows only some. */
function keysByName(schema: JsonSchema): readonly string[] {
  const { enum: names } = record(schema['propertyNames']) as { readonly enum?: unknown };
  return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
}

function alternatives(schema: JsonSchema): readonly JsonSchema[] {
  const { anyOf, oneOf } = schema as { readonly anyOf?: unknown; readonly oneOf?: unknown };
  const listed = [anyOf, oneOf].flatMap((list): readonly unknown[] => (Array.isArray(list) ? list : []));
  return listed.length === 0 ? [schema] : listed.flatMap((one) => alternatives(record(one)));
}

function constantsAgree(schema: JsonSchema, value: unknown): boolean {
  return Object.entries(record(schema['properties'])).every(([key, property]) => {
    const wanted = record(property)['const'];
    const held = record(value)[key];
    return wanted === undefined || held === undefined || wanted === held;
  });
}

/** Members of an object or array; of anything else none. */
function record(value: unknown): JsonSchema {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
