import JSON5 from 'json5';
import {
  keyOffset,
  NestedTooDeeply,
  nodeAt,
  repeatedKeys,
  type SyntaxNode,
  syntaxTree,
  type TextPosition,
} from './json5-positions.ts';
import type { Problem } from './problems.ts';

type Path = readonly PropertyKey[];

/** A JSON5 file that could be read, and the way from a path in its value to a place in its text. */
export interface SourceFile {
  readonly file: string;
  readonly value: unknown;
  /** A problem with the value at `path`, or, where there is none, with what should contain it. */
  problemAt(path: Path, text: string): Problem;
  /** A problem with the key that `path` ends in. */
  problemAtKey(path: Path, text: string): Problem;
}

export type ReadOutcome =
  | { readonly status: 'read'; readonly source: SourceFile }
  | { readonly status: 'unreadable'; readonly problems: readonly Problem[] };

/** Reads one JSON5 text. A key given twice is a mistake here, although JSON5 takes the last one. */
export function readSource(file: string, text: string): ReadOutcome {
  const parsed = parse(text);
  if ('mistake' in parsed) {
    const { line } = parsed.at;
    const problem = {
      file,
      ...parsed.at,
      text: parsed.mistake,
      excerpt: lineOf(text, line),
      before: lineOf(text, line - 1),
    };
    return { status: 'unreadable', problems: [problem] };
  }
  const { value, tree } = parsed;
  const placeOf = places(text);
  const problemAtOffset = (offset: number, message: string): Problem => ({ file, ...placeOf(offset), text: message });
  const repeated = repeatedKeys(tree);
  if (repeated.length > 0) {
    const problems = repeated.map(({ key, offset }) => problemAtOffset(offset, `"${key}" is given a second time`));
    return { status: 'unreadable', problems };
  }
  const source: SourceFile = {
    file,
    value,
    problemAt: (path, message) => problemAtOffset(nodeAt(tree, path).start, message),
    problemAtKey: (path, message) => problemAtOffset(keyOffset(tree, path), message),
  };
  return { status: 'read', source };
}

type Parsed =
  | { readonly value: unknown; readonly tree: SyntaxNode }
  | { readonly mistake: string; readonly at: { readonly line: number; readonly column: number } };

function parse(text: string): Parsed {
  const separator = text.search(/[\u2028\u2029]/);
  if (separator >= 0) {
    // JSON5.parse would write a warning of its own to the terminal.
    const { line, column } = places(text)(separator);
    return { mistake: 'a line separator (U+2028 or U+2029), which nobody can see', at: { line, column } };
  }
  try {
    const value: unknown = JSON5.parse(text);
    return { value, tree: syntaxTree(text) };
  } catch (error) {
    if (error instanceof NestedTooDeeply) {
      return { mistake: 'nested too deeply', at: { line: 1, column: 1 } };
    }
    if (isSyntaxMistake(error)) {
      const mistake = error.message.replace(/^JSON5: /, '').replace(/ at \d+:\d+$/, '');
      return { mistake: `not JSON5: ${mistake}`, at: mistakeAt(text, error) };
    }
    throw error;
  }
}

/** Of a line end in the wrong place the parser says column 0 of the line that begins there. */
function mistakeAt(text: string, { lineNumber, columnNumber }: SyntaxMistake): TextPosition {
  return columnNumber > 0
    ? { line: lineNumber, column: columnNumber }
    : { line: lineNumber - 1, column: lineOf(text, lineNumber - 1).length + 1 };
}

/** What JSON5.parse throws; its types do not say so. */
interface SyntaxMistake extends SyntaxError {
  readonly lineNumber: number;
  readonly columnNumber: number;
}

function isSyntaxMistake(error: unknown): error is SyntaxMistake {
  return error instanceof SyntaxError && 'lineNumber' in error && 'columnNumber' in error;
}

/** Line, column, the line itself and the one before it; a file may hold as many mistakes as lines, so it is cut into lines once. */
function places(
  text: string,
): (offset: number) => TextPosition & { readonly excerpt: string; readonly before: string } {
  let starts: readonly number[] | undefined;
  return (offset) => {
    starts ??= [0, ...Array.from(text.matchAll(/\n/g), ({ index }) => index + 1)];
    const line = lastAtMost(starts, offset);
    const start = starts[line] ?? 0;
    const end = starts[line + 1] ?? text.length + 1;
    const excerpt = text.slice(start, end - 1).replace(/\r$/, '');
    const before = line === 0 ? '' : text.slice(starts[line - 1], start - 1).replace(/\r$/, '');
    return { line: line + 1, column: offset - start + 1, excerpt, before };
  };
}

/** Index of the last of some rising numbers that is not above `limit`. */
function lastAtMost(numbers: readonly number[], limit: number): number {
  let [low, high] = [0, numbers.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((numbers[middle] ?? 0) <= limit) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

function lineOf(text: string, line: number): string {
  return text.split('\n')[line - 1]?.replace(/\r$/, '') ?? '';
}
