// SPDX-License-Identifier: Apache-2.0
// Drawings of a graph: stages as nodes (a matrix is one, with its size), and the table of the layout, from the same declaration that drives execution.
#include <algorithm>
#include <map>
#include <set>

#include "core/text.hpp"
#include "pipeline/graph.hpp"

namespace runlake::pipeline {
namespace {

using core::cat;
using Edges = std::set<std::pair<std::size_t, std::size_t>>;   // from the stage that writes to the one that reads

Edges stage_edges(const Graph& graph) {
    Edges edges;
    for (const Instance& instance : graph.instances) {
        for (const std::size_t need : instance.needs) { edges.emplace(graph.instances[need].stage, instance.stage); }
    }
    return edges;
}

std::string size_of(const StageDecl& stage) {
    return stage.dimensions.empty() ? "" : cat(core::join(stage.dimensions, ", "), ": ", stage.points.size(), stage.points.size() == 1 ? " instance" : " instances");
}

std::string cell(std::string_view text) {
    std::string out;
    for (const char c : text) { out += c == '|' ? std::string("\\|") : std::string(1, c); }
    return out;
}

std::string names(const std::set<std::size_t>& stages, const PipelineFile& file) {
    std::vector<std::string> found;
    for (const std::size_t stage : stages) { found.push_back(file.stages[stage].name); }
    return core::join(found, ", ");
}

struct Row {
    std::set<std::size_t> written_by;
    std::set<std::size_t> read_by;
};

// Rows in the order in which the file names them first, each text once.
class Rows {
  public:
    Row& of(const std::string& text) {
        const auto [found, is_new] = places_.try_emplace(text, rows_.size());
        if (is_new) { rows_.emplace_back(text, Row()); }
        return rows_[found->second].second;
    }
    const std::vector<std::pair<std::string, Row>>& all() const { return rows_; }

  private:
    std::map<std::string, std::size_t> places_;
    std::vector<std::pair<std::string, Row>> rows_;
};

}  // namespace

std::string to_mermaid(const Resolved& resolved, const Graph& graph) {
    std::string out = "flowchart TD\n";
    const std::vector<StageDecl>& stages = resolved.file.stages;
    for (std::size_t i = 0; i < stages.size(); ++i) {
        const std::string size = size_of(stages[i]);
        out += cat("    s", i, "[\"", stages[i].name, size.empty() ? "" : "<br/>", size, "\"]\n");
    }
    for (const auto& [from, to] : stage_edges(graph)) { out += cat("    s", from, " --> s", to, '\n'); }
    return out;
}

std::string to_dot(const Resolved& resolved, const Graph& graph) {
    std::string out = cat("digraph ", resolved.file.experiment_key.empty() ? "pipeline" : cat("\"", resolved.file.experiment_key, "\""), " {\n    node [shape=box];\n");
    const std::vector<StageDecl>& stages = resolved.file.stages;
    for (const StageDecl& stage : stages) {
        const std::string size = size_of(stage);
        out += cat("    \"", stage.name, "\"", size.empty() ? "" : cat(" [label=\"", stage.name, "\\n", size, "\"]"), ";\n");
    }
    for (const auto& [from, to] : stage_edges(graph)) { out += cat("    \"", stages[from].name, "\" -> \"", stages[to].name, "\";\n"); }
    return out + "}\n";
}

std::string layout_table(const Resolved& resolved, const Graph& graph) {
    const std::vector<StageDecl>& stages = resolved.file.stages;
    // Which declared write of which stage is read by whom: by way of the instances, since templates of different stages need not be spelled alike.
    std::vector<std::vector<std::set<std::size_t>>> readers(stages.size());
    for (std::size_t i = 0; i < stages.size(); ++i) { readers[i].resize(stages[i].writes.size()); }
    Rows outside;
    for (const Instance& instance : graph.instances) {
        for (std::size_t r = 0; r < instance.reads.size(); ++r) {
            const DeclaredPath& read = instance.reads[r];
            if (read.writers.empty()) { outside.of(stages[instance.stage].reads[r].text).read_by.insert(instance.stage); }
            for (const std::size_t writer : read.writers) {
                const Instance& source = graph.instances[writer];
                for (std::size_t w = 0; w < source.writes.size(); ++w) {
                    if (readers[source.stage][w].contains(instance.stage) || source.writes[w].place != read.place) { continue; }
                    if (is_about(read.path, source.writes[w].path)) { readers[source.stage][w].insert(instance.stage); }
                }
            }
        }
    }
    std::string out = "| path | written by | read by |\n|---|---|---|\n";
    const auto add = [&](const std::string& path, const std::string& writers, const std::string& read_by) {
        out += cat("| `", cell(path), "` | ", writers, " | ", read_by, " |\n");
    };
    for (const auto& [text, row] : outside.all()) { add(text, "(from outside)", names(row.read_by, resolved.file)); }
    for (std::size_t i = 0; i < stages.size(); ++i) {
        for (std::size_t w = 0; w < stages[i].writes.size(); ++w) { add(stages[i].writes[w].text, stages[i].name, names(readers[i][w], resolved.file)); }
    }
    return out;
}

}  // namespace runlake::pipeline
