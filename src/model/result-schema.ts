import { openJsonSchema } from './open-json-schema.ts';
import { RESULT_SCHEMA, RESULT_SCHEMA_MINOR, RunResult } from './result.ts';

/** JSON Schema (draft 2020-12) of results, for whoever reads them with another program. */
export function resultJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...schema } = openJsonSchema(RunResult);
  return {
    $schema,
    $id: `${RESULT_SCHEMA}:schema`,
    title: 'How a run of harden ended',
    description: `What \`harden apply --json\` and \`harden rollback --json\` print, and what is kept of every run: ${RESULT_SCHEMA}, minor version ${RESULT_SCHEMA_MINOR}. A minor version only adds members.`,
    ...schema,
  };
}
