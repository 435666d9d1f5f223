import JSON5 from 'json5';
import {
  keyOffset,
  NestedTooDeeply,
  nodeAt,
  positionOf,
  repeatedKeys,
  type SyntaxNode,
  syntaxTree,
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
    const problem = { file, ...parsed.at, text: parsed.mistake, excerpt: lineOf(text, parsed.at.line) };
    return { status: 'unreadable', problems: [problem] };
  }
  const { value, tree } = parsed;
  const problemAtOffset = (offset: number, message: string): Problem => {
    const position = positionOf(text, offset);
    return { file, ...position, text: message, excerpt: lineOf(text, position.line) };
  };
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
  try {
    const value: unknown = JSON5.parse(text);
    return { value, tree: syntaxTree(text) };
  } catch (error) {
    if (error instanceof NestedTooDeeply) {
      return { mistake: 'nested too deeply', at: { line: 1, column: 1 } };
    }
    if (isSyntaxMistake(error)) {
      const mistake = error.message.replace(/^JSON5: /, '').replace(/ at \d+:\d+$/, '');
      return { mistake: `not JSON5: ${mistake}`, at: { line: error.lineNumber, column: error.columnNumber } };
    }
    throw error;
  }
}

/** What JSON5.parse throws; its types do not say so. */
interface SyntaxMistake extends SyntaxError {
  readonly lineNumber: number;
  readonly columnNumber: number;
}

function isSyntaxMistake(error: unknown): error is SyntaxMistake {
  return error instanceof SyntaxError && 'lineNumber' in error && 'columnNumber' in error;
}

function lineOf(text: string, line: number): string {
  return text.split('\n')[line - 1]?.replace(/\r$/, '') ?? '';
}
