// SPDX-License-Identifier: Apache-2.0
// The one table of extractors: one that is not in it does not exist.
#include <array>

#include "lake/extractors/cells.hpp"
#include "lake/extractors/extractor.hpp"

// X(name of the Extractor), one a line.
#define RUNLAKE_EXTRACTORS(X)         \
    X(k_summary_extractor)            \
    X(k_variant_metrics_extractor)    \
    X(k_comparison_extractor)         \
    X(k_postprocess_report_extractor) \
    X(k_goal_outcomes_extractor)      \
    X(k_graph_extractor)              \
    X(k_mcts_trace_extractor)         \
    X(k_mcts_tree_extractor)          \
    X(k_basin_extractor)

namespace runlake::lake {

#define RUNLAKE_DECLARE_EXTRACTOR(name) extern const Extractor name;
RUNLAKE_EXTRACTORS(RUNLAKE_DECLARE_EXTRACTOR)
#undef RUNLAKE_DECLARE_EXTRACTOR

std::span<const Extractor* const> all_extractors() {
#define RUNLAKE_LIST_EXTRACTOR(name) &name,
    static constexpr auto k_all = std::to_array<const Extractor*>({RUNLAKE_EXTRACTORS(RUNLAKE_LIST_EXTRACTOR)});
#undef RUNLAKE_LIST_EXTRACTOR
    return k_all;
}

core::Result<core::Json> read_object(FileInput& input) {
    RL_ASSIGN(const auto text, input.document());
    RL_ASSIGN(auto document, core::parse_json(text, "document"));
    if (!document.is_object()) { return core::Error(core::Errc::corrupt, "it is no JSON object"); }
    return document;
}

}  // namespace runlake::lake
