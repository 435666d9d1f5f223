import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format } from 'prettier';
import { profileJsonSchema, remediationJsonSchema } from '../src/catalogue/json-schema.ts';
import { RESOURCE_TYPES } from '../src/resources/index.ts';

/** Writes the JSON Schemas for editors: node scripts/gen.ts */
const folder = join(import.meta.dirname, '../remediations');
const schemas = {
  'remediation.schema.json': remediationJsonSchema(RESOURCE_TYPES),
  'profile.schema.json': profileJsonSchema(),
};

for (const [name, schema] of Object.entries(schemas)) {
  await writeFile(join(folder, name), await format(JSON.stringify(schema), { parser: 'json', printWidth: 120 }));
  console.log(`remediations/${name}`);
}
