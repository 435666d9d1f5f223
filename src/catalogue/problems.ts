import { byCodeUnit } from '../model/canonical.ts';
import type { ErrorCode } from '../model/error-codes.ts';
import { EXIT, HardenError, type FilePosition } from '../model/errors.ts';

/** Something wrong in a file of data, at a place counted from 1. */
export interface Problem extends Required<FilePosition> {
  readonly text: string;
  /** The line it stands in. */
  readonly excerpt: string;
  /** The line before that one. */
  readonly before?: string | undefined;
}

export interface Trouble {
  readonly code: ErrorCode;
  /** What was being read, for the first line: `the catalogue`, `the profile /etc/…`. */
  readonly what: string;
  readonly hint: string;
  /** `what` names several things. */
  readonly areMany?: boolean;
}

/** All problems as one error: several as `file:line:column: text`, by file and place, like ones together; a single one with its lines. */
export function malformed(problems: readonly Problem[], { code, what, hint, areMany = false }: Trouble): HardenError {
  const sorted = problems.toSorted(inOrder);
  const [only, second] = sorted;
  const message = `${what} ${areMany ? 'have' : 'has'} ${second === undefined ? 'a mistake' : `${sorted.length} mistakes`}, so nothing was planned.`;
  if (only === undefined || second !== undefined) {
    const details = grouped(sorted);
    return new HardenError({ code, exit: EXIT.malformed, message, details, hint });
  }
  const { file, line, column, text, excerpt, before } = only;
  const position = { file, line, column };
  return new HardenError({ code, exit: EXIT.malformed, message, details: [text], position, excerpt, before, hint });
}

/** One line for each text, with the first place it is wrong at, how often, and every other place. */
function grouped(problems: readonly Problem[]): readonly string[] {
  return [...Map.groupBy(problems, ({ text }) => text)].map(([text, alike]) => {
    const [first, ...others] = alike.map(placeOf);
    return others.length === 0
      ? `${first}: ${text}`
      : `${first}: ${text} (${alike.length} times, also ${others.join(', ')})`;
  });
}

function placeOf({ file, line, column }: Problem): string {
  return `${file}:${line}:${column}`;
}

function inOrder(a: Problem, b: Problem): number {
  const differences = [byCodeUnit(a.file, b.file), a.line - b.line, a.column - b.column, byCodeUnit(a.text, b.text)];
  return differences.find((difference) => difference !== 0) ?? 0;
}
