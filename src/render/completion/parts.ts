import type { Completion, CompletionCommand, Described, Values } from '../../model/completion.ts';

/** Prints the ids of kept snapshots, one per line; nothing where the user may not look. */
export const SNAPSHOT_IDS = `harden snapshot list --json 2>/dev/null | sed -n 's/^ *"id": "\\([0-9a-f]*\\)".*/\\1/p'`;

/** A word of a shell, whatever it holds; for bash, zsh and fish alike. */
export function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "'\\''")}'`;
}

/** For shells in which a backslash between single quotes is itself: bash and zsh. */
export function plainQuoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** Spellings of all options that take a value. */
export function valueOptions({ commands }: Completion): readonly string[] {
  const all = commands.flatMap(({ options }) =>
    options.flatMap(({ spellings, values }) => (values === undefined ? [] : spellings)),
  );
  return [...new Set(all)];
}

/** `/snapshot/list`; empty for the program itself. */
export function pathOf({ path }: Pick<CompletionCommand, 'path'>): string {
  return path.map((word) => `/${word}`).join('');
}

/** Fixed words of a kind of values, with what is shown beside them; undefined where the shell finds them itself. */
export function wordsOf(values: Values, { controls, profiles }: Completion): readonly Described[] | undefined {
  switch (values.type) {
    case 'words':
      return values.words.map((word) => ({ word, describe: '' }));
    case 'controls':
      return controls;
    case 'profiles':
      return profiles;
    case 'nothing':
      return [];
    case 'snapshots':
    case 'files':
    case 'folders':
      return undefined;
  }
}
