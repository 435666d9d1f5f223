export type Quote = '"' | "'";

/** Where the line of a place starts, and the quote that is open there. */
export interface LineState {
  readonly lineStart: number;
  readonly open: Quote | undefined;
}

/**
 * Tells the state of places in a text, best asked in growing order: then every letter is looked at once. Quotes work as in
 * a shell and end with their line at the latest, unless a backslash continues it.
 */
export function lineStates(text: string): (place: number) => LineState {
  let at = 0;
  let lineStart = 0;
  let open: Quote | undefined;
  const step = (): void => {
    const char = text.charAt(at);
    const escapes = char === '\\' && open !== "'";
    const last = escapes ? text.charAt(at + 1) : char;
    at += escapes ? 2 : 1;
    if (last === '\n') {
      lineStart = at;
      open = escapes ? open : undefined;
    } else if (!escapes && (char === '"' || char === "'")) {
      open = open === undefined ? char : open === char ? undefined : open;
    }
  };
  return (place) => {
    if (place < at) {
      at = lineStart = text.lastIndexOf('\n', place - 1) + 1;
      open = undefined;
    }
    while (at < place) {
      step();
    }
    return { lineStart, open };
  };
}

/** Where the quoted part that starts at `from`, after its opening `quote`, ends; the end of the text where it never does. */
export function closingOf(text: string, from: number, quote: string): number {
  if (quote.length > 1 || quote === "'") {
    const end = text.indexOf(quote, from);
    return end < 0 ? text.length : end;
  }
  const inside = /[^"\\]*(?:\\[\s\S][^"\\]*)*/y;
  inside.lastIndex = from;
  return from + (inside.exec(text)?.[0].length ?? 0);
}

/** To the end of the line, going on where a backslash continues it. */
export function lineEnd(text: string, start: number): number {
  const line = /[^\r\n\\]*(?:\\(?:\r?\n)?[^\r\n\\]*)*/y;
  line.lastIndex = start;
  return start + (line.exec(text)?.[0].length ?? 0);
}
