import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { METHODS } from './methods.ts';
import { type CrashReport, footOfTable, headOfTable, inRanges, joined, lineOf, reportOf } from './table.ts';

const ROOT = join(import.meta.dirname, '../..');
const IDS = Array.from({ length: 98 }, (_, index) => `T${String(index + 1).padStart(2, '0')}`);
const KEPT = 'docs/crash-safety.json';

/** How each row is tried, by its id: what stands in the third column of the matrix. */
const matrix = new Map(
  readFileSync(join(ROOT, 'docs/crash-safety.md'), 'utf8')
    .split('\n')
    .filter((line) => /^\| T\d\d /.test(line))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(([, id = '', , how = '']) => [id, how]),
);

function namesIn(how: string): readonly string[] {
  return [...how.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
}

describe('the matrix of docs/crash-safety.md', () => {
  test('has every row once', () => {
    expect([...matrix.keys()].toSorted()).toEqual(IDS);
  });

  test.each(IDS)('%s is tried by a method or a test that exists, or says why not', (id) => {
    const how = matrix.get(id) ?? '';
    if (/^not here: .{20}/.test(how)) {
      expect(METHODS.filter(({ rows }) => rows.includes(id))).toEqual([]);
      return;
    }
    const names = namesIn(how);
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) {
      const method = METHODS.find((one) => one.name === name);
      expect(method?.rows.includes(id) ?? existsSync(join(ROOT, name)), `${name} for ${id}`).toBe(true);
    }
  });

  test('names each method in each of its rows', () => {
    const unnamed = METHODS.flatMap(({ name, rows }) =>
      rows.filter((id) => !namesIn(matrix.get(id) ?? '').includes(name)).map((id) => `${id}: ${name}`),
    );
    expect(unnamed).toEqual([]);
  });
});

describe('the numbers that are quoted', () => {
  /** "12,345 crash points" */
  const quotes = ['README.md', 'SECURITY.md'].flatMap((file) =>
    [...readFileSync(join(ROOT, file), 'utf8').matchAll(/([\d,]+) crash points/g)].map(([, number]) => ({
      file,
      number,
    })),
  );

  test('are those of the last full run, which found nothing', () => {
    const report = existsSync(join(ROOT, KEPT))
      ? (JSON.parse(readFileSync(join(ROOT, KEPT), 'utf8')) as CrashReport)
      : undefined;
    // Without a run nothing may be quoted.
    const points = report?.points.toLocaleString('en');
    expect(quotes).toEqual(quotes.map(({ file }) => ({ file, number: points })));
    if (report !== undefined) {
      expect(report).toMatchObject({ effort: 'full', violations: 0 });
      expect(report.methods.map(({ name }) => name)).toEqual(METHODS.map(({ name }) => name));
    }
  });
});

describe('the table', () => {
  const rows = [
    {
      name: 'a',
      rows: ['T01', 'T02', 'T03', 'T07'],
      counts: 'points' as const,
      points: 1234,
      violations: [],
      seconds: 1.26,
      missing: undefined,
    },
    {
      name: 'b',
      rows: ['T10', 'T13', 'T16', 'T19', 'T22', 'T25', 'T28'],
      counts: 'points' as const,
      points: 0,
      violations: ['x'],
      seconds: 0,
      missing: 'no b',
    },
  ];

  test('fits into 80 columns and adds up', () => {
    const report = reportOf(rows, { effort: 'full', node: 'v24', kernel: '6' });
    expect(report).toMatchObject({ points: 1234, violations: 1, seconds: 1.3 });
    const text = [headOfTable(), ...rows.map(lineOf), footOfTable(report)].join('\n').split('\n');
    expect(text.filter((line) => line.length > 80)).toEqual([]);
    expect(text[1]).toMatch(/^a +T01-T03 T07 +1,234 +0 +1\.3$/);
    expect(text.join('\n')).toMatch(/^b +T10 T13 T16 +missing +1 +0\.0$/m);
  });

  test('adds up crash points only, not tries and inputs', () => {
    const counted = rows.map((row, index) => ({
      ...row,
      points: 7,
      counts: index === 0 ? ('inputs' as const) : row.counts,
    }));
    expect(reportOf(counted, { effort: 'full', node: 'v24', kernel: '6' }).points).toBe(7);
  });

  test('of parts is the table of all, and no method is missing or twice', () => {
    const about = { effort: 'full', node: 'v24', kernel: '6' } as const;
    const parts = rows.map((row) => reportOf([row], about));
    expect(joined(parts, ['a', 'b'])).toEqual(reportOf(rows, about));
    expect(() => joined(parts, ['a', 'b', 'c'])).toThrow('"c" is in 0 of the parts');
    expect(() => joined([...parts, ...parts], ['a', 'b'])).toThrow('"a" is in 2 of the parts');
  });

  test('writes rows as ranges', () => {
    expect(inRanges(['T03', 'T01', 'T02', 'T96'])).toBe('T01-T03 T96');
    expect(inRanges([])).toBe('');
  });
});
