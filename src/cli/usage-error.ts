import { nearest } from '../catalogue/nearest.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import { type CommandEntry, commandsIn, commandsOnTheWay, longNames, longOptions } from './command-table.ts';

/** What people type when they know other tools. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  audit: 'plan',
  check: 'verify',
  scan: 'plan',
  fix: 'apply',
  diff: 'plan',
  undo: 'rollback',
  revert: 'rollback',
  keep: 'confirm',
  test: 'verify',
};

/** What is shown as text by another command. */
const TEXT_ELSEWHERE: Readonly<Record<string, string>> = {
  'report "text"': 'As text: harden history show RUN',
};

/** The words after `harden`, and what they could have been. */
export interface Line {
  readonly args: readonly string[];
  readonly program: CommandEntry;
}

/** yargs gives a message for a wrong command line and an error for what a handler threw. */
export function usageError(message: string | null, error: Error | undefined, line: Line): Error {
  if (message === null && error !== undefined) {
    return error;
  }
  const text = textOf(message, error);
  const words = line.args.filter((arg) => !arg.startsWith('-'));
  const way = commandsOnTheWay(line.program, words);
  const verb = (way.at(-1) ?? line.program).path.join(' ');
  return (
    noCommand(way.at(-1) ?? line.program, words[way.length - 1]) ??
    unknownArguments(text, way.at(-1) ?? line.program, line) ??
    missingWords(text, way.at(-1) ?? line.program) ??
    wrongChoice(text, way.at(-1) ?? line.program, line.program) ??
    wrong(sentence(text), helpOf(verb))
  );
}

function textOf(message: string | null, error: Error | undefined): string {
  return (message ?? error?.message ?? 'wrong usage').replaceAll(/\s*\n\s*/g, ' ').trim();
}

/** @throws HardenError where a word asked for help on is no command. */
export function refuseUnknownCommand(program: CommandEntry, words: readonly string[]): void {
  const way = commandsOnTheWay(program, words);
  const error = noCommand(way.at(-1) ?? program, words[way.length - 1]);
  if (error !== undefined) {
    throw error;
  }
}

/** A switch takes no value but true and false; others would be taken for "off" without a word. @throws HardenError */
export async function refuseValuesOfSwitches(
  args: readonly string[],
  program: () => Promise<CommandEntry>,
): Promise<void> {
  for (const arg of args) {
    const [, name, value = ''] = /^--(?:no-)?([a-z-]+)=(.*)$/s.exec(arg) ?? [];
    if (name === undefined || value === 'true' || value === 'false') {
      continue;
    }
    const all = await program();
    const isSwitch = [all, ...commandsIn(all)].some(
      ({ path, options }) =>
        (path.length === 0 || args.includes(path[0] ?? '')) &&
        options.some((option) => option.isSwitch && longNames(option).includes(name)),
    );
    if (isSwitch) {
      const verb = args.find((one) => all.commands.some(({ path }) => path[0] === one)) ?? '';
      throw wrong(`--${name} takes no value, "${value}" was given`, helpOf(verb));
    }
  }
}

function unknownArguments(text: string, entry: CommandEntry, { args, program }: Line): HardenError | undefined {
  const [, list] = /^Unknown arguments?: (.+)$/.exec(text) ?? [];
  const first = list?.split(', ')[0];
  if (first === undefined) {
    return undefined;
  }
  const verb = entry.path.join(' ');
  const given = args.find((arg) => arg.startsWith('-') && arg.replace(/^-+/, '').split('=')[0] === first);
  if (given === undefined) {
    const asControl = /^\d+(\.|$)/.test(first) && longNamesOf(entry).includes('control');
    return wrong(
      `"${first}" is one word too many for harden ${verb}`,
      asControl ? `Did you mean: harden ${verb} -c ${first}` : helpOf(verb),
    );
  }
  const option = given.split('=')[0] ?? given;
  return wrong(
    `harden ${verb} has no option ${option}`.replace('harden  has', 'harden has'),
    (given.startsWith('--') ? meantOption(first, entry, program) : undefined) ?? helpOf(verb),
  );
}

