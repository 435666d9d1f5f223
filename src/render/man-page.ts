import type { Block } from '../model/manual.ts';
import { wrap } from './layout.ts';

export interface ManPage {
  /** `harden-plan` */
  readonly name: string;
  readonly section: 5 | 7 | 8;
  /** One line, lower case, without a stop. */
  readonly title: string;
  /** Command lines, each a list of words; empty for pages that are not about a command. */
  readonly synopsis: readonly string[];
  readonly blocks: readonly Block[];
  /** `harden-apply(8)` */
  readonly seeAlso: readonly string[];
  readonly version: string;
}

/** The page in the man(7) language. It carries the version in place of a date, so that the same sources make the same page. */
export function manText({ name, section, title, synopsis, blocks, seeAlso, version }: ManPage): string {
  return [
    `.TH ${name.toUpperCase()} ${section} "" "harden ${version}" "harden"`,
    '.SH NAME',
    `${escaped(name)} \\- ${escaped(title)}`,
    ...(synopsis.length === 0
      ? []
      : ['.SH SYNOPSIS', ...synopsis.flatMap((line, at) => [...(at === 0 ? [] : ['.br']), `.B ${escaped(line)}`])]),
    ...(blocks[0]?.type === 'heading' ? [] : ['.SH DESCRIPTION']),
    ...blocks.flatMap((block, at) => linesOf(block, at === 0 || blocks[at - 1]?.type === 'heading')),
    ...(seeAlso.length === 0 ? [] : ['.SH SEE ALSO', ...listOf(seeAlso)]),
    '',
  ].join('\n');
}

/** @param first of its section: there a paragraph needs no macro. */
function linesOf(block: Block, first: boolean): readonly string[] {
  switch (block.type) {
    case 'heading':
      return [`.SH ${escaped(block.text.toUpperCase())}`];
    case 'text':
      return [...(first ? [] : ['.PP']), ...filled(block.text)];
    case 'lines':
      return [...(first ? [] : ['.PP']), '.nf', '.RS 4', ...block.lines.map(escaped), '.RE', '.fi'];
    case 'rows':
      return block.rows.flatMap(([word, meaning]) => ['.TP', `.B ${escaped(word)}`, ...filled(meaning)]);
  }
}

function listOf(pages: readonly string[]): readonly string[] {
  return pages.map((page, at) => {
    const [, name = '', section = ''] = /^(.*)\((\d)\)$/.exec(page) ?? [];
    return `.BR ${escaped(name)} (${section})${at < pages.length - 1 ? ' ,' : ''}`.replace(') ,', '),');
  });
}

/** Running text, in lines short enough for whoever reads the source; man(7) fills them anew. */
function filled(text: string): readonly string[] {
  return wrap({ width: 64, colour: false }, 0, text).map(escaped);
}

/** Text that is itself in man(7): a backslash, a hyphen as it is typed, and no macro at the start of a line. */
function escaped(text: string): string {
  const safe = text
    .replaceAll('\\', String.raw`\e`)
    .replaceAll('-', String.raw`\-`)
    .replaceAll('"', String.raw`\(dq`);
  return /^[.']/.test(safe) ? String.raw`\&` + safe : safe;
}
