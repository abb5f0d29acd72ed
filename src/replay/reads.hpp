// SPDX-License-Identifier: Apache-2.0
// Which files a replayed program read, as probe/reads.cpp noted it, and which of them nobody declared: data that may have changed since the canonical was made.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "replay/outcome.hpp"

namespace runlake::replay {

struct SeenReads {
    std::set<std::int64_t> processes;             // that were watched
    std::vector<ReadFile> files;                  // absolute paths with links resolved, in the order of their first reading
    bool whole = true;                            // every note makes sense
};
SeenReads parse_reads(std::string_view text);

// What a program may read without saying so: the software it is made of, its own folders, and what was declared.
struct ReadRules {
    std::vector<std::string> declared;            // files and folders, links resolved
    std::vector<std::string> own;                 // folders of the replica and of the store
    std::vector<std::string> software;            // where programs are installed
    core::Timestamp begun;                        // a file that changed later was written by the program itself
};
// The rest, by path. Those inside `project` are named relative to it.
std::vector<ReadFile> undeclared_reads(const SeenReads& seen, const ReadRules& rules, const std::string& project);

// The folders in which the programs of a search path, and this one, are installed with all they need ("/opt/conda" for "/opt/conda/bin"), outside of `project` and of `home` itself.
std::vector<std::string> software_folders(std::string_view search_path, const std::string& program, const std::string& project, const std::string& home);

}  // namespace runlake::replay
