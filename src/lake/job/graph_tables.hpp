// SPDX-License-Identifier: Apache-2.0
// Tables that a job's queries may name beside those of the lake: computed from the graphs of the selected runs, and only where a query names one. Documentation: docs/guide/lake-jobs.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/result.hpp"
#include "lake/export/session.hpp"
#include "lake/job/config.hpp"

namespace runlake::lake {

// Graphs beyond these are in graph_structures; their distances are NULL.
inline constexpr std::size_t k_max_compared_nodes = 60;
inline constexpr std::size_t k_max_compared_edges = 120;
inline constexpr std::uint64_t k_compared_expansions = 500;  // of branch and bound, for one pair

// After confine(). Names are looked for in the text of the datasets' queries.
core::Status add_graph_tables(ExportSession& session, std::span<const JobDataset> datasets);

}  // namespace runlake::lake
