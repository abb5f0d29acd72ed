// SPDX-License-Identifier: Apache-2.0
// What validation says: one fault at one place, with a code of the table in codes.hpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace runlake::kb {

enum class Severity : std::uint8_t {
    error,
    warning,
    note,     // only of --claims; never counted
};
std::string_view severity_name(Severity severity);  // "error", "warning", "note"

struct Issue {
    std::string_view code;      // of k_codes: "finding.broken_run_citation"
    std::string_view check{};   // of a knowledge base fault the check's name: "links"; else ""
    Severity severity = Severity::error;
    std::string message;
    std::string path{};         // relative to the project root; "" when it has no place
    int line = 0;               // from 1; 0: the file as a whole
    int column = 0;
};

using Issues = std::vector<Issue>;

}  // namespace runlake::kb
