import type { Completion, CompletionCommand, Described, Values } from '../../model/completion.ts';
import { SNAPSHOT_IDS, pathOf, plainQuoted, valueOptions, wordsOf } from './parts.ts';

/** For a file named `_harden` in a folder of $fpath, or `source <(harden completion zsh)` after compinit. */
export function zshScript(completion: Completion): string {
  const { commands } = completion;
  const offers = commands.flatMap((command) =>
    command.options.flatMap(({ spellings, values }) =>
      values === undefined
        ? []
        : [
            `    (${spellings.map((one) => `${pathOf(command)}:${one}`).join('|')}) ${action(values, completion)}; return ;;`,
          ],
    ),
  );
  return `${preface(completion)}_harden() {
  local cur=$words[CURRENT] option=$words[CURRENT-1] at='' word
  local -i given=0 i
  local -a list
  for ((i = 2; i < CURRENT; i++)); do
    word=$words[i]
    case $word in
      (${valueOptions(completion).join('|')}) ((i++)) ;;
      (-*) ;;
      (*) case $at/$word in
${commands
  .filter(({ path }) => path.length > 0)
  .map((command) => `        (${pathOf(command)}) at=${pathOf(command)} ;;`)
  .join('\n')}
        (*) ((given++)) ;;
      esac ;;
    esac
  done
  if [[ $cur == --*=* ]]; then
    option=\${cur%%=*}
    compset -P '*='
  fi
  case $at:$option in
${offers.join('\n')}
  esac
  if [[ $cur == -* ]]; then
    case $at in
${commands.map((command) => `      (${plainQuoted(pathOf(command))}) list=(${described(optionWords(command))}) ;;`).join('\n')}
    esac
    _describe -t options option list
    return
  fi
  case $at:$given in
${commands.flatMap((command) => argumentOffers(command, completion)).join('\n')}
  esac
}
if [ "$funcstack[1]" = _harden ]; then _harden "$@"; else compdef _harden harden; fi
`;
}

/** Words several offers share. */
function preface({ controls }: Completion): string {
  return `#compdef harden
# zsh completion of harden
_harden_controls() {
  local -a list=(${described(controls)})
  compset -P '*,'
  _describe -t controls control list
}
_harden_snapshots() {
  local -a list=(\${(f)"$(${SNAPSHOT_IDS})"})
  compadd -a list
}
`;
}

function argumentOffers(command: CompletionCommand, completion: Completion): readonly string[] {
  if (command.commands.length > 0) {
    return [`    (${pathOf(command)}:0) list=(${described(command.commands)}); _describe -t commands command list ;;`];
  }
  return command.arguments.map((values, at) => `    (${pathOf(command)}:${at}) ${action(values, completion)} ;;`);
}

function action(values: Values, completion: Completion): string {
  switch (values.type) {
    case 'controls':
      return '_harden_controls';
    case 'files':
      return '_files';
    case 'folders':
      return '_files -/';
    case 'snapshots':
      return '_harden_snapshots';
    case 'words':
    case 'profiles':
    case 'nothing':
      return `list=(${described(wordsOf(values, completion) ?? [])}); _describe -t values value list`;
  }
}

function optionWords({ options }: CompletionCommand): readonly Described[] {
  return options.flatMap(({ spellings, describe }) => spellings.map((word) => ({ word, describe })));
}

/** `word:what it is`, as _describe wants it. */
function described(words: readonly Described[]): string {
  return words
    .map(({ word, describe }) => {
      const safe = word.replaceAll(':', String.raw`\:`);
      return plainQuoted(describe === '' ? safe : `${safe}:${describe}`);
    })
    .join(' ');
}
