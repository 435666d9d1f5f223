import { openJsonSchema } from './open-json-schema.ts';
import { EVENT_SCHEMA, EventLine } from './event.ts';

/** JSON Schema (draft 2020-12) of one line of `--events`. */
export function eventJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...schema } = openJsonSchema(EventLine);
  return {
    $schema,
    $id: `${EVENT_SCHEMA}:schema`,
    title: 'One event of a run of harden',
    description: `One line of what \`harden apply --events FILE\` writes: ${EVENT_SCHEMA}. The first names schema and run, the last repeats the exit code.`,
    ...schema,
  };
}
