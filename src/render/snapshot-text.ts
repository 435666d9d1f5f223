import { createTwoFilesPatch } from 'diff';
import { ownFileRemark } from '../model/own-file.ts';
import { type Style, columns, count, paint, wrap } from './layout.ts';
import { printable } from './printable.ts';

/** One snapshot in a list. */
export interface SnapshotLine {
  readonly id: string;
  readonly createdAt: string;
  readonly purpose: 'apply' | 'rollback';
  readonly profile: string;
  readonly changes: number;
  /** Id of the rollback that took all of it back, and was proven. */
  readonly takenBackBy: string | undefined;
  /** The last rollback, where that is not so: it took a part, or the host was not seen to be as before. */
  readonly attempt: { readonly by: string; readonly how: 'partly' | 'unproven' } | undefined;
  /** Changes it left as others had made them; undefined where there are none. */
  readonly left?: number | undefined;
}

export function snapshotListText(lines: readonly SnapshotLine[], style: Style): string {
  if (lines.length === 0) {
    return 'No snapshot yet: nothing was applied on this host.\n';
  }
  const rows = lines.flatMap((line) =>
    columns(style, 0, [
      line.id,
      `${line.createdAt.slice(0, 16).replace('T', ' ')} UTC`,
      line.purpose,
      line.profile,
      count(line.changes, 'change'),
      ...(line.takenBackBy === undefined ? [] : [takenBackText(line.takenBackBy, line.left)]),
      ...(line.attempt === undefined ? [] : [attemptText(line.attempt)]),
    ]),
  );
  return `${rows.join('\n')}\n`;
}

function takenBackText(by: string, left: number | undefined): string {
  return `taken back by ${by}${left === undefined ? '' : `, ${count(left, 'change')} left to others`}`;
}

function attemptText({ by, how }: NonNullable<SnapshotLine['attempt']>): string {
  return how === 'partly' ? `partly taken back by ${by}` : `rollback ${by} was not proven`;
}

/** One file of a snapshot, before and after; null for "was not there". */
export interface SnapshotFileText {
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly access: string;
}

export function snapshotShowText(
  line: SnapshotLine,
  titles: readonly string[],
  files: readonly SnapshotFileText[],
  style: Style,
): string {
  const head = snapshotListText([line], style).trimEnd();
  const items = titles.flatMap((title) => wrap(style, 2, `- ${printable(title)}`, 4));
  const diffs = files.flatMap((file) => [
    paint(style, 'bold', printable(file.path)),
    `  ${printable(file.access)}`,
    ...remarkLines(file.path, style),
    ...(file.before === file.after ? [] : fileDiff(file).map((row) => `  ${row}`)),
  ]);
  return `${[head, ...items, ...diffs].join('\n')}\n`;
}

function remarkLines(path: string, style: Style): readonly string[] {
  const remark = ownFileRemark(path);
  return remark === undefined ? [] : wrap(style, 2, remark, 2);
}

/** A unified diff, each line made safe for a terminal; tabs stay, since files are indented with them. */
export function fileDiff(file: SnapshotFileText): readonly string[] {
  const patch = createTwoFilesPatch(
    file.before === null ? '/dev/null' : `before${file.path}`,
    file.after === null ? '/dev/null' : `after${file.path}`,
    file.before ?? '',
    file.after ?? '',
    undefined,
    undefined,
    { context: 2 },
  );
  return patch
    .split('\n')
    .slice(1, -1)
    .map((line) => line.split('\t').map(printable).join('\t'));
}
