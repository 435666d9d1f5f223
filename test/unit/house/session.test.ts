import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { castText, readCast } from '../../../scripts/session-cast.ts';
import { sessionSvg } from '../../../scripts/session-svg.ts';
import { Screen } from '../../../scripts/terminal-screen.ts';

const docs = join(import.meta.dirname, '../../../docs');
const text = readFileSync(join(docs, 'session.cast'), 'utf8');

describe('the recorded session', () => {
  test('its picture is made of the recording, in one file without scripts or addresses', () => {
    const svg = readFileSync(join(docs, 'session.svg'), 'utf8');
    expect(svg).toBe(sessionSvg(readCast(text)));
    expect(svg).not.toMatch(/<script|<image|href="(?!#)|url\(/);
    expect(readFileSync(join(docs, '../README.md'), 'utf8')).toContain('docs/session.svg');
  });

  test('a recording is read as it was written', () => {
    expect(castText(readCast(text))).toBe(text);
  });
});

describe('the screen', () => {
  const shows = (...written: readonly string[]): readonly string[] => {
    const screen = new Screen({ columns: 10, rows: 3 });
    written.forEach((part) => screen.write(part));
    return screen.text();
  };

  test.each([
    ['lines', ['one\r\ntwo'], ['one', 'two']],
    ['a line that is too long', ['0123456789ab'], ['0123456789', 'ab']],
    ['what is drawn over', ['one\rtw'], ['twe']],
    ['a redraw from above', ['? a\r\nlist\u001b[1A\u001b[G\u001b[J? b'], ['? b']],
    ['erasing to the end, and the whole line', ['abc\u001b[2D\u001b[Kd\r\nxyz\u001b[2K\rn'], ['ad', 'n']],
    ['a cursor that is moved behind the text', ['a\u001b[3Cb'], ['a   b']],
  ])('shows %s', (_what, written, wanted) => {
    expect(shows(...written)).toEqual(wanted);
  });

  test('keeps the looks of what is written', () => {
    const screen = new Screen({ columns: 10, rows: 3 });
    screen.write('\u001b[1;31mno\u001b[22m!\u001b[0m.');
    expect(screen.shown()).toEqual([
      [
        { text: 'no', looks: 'b c1' },
        { text: '!', looks: 'c1' },
        { text: '.', looks: '' },
      ],
    ]);
  });
});
