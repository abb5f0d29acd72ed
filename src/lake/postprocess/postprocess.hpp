// SPDX-License-Identifier: Apache-2.0
// The metrics of finished proof-search runs that take long: computed from their files and written into their summary and comparisons. What each is: docs/reference/proof-search-metrics.md.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "lake/postprocess/similarity.hpp"

namespace runlake::lake {

// The members that postprocess owns in summary.json.gz and *_comparison.json, and nothing else there but a count of theirs.
inline constexpr std::array<std::string_view, 4> k_owned_metrics = {"ged_search_graph_soft", "goal_novelty", "solution_path_soft_distance", "k_search_efficiency"};

// What histories say, and how interventions come back to the wild type's path: search_metrics.json beside the summary. Format: docs/formats/search-metrics.md.
inline constexpr std::string_view k_search_metrics = "search_metrics";

struct PostprocessParams {
    std::size_t max_soft_ged_nodes = 60;
    std::size_t max_soft_ged_edges = 120;
    std::uint64_t soft_ged_expansions = 5000;  // of branch and bound, for one pair of graphs
    std::uint64_t max_novelty_pairs = 200'000;
    std::uint64_t max_path_dp_cells = 2'000'000;
    SimilarityParams root_goals;
    SimilarityParams statements;
};

struct PostprocessRequest {
    std::string logs_dir;
    std::vector<std::string> only;  // of k_owned_metrics, k_search_metrics, k_root_goal_similarity and k_external_similarity; none: all
    bool recompute = false;         // also what is there already
    unsigned threads = 1;
    std::string now;  // as computed_at has it
    PostprocessParams params;
    std::function<bool()> is_stopped;
    struct Progress {
        std::uint64_t runs_done = 0;
        std::uint64_t runs = 0;
        std::string run_dir;
    };
    std::function<void(const Progress&)> progress;  // on the caller's thread, after each run
};

struct MetricCount {
    std::uint64_t computed = 0;
    std::uint64_t skipped = 0;
};
struct PostprocessRun {
    std::string run_dir;  // below the folder of logs
    std::string state;    // "written", "unchanged", "external", "basin-only" or "failed"
    std::string error;    // of "failed"
    std::map<std::string, MetricCount> metrics;
    std::vector<std::string> errors;  // of single theorems and files
};
struct PostprocessReport {
    std::vector<PostprocessRun> runs;  // by run_dir
};

// Errc::not_found: there is no such folder. Errc::usage: a metric that is none. Errc::interrupted: between two runs; those that are done stay. A bad theorem costs that theorem, a bad run that run.
core::Result<PostprocessReport> postprocess(const PostprocessRequest& request);

}  // namespace runlake::lake
