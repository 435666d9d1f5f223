import type { z } from 'zod';
import { allowedKeys, type JsonSchema } from './json-schema.ts';
import { suggestion } from './nearest.ts';
import type { Problem } from './problems.ts';
import type { SourceFile } from './source-file.ts';

/** A schema's complaints about a file as problems with places. `schema` makes the JSON Schema that knows the keys; asked only where needed. */
export function problemsOf(error: z.ZodError, source: SourceFile, schema: () => JsonSchema): readonly Problem[] {
  return error.issues.flatMap((issue) => issueProblems(issue, source, schema));
}

function issueProblems(issue: z.core.$ZodIssue, source: SourceFile, schema: () => JsonSchema): readonly Problem[] {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') {
    const known = allowedKeys(schema(), source.value, path);
    return issue.keys.map((key) =>
      source.problemAtKey([...path, key], `unknown key "${dotted([...path, key])}"${suggestion(key, known)}`),
    );
  }
  if (isMissing(source.value, path)) {
    return [source.problemAt(path, `"${dotted(path)}" is missing`)];
  }
  if (path.length === 0 || (issue.code === 'custom' && !issue.message.startsWith('must '))) {
    return [source.problemAt(path, issue.message)];
  }
  const choice = issue.code === 'invalid_value' ? wrongChoice(valueAt(source.value, path), issue.values) : undefined;
  return [source.problemAt(path, `"${dotted(path)}" ${choice ?? readable(issue.message)}`)];
}

function wrongChoice(value: unknown, values: readonly unknown[]): string {
  const names = values.map(String);
  const hint = typeof value === 'string' ? suggestion(value, names) : '';
  return `must be one of ${names.join(', ')}${hint}`;
}

/** A complaint to put behind the name of a key. Messages of our own schemas begin with "must"; those of the library are put behind a colon. */
export function readable(message: string): string {
  return message.startsWith('must ') ? message : `is not as it should be: ${message.replace(/^Invalid input: /, '')}`;
}

/** `desired[0].key` */
function dotted(path: readonly PropertyKey[]): string {
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${String(step)}`))
    .join('');
}

function isMissing(value: unknown, path: readonly PropertyKey[]): boolean {
  return path.length > 0 && valueAt(value, path) === undefined;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, step) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, step) : undefined),
    value,
  );
}
