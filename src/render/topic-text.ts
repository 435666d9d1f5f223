import type { Block, Topic } from '../model/manual.ts';
import { type Style, paint, wrap } from './layout.ts';

/** A topic for a terminal. */
export function topicText(name: string, { title, blocks }: Topic, style: Style): string {
  const heading = wrap(style, 0, `${paint(style, 'bold', name)}: ${title}`, 2);
  return `${[heading, ...blocks.map((block) => linesOf(block, style))].map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function linesOf(block: Block, style: Style): readonly string[] {
  switch (block.type) {
    case 'heading':
      return [paint(style, 'bold', block.text)];
    case 'text':
      return wrap(style, 0, block.text);
    case 'lines':
      return block.lines.map((line) => `  ${line}`);
    case 'rows':
      return rowLines(block.rows, style);
  }
}

/** Two columns; a word too long for the first one has a line of its own. */
function rowLines(rows: readonly (readonly [string, string])[], style: Style): readonly string[] {
  const column = Math.min(Math.max(...rows.map(([word]) => word.length)), 20) + 4;
  return rows.flatMap(([word, meaning]) => {
    const [first = '', ...rest] = wrap(style, column, meaning);
    return word.length + 4 > column
      ? [`  ${word}`, first, ...rest]
      : [`  ${word}`.padEnd(column) + first.trimStart(), ...rest];
  });
}
