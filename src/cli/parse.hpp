// SPDX-License-Identifier: Apache-2.0
// The words after a command's name, read by the command's own description.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "core/result.hpp"

namespace runlake::cli {

// Values by key (option_key) or argument name, in the order given; a flag that is set has one value.
struct Parsed {
    std::map<std::string, std::vector<std::string>, std::less<>> values;
    std::vector<std::string> program;
    bool help = false;
};

// Reads options (those of the command and the global ones) and arguments. For a command that takes a program, everything after "--" is the program, untouched;
// when the command has no arguments of its own, the first word that is no option begins it, too. For others, words after "--" are arguments.
// Errc::usage for what the description does not allow; an unknown option or choice names the nearest valid one. With --help, nothing else is checked.
core::Result<Parsed> parse(const Command& command, std::vector<std::string> words);

}  // namespace runlake::cli
