import type { Effort, Unit } from './method.ts';

/** One row of the table. */
export interface Row {
  readonly name: string;
  readonly rows: readonly string[];
  readonly counts: Unit;
  readonly points: number;
  readonly violations: readonly string[];
  readonly seconds: number;
  /** Why it did not run; undefined where it did. */
  readonly missing: string | undefined;
}

/** What is kept of a run, as JSON. */
export interface CrashReport {
  readonly effort: Effort;
  readonly node: string;
  readonly kernel: string;
  /** Of the methods that count crash points and faults. */
  readonly points: number;
  readonly violations: number;
  readonly seconds: number;
  readonly methods: readonly {
    readonly name: string;
    readonly rows: readonly string[];
    readonly counts: Unit;
    readonly points: number;
    readonly violations: readonly string[];
    readonly seconds: number;
    readonly missing?: string;
  }[];
}

const WIDTH = 80;
const NUMBERS = [17, 11, 9] as const;
const NAME = 30;
const ROWS = WIDTH - NAME - NUMBERS.reduce((sum, width) => sum + width, 0);

export function reportOf(rows: readonly Row[], about: Pick<CrashReport, 'effort' | 'node' | 'kernel'>): CrashReport {
  const methods = rows.map(({ missing, seconds, ...rest }) => ({
    ...rest,
    seconds: rounded(seconds),
    ...(missing === undefined ? {} : { missing }),
  }));
  return {
    ...about,
    points: rows.filter(({ counts }) => counts === 'points').reduce((sum, { points }) => sum + points, 0),
    violations: rows.reduce((sum, { violations }) => sum + violations.length, 0),
    seconds: rounded(rows.reduce((sum, { seconds }) => sum + seconds, 0)),
    methods,
  };
}

/** What parts of a run, made one after another or on several machines of one kind, come to as one. */
export function joined(parts: readonly CrashReport[], order: readonly string[]): CrashReport {
  const [first] = parts;
  if (first === undefined || parts.some((part) => part.effort !== first.effort || part.node !== first.node)) {
    throw new Error('only parts of one effort and one Node can be joined');
  }
  const rows = order.map((name) => {
    const found = parts.flatMap(({ methods }) => methods.filter((method) => method.name === name));
    const [row] = found;
    if (row === undefined || found.length > 1) {
      throw new Error(`"${name}" is in ${found.length} of the parts`);
    }
    return { ...row, missing: row.missing };
  });
  const { effort, node, kernel } = first;
  return reportOf(rows, { effort, node, kernel });
}

export function headOfTable(): string {
  return line('method', 'rows', ['points', 'violations', 'seconds']);
}

export function lineOf({ name, rows, counts, points, violations, seconds, missing }: Row): string {
  const first = line(name, '', [
    missing === undefined ? `${points.toLocaleString('en')}${counts === 'points' ? '' : ` ${counts}`}` : 'missing',
    String(violations.length),
    seconds.toFixed(1),
  ]);
  const [own = '', ...more] = wrapped(inRanges(rows), ROWS - 1);
  return [
    first.slice(0, NAME) + own.padEnd(ROWS) + first.slice(NAME + ROWS),
    ...more.map((text) => ' '.repeat(NAME) + text),
  ].join('\n');
}

export function footOfTable({ points, violations, seconds }: CrashReport): string {
  return line('all crash points', '', [points.toLocaleString('en'), String(violations), seconds.toFixed(1)]);
}

/** `T01 T02 T03 T07` to `T01-T03 T07`. */
export function inRanges(rows: readonly string[]): string {
  const numbers = rows.map((row) => Number(row.slice(1))).sort((a, b) => a - b);
  const parts: [number, number][] = [];
  for (const number of numbers) {
    const last = parts.at(-1);
    if (last?.[1] === number - 1) {
      last[1] = number;
    } else {
      parts.push([number, number]);
    }
  }
  const id = (number: number): string => `T${String(number).padStart(2, '0')}`;
  return parts.map(([from, to]) => (from === to ? id(from) : `${id(from)}-${id(to)}`)).join(' ');
}

function line(name: string, rows: string, numbers: readonly [string, string, string]): string {
  return name.padEnd(NAME) + rows.padEnd(ROWS) + numbers.map((text, at) => text.padStart(NUMBERS[at] ?? 0)).join('');
}

function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last.length + word.length + 1 > width && last !== '') {
      lines.push(word);
    } else {
      lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
    }
  }
  return lines;
}

function rounded(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}
