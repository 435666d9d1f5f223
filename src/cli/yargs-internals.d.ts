import 'yargs';

/** What yargs and its parser have at run time beside their published types. */
declare module 'yargs' {
  interface Argv<T> {
    /** Of the command at hand: which names are options, and what each takes. */
    getOptions(this: Argv<T>): {
      readonly key: Readonly<Record<string, boolean>>;
      readonly choices: Readonly<Record<string, readonly unknown[]>>;
    };
    getInternalMethods(): { getUsageInstance(): { cacheHelpMessage: () => void } };
  }
}

declare module 'yargs-parser' {
  interface DetailedArguments {
    /** Names of options nobody gave. */
    readonly defaulted: Readonly<Record<string, boolean>>;
  }
}
