import { type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { Json, JsonObject } from '../../model/canonical.ts';
import { DEPTH_LIMIT, mayNestDeeper, nestsDeeper } from '../../model/json-depth.ts';

/** Where a file is wrong; counted from 1. */
interface DocumentProblem {
  readonly message: string;
  readonly line: number;
  readonly column: number;
  /** The line concerned, shortened. */
  readonly excerpt: string;
  /** The line before it; empty for the first. */
  readonly before: string;
}

/** A member written twice in one object; the last one counts, and we do not edit such a file. */
interface DuplicateKey {
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

/** A daemon.json, read whole and strictly. `text` is what the bytes say, without a byte order mark. */
export type DaemonDocument =
  | { readonly status: 'absent' }
  | { readonly status: 'empty'; readonly text: string; readonly encoding: Encoding }
  | {
      readonly status: 'object';
      readonly text: string;
      readonly encoding: Encoding;
      readonly value: JsonObject;
      readonly duplicates: readonly DuplicateKey[];
    }
  | { readonly status: 'invalid'; readonly problem: DocumentProblem };

/** `utf-8-bom` and the UTF-16 ones are read by Engine 23 and later only; written back as plain UTF-8. */
export type Encoding = 'utf-8' | 'utf-8-bom' | 'utf-16le' | 'utf-16be';

/** Larger files are no settings. */
export const DOCUMENT_LIMIT = 1024 * 1024;

const EXCERPT_LIMIT = 120;

/** Reads a file's bytes; `undefined`: there is no file. Never throws. */
export function parseDocument(bytes: Uint8Array | undefined): DaemonDocument {
  if (bytes === undefined) {
    return { status: 'absent' };
  }
  if (bytes.length > DOCUMENT_LIMIT) {
    return oversized();
  }
  const encoding = encodingOf(bytes);
  const text = decode(bytes, encoding);
  return text === undefined ? notText(bytes, encoding) : parseText(text, encoding);
}

/** What is said of a file too large to be settings, without reading it. */
export function oversized(): DaemonDocument {
  return invalid('', 0, `larger than ${DOCUMENT_LIMIT / 1024 / 1024} MiB, so it is not read`);
}

export function parseText(text: string, encoding: Encoding = 'utf-8'): DaemonDocument {
  if (/^[ \t\r\n]*$/.test(text)) {
    return { status: 'empty', text, encoding };
  }
  const value = strictJson(text);
  if (value === undefined ? mayNestDeeper(text) : nestsDeeper(text)) {
    return invalid(text, 0, `objects or lists inside each other more than ${DEPTH_LIMIT} deep`);
  }
  if (value === undefined) {
    return firstMistake(text);
  }
  const root = parseTree(text);
  if (root?.type !== 'object' || !isObject(value)) {
    const start = text.search(/[^ \t\r\n]/);
    return invalid(text, start, `an object { … } is needed at the top, not ${describe(value)}`);
  }
  return { status: 'object', text, encoding, value, duplicates: duplicatesIn(root, positionsIn(text), '') };
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

interface Position {
  readonly line: number;
  readonly column: number;
}

/** Line and column of an offset, counted from 1. */
export function positionIn(text: string, offset: number): Position {
  return positionsIn(text)(offset);
}

/** The same for many offsets, each not before the one before: the text is gone through once. */
export function positionsIn(text: string): (offset: number) => Position {
  let line = 1;
  let start = 0;
  return (offset) => {
    for (let end = text.indexOf('\n', start); end >= 0 && end < offset; end = text.indexOf('\n', start)) {
      line += 1;
      start = end + 1;
    }
    return { line, column: offset - start + 1 };
  };
}

function encodingOf(bytes: Uint8Array): Encoding {
  const [a, b, c] = bytes;
  if (a === 0xef && b === 0xbb && c === 0xbf) {
    return 'utf-8-bom';
  }
  if (a === 0xff && b === 0xfe) {
    return 'utf-16le';
  }
  return a === 0xfe && b === 0xff ? 'utf-16be' : 'utf-8';
}

function decode(bytes: Uint8Array, encoding: Encoding): string | undefined {
  try {
    return new TextDecoder(encoding === 'utf-8-bom' ? 'utf-8' : encoding, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** The first byte that is not text: up to it everything decodes. */
function notText(bytes: Uint8Array, encoding: Encoding): DaemonDocument {
  const readable = new TextDecoder(encoding === 'utf-8-bom' ? 'utf-8' : encoding).decode(bytes);
  const bad = Math.max(readable.indexOf('\uFFFD'), 0);
  return invalid(readable, bad, 'a byte that is not UTF-8 text');
}

/** JSON.parse is the measure, since it is as strict as the standard; what it accepts is then located with a tree. */
export function strictJson(text: string): Json | undefined {
  try {
    // JSON.parse gives what JSON can hold, or throws.
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

const MISTAKES: Readonly<Record<string, string>> = {
  InvalidSymbol: 'this is not JSON',
  InvalidNumberFormat: 'a number is written wrongly',
  PropertyNameExpected: 'a key in double quotes is missing here; a comma before } is not allowed',
  ValueExpected: 'a value is missing here',
  ColonExpected: 'a colon is missing here',
  CommaExpected: 'a comma is missing here',
  CloseBraceExpected: 'a closing } is missing',
  CloseBracketExpected: 'a closing ] is missing',
  EndOfFileExpected: 'there is more after the end of the first object',
  InvalidCommentToken: 'comments are not allowed in this file',
  UnexpectedEndOfComment: 'comments are not allowed in this file',
  UnexpectedEndOfString: 'a text is not closed',
  UnexpectedEndOfNumber: 'a number is written wrongly',
  InvalidUnicode: 'an escape in a text is wrong',
  InvalidEscapeCharacter: 'an escape in a text is wrong',
  InvalidCharacter: 'a control character inside a text',
};

function firstMistake(text: string): DaemonDocument {
  const errors: ParseError[] = [];
  parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  const [first] = errors.sort((a, b) => a.offset - b.offset);
  if (first === undefined) {
    // Strict JSON refuses what the tree lets pass, for example a control character used as white space.
    return invalid(text, Math.max(text.search(/[^\S \t\r\n]/), 0), 'this is not JSON');
  }
  return invalid(text, first.offset, MISTAKES[printParseErrorCode(first.error)] ?? 'this is not JSON');
}

function invalid(text: string, offset: number, message: string): DaemonDocument {
  const { line, column } = positionIn(text, offset);
  const lines = text.split('\n');
  const [before = '', excerpt = ''] = [lines[line - 2], lines[line - 1]].map((one = '') =>
    one.replace(/\r$/, '').slice(0, EXCERPT_LIMIT),
  );
  return { status: 'invalid', problem: { message, line, column, excerpt, before } };
}

function describe(value: Json): string {
  if (value === null) {
    return 'null';
  }
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}

function duplicatesIn(node: Node, positionOf: (offset: number) => Position, path: string): readonly DuplicateKey[] {
  const seen = new Set<string>();
  return (node.children ?? []).flatMap((child, index) => {
    if (node.type !== 'object') {
      return duplicatesIn(child, positionOf, `${path}[${index}]`);
    }
    const [name, value] = child.children ?? [];
    const key = String(name?.value);
    const inner = path === '' ? key : `${path}.${key}`;
    const here = seen.has(key) ? [{ path: inner, ...positionOf(child.offset) }] : [];
    seen.add(key);
    return value === undefined ? here : [...here, ...duplicatesIn(value, positionOf, inner)];
  });
}
