# Prints what zsh offers for a line: zsh -f zsh-offers.zsh COMPLETION LINE. The line is typed into a shell at a terminal of its own,
# which tells its offers instead of showing them.
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z "PROMPT=; stty -echo; autoload -U compinit; compinit -D -u; source $1
compadd() {
  if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\\ * ]]; then builtin compadd \"\$@\"; return; fi
  local -a hits; builtin compadd -A hits \"\$@\"; print -rl -- \"offer:\"\$^hits
}
show() { comppostfuncs=(finish); print BEGIN; }
finish() { print END; exit }
compprefuncs=(show)
bindkey '^I' complete-word
print READY"
line=''
until [[ $line == *READY* ]]; do zpty -r z line; done
zpty -w -n z "$2"$'\t'
zpty -r -m z out '*END*'
print -rl -- ${(M)${(f)out//$'\r'/}:#offer:*}
