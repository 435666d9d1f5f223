import { type CommandEntry, commandsIn, commandsOnTheWay, longNames, type OptionEntry } from './command-table.ts';

/**
 * The same words with the command first, so that options may stand before it: `--root DIR plan` is `plan --root DIR`. Which words are
 * values of options is known from the definitions of all commands.
 */
export function commandFirst(args: readonly string[], program: CommandEntry): readonly string[] {
  const rest: string[] = [];
  let path: readonly string[] = [];
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? '';
    if (word === '--') {
      return [...path, ...rest, ...args.slice(at)];
    }
    const value = takesNext(word, program) ? args.slice(at + 1, at + 2) : [];
    if (word.startsWith('-')) {
      rest.push(word, ...value);
      at += value.length;
      continue;
    }
    const longer = [...path, word];
    if (commandsOnTheWay(program, longer).length <= longer.length) {
      return path.length === 0 ? args : [...path, ...rest, ...args.slice(at)];
    }
    path = longer;
  }
  return [...path, ...rest];
}

function takesNext(word: string, program: CommandEntry): boolean {
  const name = /^(?:--(.+)|-(.))$/.exec(word)?.slice(1).join('');
  return (
    name !== undefined &&
    !name.includes('=') &&
    [program, ...commandsIn(program)].some(({ options }) => options.some((option) => hasValue(option, name)))
  );
}

function hasValue(option: OptionEntry, name: string): boolean {
  return !option.isSwitch && [...longNames(option), ...option.aliases].includes(name);
}
