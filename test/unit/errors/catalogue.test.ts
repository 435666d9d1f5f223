import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES, codePage, isErrorCode } from '../../../src/model/error-codes.ts';
import { codeListText, codeText } from '../../../src/render/code-text.ts';
import { PROVOKED } from './provoked.ts';

const ROOT = join(import.meta.dirname, '../../..');
const CATALOGUE = join(ROOT, 'src/model/error-codes');
const CODES = Object.keys(ERROR_CODES).filter(isErrorCode);
const STYLE = { width: 80, colour: false };

describe('the catalogue of error codes', () => {
  it('has every code in one file only', () => {
    const written = sourcesIn(CATALOGUE).flatMap((text) =>
      [...text.matchAll(/^ {2}(H\d{4}): \{/gm)].map(([, code]) => code),
    );
    expect(written.toSorted()).toEqual(CODES.toSorted());
  });

  it('has no code that nothing ends with', () => {
    const product = sourcesIn(join(ROOT, 'src'), CATALOGUE).join('\n');
    expect(CODES.filter((code) => !product.includes(`'${code}'`))).toEqual([]);
  });

  it('gives each code a meaning of its own', () => {
    const titles = CODES.map((code) => codePage(code).title);
    expect(new Set(titles).size).toBe(titles.length);
  });

  it.each(CODES)('%s: a title, why it happens and what to do, in plain words', (code) => {
    const { title, why, remedy } = codePage(code);
    expect(title).toMatch(/^(?:[a-z-]|Docker ).{8,68}[^.]$/);
    expect(why).toMatch(/^\S.{10,}\.$/s);
    expect(remedy.length).toBeGreaterThan(10);
    expect(`${title} ${why} ${remedy}`).not.toMatch(/\b(?:ERROR|[Ss]orry|[Pp]lease|[Oo]ops|[Ii]nvalid|[Ii]llegal)\b|!/);
    const page = codeText(code, STYLE);
    expect(page.split('\n').every((line) => line.length <= 80)).toBe(true);
    expect(page.endsWith('\n')).toBe(true);
  });

  it('is listed by number', () => {
    const listed = [...codeListText(STYLE).matchAll(/^(H\d{4}) {2}\S/gm)].map(([, code]) => code);
    expect(listed).toEqual(CODES.toSorted());
  });
});

describe('every code is provoked by a test', () => {
  it.each(CODES)('%s', (code) => {
    const name = PROVOKED[code];
    const file = join(ROOT, 'test', name);
    expect(existsSync(file), `${name} is not there`).toBe(true);
    const assertions = readFileSync(file, 'utf8').replaceAll(/\/\*.*?\*\/|\/\/[^\n]*/gs, '');
    expect(assertions, `${name} does not name ${code}`).toContain(code);
  });
});

function sourcesIn(folder: string, without?: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => path.endsWith('.ts') && (without === undefined || !path.startsWith(without)))
    .map((path) => readFileSync(path, 'utf8'));
}
