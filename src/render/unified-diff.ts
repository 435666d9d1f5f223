import { structuredPatch } from 'diff';
import type { FileDifference } from '../model/file-difference.ts';
import { ownFileRemark } from '../model/own-file.ts';
import { FOLD_AFTER } from './change-text.ts';
import { type Style, paint, wrap } from './layout.ts';
import { printable } from './printable.ts';

const CONTEXT_LINES = 3;

/**
 * A unified diff of one file; empty where the texts are equal. Lines are the file's own and are never wrapped.
 * `unfold`: the command that shows all of it; undefined: nothing is folded.
 */
export function unifiedDiff(difference: FileDifference, style: Style, unfold?: string): readonly string[] {
  const { path, before, after } = difference;
  const { hunks } = structuredPatch(path, path, before ?? '', after ?? '', undefined, undefined, {
    context: CONTEXT_LINES,
  });
  if (hunks.length === 0) {
    return [];
  }
  const body = hunks.flatMap((hunk) => [
    `@@ -${range(hunk.oldStart, hunk.oldLines)} +${range(hunk.newStart, hunk.newLines)} @@`,
    ...hunk.lines,
  ]);
  const shownLines = unfold === undefined ? body : folded(body, unfold);
  const remark = ownFileRemark(path);
  return [
    ...(remark === undefined ? [] : wrap(style, 0, `# ${remark}`, 2).map((line) => paint(style, 'dim', line))),
    `--- ${before === null ? '/dev/null' : printable(path)}`,
    `+++ ${after === null ? '/dev/null' : printable(path)}`,
    ...shownLines.map((line) => painted(line, style)),
  ];
}

/** As diff(1): of no lines it is the line before them. */
function range(start: number, lines: number): string {
  return `${lines === 0 ? start - 1 : start},${lines}`;
}

/** The first lines, and how to see the rest; `lines` as they are where they are few. */
export function folded(lines: readonly string[], unfold: string): readonly string[] {
  const more = lines.length - FOLD_AFTER;
  return more <= 0
    ? lines
    : [...lines.slice(0, FOLD_AFTER), `${more} more ${more === 1 ? 'line' : 'lines'}: ${unfold}`];
}

function painted(line: string, style: Style): string {
  const text = printable(line.replaceAll('\t', '    '));
  switch (line.charAt(0)) {
    case '+':
      return paint(style, 'green', text);
    case '-':
      return paint(style, 'red', text);
    case '@':
      return paint(style, 'dim', text);
    default:
      return text;
  }
}
