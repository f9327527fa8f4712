# Completion of platform for fish.
function __platform_completion
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    # What comes back is data, one candidate a line; fish quotes what it inserts.
    set -l answer (platform --complete fish $before[2..-1] "$current" 2>/dev/null </dev/null)
    if test "$answer[1]" = files
        __fish_complete_path (string replace -r '^--[^=]+=' '' -- "$current")
    else
        printf '%s\n' $answer[2..-1]
    end
end
complete -c platform -e
complete -c platform -f -a '(__platform_completion)'
