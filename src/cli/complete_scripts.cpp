// SPDX-License-Identifier: Apache-2.0
// The shells' side of completion: each asks the binary and knows no command itself.
#include "cli/complete.hpp"

#include "core/text.hpp"

namespace runlake::cli {
namespace {

// Bash splits words at "=" and ":" too; they are joined before asking, and what stands before the last piece is taken off the candidates again.
constexpr std::string_view k_bash = R"script(# bash completion for runlake; made by: runlake completion bash
_runlake() {
    local program=${COMP_WORDS[0]/#\~/$HOME} words=() starts=() word last='' i
    for ((i = 1; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ ${#words[@]} -gt 0 && ( $word == [=:]* || $last == *[=:] ) ]]; then
            words[-1]+=$word
        else
            words+=("$word")
            starts+=("$i")
        fi
        last=$word
    done
    local cur=${COMP_WORDS[COMP_CWORD]} typed=''
    [[ ${#words[@]} -gt 0 ]] && typed=${words[-1]}
    [[ $cur == [=:] ]] && cur=
    local before=${typed%"$cur"}
    type -P "$program" > /dev/null || program=runlake
    COMPREPLY=()
    local line
    while IFS= read -r line; do
        case $line in
            :files) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
            :folders) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
            :program\ *)
                i=${starts[${line#:program }]}
                if declare -F _command_offset > /dev/null; then
                    _command_offset "$i"
                elif ((COMP_CWORD == i)); then
                    mapfile -t COMPREPLY < <(compgen -c -- "$cur")
                else
                    compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
                fi ;;
            *)
                word=${line%%$'\t'*}
                COMPREPLY+=("${word#"$before"}") ;;
        esac
    done < <("$program" __complete "${words[@]}" 2> /dev/null)
}
complete -F _runlake runlake
)script";

constexpr std::string_view k_zsh = R"script(#compdef runlake
# zsh completion for runlake; made by: runlake completion zsh
_runlake() {
    local line word
    local -a found
    for line in "${(@f)$(${words[1]} __complete "${(@)words[2,CURRENT]}" 2> /dev/null)}"; do
        case $line in
            '') ;;
            :files) _files ;;
            :folders) _files -/ ;;
            :program\ *)
                shift "$((${line#:program } + 1))" words
                ((CURRENT -= ${line#:program } + 1))
                _normal ;;
            *)
                word=${line%%$'\t'*}
                found+=("${word//:/\\:}:${line#*$'\t'}") ;;
        esac
    done
    (($#found)) && _describe -t words 'runlake' found
}
if [[ $funcstack[1] == _runlake ]]; then
    _runlake "$@"
else
    compdef _runlake runlake
fi
)script";

constexpr std::string_view k_fish = R"script(# fish completion for runlake; made by: runlake completion fish
function __runlake_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] __complete $words[2..-1] 2>/dev/null)
        switch $line
            case ':files'
                __fish_complete_path (commandline -ct)
            case ':folders'
                __fish_complete_directories (commandline -ct)
            case ':program *'
                set -l at (math (string replace ':program ' '' -- $line) + 2)
                complete -C (string join ' ' -- (string escape -- $words[$at..-2]) $words[-1])
            case '*'
                echo $line
        end
    end
end
complete -c runlake -f -a '(__runlake_complete)'
)script";

}  // namespace

core::Result<std::string> completion_script(std::string_view shell) {
    if (shell == "bash") { return std::string(k_bash); }
    if (shell == "zsh") { return std::string(k_zsh); }
    if (shell == "fish") { return std::string(k_fish); }
    return core::Error(core::Errc::usage, core::cat("no completion for the shell \"", shell, "\": bash, zsh and fish are known"));
}

}  // namespace runlake::cli
