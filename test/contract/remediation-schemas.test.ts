import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import JSON5 from 'json5';
import { describe, expect, it } from 'vitest';
import { profileJsonSchema, remediationJsonSchema } from '../../src/catalogue/json-schema.ts';
import { shippedFiles } from '../../src/catalogue/shipped-files.ts';
import { RESOURCE_TYPES } from '../../src/resources/index.ts';

const folder = join(import.meta.dirname, '../../remediations');
const kinds = [
  ['remediation.schema.json', remediationJsonSchema(RESOURCE_TYPES), /^docker\/(host|daemon|files)\//],
  ['profile.schema.json', profileJsonSchema(), /^docker\/profiles\//],
] as const;

describe.each(kinds)('the schema for editors %s', (name, schema, place) => {
  const files = Object.entries(shippedFiles).filter(([file]) => place.test(file));
  const validate = new Ajv2020({ strict: false }).compile(schema);

  it('is current; if not: node scripts/gen.ts', () => {
    expect(JSON.parse(readFileSync(join(folder, name), 'utf8'))).toStrictEqual(JSON.parse(JSON.stringify(schema)));
  });

  it('accepts every shipped file', () => {
    expect(files.length).toBeGreaterThan(0);
    for (const [file, text] of files) {
      expect(validate(JSON5.parse(text)), `${file}: ${JSON.stringify(validate.errors)}`).toBe(true);
    }
  });

  it('refuses a key too many and a key too few', () => {
    const [, text] = files[0] ?? [];
    const whole = JSON5.parse<Record<string, unknown>>(text ?? '{}');
    expect(validate({ ...whole, shelf: 1 })).toBe(false);
    expect(validate(Object.fromEntries(Object.entries(whole).filter(([key]) => key !== 'title')))).toBe(false);
  });
});
