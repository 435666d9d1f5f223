import { type ErrorCode, ERROR_CODES } from '../model/error-codes.ts';
import { type Style, paint, wrap } from './layout.ts';

/** What `harden explain CODE` prints: what the code means, why it happens, and what to do. */
export function codeText(code: ErrorCode, style: Style): string {
  const { title, why, remedy } = ERROR_CODES[code];
  return [
    ...wrap(style, 0, `${paint(style, 'bold', code)}  ${title}`, 7),
    '',
    paint(style, 'bold', 'WHY'),
    ...wrap(style, 2, why),
    '',
    paint(style, 'bold', 'WHAT TO DO'),
    ...wrap(style, 2, remedy),
    '',
  ].join('\n');
}

/** Every code with its title, by number. */
export function codeListText(style: Style): string {
  const rows = Object.entries(ERROR_CODES).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `${rows.flatMap(([code, { title }]) => wrap(style, 0, `${code}  ${title}`, 7)).join('\n')}\n`;
}
