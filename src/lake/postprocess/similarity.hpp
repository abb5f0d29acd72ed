// SPDX-License-Identifier: Apache-2.0
// How near the theorems of one run are to each other, by the trees of their root goals or of their statements: root_goal_similarity.json and external_statement_similarity.json.
// Format: docs/formats/similarity.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/json.hpp"
#include "core/result.hpp"

namespace runlake::lake {

inline constexpr std::string_view k_root_goal_similarity = "root_goal_similarity";
inline constexpr std::string_view k_external_similarity = "external_statement_similarity";

struct SimilarityParams {
    std::size_t max_full = 400;     // theorems of which each pair is compared
    std::size_t max_knn = 2000;     // theorems of which each has its nearest neighbours
    std::size_t knn_k = 12;
    std::size_t knn_sample = 200;   // that each is compared with
    std::size_t sample_size = 400;  // of more theorems, so many
};

// What is compared; all of it must outlive the call.
struct SimilarityWork {
    std::string run_dir;
    const core::Json& config;      // of the run; null where it can't be read
    const core::Json& summary;
    const core::Json& goal_cache;  // of root goals; null for none
    std::string no_trees;          // why root goals have no trees; "" where they have
    SimilarityParams params;
    bool recompute = false;
    unsigned threads = 1;
};
// Compares and writes, unless the file that is there was computed from the same: then nothing changes. Where nothing can be compared the file says why.
core::Status write_root_goal_similarity(const SimilarityWork& work);
core::Status write_external_similarity(const SimilarityWork& work);

}  // namespace runlake::lake
