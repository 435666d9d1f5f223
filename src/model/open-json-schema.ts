import { z } from 'zod';

/** JSON Schema (draft 2020-12) of what a later minor version may add members to: whoever validates with it still reads that. */
export function openJsonSchema(schema: z.ZodType): z.core.JSONSchema.JSONSchema {
  return z.toJSONSchema(schema, {
    target: 'draft-2020-12',
    override: ({ jsonSchema }) => {
      if (jsonSchema.additionalProperties === false) {
        delete jsonSchema.additionalProperties;
      }
    },
  });
}
