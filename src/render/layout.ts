import { stripVTControlCharacters } from 'node:util';

/** How text is laid out and painted; decided once by the caller. */
export interface Style {
  /** Columns, 40 to 100. */
  readonly width: number;
  readonly colour: boolean;
  /** Arrows may be drawn as such. */
  readonly unicode?: boolean;
  /** For a screen reader: no sign stands without a word. */
  readonly accessible?: boolean;
}

export type Colour = 'green' | 'yellow' | 'red' | 'dim' | 'bold';
const CODES: Readonly<Record<Colour, readonly [number, number]>> = {
  green: [32, 39],
  yellow: [33, 39],
  red: [31, 39],
  dim: [2, 22],
  bold: [1, 22],
};

/** Colour never carries meaning alone: a sign or word always says the same. */
export function paint(style: Style, colour: Colour, text: string): string {
  const [on, off] = CODES[colour];
  return style.colour && text !== '' ? `\u001b[${on}m${text}\u001b[${off}m` : text;
}

/** A sign for eyes, or the word for it where a screen reader reads. */
export function mark(style: Style, sign: '!' | '~' | 'x' | 'm' | '?' | 'w'): string {
  const words = { '!': 'warning:', '~': 'pending:', x: 'failing:', m: 'manual:', '?': 'not checked:', w: 'waived:' };
  return style.accessible === true ? words[sign] : sign;
}

/** Breaks `text` at spaces so that no line is longer than the style's width; a longer word stands alone. Later lines get `hanging` spaces. */
export function wrap(style: Style, indent: number, text: string, hanging = indent): readonly string[] {
  const lines: string[] = [];
  let line = ' '.repeat(indent);
  let empty = true;
  for (const word of text.split(' ')) {
    const candidate = empty ? line + word : `${line} ${word}`;
    if (!empty && visibleLength(candidate) > style.width) {
      lines.push(line);
      line = ' '.repeat(hanging) + word;
    } else {
      line = candidate;
    }
    empty = false;
  }
  return [...lines, line];
}

/** `left`, and `right` at the right edge; on a line of its own below it where both do not fit. Later lines of `left` get `hanging` spaces. */
export function spread(
  style: Style,
  left: string,
  right: string,
  hanging = leadingSpaces(left) + 2,
): readonly string[] {
  const gap = style.width - visibleLength(left) - visibleLength(right);
  if (gap >= 2) {
    return [left + ' '.repeat(gap) + right];
  }
  return [
    ...wrap(style, leadingSpaces(left), left.trimStart(), hanging),
    ' '.repeat(Math.max(0, style.width - visibleLength(right))) + right,
  ];
}

/** Words put one after another with three spaces, broken where the line is full; later lines stand two spaces further in. */
export function columns(style: Style, indent: number, cells: readonly string[]): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const cell of cells) {
    const candidate = line === '' ? ' '.repeat(indent) + cell : `${line}   ${cell}`;
    if (line !== '' && visibleLength(candidate) > style.width) {
      lines.push(line);
      line = ' '.repeat(indent + 2) + cell;
    } else {
      line = candidate;
    }
  }
  return line === '' ? lines : [...lines, line];
}

export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}

/** `a`, `a and b`, `a, b and c`; past `most` names the rest is a number. */
export function listed(names: readonly string[], most = 6): string {
  const shownNames = names.length > most ? [...names.slice(0, most), `${names.length - most} more`] : names;
  const last = shownNames.at(-1);
  return last === undefined ? '' : shownNames.length === 1 ? last : `${shownNames.slice(0, -1).join(', ')} and ${last}`;
}

function visibleLength(text: string): number {
  return Array.from(stripVTControlCharacters(text)).length;
}

function leadingSpaces(text: string): number {
  return text.length - text.trimStart().length;
}