/** An option of this command that is like it, else one that another command has. */
function meantOption(name: string, entry: CommandEntry, program: CommandEntry): string | undefined {
  const own = nearest(name, [...longNamesOf(entry), ...longNamesOf(program)]);
  if (own !== undefined) {
    return `Did you mean: --${own}`;
  }
  const other = nearest(name, longOptions(program));
  const having = commandsIn(program).filter((one) => other !== undefined && longNamesOf(one).includes(other));
  const verbs = having.map(({ path }) => `harden ${path.join(' ')}`);
  return other === undefined || verbs.length === 0 ? undefined : `--${other} is an option of ${verbs.join(', ')}`;
}

function longNamesOf({ options }: CommandEntry): readonly string[] {
  return options.flatMap(longNames);
}

function missingWords(text: string, { path, positionals }: CommandEntry): HardenError | undefined {
  const needed = positionals.filter(({ required }) => required).map(({ name }) => name.toUpperCase());
  const verb = path.join(' ');
  return text.startsWith('Not enough non-option arguments') && needed.length > 0
    ? wrong(`harden ${verb} needs ${needed.join(' and ')}`, helpOf(verb))
    : undefined;
}

function wrongChoice(
  text: string,
  { path, positionals }: CommandEntry,
  program: CommandEntry,
): HardenError | undefined {
  const [, name, given = '', choices = ''] =
    /^Invalid values: Argument: ([\w-]+), Given: (.*), Choices: (.*)$/.exec(text) ?? [];
  if (name === undefined) {
    return undefined;
  }
  const verb = path.join(' ');
  const known = choices.replaceAll('"', '');
  const isWord = positionals.some((one) => one.name === name);
  const what = isWord ? `harden ${verb} takes` : `${longOptions(program).includes(name) ? '--' : ''}${name} is`;
  const meant = nearest(given.replaceAll('"', ''), known.split(', '));
  return wrong(
    `${what} one of ${known}; ${given} is none of them`,
    TEXT_ELSEWHERE[`${verb} ${given}`] ??
      (meant === undefined ? helpOf(verb) : `Did you mean: ${isWord ? `harden ${verb} ` : `--${name} `}${meant}`),
  );
}

/** Undefined where `word` is none because there is none, or because `entry` has no commands of its own. */
function noCommand(entry: CommandEntry, word: string | undefined): HardenError | undefined {
  if (word === undefined || entry.commands.length === 0) {
    return undefined;
  }
  const before = ['harden', ...entry.path, ''].join(' ');
  const meant = entry.path.length === 0 && Object.hasOwn(OTHER_NAMES, word) ? OTHER_NAMES[word] : undefined;
  const known = entry.commands.map(({ path }) => path.at(-1) ?? '');
  return wrong(
    `there is no command "${[...entry.path, word].join(' ')}"`,
    meant === undefined ? suggestion(word, known, before) : `Did you mean: harden ${meant}`,
  );
}

function suggestion(word: string, known: readonly string[], before: string): string {
  const meant = nearest(word, known);
  return meant === undefined ? `All commands: ${before}--help` : `Did you mean: ${before}${meant}`;
}

function sentence(text: string): string {
  const [, names] = /^Not enough arguments following: (.+)$/.exec(text) ?? [];
  const [, one, other] = /^Arguments (\S+) and (\S+) are mutually exclusive$/.exec(text) ?? [];
  if (names !== undefined) {
    return `${names.length === 1 ? '-' : '--'}${names} needs a value`;
  }
  return one === undefined || other === undefined
    ? text.charAt(0).toLowerCase() + text.slice(1)
    : `--${one} and --${other} exclude each other`;
}

function helpOf(verb: string): string {
  return `Usage: harden ${verb === '' ? '' : `${verb} `}--help`;
}

function wrong(what: string, hint: string): HardenError {
  return new HardenError({ code: 'H0064', exit: EXIT.usage, message: `${what}. Nothing was done.`, hint });
}
