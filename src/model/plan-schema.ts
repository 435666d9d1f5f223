import { openJsonSchema } from './open-json-schema.ts';
import { PLAN_SCHEMA, PLAN_SCHEMA_MINOR, Plan } from './plan.ts';

/** JSON Schema (draft 2020-12) of the plan file and of `plan --json`, for whoever reads plans with another program. */
export function planJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...schema } = openJsonSchema(Plan);
  return {
    $schema,
    $id: `${PLAN_SCHEMA}:schema`,
    title: 'A plan of harden',
    description: `What \`harden plan --json\` prints and \`-o\` writes: ${PLAN_SCHEMA}, minor version ${PLAN_SCHEMA_MINOR}. A minor version only adds members.`,
    ...schema,
  };
}
