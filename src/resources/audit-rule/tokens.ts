/** A piece of a line and the column, counted from 1, where it begins. */
export interface Token {
  readonly text: string;
  readonly column: number;
}

/** Cuts a line of a rule file as auditctl does: at spaces only. A tab or a quote is a letter; `\ ` is a space and `\\` a backslash inside a piece. */
export function tokensOf(line: string): readonly Token[] {
  const tokens: Token[] = [];
  let text = '';
  let column = 0;
  for (let index = 0; index <= line.length; index += 1) {
    const letter = line[index];
    const next = line[index + 1];
    if (letter === undefined || letter === ' ') {
      if (text !== '') {
        tokens.push({ text, column });
      }
      text = '';
      continue;
    }
    if (text === '') {
      column = index + 1;
    }
    const escaped = letter === '\\' && (next === ' ' || next === '\\');
    text += escaped ? next : letter;
    index += escaped ? 1 : 0;
  }
  return tokens;
}
