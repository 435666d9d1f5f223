import { byCodeUnit } from '../model/canonical.ts';
import { EXIT, HardenError, type FilePosition } from '../model/errors.ts';

/** Something wrong in a file of data, at a place counted from 1. */
export interface Problem extends Required<FilePosition> {
  readonly text: string;
  /** The line it stands in. */
  readonly excerpt: string;
}

export interface Trouble {
  readonly code: string;
  /** What was being read, for the first line: `the catalogue`, `the profile /etc/…`. */
  readonly what: string;
  readonly hint: string;
}

/** All problems as one error: several as `file:line:column: text`, by file and place; a single one with the line it stands in. */
export function malformed(problems: readonly Problem[], { code, what, hint }: Trouble): HardenError {
  const sorted = problems.toSorted(inOrder);
  const [only, second] = sorted;
  const message = `${what} has ${second === undefined ? 'a mistake' : `${sorted.length} mistakes`}, so nothing was planned.`;
  if (only === undefined || second !== undefined) {
    const details = sorted.map(({ file, line, column, text }) => `${file}:${line}:${column}: ${text}`);
    return new HardenError({ code, exit: EXIT.malformed, message, details, hint });
  }
  const { file, line, column, text, excerpt } = only;
  const position = { file, line, column };
  return new HardenError({ code, exit: EXIT.malformed, message, details: [text], position, excerpt, hint });
}

function inOrder(a: Problem, b: Problem): number {
  const differences = [byCodeUnit(a.file, b.file), a.line - b.line, a.column - b.column, byCodeUnit(a.text, b.text)];
  return differences.find((difference) => difference !== 0) ?? 0;
}
