import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { format } from 'prettier';
import {
  configJsonSchema,
  healthJsonSchema,
  profileJsonSchema,
  remediationJsonSchema,
  waiverJsonSchema,
} from '../src/catalogue/json-schema.ts';
import { ANSWERS, type AnswerName, answerJsonSchema } from '../src/model/answers/json-schemas.ts';
import { eventJsonSchema } from '../src/model/event-schema.ts';
import { planJsonSchema } from '../src/model/plan-schema.ts';
import { resultJsonSchema } from '../src/model/result-schema.ts';
import { revertJsonSchema } from '../src/model/revert-schema.ts';
import { RESOURCE_TYPES } from '../src/resources/index.ts';

const root = join(import.meta.dirname, '..');

/** Files that are made from the sources, by path in the repository: node scripts/gen.ts writes them, a test holds them fresh. */
export const GENERATED: Readonly<Record<string, () => Readonly<Record<string, unknown>>>> = {
  'remediations/remediation.schema.json': () => remediationJsonSchema(RESOURCE_TYPES),
  'remediations/profile.schema.json': () => profileJsonSchema(),
  'docs/schemas/plan.schema.json': () => planJsonSchema(),
  'docs/schemas/result.schema.json': () => resultJsonSchema(),
  'docs/schemas/revert.schema.json': () => revertJsonSchema(),
  'docs/schemas/event.schema.json': () => eventJsonSchema(),
  'docs/schemas/config.schema.json': () => configJsonSchema(),
  'docs/schemas/health.schema.json': () => healthJsonSchema(),
  'docs/schemas/waiver.schema.json': () => waiverJsonSchema(),
  ...Object.fromEntries(
    (Object.keys(ANSWERS) as AnswerName[]).map((name) => [
      `docs/schemas/${name}.schema.json`,
      () => answerJsonSchema(name),
    ]),
  ),
};

export function generatedText(schema: Readonly<Record<string, unknown>>): Promise<string> {
  return format(JSON.stringify(schema), { parser: 'json', printWidth: 120 });
}

if (import.meta.main) {
  for (const [path, make] of Object.entries(GENERATED)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), await generatedText(make()));
    console.log(path);
  }
}
