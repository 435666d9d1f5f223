import { z } from 'zod';
import { RESULT_SCHEMA, RESULT_SCHEMA_MINOR, RunResult } from './result.ts';

/** JSON Schema (draft 2020-12) of results, for whoever reads them with another program. */
export function resultJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...schema } = z.toJSONSchema(RunResult, {
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
    $id: `${RESULT_SCHEMA}:schema`,
    title: 'How a run of harden ended',
    description: `What \`harden apply --json\` and \`harden rollback --json\` print, and what is kept of every run: ${RESULT_SCHEMA}, minor version ${RESULT_SCHEMA_MINOR}. A minor version only adds members.`,
    ...schema,
  };
}
