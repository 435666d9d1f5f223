import yargs, { type Argv, type CommandModule, type Options, type PositionalOptions } from 'yargs';

/** An option as its command defines it: the one source of help, suggestions, completion and manual pages. */
export interface OptionEntry {
  readonly name: string;
  /** Other names; those of one letter are given as `-x`. */
  readonly aliases: readonly string[];
  readonly describe: string;
  /** Takes no value. */
  readonly isSwitch: boolean;
  /** May be given several times. */
  readonly isList: boolean;
  readonly choices: readonly string[];
  readonly default: string | undefined;
}

export interface PositionalEntry {
  readonly name: string;
  readonly describe: string;
  readonly choices: readonly string[];
  readonly required: boolean;
}

/** One command, a group of them, or with an empty path the program itself. */
export interface CommandEntry {
  /** `['snapshot', 'list']` */
  readonly path: readonly string[];
  readonly describe: string;
  readonly positionals: readonly PositionalEntry[];
  /** Its own, not those of what it stands in. Hidden ones are left out. */
  readonly options: readonly OptionEntry[];
  readonly commands: readonly CommandEntry[];
}

/** What yargs adds by itself, with its words. */
const BUILT_IN: readonly OptionEntry[] = [
  optionEntry('help', { alias: 'h', type: 'boolean', describe: 'Show help' }),
  optionEntry('version', { type: 'boolean', describe: 'Show version number' }),
];

/**
 * The program as `define` sets it up, read without running a command.
 * @param define adds commands and options, as it does to yargs.
 */
export function commandTable(define: (argv: Argv) => unknown): CommandEntry {
  const seen = new Definitions([]);
  define(seen.argv);
  return {
    path: [],
    describe: '',
    positionals: [],
    options: [...seen.options.values(), ...BUILT_IN],
    commands: seen.commands,
  };
}

/** Every command and group of it, each after the one it stands in; the program itself is left out. */
export function commandsIn({ commands }: CommandEntry): readonly CommandEntry[] {
  return commands.flatMap((entry) => [entry, ...commandsIn(entry)]);
}

/** The command that begins a line, as far as its words name one, with the program first. */
export function commandsOnTheWay(program: CommandEntry, words: readonly string[]): readonly CommandEntry[] {
  const [word] = words;
  const next = program.commands.find(({ path }) => path.at(-1) === word);
  return next === undefined ? [program] : [program, ...commandsOnTheWay(next, words.slice(1))];
}

/** Every long option of any command, once, without dashes. */
export function longOptions(program: CommandEntry): readonly string[] {
  return [...new Set([program, ...commandsIn(program)].flatMap(({ options }) => options.flatMap(longNames)))];
}

/** Long names of an option; a switch that is on by itself is given as `--no-NAME`. */
export function longNames({ name, aliases, isSwitch, default: byItself }: OptionEntry): readonly string[] {
  const off = isSwitch && byItself === 'true' ? [`no-${name}`] : [];
  return [...off, name, ...aliases.filter((alias) => alias.length > 1)];
}

function commandEntry(module: CommandModule<object, never>, above: readonly string[]): CommandEntry {
  const [name = '', ...words] = String(module.command).split(' ');
  const path = [...above, name];
  const seen = new Definitions(path);
  if (typeof module.builder === 'function') {
    void module.builder(seen.argv);
  }
  const positionals = words.map((word) => {
    const plain = word.replaceAll(/[[\]<>.]/g, '');
    const { describe = '', choices = [] } = seen.positionals.get(plain) ?? {};
    return { name: plain, describe, choices: choices.map(String), required: word.startsWith('<') };
  });
  return {
    path,
    describe: String(module.describe),
    positionals,
    options: [...seen.options.values()],
    commands: seen.commands,
  };
}

function optionEntry(name: string, option: Options): OptionEntry {
  const { default: byItself } = option as { readonly default?: unknown };
  return {
    name,
    aliases: [option.alias ?? []].flat(),
    describe: option.describe ?? option.description ?? '',
    isSwitch: option.type === 'boolean',
    isList: option.array === true,
    choices: (option.choices ?? []).map(String),
    default: ['string', 'boolean', 'number'].includes(typeof byItself) ? String(byItself) : undefined,
  };
}

/** Stands for yargs while commands are defined, and keeps what it was told. */
class Definitions {
  /** An option defined twice is the later one. */
  readonly options = new Map<string, OptionEntry>();
  readonly commands: CommandEntry[] = [];
  readonly positionals = new Map<string, PositionalOptions>();
  readonly argv: Argv;

  constructor(path: readonly string[]) {
    const kept: Readonly<Record<string, unknown>> = {
      option: (name: string, option: Options) => {
        if (option.hidden !== true) {
          this.options.set(name, optionEntry(name, option));
        }
        return this.argv;
      },
      positional: (name: string, option: PositionalOptions) => {
        this.positionals.set(name, option);
        return this.argv;
      },
      command: (module: CommandModule<object, never>) => {
        this.commands.push(commandEntry(module, path));
        return this.argv;
      },
    };
    // Definitions use the methods above; each other one of yargs does nothing here.
    this.argv = new Proxy(yargs(), {
      get: (_parser, name): unknown => kept[String(name)] ?? ((): Argv => this.argv),
    });
  }
}
