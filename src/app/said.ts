import { shellWord } from '../model/command-place.ts';

/** A command once more, with what was said besides its approval, and then `more`; to be printed. */
export function said(verb: string, words: readonly string[], more: readonly string[]): string {
  return [verb, ...[...words, ...more].map(shellWord)].join(' ');
}
