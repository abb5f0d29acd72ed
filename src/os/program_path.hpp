// SPDX-License-Identifier: Apache-2.0
// Which file a program's name means: the rule of execvp(3), for those that start a program and for those that only ask where it is.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace runlake::os {

inline constexpr std::string_view k_usual_search_path = "/usr/local/bin:/usr/bin:/bin";  // where PATH is not set
std::string search_path();  // of this process

// What to try, in order: a name with a "/" means itself; else each folder of `search_path`, where an empty one is the current folder.
std::vector<std::string> program_paths(const std::string& name, std::string_view search_path);

// The first of these that is a file which we may execute; folders and other files are passed over, as by execvp.
std::optional<std::string> find_program(const std::string& name, std::string_view search_path);

}  // namespace runlake::os
