import { type LineState, closingOf, lineEnd, lineStates } from './quoting.ts';
import { isSecretName } from './secret-names.ts';

export const REDACTED = '<redacted>';

/** Told what was found under which name, for the list people see and for finding the same secret elsewhere. */
export type NoteSecret = (name: string, secret: string) => void;

/** A secret by its own look, wherever it stands. The second group, where there is one, stays before it. */
const BY_LOOK: readonly { readonly name: string; readonly pattern: RegExp }[] = [
  {
    name: 'private key',
    pattern: /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/g,
  },
  { name: 'swarm token', pattern: /\bSWM(?:TKN|KEY)-[0-9A-Za-z-]+/g },
  { name: 'password hash', pattern: /\$(?:1|2[abxy]?|5|6|7|y|gy)\$[^\s:"']+/g },
];

/** `scheme://`, also as JSON may write it; then what stands before the last `@`. */
const URL_USER = /\b[a-z][a-z0-9+.-]{0,30}:\\?\/\\?\/([^\s"'`<>]{0,2000}@)/gi;
/** The same without a scheme, as proxies may be written. */
const PROXY_USER =
  /proxy(?:\\*["'])?(?:[ \t]*[=:][ \t]*|[ \t]+)(?:\\*["'])?(?![a-z][a-z0-9+.-]{0,30}:\\?\/)([^\s"'`<>]{0,2000}@)/gi;
/** A host alone: what comes after the first slash is then a path, and an `@` in it is no user. A port may be a password. */
const PLAIN_AUTHORITY = /^(?:\[[0-9a-f:.%]*\](?::\d*)?|[^:/?#@\\]*)[/?#\\]/i;
const NAME = /-{0,2}[A-Za-z_][\w.-]*/g;

/**
 * A text of any kind (settings, a unit, an output, one argument) without its secrets: user and password in URLs, values of
 * secret names (`name=value`, `name: value`, `--name value`, quoted or not), private keys. Everything else stays as it is.
 */
export function redactText(text: string, note: NoteSecret): string {
  const byLook = BY_LOOK.reduce(
    (before, { name, pattern }) => before.replaceAll(pattern, (secret) => (note(name, secret), REDACTED)),
    text,
  );
  return redactNamed(redactUrls(byLook, note), note);
}

function redactUrls(text: string, note: NoteSecret): string {
  const withoutUser = (whole: string, rest: string): string => {
    const user = userOf(rest);
    if (user === '' || user === REDACTED) {
      return whole;
    }
    note('user in a URL', user);
    return whole.slice(0, whole.length - rest.length) + REDACTED + rest.slice(user.length);
  };
  return text.replaceAll(URL_USER, withoutUser).replaceAll(PROXY_USER, withoutUser);
}

/** What stands before the host. Where there is a user, all up to the last `@` may be password: people write them unescaped. */
function userOf(rest: string): string {
  return PLAIN_AUTHORITY.test(rest) ? '' : rest.slice(0, -1);
}

/** A value: where it starts and ends, quotes not included. */
interface Span {
  readonly start: number;
  readonly end: number;
}

interface Source {
  readonly text: string;
  readonly stateAt: (place: number) => LineState;
}

function redactNamed(text: string, note: NoteSecret): string {
  const source: Source = { text, stateAt: lineStates(text) };
  let done = '';
  let at = 0;
  for (const match of text.matchAll(NAME)) {
    const name = match[0].replace(/^-+/, '');
    if (match.index < at || !isSecretName(name)) {
      continue;
    }
    const span = valueAfter(source, match.index, match[0]);
    const value = span === undefined ? '' : text.slice(span.start, span.end);
    if (span === undefined || isHarmless(value)) {
      continue;
    }
    note(name, value);
    done += text.slice(at, span.start) + REDACTED;
    at = span.start + value.length;
  }
  return done + text.slice(at);
}

function isHarmless(value: string): boolean {
  return ['', 'true', 'false', 'null', REDACTED].includes(value.trim().replace(/[,;:}\])]+$/, ''));
}

/** Where the value of the name at `start` is; undefined where the name only stands there. */
function valueAfter(source: Source, start: number, name: string): Span | undefined {
  const { text } = source;
  const after = start + name.length;
  const separator = /(\\*["'])?\s*(?:[:+?]?=|:(?=[\s"'\\]))\s*/y;
  const sameLine = /[ \t]*(?:[:+?]?=|:(?=[ \t"'\\]))[ \t]*/y;
  const closing = /\\*["']/y;
  closing.lastIndex = after;
  const pattern = closing.test(text) ? separator : sameLine;
  pattern.lastIndex = after;
  const assignment = pattern.exec(text);
  if (assignment !== null) {
    const valueStart = after + assignment[0].length;
    return assignment[1] === undefined ? assigned(source, start, valueStart) : quotedOrToken(source, valueStart);
  }
  const blank = /^["']?[ \t]+(?!--)/.exec(text.slice(after, after + 64));
  return name.startsWith('-') && blank !== null ? quotedOrToken(source, after + blank[0].length) : undefined;
}

/** The value of an unquoted name: to the end of the quotes it stands in, of its line, or of its word. */
function assigned(source: Source, name: number, value: number): Span {
  const { text } = source;
  const opening = /(\\*["'])$/.exec(text.slice(Math.max(0, name - 8), name))?.[1];
  if (opening !== undefined) {
    return { start: value, end: closingOf(text, value, opening) };
  }
  const quoted = /["'[{]/.test(text.charAt(value)) || text.startsWith('\\"', value);
  const before = text.slice(source.stateAt(name).lineStart, name);
  return /^\s*(?:export\s+)?$/.test(before) && !quoted
    ? { start: value, end: lineEnd(text, value) }
    : quotedOrToken(source, value);
}

function quotedOrToken(source: Source, start: number): Span {
  const { text } = source;
  const opening = /"""|'''|\\*["']/y;
  opening.lastIndex = start;
  const quote = opening.exec(text)?.[0];
  if (quote !== undefined && !startsWord(source, start, quote)) {
    return { start: start + quote.length, end: closingOf(text, start + quote.length, quote) };
  }
  return { start, end: endOfToken(source, start) };
}

/** A quoted part with more of the same word after it: `"a b"c`, as a shell would join. The quote around all of it ends it. */
function startsWord(source: Source, start: number, quote: string): boolean {
  const next = source.text.charAt(closingOf(source.text, start + quote.length, quote) + quote.length);
  return quote.length === 1 && /[^\s,;:}\])\\]/.test(next) && next !== source.stateAt(start).open;
}

/** Words as a shell takes them, by the quote that is open around them: there they end with it. */
const WORDS = {
  '"': /[^\s"'\\]*(?:(?:\\[\s\S]|'[^'"]*'|')[^\s"'\\]*)*/y,
  "'": /[^\s"']*(?:(?:"[^"'\\]*(?:\\[\s\S][^"'\\]*)*"|")[^\s"']*)*/y,
  none: /[^\s"'\\]*(?:(?:\\[\s\S]|"[^"\\]*(?:\\[\s\S][^"\\]*)*"|'[^']*')[^\s"'\\]*)*/y,
} as const;

function endOfToken(source: Source, start: number): number {
  const { text } = source;
  const close = { '[': ']', '{': '}' }[text.charAt(start)];
  if (close !== undefined) {
    const end = text.indexOf(close, start);
    return end < 0 ? text.length : end + 1;
  }
  const { open } = source.stateAt(start);
  const word = new RegExp(WORDS[open ?? 'none']);
  word.lastIndex = start;
  const end = start + (word.exec(text)?.[0].length ?? 0);
  // Quotes that never close: nothing more of this line can be told apart.
  return open === undefined && /["']/.test(text.charAt(end)) ? lineEnd(text, start) : end;
}
