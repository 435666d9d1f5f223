import { openJsonSchema } from './open-json-schema.ts';
import { REVERT_SCHEMA, REVERT_SCHEMA_MINOR, RevertDocument } from './revert-document.ts';

/** JSON Schema (draft 2020-12) of what hooks of a revert get. */
export function revertJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...schema } = openJsonSchema(RevertDocument);
  return {
    $schema,
    $id: `${REVERT_SCHEMA}:schema`,
    title: 'A run of harden that was taken back',
    description: `What hooks in /etc/harden/hooks.d/revert get: ${REVERT_SCHEMA}, minor version ${REVERT_SCHEMA_MINOR}. A minor version only adds members.`,
    ...schema,
  };
}
