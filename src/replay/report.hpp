// SPDX-License-Identifier: Apache-2.0
// What a child left in the file that RUNLAKE_REPLAY_REPORT names (docs/formats/replay-report.md): a line of JSON from each that has something to say.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"

namespace runlake::replay {

// The child itself, just before it became the program.
struct Launched {
    std::int64_t pid = 0;
    std::string environment;                                   // digest of environments/<digest>.json; "" when it could not be learned
    std::string problem;                                       // why
    std::map<std::string, std::string, std::less<>> values;    // of knobs: "aslr", "cpus", "umask", and every variable that is pinned
    std::optional<int> not_executed;                           // the errno, when it could not become the program
};

// A process of the child's group when it ended, as the observer in it saw it.
struct Observed {
    std::int64_t pid = 0;
    std::string program;
    std::map<std::string, std::string, std::less<>> values;    // runtime knobs: a value, or "not_loaded"
    bool operator==(const Observed&) const = default;
};

struct ReportedResult {
    std::string metric;                                        // "" when it was not named
    std::string text;                                          // the number as it stands: read_number() tells what it is
    bool operator==(const ReportedResult&) const = default;
};

struct Report {
    std::optional<Launched> launched;
    std::vector<Observed> observed;
    std::vector<ReportedResult> results;                       // in their order
    std::map<std::string, std::string, std::less<>> effective; // told by the program itself; a later word replaces an earlier one
    std::vector<std::string> mistakes;                         // "line 3: ...": what is no line of this format
};

// Reads all of it, whatever it holds: a line that makes no sense is a mistake and no more. At most 20 mistakes are told.
Report parse_report(std::string_view text);

}  // namespace runlake::replay
