// SPDX-License-Identifier: Apache-2.0
// The owned metrics of one theorem of a run, from the files in its folder.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/json.hpp"
#include "lake/postprocess/postprocess.hpp"
#include "metrics/goal_tree.hpp"
#include "metrics/graph.hpp"
#include "metrics/k.hpp"
#include "metrics/search.hpp"

namespace runlake::lake {

// The goal cache of a run: what its theorems share.
struct GoalCache {
    core::Json document;
    std::unordered_map<std::string_view, std::string_view> sigs;  // mvar_to_sig of the document: they are looked up by the thousand
    metrics::OutcomeTable outcomes;
    std::unique_ptr<metrics::GoalDistances> distances;  // of its entries; null where the signatures are of no trees
    std::string no_trees;                               // why
    std::string no_cache;                               // why there is none at all
    std::optional<std::string> sig_of(const std::string& mvar_id) const;
};

struct SearchGraph {
    metrics::Graph graph;
    std::vector<std::string> sigs;  // of its nodes; "" for one that has none
};

// Reads what it needs when it is asked for it, each file once; what can't be read is said in the payloads and in errors(). One object, one thread.
class TheoremMetrics {
  public:
    TheoremMetrics(std::string dir, const GoalCache& cache, const PostprocessParams& params);
    ~TheoremMetrics();
    TheoremMetrics(const TheoremMetrics&) = delete;
    TheoremMetrics& operator=(const TheoremMetrics&) = delete;

    // One of k_owned_metrics for a variant. `before` is the payload that stands there, null for none.
    core::Json compute(std::string_view metric, const std::string& variant, const core::Json* before);
    // What the history of a variant says, and how it came back to the wild type's path; nothing where there is no history that can be read.
    std::optional<core::Json> search(const std::string& variant);
    const std::vector<std::string>& errors() const { return errors_; }

  private:
    struct Files;
    core::Json soft_distance(const std::string& variant, const core::Json* before);
    core::Json novelty(const std::string& variant);
    core::Json path_distance(const std::string& variant);
    core::Json efficiency(const std::string& variant);
    core::Json recovery(const std::string& variant, const core::Json& history, std::vector<std::string>& notes);
    metrics::SigOf signatures(const std::string& variant);
    Files& files_of(const std::string& variant);
    const core::Json* document(std::optional<core::Result<core::Json>>& slot, const std::string& variant, std::string_view suffix, std::string& why);
    const SearchGraph* graph(const std::string& variant, std::string& why);
    std::optional<std::vector<std::string>> goals(const std::string& variant, std::string& why);
    std::string problems_of(const std::vector<std::string>& sigs);

    std::string dir_;
    const GoalCache& cache_;
    const PostprocessParams& params_;
    std::map<std::string, std::unique_ptr<Files>> files_;
    std::vector<std::string> errors_;
    metrics::Labels labels_;
};

// Nothing was computed yet, or nothing could be for want of what may come.
bool is_placeholder(const core::Json* payload);

}  // namespace runlake::lake
