import type { Argv } from 'yargs';

/** What the parser keeps of the options of the command at hand. */
export interface Parsing {
  readonly known: Readonly<Record<string, boolean>>;
  readonly choices: Readonly<Record<string, readonly unknown[]>>;
  readonly defaulted: Readonly<Record<string, boolean>>;
}

export function parsingOf(parser: Argv): Parsing {
  const { key, choices } = parser.getOptions();
  return { known: key, choices, defaulted: parser.parsed === false ? {} : parser.parsed.defaulted };
}

/** Somebody, or a setting, gave this option; what it has by itself does not count. */
export function isGiven(given: Readonly<Record<string, unknown>>, option: string, { defaulted }: Parsing): boolean {
  return given[option] !== undefined && defaulted[option] !== true;
}
