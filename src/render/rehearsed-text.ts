import type { Rehearsed } from '../model/transaction.ts';
import { count } from './layout.ts';
import { printable } from './printable.ts';

/** What is kept to go back, and what is about to be done. */
export function snapshotLine(event: {
  readonly id: string;
  readonly steps: number;
  readonly rehearsed: Rehearsed;
}): string {
  return `Snapshot ${event.id}: ${rehearsedWords(event.rehearsed)}   ${count(event.steps, 'step')} to take\n`;
}

/** As `6 objects, rehearsed, 41 KB`; what could not be rehearsed is named. */
export function rehearsedWords({ objects, bytes, notRehearsed }: Rehearsed): string {
  const size = bytes < 1000 ? count(bytes, 'byte') : `${Math.round(bytes / 1000)} KB`;
  const how = notRehearsed.length === objects ? 'not rehearsed' : 'rehearsed';
  const but = notRehearsed.length === 0 ? '' : ` (not ${notRehearsed.map(printable).join(', ')})`;
  return `${count(objects, 'object')}, ${how}, ${size}${how === 'rehearsed' ? but : ''}`;
}
