import type { Differences } from '../model/file-difference.ts';
import type { Plan } from '../model/plan.ts';
import { differenceLines } from './change-difference.ts';
import { type Style, paint } from './layout.ts';
import { printable } from './printable.ts';
import { folded, unifiedDiff } from './unified-diff.ts';

type PlanChange = Plan['changes'][number];

/**
 * What `changes` do, exactly: a unified diff of every file they write, then what is not in a file. Secrets in `differences` must be masked.
 * `unfold`: the command that shows all of a long one; undefined: nothing is folded.
 */
export function fileDifferenceText(
  changes: Plan['changes'],
  differences: Differences,
  style: Style,
  unfold: string | undefined,
): string {
  const written = new Set<string>(differences.files.map(({ path }) => path));
  const others = changes.filter(({ id, target }) => target.type === 'file-access' || differences.unseen.includes(id));
  const blocks = [
    ...differences.files.map((file) => unifiedDiff(file, style, unfold)),
    ...others.map((change) => {
      const lines = differenceLines(withoutFile(change, written));
      return (unfold === undefined ? lines : folded(lines, unfold)).map((line) => signed(line, style));
    }),
  ].filter((block) => block.length > 0);
  return blocks.length === 0
    ? 'No file is changed: what is written already is made live.\n'
    : `${blocks.map((block) => block.join('\n')).join('\n\n')}\n`;
}

/** The drop-in of a socket is shown with the files. */
function withoutFile(change: PlanChange, written: ReadonlySet<string>): PlanChange {
  const { target } = change;
  return target.type === 'file-access' && target.durable !== undefined && written.has(target.durable.file)
    ? { ...change, target: { type: target.type, path: target.path } }
    : change;
}

function signed(line: string, style: Style): string {
  const text = printable(line);
  return line.startsWith('+') ? paint(style, 'green', text) : line.startsWith('-') ? paint(style, 'red', text) : text;
}
