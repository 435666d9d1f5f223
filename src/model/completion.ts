/** What a shell offers after an option or as an argument. */
export type Values =
  | { readonly type: 'words'; readonly words: readonly string[] }
  | { readonly type: 'controls' | 'profiles' | 'snapshots' | 'files' | 'folders' | 'nothing' };

export interface CompletionOption {
  /** With their dashes. */
  readonly spellings: readonly string[];
  readonly describe: string;
  /** Undefined for a switch. */
  readonly values: Values | undefined;
}

export interface CompletionCommand {
  /** Words from the program on, without it; empty for the program itself. */
  readonly path: readonly string[];
  readonly describe: string;
  /** Of the command and of all it stands in. */
  readonly options: readonly CompletionOption[];
  readonly commands: readonly Described[];
  readonly arguments: readonly Values[];
}

/** A word with what the shell shows beside it. */
export interface Described {
  readonly word: string;
  readonly describe: string;
}

/** All a shell's script is made of. */
export interface Completion {
  readonly commands: readonly CompletionCommand[];
  readonly controls: readonly Described[];
  readonly profiles: readonly Described[];
}
