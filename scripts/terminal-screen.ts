/** What a screen shows at one place: text with its looks. */
export interface Run {
  readonly text: string;
  /** Class names: `b` bold, `d` dim, `c1` to `c7` colours. */
  readonly looks: string;
}

interface Cell {
  readonly sign: string;
  readonly looks: string;
}

const BLANK: Cell = { sign: ' ', looks: '' };
/** Of the control sequences a terminal knows, those harden, bash and the prompt library use. */
const SEQUENCE = /\u001b\[([?\d;]*)([A-Za-z])|\u001b[()][A-Z0-9]|\u001b[=>78]|[\r\n\b\u0007]|[^\u001b\r\n\b\u0007]/gu;

/** A terminal of so many columns: what is written to it moves a cursor and leaves signs. Lines that scroll out are kept. */
export class Screen {
  private readonly lines: Cell[][] = [[]];
  private readonly size: { readonly columns: number; readonly rows: number };
  private row = 0;
  private column = 0;
  private looks: ReadonlySet<string> = new Set();

  constructor(size: { readonly columns: number; readonly rows: number }) {
    this.size = size;
  }

  write(text: string): void {
    for (const [whole, numbers, letter] of text.matchAll(SEQUENCE)) {
      if (letter !== undefined) {
        this.control(letter, (numbers ?? '').replace('?', ''));
      } else if (!whole.startsWith('\u001b')) {
        this.sign(whole);
      }
    }
  }

  /** Every line there ever was, without spaces at its end. */
  text(): readonly string[] {
    return this.lines.map((line) => cellsText(line).trimEnd());
  }

  /** The lines that are seen now. */
  shown(): readonly (readonly Run[])[] {
    const first = Math.max(0, this.lines.length - this.size.rows);
    return this.lines.slice(first).map(runsOf);
  }

  private sign(sign: string): void {
    switch (sign) {
      case '\r':
        this.column = 0;
        return;
      case '\n':
        this.moveTo(this.row + 1);
        return;
      case '\b':
        this.column = Math.max(0, this.column - 1);
        return;
      case '\u0007':
        return;
    }
    if (this.column >= this.size.columns) {
      this.column = 0;
      this.moveTo(this.row + 1);
    }
    const line = this.lines[this.row] ?? [];
    while (line.length < this.column) {
      line.push(BLANK);
    }
    line[this.column] = { sign, looks: [...this.looks].sort().join(' ') };
    this.column += 1;
  }

  private control(letter: string, numbers: string): void {
    const n = Math.max(1, Number(numbers.split(';')[0]) || 1);
    switch (letter) {
      case 'A':
        this.row = Math.max(0, this.row - n);
        return;
      case 'B':
        this.moveTo(this.row + n);
        return;
      case 'C':
        this.column += n;
        return;
      case 'D':
        this.column = Math.max(0, this.column - n);
        return;
      case 'G':
        this.column = n - 1;
        return;
      case 'K':
        this.lines[this.row]?.splice(numbers === '2' ? 0 : this.column);
        return;
      case 'J':
        this.lines[this.row]?.splice(this.column);
        this.lines.splice(this.row + 1);
        return;
      case 'm':
        this.looks = looksAfter(this.looks, numbers);
        return;
      default:
    }
  }

  private moveTo(row: number): void {
    this.row = row;
    while (this.lines.length <= row) {
      this.lines.push([]);
    }
  }
}

function looksAfter(looks: ReadonlySet<string>, numbers: string): ReadonlySet<string> {
  const next = new Set(looks);
  const dropColour = (): void => [...next].filter((look) => look.startsWith('c')).forEach((look) => next.delete(look));
  for (const code of (numbers === '' ? '0' : numbers).split(';').map(Number)) {
    if (code === 0) {
      next.clear();
    } else if (code === 1) {
      next.add('b');
    } else if (code === 2) {
      next.add('d');
    } else if (code === 22) {
      next.delete('b');
      next.delete('d');
    } else if (code === 39) {
      dropColour();
    } else if (code >= 30 && code <= 37) {
      dropColour();
      next.add(`c${code - 30}`);
    } else if (code >= 90 && code <= 97) {
      next.add('d');
    }
  }
  return next;
}

function cellsText(line: readonly (Cell | undefined)[]): string {
  return Array.from(line, (cell) => cell?.sign ?? ' ').join('');
}

function runsOf(line: readonly Cell[]): readonly Run[] {
  const runs: Run[] = [];
  for (const { sign, looks } of line) {
    const last = runs.at(-1);
    if (last?.looks === looks) {
      runs[runs.length - 1] = { text: last.text + sign, looks };
    } else {
      runs.push({ text: sign, looks });
    }
  }
  return runs;
}
