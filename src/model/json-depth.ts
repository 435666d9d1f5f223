/** Deeper than any settings, answer or file of ours; far below what a program that goes down into a value can hold. */
export const DEPTH_LIMIT = 200;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** True where objects or lists of a valid JSON text stand inside each other more than `limit` deep. */
export function nestsDeeper(text: string, limit = DEPTH_LIMIT): boolean {
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    const letter = text.charCodeAt(index);
    if (letter === QUOTE) {
      index = endOfText(text, index);
    }
    depth += stepAt(letter);
    if (depth > limit) {
      return true;
    }
  }
  return false;
}

/** The same for a text that may be anything: where a quoted piece ends cannot be known, so brackets inside of those count too. */
export function mayNestDeeper(text: string, limit = DEPTH_LIMIT): boolean {
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    depth = Math.max(depth + stepAt(text.charCodeAt(index)), 0);
    if (depth > limit) {
      return true;
    }
  }
  return false;
}

/** 1 for `[` and `{`, -1 for `]` and `}`. */
function stepAt(letter: number): -1 | 0 | 1 {
  return letter === 0x5b || letter === 0x7b ? 1 : letter === 0x5d || letter === 0x7d ? -1 : 0;
}

/** Where the closing quote is. */
function endOfText(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index += 1) {
    const letter = text.charCodeAt(index);
    if (letter === QUOTE) {
      return index;
    }
    index += letter === BACKSLASH ? 1 : 0;
  }
  return text.length;
}
