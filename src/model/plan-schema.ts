import { z } from 'zod';
import { PLAN_SCHEMA, PLAN_SCHEMA_MINOR, Plan } from './plan.ts';

/** JSON Schema (draft 2020-12) of the plan file and of `plan --json`, for whoever reads plans with another program. */
export function planJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...schema } = z.toJSONSchema(Plan, {
    target: 'draft-2020-12',
    // A later minor version adds members; whoever validates with this schema still reads it.
    override: ({ jsonSchema }) => {
      if (jsonSchema.additionalProperties === false) {
        delete jsonSchema.additionalProperties;
      }
    },
  });
  return {
    $schema,
    $id: `${PLAN_SCHEMA}:schema`,
    title: 'A plan of harden',
    description: `What \`harden plan --json\` prints and \`-o\` writes: ${PLAN_SCHEMA}, minor version ${PLAN_SCHEMA_MINOR}. A minor version only adds members.`,
    ...schema,
  };
}
