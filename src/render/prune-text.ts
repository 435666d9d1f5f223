import type { Trouble } from '../model/transaction.ts';
import { type Style, columns, count, wrap } from './layout.ts';
import { printable } from './printable.ts';

/** A snapshot that may go. */
export interface GoingLine {
  readonly id: string;
  readonly createdAt: string;
  readonly purpose: 'apply' | 'rollback';
  readonly takenBack: { readonly by: string; readonly how: 'whole' | 'partly' | 'unproven' } | undefined;
  readonly bytes: number;
}

export interface PruneLines {
  readonly going: readonly GoingLine[];
  readonly staying: readonly { readonly id: string; readonly why: string }[];
  readonly damaged: readonly Trouble[];
}

/** What would go, what stays and why; before anybody is asked. */
export function pruneText({ going, staying, damaged }: PruneLines, style: Style): string {
  const rows = going.flatMap((line) =>
    columns(style, 2, [
      line.id,
      `${line.createdAt.slice(0, 16).replace('T', ' ')} UTC`,
      line.purpose,
      bytesText(line.bytes),
      ...(line.takenBack?.how === 'whole' ? [`taken back by ${line.takenBack.by}`] : []),
      ...(line.purpose === 'apply' && line.takenBack?.how !== 'whole'
        ? ['stands: it could not be taken back any more']
        : []),
    ]),
  );
  const kept = staying.flatMap(({ id, why }) => wrap(style, 2, `${id}  ${why}`, 4));
  const bad = damaged.flatMap(({ what, reason }) => wrap(style, 2, `! ${what}: ${printable(reason)}`, 4));
  return [
    ...(rows.length === 0 ? [] : [`To go, ${bytesText(sum(going))} in all:`, ...rows]),
    ...(kept.length === 0 ? [] : ['To stay:', ...kept]),
    ...(bad.length === 0 ? [] : ['Left alone, since nobody can tell what they are:', ...bad]),
    '',
  ].join('\n');
}

/** How it ended. */
export function prunedText(
  { going }: PruneLines,
  { answer, troubles }: { readonly answer: 'yes' | 'no' | 'nothing'; readonly troubles: readonly Trouble[] },
): string {
  if (answer === 'yes') {
    const bad = troubles.map(({ what, reason }) => `! ${what}: ${printable(reason)}\n`).join('');
    return bad === ''
      ? `Deleted ${count(going.length, 'snapshot')}, ${bytesText(sum(going))}.\n`
      : `Not all could be deleted:\n${bad}`;
  }
  if (answer === 'no') {
    return 'Declined. Nothing was deleted.\n';
  }
  return going.length === 0 ? 'Nothing to delete.\n' : 'Nothing was deleted: this was a dry run.\n';
}

function sum(going: readonly GoingLine[]): number {
  return going.reduce((total, { bytes }) => total + bytes, 0);
}

function bytesText(bytes: number): string {
  return bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
