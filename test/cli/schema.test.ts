import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { SCHEMA_NAMES, SCHEMAS } from '../../src/cli/schemas.ts';
import { DOCKER_CE } from '../fixtures/hosts/trees.ts';
import { expectError } from '../helpers/error-shape.ts';
import { harden } from '../helpers/program.ts';
import { canOwn, plantTree } from '../helpers/tree.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Schemas that editors find beside the files they are of. */
const WRITTEN: Readonly<Record<string, string>> = {
  remediation: 'remediations/remediation.schema.json',
  profile: 'remediations/profile.schema.json',
};

describe('harden schema', () => {
  test('the names are those of the schemas', () => {
    expect([...SCHEMA_NAMES].toSorted()).toEqual(Object.keys(SCHEMAS).toSorted());
  });

  test.each(SCHEMA_NAMES)('%s: a JSON Schema, the same as the file in the sources', async (name) => {
    const { code, stdout, stderr } = await harden(['schema', name]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const schema = JSON.parse(stdout) as Record<string, unknown>;
    expect(schema['$schema']).toBe('https://json-schema.org/draft/2020-12/schema');
    expect(() => new Ajv2020({ strict: false, validateFormats: false }).compile(schema)).not.toThrow();
    const file = join(ROOT, WRITTEN[name] ?? `docs/schemas/${name}.schema.json`);
    expect(schema).toEqual(JSON.parse(readFileSync(file, 'utf8')));
  });

  test.runIf(canOwn())('a plan as it is printed follows the schema as it is printed', async () => {
    using tree = plantTree(DOCKER_CE);
    const [schema, plan] = await Promise.all([
      harden(['schema', 'plan']),
      harden(['plan', '--json', '--root', tree.root]),
    ]);
    const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(
      JSON.parse(schema.stdout) as object,
    );
    validate(JSON.parse(plan.stdout));
    expect(validate.errors).toBeNull();
    validate({ schema: 'urn:harden:plan:1' });
    expect(validate.errors).not.toBeNull();
  });

  test.each(['schema', 'schema nothing', 'schema plan result'])('harden %s is refused', async (args) => {
    expectError(await harden(args.split(' ')), { code: 64, id: 'H0064', says: ['harden schema --help'] });
  });
});

describe('harden completion', () => {
  test.each([
    ['completion', 'harden completion --help'],
    ['completion csh', 'Did you mean: harden completion zsh'],
    ['completion bash zsh', 'harden completion --help'],
  ])('harden %s is refused', async (args, says) => {
    expectError(await harden(args.split(' ')), { code: 64, id: 'H0064', says: [says] });
  });
});
