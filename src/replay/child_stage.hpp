// SPDX-License-Identifier: Apache-2.0
// The child of a replay before it becomes the program: in its own process, environment and limits it says what it runs on and what its knobs are, then executes.
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"

namespace runlake::replay {

// The words by which the launcher starts this program as a child: "<binary> __replay-child <words...>".
struct ChildWords {
    std::string store;                       // folder of the store that keeps the environment document
    std::string observer;                    // shared object to load into the program, "" for none
    std::vector<std::string> watched;        // names of the variables that were pinned
    std::vector<std::string> program;        // argv
};
std::vector<std::string> to_words(const ChildWords& words);
core::Result<ChildWords> parse_words(const std::vector<std::string>& words);   // Errc::usage

// Returns only when the program could not be executed; the exit status is 127 or 126 then, as a shell's.
int be_child(const ChildWords& words);

// Variables that the launcher sets for every child, and that are no pins.
inline constexpr const char* k_report_variable = "RUNLAKE_REPLAY_REPORT";
inline constexpr const char* k_reads_variable = "RUNLAKE_REPLAY_READS";
inline constexpr const char* k_parameters_variable = "RUNLAKE_REPLAY_PARAMETERS";

}  // namespace runlake::replay
