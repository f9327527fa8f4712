# Completion of platform for bash (3.2 and newer).
_platform_completion() {
  local line mode='' value quoted
  COMPREPLY=()
  # What comes back is data: it is read line by line, quoted, and never evaluated.
  while IFS= read -r line; do
    if [[ -z $mode ]]; then
      mode=$line
      continue
    fi
    value=${line%%$'\t'*}
    printf -v quoted '%q' "$value"
    COMPREPLY+=("$quoted")
  done < <(platform --complete bash "${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" 2>/dev/null </dev/null)
  case $mode in
    joined) compopt -o nospace 2>/dev/null ;;
    files) compopt -o default 2>/dev/null ;;
  esac
  return 0
}
complete -o nosort -F _platform_completion platform 2>/dev/null || complete -F _platform_completion platform
