/** A part of a page that can be read in a terminal and as a manual page. */
export type Block =
  | { readonly type: 'heading'; readonly text: string }
  | { readonly type: 'text'; readonly text: string }
  /** A word and what it means. */
  | { readonly type: 'rows'; readonly rows: readonly (readonly [word: string, meaning: string])[] }
  /** Commands or a file, line by line, as they are typed. */
  | { readonly type: 'lines'; readonly lines: readonly string[] };

/** A page of help on something that is no command. */
export interface Topic {
  /** Lower case, without a stop. */
  readonly title: string;
  readonly blocks: readonly Block[];
}
