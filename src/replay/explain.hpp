// SPDX-License-Identifier: Apache-2.0
// A verdict in words for people: what was compared, what differed, what to do next. From the verdict's file alone.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "replay/verdict.hpp"

namespace runlake::replay {

struct Explanation {
    std::string meaning;                                             // one sentence
    std::vector<std::pair<std::string, std::string>> compared;       // label and value
    std::vector<std::string> differed;                               // one thing a line; empty: nothing did
    std::vector<std::string> next;                                   // what to do, in this order
};
Explanation explain(const VerdictFile& verdict);

}  // namespace runlake::replay
