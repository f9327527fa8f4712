#compdef platform
# Completion of platform for zsh.
_platform() {
  emulate -L zsh
  local line mode='' value
  local -a values shown spaces
  # What comes back is data: it is read line by line, and compadd quotes what it inserts.
  while IFS= read -r line; do
    if [[ -z $mode ]]; then
      mode=$line
      continue
    fi
    value=${line%%$'\t'*}
    values+=("$value")
    shown+=("${(r:24:)value}  ${line#*$'\t'}")
  done < <(platform --complete zsh "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null </dev/null)
  case $mode in
    files)
      compset -P '*='
      _files
      return
      ;;
    joined) spaces=(-S '') ;;
  esac
  (( ${#values} )) || return 1
  compadd -V platform -l -d shown "${spaces[@]}" -a values
}
if [[ ${funcstack[1]-} == _platform ]]; then
  # Autoloaded from a folder of $fpath.
  _platform "$@"
else
  (( ${+functions[compdef]} )) || { autoload -Uz compinit && compinit -u }
  compdef _platform platform
fi
