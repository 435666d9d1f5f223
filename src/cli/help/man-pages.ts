import type { Block } from '../../model/manual.ts';
import { type ManPage, manText } from '../../render/man-page.ts';
import { type CommandEntry, type OptionEntry, longNames } from '../command-table.ts';
import type { TopicName } from './topic-names.ts';
import { TOPICS } from './topics.ts';

const SUMMARY = 'bring a Docker host to a hardened state, and back';
/** Topics that are pages of their own. */
const TOPIC_PAGES: readonly (readonly [topic: TopicName, name: string, section: 5 | 7])[] = [
  ['configuration', 'harden.json5', 5],
  ['plan-file', 'harden-plan', 5],
  ['exit-codes', 'harden-exit-codes', 7],
  ['errors', 'harden-errors', 7],
];
/** Topics that are parts of the page of the program. */
const PARTS: readonly TopicName[] = [
  'selection',
  'way-back',
  'files',
  'environment',
  'waivers',
  'health',
  'exit-codes',
];

/** Every manual page, by file name, made from the definitions the help is made from. */
export function manPages(program: CommandEntry, version: string): Readonly<Record<string, string>> {
  const pages: readonly ManPage[] = [
    programPage(program, version),
    ...program.commands.map((entry) => commandPage(entry, program, version)),
    ...TOPIC_PAGES.map(([topic, name, section]) => {
      const { title, blocks } = TOPICS[topic];
      return { name, section, title, blocks, synopsis: [], seeAlso: ['harden(8)'], version };
    }),
  ];
  return Object.fromEntries(pages.map((page) => [`${page.name}.${page.section}`, manText(page)]));
}

function programPage(program: CommandEntry, version: string): ManPage {
  const blocks: readonly Block[] = [
    {
      type: 'text',
      text: 'harden compares a Docker host with the CIS Docker Benchmark, shows what would change, changes it after approval, proves it, and can always take it back.',
    },
    { type: 'heading', text: 'Commands' },
    { type: 'rows', rows: program.commands.map(({ path, describe }) => [path.join(' '), describe]) },
    { type: 'heading', text: 'Options' },
    { type: 'rows', rows: optionRows(program.options) },
    ...PARTS.flatMap((topic): readonly Block[] => [{ type: 'heading', text: topic }, ...TOPICS[topic].blocks]),
  ];
  const seeAlso = [
    ...program.commands.map(({ path }) => `harden-${path.join('-')}(8)`),
    ...TOPIC_PAGES.map(([, name, section]) => `${name}(${section})`),
  ];
  return {
    name: 'harden',
    section: 8,
    title: SUMMARY,
    synopsis: ['harden COMMAND [OPTION ...]'],
    blocks,
    seeAlso,
    version,
  };
}

function commandPage(entry: CommandEntry, program: CommandEntry, version: string): ManPage {
  const verbs = entry.commands.length === 0 ? [entry] : entry.commands;
  const blocks = verbs.flatMap((verb): readonly Block[] => [
    ...(entry.commands.length === 0
      ? []
      : [
          { type: 'heading', text: verb.path.join(' ') } as const,
          { type: 'text', text: `${verb.describe}.` } as const,
        ]),
    ...(verb.positionals.length === 0 ? [] : [argumentRows(verb)]),
    ...(verb.options.length === 0 ? [] : [{ type: 'rows', rows: optionRows(verb.options) } as const]),
  ]);
  const description = entry.commands.length === 0 ? [{ type: 'text', text: `${entry.describe}.` } as const] : [];
  return {
    name: `harden-${entry.path.join('-')}`,
    section: 8,
    title: entry.describe.replace(/:.*/s, ''),
    synopsis: verbs.map(synopsisOf),
    blocks: [
      ...description,
      ...blocks,
      { type: 'heading', text: 'Options of all commands' },
      { type: 'rows', rows: optionRows(program.options) },
    ],
    seeAlso: ['harden(8)', 'harden-exit-codes(7)'],
    version,
  };
}

function synopsisOf({ path, positionals }: CommandEntry): string {
  const words = positionals.map(({ name, required }) => (required ? name.toUpperCase() : `[${name.toUpperCase()}]`));
  return ['harden', ...path, '[OPTION ...]', ...words].join(' ');
}

function argumentRows({ positionals }: CommandEntry): Block {
  return {
    type: 'rows',
    rows: positionals.map(({ name, describe, choices }) => [
      name.toUpperCase(),
      sentence(describe, choices, undefined),
    ]),
  };
}

function optionRows(options: readonly OptionEntry[]): readonly (readonly [string, string])[] {
  return options.map((option) => {
    const short = option.aliases.filter((alias) => alias.length === 1).map((alias) => `-${alias}`);
    const names = [...short, ...longNames(option).map((name) => `--${name}`)].join(', ');
    return [
      option.isSwitch ? names : `${names} VALUE`,
      sentence(option.describe, option.choices, option.isSwitch ? undefined : option.default),
    ];
  });
}

function sentence(describe: string, choices: readonly string[], byItself: string | undefined): string {
  const oneOf = choices.length === 0 ? [] : [`One of ${choices.join(', ')}.`];
  const fallback = byItself === undefined || byItself === '' ? [] : [`By itself ${byItself}.`];
  return [`${describe.replace(/\.$/, '')}.`, ...oneOf, ...fallback].join(' ');
}
