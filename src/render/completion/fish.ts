import type { Completion, CompletionCommand, CompletionOption, Described, Values } from '../../model/completion.ts';
import { SNAPSHOT_IDS, pathOf, quoted, valueOptions, wordsOf } from './parts.ts';

/** For `harden completion fish | source`, or a file in ~/.config/fish/completions. */
export function fishScript(completion: Completion): string {
  const { commands, controls } = completion;
  return `# fish completion of harden
# Prints the command so far as /word/word, and how many arguments were given.
function __harden_at
  set -l at ''
  set -l given 0
  set -l skip 0
  for word in (commandline -opc)[2..-1]
    if test $skip = 1
      set skip 0
      continue
    end
    switch $word
      case ${valueOptions(completion).join(' ')}
        set skip 1
      case '-*'
      case '*'
        switch "$at/$word"
          case ${commands
            .filter(({ path }) => path.length > 0)
            .map(pathOf)
            .join(' ')}
            set at "$at/$word"
          case '*'
            set given (math $given + 1)
        end
    end
  end
  echo "$at:$given"
end
function __harden_is
  string match -q -r -- "^$argv[1]:" (__harden_at)
end
function __harden_argument
  test (__harden_at) = "$argv[1]"
end
function __harden_controls
  set -l before (string match -r -- '^.*,' (commandline -ct))
  printf "$before%s\\t%s\\n" ${controls.flatMap(({ word, describe }) => [quoted(word), quoted(describe)]).join(' ')}
end
function __harden_snapshots
  ${SNAPSHOT_IDS}
end
complete -c harden -f
${commands.flatMap((command) => linesOf(command, completion)).join('\n')}
`;
}

function linesOf(command: CompletionCommand, completion: Completion): readonly string[] {
  const at = `complete -c harden -n ${quoted(`__harden_is ${quotedPath(command)}`)}`;
  const first = `complete -c harden -n ${quoted(`__harden_argument ${pathOf(command)}:0`)}`;
  return [
    ...command.options.map((option) => `${at} ${optionWords(option, completion)} -d ${quoted(option.describe)}`),
    ...command.commands.map(({ word, describe }) => `${first} -a ${quoted(word)} -d ${quoted(describe)}`),
    ...command.arguments.map(
      (values, index) =>
        `complete -c harden -n ${quoted(`__harden_argument ${pathOf(command)}:${index}`)} ${offer(values, completion)}`,
    ),
  ];
}

function quotedPath(command: CompletionCommand): string {
  return command.path.length === 0 ? `''` : pathOf(command);
}

function optionWords({ spellings, values }: CompletionOption, completion: Completion): string {
  const names = spellings.map((one) => (one.startsWith('--') ? `-l ${one.slice(2)}` : `-s ${one.slice(1)}`));
  return [...names, ...(values === undefined ? [] : [`-x ${offer(values, completion)}`])]
    .join(' ')
    .replace('-x -F', '-r -F');
}

function offer(values: Values, completion: Completion): string {
  switch (values.type) {
    case 'controls':
      return "-a '(__harden_controls)'";
    case 'snapshots':
      return "-a '(__harden_snapshots)'";
    case 'files':
      return '-F';
    case 'folders':
      return "-a '(__fish_complete_directories)'";
    case 'words':
    case 'profiles':
    case 'nothing':
      return `-a ${quoted(listOf(wordsOf(values, completion) ?? []))}`;
  }
}

/** Words for -a, each with its text after a tabulator, as fish evaluates them. */
function listOf(words: readonly Described[]): string {
  return words.map(({ word, describe }) => (describe === '' ? word : `${word}\\t${quoted(describe)}`)).join(' ');
}
