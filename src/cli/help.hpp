// SPDX-License-Identifier: Apache-2.0
// Help texts, made from the table of commands.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "cli/command.hpp"

namespace runlake::cli {

// "runlake runs tail [OPTIONS] [ID]"
std::string usage_line(const Command& command);
// " N", " auto|always|never" or "[=NAME]": what follows the name of an option that takes a value.
std::string value_label(const Option& option);
// "-n, --n N" as help and man page show it.
std::string option_label(const Option& option);

std::string help_overview(std::span<const Command* const> commands);                          // runlake --help
std::string help_group(std::string_view noun, std::span<const Command* const> commands);     // runlake runs --help
std::string help_command(const Command& command);                                            // runlake runs tail --help

}  // namespace runlake::cli
