// SPDX-License-Identifier: Apache-2.0
// A search's way to its solution out of the files of one variant: what search efficiency is computed from, by a run's own outcomes or by a reference's.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "metrics/k.hpp"

namespace runlake::lake {

// A tactic's family with its place among the ten.
metrics::Family search_family(std::string_view tactic);

struct SearchFiles {
    std::string dir;      // of the theorem
    std::string variant;
    const core::Json* history = nullptr;
    const core::Json* tree = nullptr;
    std::function<std::optional<std::string>(const std::string& mvar_id)> sig_of;  // of the goal cache, for nodes that have no signature of their own
};
struct SearchRead {
    metrics::Solution solution;
    std::string trace;                // the name of the file that candidates came from, or of the one that is not there
    std::vector<std::string> errors;  // of a trace that can't be read
};
// With the candidates of its steps, as the trace has them: the packed one, or the plain one where that is missing or damaged.
SearchRead read_search(const SearchFiles& files);

}  // namespace runlake::lake
