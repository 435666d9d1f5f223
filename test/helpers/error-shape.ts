import { expect } from 'vitest';
import type { ProgramResult } from './program.ts';

export interface ExpectedError {
  readonly code: number;
  /** The stable code at the end. */
  readonly id: string | RegExp;
  /** What has to be said, whatever the line breaks. */
  readonly says: readonly (string | RegExp)[];
}

/** An error as it has to be: what happened and that nothing was changed, why, what to do, and a code; nothing on standard output. */
export function expectError(result: ProgramResult, { code, id, says }: ExpectedError): void {
  const { stdout, stderr } = result;
  const lines = stderr.trimEnd().split('\n');
  const text = stderr.replaceAll(/\s+/g, ' ');
  expect(result.code, stderr + stdout).toBe(code);
  expect(stdout).toBe('');
  expect(lines[0]).toMatch(/^harden: ./);
  expect(text).toMatch(
    /[Nn]othing (?:else )?was (?:changed|done|planned|read|affected|looked at|verified|written)|nothing (?:is|was) (?:begun|kept|planned)/,
  );
  const [, last = ''] = /^ {2}(H\d{4}) {3}harden explain \1$/.exec(lines.at(-1) ?? '') ?? [];
  expect(last, stderr).toMatch(typeof id === 'string' ? new RegExp(`^${id}$`) : id);
  // Something to do, as a command or a sentence, between the first line and the code.
  expect(lines.length).toBeGreaterThan(2);
  for (const said of says) {
    expect(text).toMatch(typeof said === 'string' ? new RegExp(escaped(said)) : said);
  }
  expect(stderr).not.toMatch(/\n +at |node:internal|\bundefined\b|\[object/);
  expect(lines.every((line) => line.length <= 100)).toBe(true);
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
