/** Text of a file as letters of one byte each, so that bytes which are no UTF-8 survive an edit. */
export function textOfBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

export function bytesOfText(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}

/** A line of ours in the same spelling. */
function lineAsText(line: string): string {
  return Buffer.from(line, 'utf8').toString('latin1');
}

export interface NewFile {
  readonly header: string;
  /** A file that is joined before ours lacks its last line end; ours must not run into that line. */
  readonly startsOnNewLine: boolean;
}

/** `text` with those of `lines` behind it that it does not hold; all else stays. Undefined: there is no file yet. */
export function withLines(
  text: string | undefined,
  lines: readonly string[],
  { header, startsOnNewLine }: NewFile,
): string {
  const start = text ?? `${startsOnNewLine ? '\n' : ''}${header}\n`;
  const known = new Set(start.split('\n'));
  const missing = [...new Set(lines.map(lineAsText))].filter((line) => !known.has(line));
  const whole = start === '' || start.endsWith('\n') || missing.length === 0 ? start : `${start}\n`;
  return `${whole}${missing.map((line) => `${line}\n`).join('')}`;
}

export interface Shortened {
  readonly text: string;
  /** Lines that were not there any more. */
  readonly missing: readonly string[];
}

export function withoutLines(text: string, lines: readonly string[]): Shortened {
  const parts = text.split('\n');
  const missing = lines.filter((line) => {
    const index = parts.indexOf(lineAsText(line));
    if (index !== -1) {
      parts.splice(index, 1);
    }
    return index === -1;
  });
  return { text: parts.join('\n'), missing };
}

/** True where nothing but our own first line is left. */
export function holdsNothing(text: string, header: string): boolean {
  return text.split('\n').every((line) => line.trim() === '' || line === header);
}

/** As `holdsNothing`, and our own first line is there. */
export function holdsOnlyHeader(text: string, header: string): boolean {
  return holdsNothing(text, header) && text.split('\n').includes(header);
}
