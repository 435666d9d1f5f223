import {
  type Node,
  type ParseError,
  type ParseErrorCode,
  findNodeAtLocation,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser';
import type { z } from 'zod';
import { EXIT, HardenError } from '../model/errors.ts';
import { mayNestDeeper, nestsDeeper } from '../model/json-depth.ts';
import { RECORDING_MINOR, RECORDING_SCHEMA, type Recording, RecordingSchema } from './recording-schema.ts';

const STRICT = { allowTrailingComma: false, disallowComments: true, allowEmptyContent: false };
const MAJOR = /^urn:harden:recording:(\d+)$/;
const AGAIN = 'Record the host again: harden record -o FILE';
const SHOWN_PROBLEMS = 10;
/** A file with more is something else altogether; finding the place of each would take as long as the file is long. */
const LOCATED_PROBLEMS = 100;
/** A longer line helps nobody as an excerpt. */
const LONGEST_EXCERPT = 160;

interface Source {
  readonly file: string;
  readonly text: string;
}

interface Problem {
  readonly offset: number;
  readonly text: string;
}

/**
 * The recording in a text; `file` names it in messages.
 * @throws HardenError (exit 65) with the place of each mistake, or saying that a newer harden wrote it.
 */
export function parseRecording(text: string, file: string): Recording {
  const source: Source = { file, text };
  const value = parsedJson(source);
  refuseNewer(value, source);
  const result = RecordingSchema.safeParse(value);
  if (result.success) {
    return result.data;
  }
  const root = parseTree(text, [], STRICT);
  const { issues } = result.error;
  throw malformed(
    source,
    issues.slice(0, LOCATED_PROBLEMS).map((issue) => problemOf(issue, root)),
    issues.length,
  );
}

function parsedJson(source: Source): unknown {
  let value: unknown;
  try {
    value = JSON.parse(source.text);
  } catch (error) {
    const errors: ParseError[] = [];
    if (!mayNestDeeper(source.text)) {
      parseTree(source.text, errors, STRICT);
    }
    const [first] = errors;
    const problem =
      first === undefined
        ? { offset: offsetIn(error), text: 'not valid JSON' }
        : { offset: first.offset, text: wordsForSyntax(first.error) };
    throw malformed(source, [problem]);
  }
  if (nestsDeeper(source.text)) {
    throw malformed(source, [{ offset: 0, text: 'nested too deeply' }]);
  }
  return value;
}

function offsetIn(error: unknown): number {
  return Number(/position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1] ?? 0);
}

function wordsForSyntax(code: ParseErrorCode): string {
  const words = printParseErrorCode(code)
    .replaceAll(/([A-Z])/g, ' $1')
    .toLowerCase()
    .trim();
  return `not valid JSON: ${words}`;
}

/** Said before anything else: what a newer format means cannot be a mistake in the file. */
function refuseNewer(value: unknown, { file }: Source): void {
  const { schema, schemaMinor } = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  const major = typeof schema === 'string' ? Number(MAJOR.exec(schema)?.[1] ?? 0) : 0;
  const ours = Number(MAJOR.exec(RECORDING_SCHEMA)?.[1]);
  const newerMinor = major === ours && typeof schemaMinor === 'number' && schemaMinor > RECORDING_MINOR;
  if (major > ours || newerMinor) {
    throw new HardenError({
      code: 'H1033',
      exit: EXIT.malformed,
      message: `the recording ${file} was made by a newer harden, so nothing was planned.`,
      details: [
        `It has format ${major}.${typeof schemaMinor === 'number' ? schemaMinor : '?'}; this one understands up to ${ours}.${RECORDING_MINOR}.`,
      ],
      position: { file },
      hint: 'Plan with that version, or record the host again with this one: harden record -o FILE',
    });
  }
}

function problemOf(issue: z.core.$ZodIssue, root: Node | undefined): Problem {
  const path = issue.path.filter((part) => typeof part !== 'symbol');
  const place = path.length === 0 ? 'the recording' : path.join(' › ');
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const exact = unknown === undefined ? undefined : nodeAt(root, [...path, unknown])?.parent;
  return {
    offset: (exact ?? nearest(root, path))?.offset ?? 0,
    text: `${place}: ${issue.message.endsWith('received undefined') ? 'is missing' : issue.message.toLowerCase()}`,
  };
}

/** What is missing has no place of its own: the place of what it is missing in. */
function nearest(root: Node | undefined, path: readonly PropertyKey[]): Node | undefined {
  for (let length = path.length; length > 0; length -= 1) {
    const node = nodeAt(root, path.slice(0, length));
    if (node !== undefined) {
      return node;
    }
  }
  return root;
}

function nodeAt(root: Node | undefined, path: readonly PropertyKey[]): Node | undefined {
  const known = path.filter((part) => typeof part !== 'symbol');
  return root === undefined ? undefined : findNodeAtLocation(root, known);
}

function malformed({ file, text }: Source, problems: readonly Problem[], count = problems.length): HardenError {
  const placed = problems
    .toSorted((a, b) => a.offset - b.offset)
    .map(({ offset, text: words }) => ({ ...placeOf(text, offset), words }));
  const [first] = placed;
  const more = count - SHOWN_PROBLEMS;
  const details = placed
    .slice(0, SHOWN_PROBLEMS)
    .map(({ line, column, words }) => `${file}:${line}:${column}: ${words}`);
  const excerpt = first === undefined ? undefined : excerptOf(text, first.line);
  const before = first === undefined ? undefined : excerptOf(text, first.line - 1);
  return new HardenError({
    code: 'H1032',
    exit: EXIT.malformed,
    message: `${file} is not a recording of a host, so nothing was planned.`,
    details: more > 0 ? [...details, `and ${more} more`] : details,
    position: { file, ...(first === undefined ? {} : { line: first.line, column: first.column }) },
    ...(excerpt === undefined ? {} : { excerpt, before }),
    hint: AGAIN,
  });
}

/** Counted from 1, columns in UTF-16 code units. */
function placeOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1) ?? '').length + 1 };
}

function excerptOf(text: string, line: number): string | undefined {
  const excerpt = text.split('\n')[line - 1];
  return excerpt !== undefined && excerpt.length <= LONGEST_EXCERPT ? excerpt : undefined;
}
