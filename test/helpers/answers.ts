import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'vitest';
import type * as z from 'zod';
import { ANSWERS, type AnswerName, answerJsonSchema } from '../../src/model/answers/json-schemas.ts';

/**
 * What a command printed with `--json`, held against the schema that is published for it. Readers are to let members pass they do not
 * know, so the published one does; here no member may be without a description.
 */
export function expectAnswer<Name extends AnswerName>(name: Name, text: string): z.infer<(typeof ANSWERS)[Name]['of']> {
  const answer = JSON.parse(text) as { readonly schema: unknown };
  const validate = new Ajv2020({ strict: false, formats: { 'date-time': true, date: true } }).compile(
    answerJsonSchema(name),
  );
  validate(answer);
  expect(validate.errors, text).toBeNull();
  expect(answer.schema).toBe(`urn:harden:${name}:1`);
  const parsed = ANSWERS[name].of.parse(answer);
  expect(parsed).toEqual(answer);
  return parsed as z.infer<(typeof ANSWERS)[Name]['of']>;
}
