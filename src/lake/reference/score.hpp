// SPDX-License-Identifier: Apache-2.0
// Scoring runs against a reference: search efficiency by its outcomes instead of a run's own, for the wild type and each intervention of every theorem. Definition: docs/reference/proof-search-metrics.md.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "lake/export/session.hpp"
#include "lake/job/selection.hpp"
#include "lake/reference/reference.hpp"

namespace runlake::lake {

// A run as the lake read it.
struct RunToScore {
    std::string run_key;
    std::string run_uid;
    std::string search_uid;     // by which its scores are told
    std::string run_id;         // "" where it has none
    std::string rel_run_dir;
    std::string run_dir;
    std::string stamps_digest;  // of its files when the lake read them
    bool in_sample = false;     // a member of the reference, or of one's outcomes
};
// Of the selected runs, in their order, with what the lake says of each. Before show().
core::Result<std::vector<RunToScore>> runs_to_score(ExportSession& session, const std::vector<SelectedRun>& selected, const Reference& reference);

struct ScoredRun {
    std::uint64_t rows = 0;
    std::uint64_t valid = 0;
    std::string skipped;  // why it was not scored; "" for one that was
};

struct ScoreOrder {
    std::string references_dir;
    std::string ref_id;
    unsigned threads = 1;
    std::function<bool()> is_stopped;                              // asked between runs
    std::function<void(std::uint64_t done, std::uint64_t of)> progress;
};
// One for each of `runs`. Scores of a run take the place of its earlier ones against this reference, and of no others; a run that is skipped keeps them. One that has no summary, that has gone or was
// changed since the lake read it is skipped. Errc::interrupted: is_stopped() said so; what was scored until then stays.
core::Result<std::vector<ScoredRun>> score_runs(const Reference& reference, std::span<const RunToScore> runs, const ScoreOrder& order);

}  // namespace runlake::lake
