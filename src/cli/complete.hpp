// SPDX-License-Identifier: Apache-2.0
// What may stand at the end of an unfinished command line, from the table of commands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.hpp"
#include "core/result.hpp"

namespace runlake::cli {

struct Candidate {
    std::string word;
    std::string meaning;
    bool operator==(const Candidate&) const = default;
};

// What else the shell should offer by itself.
enum class Paths : std::uint8_t { none, files, folders };

struct Completion {
    std::vector<Candidate> candidates;
    Paths paths = Paths::none;
    std::optional<std::size_t> program_at;  // index of the word that begins a program: the shell completes from there as it does elsewhere
};

// `words` are those after the program's name; the last one is being typed and may be empty. Words that name nothing give nothing.
Completion complete(std::span<const std::string> words, std::span<const Command* const> commands);

// One candidate a line as "word<TAB>meaning", then ":files", ":folders" or ":program <index>".
std::string to_lines(const Completion& completion);

// The script that makes bash, zsh or fish ask `runlake __complete`. Errc::usage for another shell.
core::Result<std::string> completion_script(std::string_view shell);

}  // namespace runlake::cli
