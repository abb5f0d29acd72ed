// SPDX-License-Identifier: Apache-2.0
// What scoring one run against one reference gave, as a file beside the reference. Format: docs/formats/lake-reference.md. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"

namespace runlake::lake {

struct VariantScore {
    std::string theorem;
    std::string variant;  // "wild_type", or an intervention
    core::Json payload;   // of metrics::reference_k()
};

struct RunScores {
    std::string ref_id;
    std::string search_uid;            // of the run: docs/formats/lake-ids.md
    std::vector<VariantScore> scores;  // by theorem, then variant, each once
};

// Equal scores have equal bytes.
std::string scores_text(const RunScores& scores);
// Errc::corrupt: it is none. Errc::unsupported: of a newer schema.
core::Result<RunScores> parse_scores(std::string_view text, std::string_view what);

}  // namespace runlake::lake
