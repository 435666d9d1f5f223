import { nearest } from '../catalogue/nearest.ts';
import { EXIT, HardenError } from '../model/errors.ts';

export const COMMANDS: readonly string[] = ['plan', 'apply', 'verify', 'rollback', 'recover', 'snapshot', 'record'];
const SNAPSHOT_COMMANDS: readonly string[] = ['list', 'show', 'verify'];
/** Every long option of any command, for a suggestion. */
export const LONG_OPTIONS: readonly string[] = [
  ...['profile', 'control', 'exclude', 'root', 'from', 'format', 'json', 'output', 'exit-code', 'detailed-exitcode'],
  ...['expires', 'yes', 'max-risk', 'max-impact', 'no-input', 'input', 'dry-run', 'plan', 'state-dir'],
  ...['accept-volatile-state', 'manual', 'unknown', 'debug', 'version', 'help'],
];
/** What people type when they know other tools. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  audit: 'plan',
  check: 'verify',
  scan: 'plan',
  fix: 'apply',
  diff: 'plan',
  undo: 'rollback',
  revert: 'rollback',
  test: 'verify',
};

/** yargs gives a message for a wrong command line and an error for what a handler threw. */
export function usageError(message: string | null, error: Error | undefined, args: readonly string[]): Error {
  if (message === null && error !== undefined) {
    return error;
  }
  const text = textOf(message, error);
  const [verb = '', second = ''] = args.filter((arg) => !arg.startsWith('-'));
  if (verb !== '' && !COMMANDS.includes(verb)) {
    return noCommand(verb);
  }
  if (verb === 'snapshot' && second !== '' && !SNAPSHOT_COMMANDS.includes(second)) {
    return wrong(`there is no command "snapshot ${second}"`, suggestion(second, SNAPSHOT_COMMANDS, 'harden snapshot '));
  }
  return unknownArguments(text, verb, args) ?? wrongChoice(text, verb) ?? wrong(sentence(text), helpOf(verb));
}

function textOf(message: string | null, error: Error | undefined): string {
  return (message ?? error?.message ?? 'wrong usage').replaceAll(/\s*\n\s*/g, ' ').trim();
}

/** @throws HardenError where a word asked for help on is no command. */
export function refuseUnknownCommand(verb: string): void {
  if (!COMMANDS.includes(verb)) {
    throw noCommand(verb);
  }
}

/** A switch takes no value but true and false; others would be taken for "off" without a word. @throws HardenError */
export function refuseValuesOfSwitches(args: readonly string[], switches: readonly string[]): void {
  for (const arg of args) {
    const [, name = '', value = ''] = /^--(?:no-)?([a-z-]+)=(.*)$/s.exec(arg) ?? [];
    if (switches.includes(name) && value !== 'true' && value !== 'false') {
      throw wrong(
        `--${name} takes no value, "${value}" was given`,
        helpOf(args.find((one) => COMMANDS.includes(one)) ?? ''),
      );
    }
  }
}

function unknownArguments(text: string, verb: string, args: readonly string[]): HardenError | undefined {
  const [, list] = /^Unknown arguments?: (.+)$/.exec(text) ?? [];
  const first = list?.split(', ')[0];
  if (first === undefined) {
    return undefined;
  }
  const given = args.find((arg) => arg.startsWith('-') && arg.replace(/^-+/, '').split('=')[0] === first);
  if (given === undefined) {
    return wrong(`"${first}" is one word too many for harden ${verb}`, helpOf(verb));
  }
  const known = given.startsWith('--') ? nearest(first, LONG_OPTIONS) : undefined;
  const option = given.split('=')[0] ?? given;
  return wrong(
    `harden ${verb} has no option ${option}`.replace('harden  has', 'harden has'),
    known === undefined || known === first ? helpOf(verb) : `Did you mean: --${known}`,
  );
}

function wrongChoice(text: string, verb: string): HardenError | undefined {
  const [, name, given, choices] = /^Invalid values: Argument: ([\w-]+), Given: (.*), Choices: (.*)$/.exec(text) ?? [];
  return name === undefined
    ? undefined
    : wrong(`--${name} is one of ${(choices ?? '').replaceAll('"', '')}; ${given ?? ''} is none of them`, helpOf(verb));
}

function noCommand(verb: string): HardenError {
  const meant = Object.hasOwn(OTHER_NAMES, verb) ? OTHER_NAMES[verb] : undefined;
  return wrong(
    `there is no command "${verb}"`,
    meant === undefined ? suggestion(verb, COMMANDS, 'harden ') : `Did you mean: harden ${meant}`,
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
