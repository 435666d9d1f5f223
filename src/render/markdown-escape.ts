import { printable } from './printable.ts';

/**
 * Words from the host as Markdown text that says just these words: no markup, no HTML, and on the usual code hosts no mention of a
 * person and no reference to an issue.
 */
export function mdText(text: string): string {
  return printable(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/[\\`*_[\]#|~$]/g, (sign) => `\\${sign}`)
    .replaceAll(/(@)(?=\w)|(\\#)(?=\d)/g, (sign) => `${sign}<!-- -->`)
    .replaceAll(/\b(https?|ftp|www)(?=[:.])/gi, (scheme) => `${scheme}<!-- -->`);
}

/** Words from the host as code on one line; also right inside a table. */
export function mdCode(text: string): string {
  const safe = printable(text).replaceAll('|', '\\|');
  const fence = '`'.repeat(longestRun(safe, '`') + 1);
  const pad = /^[` ]|[` ]$/.test(safe) || safe === '' ? ' ' : '';
  return `${fence}${pad}${safe}${pad}${fence}`;
}

/** Lines as a block no line can end. */
export function mdBlock(language: string, lines: readonly string[]): readonly string[] {
  const safe = lines.map(printable);
  const fence = '~'.repeat(Math.max(3, ...safe.map((line) => longestRun(line, '~') + 1)));
  return [`${fence}${language}`, ...safe, fence];
}

/** A name inside an HTML comment, which `--` would end. */
export function mdComment(text: string): string {
  return printable(text).replaceAll(/[^\w./:-]|-(?=-)/g, '?');
}

function longestRun(text: string, sign: string): number {
  let longest = 0;
  let run = 0;
  for (const character of text) {
    run = character === sign ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return longest;
}
