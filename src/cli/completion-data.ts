import type { Catalogue } from '../catalogue/catalogue.ts';
import { sectionsOf } from '../catalogue/coarse.ts';
import type { Completion, CompletionCommand, CompletionOption, Described, Values } from '../model/completion.ts';
import { RISKS } from '../model/remediation.ts';
import {
  type CommandEntry,
  type OptionEntry,
  type PositionalEntry,
  commandsIn,
  commandsOnTheWay,
  longNames,
} from './command-table.ts';

const BY_NAME: Readonly<Record<string, Exclude<Values['type'], 'words'>>> = {
  control: 'controls',
  exclude: 'controls',
  accept: 'controls',
  what: 'controls',
  profile: 'profiles',
  name: 'profiles',
  from: 'files',
  to: 'profiles',
  snapshot: 'snapshots',
  id: 'snapshots',
  'since-run': 'snapshots',
  root: 'folders',
  'state-dir': 'folders',
  dir: 'folders',
  ...{
    output: 'files',
    report: 'files',
    health: 'files',
    plan: 'files',
    config: 'files',
    waivers: 'files',
    sign: 'files',
  },
  ...{ baseline: 'files', against: 'files', file: 'files', events: 'files', old: 'files', new: 'files' },
};

/** Words of options that take lists of them, by the option's name. */
type Lists = Readonly<Record<string, readonly string[]>>;

/** What shells offer: commands and options as they are defined, controls and profiles as they are shipped. */
export function completionOf(program: CommandEntry, { remediations, profiles }: Catalogue): Completion {
  const numbers = remediations.flatMap(({ references, title }) =>
    [...new Set(Object.values(references))].map((word): Described => ({ word, describe: title })),
  );
  const slugs = remediations.map(({ control, title }): Described => ({ word: control, describe: title }));
  const sections = sectionsOf(numbers.map(({ word }) => word));
  const lists: Lists = { section: sections, level: ['1', '2'], severity: RISKS };
  return {
    commands: [program, ...commandsIn(program)].map((entry) => commandOf(entry, program, lists)),
    controls: [...unique(numbers).toSorted(byNumber), ...slugs],
    profiles: profiles.map(({ name, title }) => ({ word: name, describe: title })),
  };
}

function commandOf(entry: CommandEntry, program: CommandEntry, lists: Lists): CompletionCommand {
  return {
    path: entry.path,
    describe: entry.describe,
    options: commandsOnTheWay(program, entry.path).flatMap(({ options }) =>
      options.map((option) => optionOf(option, lists)),
    ),
    commands: entry.commands.map(({ path, describe }) => ({ word: path.at(-1) ?? '', describe })),
    arguments: entry.positionals.map((positional) => valuesOf(positional, {})),
  };
}

function optionOf(option: OptionEntry, lists: Lists): CompletionOption {
  const short = option.aliases.filter((alias) => alias.length === 1).map((alias) => `-${alias}`);
  return {
    spellings: [...longNames(option).map((name) => `--${name}`), ...short],
    describe: option.describe,
    values: option.isSwitch ? undefined : valuesOf(option, lists),
  };
}

function valuesOf({ name, choices }: Pick<PositionalEntry, 'name' | 'choices'>, lists: Lists): Values {
  const words = choices.length > 0 ? choices : lists[name];
  return words === undefined ? { type: BY_NAME[name] ?? 'nothing' } : { type: 'words', words };
}

/** The same number may stand for another control in another benchmark; the first title stays. */
function unique(words: readonly Described[]): readonly Described[] {
  return [...new Map(words.toReversed().map((one) => [one.word, one])).values()];
}

function byNumber(a: Described, b: Described): number {
  return a.word.localeCompare(b.word, 'en', { numeric: true });
}
