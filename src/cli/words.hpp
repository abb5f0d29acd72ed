// SPDX-License-Identifier: Apache-2.0
// Finding the command that the words of a call name, and the options that every command has.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.hpp"
#include "core/result.hpp"

namespace runlake::cli {

// Accepted before the noun, between noun and verb, and after the command: --store, --json, --quiet, --color, --help.
std::span<const Option> global_options();

// The key by which an option is looked up: its last long name without dashes ("-n,--n" gives "n"; without a long name, the short one).
std::string_view option_key(const Option& option);
// Each spelling of an option: "-n", "--n".
std::vector<std::string_view> option_spellings(const Option& option);

// Whether its value may be left out ("[=NAME]"): it is then given as "--name=value" or not at all.
bool may_lack_value(const Option& option);

// What a call names. `name` are the words found so far: a whole command, a noun that several commands share ("runs"), or nothing.
struct Located {
    const Command* command = nullptr;
    std::string name;
    std::vector<std::string> rest;  // global options that stood before the command's last word, then all words after it
    bool help = false;              // `help` was the first word, or --help stood before the command was whole
    bool version = false;           // --version stood before the noun
};

// Finds the longest command that the words begin with. Errc::usage with the nearest valid word for one that names nothing.
core::Result<Located> locate(std::span<const std::string> words, std::span<const Command* const> commands);

// The words that may follow `name` ("" for the first word), in the order of the table.
std::vector<std::string> next_words(std::string_view name, std::span<const Command* const> commands);

// ", did you mean ..." when a candidate is near enough, else nothing: the end of an error message.
std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);

}  // namespace runlake::cli
