import type { Completion, CompletionCommand, Values } from '../../model/completion.ts';
import { SNAPSHOT_IDS, pathOf, plainQuoted, valueOptions, wordsOf } from './parts.ts';

/** For `source <(harden completion bash)`, or a file in /etc/bash_completion.d. Needs no other script. */
export function bashScript(completion: Completion): string {
  const { commands, controls } = completion;
  const offers = commands.flatMap((command) =>
    command.options.flatMap(({ spellings, values }) =>
      values === undefined
        ? []
        : [`    ${spellings.map((one) => `${pathOf(command)}:${one}`).join('|')}) ${offer(values, completion)} ;;`],
    ),
  );
  return `# bash completion of harden
_harden_controls=${plainQuoted(controls.map(({ word }) => word).join(' '))}

_harden_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur"); }
_harden_files() { compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); }
_harden_folders() { compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); }
_harden_snapshots() { _harden_words "$(${SNAPSHOT_IDS})"; }
# A list by commas: its last item is completed.
_harden_list() {
  local before=''
  case $cur in *,*) before=\${cur%,*}, cur=\${cur##*,} ;; esac
  mapfile -t COMPREPLY < <(compgen -P "$before" -W "$1" -- "$cur")
}

_harden() {
  local cur=\${COMP_WORDS[COMP_CWORD]} option=\${COMP_WORDS[COMP_CWORD-1]} path='' given=0 i word
  COMPREPLY=()
  # --format=json is three words here.
  if [ "$cur" = = ]; then cur=''; elif [ "$option" = = ]; then option=\${COMP_WORDS[COMP_CWORD-2]}; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case $word in
      ${valueOptions(completion).join('|')}) i=$((i + 1)); [ "\${COMP_WORDS[i]}" = = ] && i=$((i + 1)) ;;
      -*) ;;
      *) case $path/$word in
${commands
  .filter(({ path }) => path.length > 0)
  .map((command) => `        ${pathOf(command)}) path=${pathOf(command)} ;;`)
  .join('\n')}
        *) given=$((given + 1)) ;;
      esac ;;
    esac
  done
  case $path:$option in
${offers.join('\n')}
  esac
  case $cur in
    -*) case $path in
${commands.map((command) => `      ${plainQuoted(pathOf(command))}) _harden_words ${plainQuoted(optionWords(command))} ;;`).join('\n')}
    esac; return ;;
  esac
  case $path:$given in
${commands.flatMap((command) => argumentOffers(command, completion)).join('\n')}
  esac
}
complete -F _harden harden
`;
}

function argumentOffers(command: CompletionCommand, completion: Completion): readonly string[] {
  if (command.commands.length > 0) {
    const words = command.commands.map(({ word }) => word).join(' ');
    return [`    ${pathOf(command)}:0) _harden_words ${plainQuoted(words)} ;;`];
  }
  return command.arguments.map((values, at) => `    ${pathOf(command)}:${at}) ${action(values, completion)} ;;`);
}

function offer(values: Values, completion: Completion): string {
  return `${action(values, completion)}; return`;
}

function action(values: Values, completion: Completion): string {
  switch (values.type) {
    case 'controls':
      return '_harden_list "$_harden_controls"';
    case 'files':
      return '_harden_files';
    case 'folders':
      return '_harden_folders';
    case 'snapshots':
      return '_harden_snapshots';
    case 'words':
    case 'profiles':
    case 'nothing':
      return `_harden_words ${plainQuoted((wordsOf(values, completion) ?? []).map(({ word }) => word).join(' '))}`;
  }
}

function optionWords({ options }: CompletionCommand): string {
  return options.flatMap(({ spellings }) => spellings).join(' ');
}
