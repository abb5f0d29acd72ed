// SPDX-License-Identifier: Apache-2.0
// Whether what citations name is here, elsewhere or nowhere, and whether quoted numbers agree with the runs.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "kb/citation.hpp"
#include "kb/evidence.hpp"
#include "kb/graph.hpp"
#include "kb/issue.hpp"

namespace runlake::kb {

enum class StrictRuns : std::uint8_t { error, warn, off };

struct CitationRules {
    StrictRuns strict = StrictRuns::error;
    bool claims = false;         // also what is said of cited runs that exist
};

struct CitationCounts {
    std::size_t citations = 0;
    std::size_t values = 0;      // that were compared
};

// All citations of `found`; experiments of findings are looked up in the graph.
Issues check_citations(const std::vector<Citation>& found, const Graph& graph, Evidence& evidence, const CitationRules& rules, CitationCounts& counts);

}  // namespace runlake::kb
