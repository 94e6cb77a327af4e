# SPDX-License-Identifier: Apache-2.0
# Completion for bash. What can be typed is what --help says, so that it is never another list.
_azattest() {
        local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} word command=
        local words
        COMPREPLY=()
        for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
                case $word in
                -*) ;;
                *) command=$word && break ;;
                esac
        done
        [ "$prev" != --config ] || command=
        case $cur in
        -*)
                words=$(azattest $command --help 2>/dev/null | sed -nE 's/^ +(-[A-Za-z], )?(--[a-z-]+).*/\2/p')
                mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
                return
                ;;
        esac
        if [ -z "$command" ] && [ "$prev" != --config ]; then
                words=$(azattest --help 2>/dev/null | sed -nE '/^commands:/,/^$/s/^  ([a-z-]+) .*/\1/p')
                mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
                return
        fi
        case $prev in
        --purpose) mapfile -t COMPREPLY < <(compgen -W 'decrypt sign any' -- "$cur") ;;
        --hierarchy) mapfile -t COMPREPLY < <(compgen -W 'null owner' -- "$cur") ;;
        --require) mapfile -t COMPREPLY < <(compgen -W 'sevsnp tdx trustedlaunch cvm any' -- "$cur") ;;
        --profile) mapfile -t COMPREPLY < <(compgen -W 'azure-baseline strict none' -f -- "$cur") ;;
        *) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
        esac
}
complete -o filenames -F _azattest azattest
