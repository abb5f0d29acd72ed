// SPDX-License-Identifier: Apache-2.0
#include "lake/job/graph_tables.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "core/text.hpp"
#include "lake/ordered_work.hpp"
#include "lake/run_files.hpp"
#include "metrics/clusters.hpp"
#include "metrics/graph.hpp"
#include "metrics/numbers.hpp"
#include "metrics/tree.hpp"
#include "os/files.hpp"
#include "os/system.hpp"
#include "sql/appender.hpp"

namespace runlake::lake {
namespace {

using core::cat;

struct Computed {
    std::string_view name;
    std::string_view columns;  // as CREATE TABLE takes them
    std::string_view order;
};
constexpr Computed k_structures = {"graph_structures",
                                   "run_key VARCHAR, theorem VARCHAR, variant VARCHAR, artifact_kind VARCHAR, graph_kind VARCHAR, nodes BIGINT, edges BIGINT, structure_hash VARCHAR",
                                   "run_key theorem artifact_kind variant"};
constexpr Computed k_distances = {"variant_distances",
                                  "run_key VARCHAR, theorem VARCHAR, artifact_kind VARCHAR, graph_kind VARCHAR, variant_a VARCHAR, variant_b VARCHAR, value DOUBLE, normalized DOUBLE, "
                                  "lower_bound DOUBLE, valid BOOLEAN",
                                  "run_key theorem artifact_kind variant_a variant_b"};
constexpr Computed k_clusters = {"variant_clusters",
                                 "run_key VARCHAR, theorem VARCHAR, artifact_kind VARCHAR, graph_kind VARCHAR, cut DOUBLE, cluster_idx BIGINT, variant VARCHAR, members BIGINT, "
                                 "is_representative BOOLEAN, nearest_distance DOUBLE, valid BOOLEAN",
                                 "run_key theorem artifact_kind cut variant"};
constexpr std::array<const Computed*, 3> k_computed = {&k_structures, &k_distances, &k_clusters};
// Mean normalised distances up to which clusters are joined. None is published, so none is preferred.
constexpr std::array<double, 6> k_cuts = {0, 0.05, 0.1, 0.2, 0.3, 0.5};
constexpr std::size_t k_runs_at_once = 16;

struct VariantGraph {
    std::string variant;
    std::string graph_kind;
    std::map<std::string, std::size_t, std::less<>> places;  // of nodes, by their ids
    std::vector<std::string> sigs;
    struct Link {
        std::string from;
        std::string to;
        std::string family;
    };
    std::vector<Link> links;
    metrics::Graph graph;
    std::vector<std::string> families;  // by the labels of the edges
    std::string hash;
};

// The graphs of one theorem that are compared with each other: those of one kind of artifact.
struct Group {
    std::string run_key;
    std::string theorem;
    std::string artifact_kind;
    std::vector<VariantGraph> graphs;  // by variant
    struct Pair {
        std::size_t a;
        std::size_t b;
        std::optional<metrics::EditDistance> distance;  // none beyond the limits, and between families
    };
    std::vector<Pair> pairs;
};

void finish(Group& group) {
    metrics::Labels labels;
    for (auto& one : group.graphs) {
        std::map<std::string, std::uint32_t, std::less<>> families;
        std::vector<metrics::Edge> edges;
        for (const auto& sig : one.sigs) { one.graph.nodes.push_back(labels.id(cat("goal ", sig))); }
        for (const auto& link : one.links) {
            const auto from = one.places.find(link.from);
            const auto to = one.places.find(link.to);
            if (from == one.places.end() || to == one.places.end()) { continue; }
            const auto [family, is_new] = families.try_emplace(link.family, static_cast<std::uint32_t>(families.size()));
            if (is_new) { one.families.push_back(link.family); }
            edges.push_back({.from = from->second, .to = to->second, .label = family->second});
            one.graph.edges.push_back({.from = from->second, .to = to->second, .label = labels.id(cat("family ", link.family))});
        }
        one.hash = metrics::structure_hash(one.sigs, edges, one.families);
        one.places.clear();
        one.links.clear();
    }
}

void compare(Group& group) {
    const auto is_small = [](const metrics::Graph& graph) { return graph.nodes.size() <= k_max_compared_nodes && graph.edges.size() <= k_max_compared_edges; };
    for (std::size_t a = 0; a < group.graphs.size(); ++a) {
        for (std::size_t b = a + 1; b < group.graphs.size(); ++b) {
            const auto& first = group.graphs[a];
            const auto& second = group.graphs[b];
            Group::Pair pair{.a = a, .b = b, .distance = {}};
            if (first.graph_kind == second.graph_kind && is_small(first.graph) && is_small(second.graph)) {
                pair.distance = metrics::hard_graph_edit_distance(first.graph, second.graph, k_compared_expansions);
            }
            group.pairs.push_back(std::move(pair));
        }
    }
}

class GraphTables {
  public:
    GraphTables(ExportSession& session, std::vector<const Computed*> wanted, unsigned threads) : session_(session), wanted_(std::move(wanted)), threads_(threads) {}

    core::Status run() {
        for (const auto* table : wanted_) {
            RL_TRY(session_.connection().run(cat("CREATE TEMP TABLE ", table->name, " (", table->columns, ")")));
            SeenTable seen{.name = std::string(table->name), .source = {}, .columns = {}, .order = {}};
            for (const auto column : core::split(table->columns, ',')) { seen.columns.emplace_back(core::split(core::trim(column), ' ').front()); }
            for (const auto column : core::split(table->order, ' ')) { seen.order.emplace_back(column); }
            session_.add(std::move(seen));
        }
        if (session_.find("graph_nodes") == nullptr || session_.find("graph_edges") == nullptr) { return core::ok(); }
        RL_ASSIGN(auto rows, session_.connection().query("SELECT run_key FROM temp.selected_runs ORDER BY position"));
        std::vector<std::string> keys;
        while (true) {
            RL_ASSIGN(const bool found, rows.next());
            if (!found) { break; }
            keys.emplace_back(rows.text(0));
        }
        for (std::size_t at = 0; at < keys.size(); at += k_runs_at_once) {
            std::string list;
            for (std::size_t i = at; i < std::min(keys.size(), at + k_runs_at_once); ++i) { list += cat(i == at ? "" : ", ", sql::quote_literal(keys[i])); }
            RL_ASSIGN(auto groups, read(list));
            RL_TRY(work(groups));
            RL_TRY(append(groups));
        }
        return core::ok();
    }

  private:
    bool wants(const Computed& table) const { return std::ranges::find(wanted_, &table) != wanted_.end(); }
    bool compares() const { return wants(k_distances) || wants(k_clusters); }

    core::Result<std::vector<Group>> read(const std::string& keys) {
        RL_ASSIGN(auto rows, session_.connection().query(cat("SELECT run_key, theorem, rel_path, variant, graph_kind, node_id AS first, coalesce(goal_sig, '') AS label, NULL AS second, 0 AS place "
                                                             "FROM graph_nodes WHERE variant IS NOT NULL AND run_key IN (", keys, ") UNION ALL SELECT run_key, theorem, rel_path, variant, graph_kind, "
                                                             "src_node_id, coalesce(tactic_family, ''), dst_node_id, edge_idx + 1 FROM graph_edges WHERE variant IS NOT NULL AND run_key IN (", keys,
                                                             ") ORDER BY run_key, theorem, rel_path, place, first")));
        std::map<std::array<std::string, 3>, Group> groups;
        std::string last_path;
        VariantGraph* graph = nullptr;
        while (true) {
            RL_ASSIGN(const bool found, rows.next());
            if (!found) { break; }
            const std::string path = cat(rows.text(0), "\n", rows.text(2));
            if (path != last_path) {
                last_path = path;
                graph = graph_of(groups, std::string(rows.text(0)), std::string(rows.text(1)), rows.text(2), std::string(rows.text(3)), rows.text_if(4).value_or(""));
            }
            if (graph == nullptr) { continue; }
            if (rows.is_null(7)) {
                graph->places.emplace(std::string(rows.text(5)), graph->sigs.size());
                graph->sigs.emplace_back(rows.text(6));
            } else {
                graph->links.push_back({.from = std::string(rows.text(5)), .to = std::string(rows.text(7)), .family = std::string(rows.text(6))});
            }
        }
        std::vector<Group> out;
        for (auto& [key, group] : groups) {
            std::ranges::sort(group.graphs, {}, &VariantGraph::variant);
            out.push_back(std::move(group));
        }
        return out;
    }

    // Nothing for what does not lie in the theorem's folder itself, and for a second graph of one variant.
    static VariantGraph* graph_of(std::map<std::array<std::string, 3>, Group>& groups, std::string run_key, std::string theorem, std::string_view rel_path, std::string variant,
                                  std::string graph_kind) {
        const std::string file = os::base_name(std::string(rel_path));
        const auto name = parse_artifact_name(file);
        if (!name || rel_path != cat(theorem, "/", file)) { return nullptr; }
        const std::string kind(artifact_kind_name(name->kind));
        auto& group = groups[{run_key, theorem, kind}];
        group.run_key = std::move(run_key);
        group.theorem = std::move(theorem);
        group.artifact_kind = kind;
        if (std::ranges::find(group.graphs, variant, &VariantGraph::variant) != group.graphs.end()) { return nullptr; }
        group.graphs.emplace_back();
        group.graphs.back().variant = std::move(variant);
        group.graphs.back().graph_kind = std::move(graph_kind);
        return &group.graphs.back();
    }

    core::Status work(std::vector<Group>& groups) const {
        OrderedWork ordered;
        ordered.tasks = groups.size();
        ordered.workers = threads_ > 1 ? threads_ : 0;
        ordered.work = [&](std::size_t task, const RowSink&) {
            finish(groups[task]);
            if (compares()) { compare(groups[task]); }
            return core::ok();
        };
        ordered.take = [](std::size_t, FileRows&&) { return core::ok(); };
        ordered.done = [](std::size_t) { return core::ok(); };
        ordered.is_stopped = [] { return false; };
        return run_ordered(ordered);
    }

    core::Status append(const std::vector<Group>& groups) {
        if (wants(k_structures)) { RL_TRY(append_to(k_structures, groups, structures)); }
        if (wants(k_distances)) { RL_TRY(append_to(k_distances, groups, distances)); }
        if (wants(k_clusters)) { RL_TRY(append_to(k_clusters, groups, clusters)); }
        return core::ok();
    }
    using Rows = core::Status (*)(const Group&, sql::Appender&);
    core::Status append_to(const Computed& table, const std::vector<Group>& groups, Rows rows) {
        RL_ASSIGN(auto appender, sql::Appender::open(session_.connection(), std::string(table.name), "temp"));
        for (const auto& group : groups) { RL_TRY(rows(group, appender)); }
        return appender.close();
    }

    static core::Status structures(const Group& group, sql::Appender& to) {
        for (const auto& one : group.graphs) {
            to.set(0, group.run_key);
            to.set(1, group.theorem);
            to.set(2, one.variant);
            to.set(3, group.artifact_kind);
            to.set(4, one.graph_kind);
            to.set(5, static_cast<std::int64_t>(one.graph.nodes.size()));
            to.set(6, static_cast<std::int64_t>(one.graph.edges.size()));
            to.set(7, one.hash);
            RL_TRY(to.end_row());
        }
        return core::ok();
    }

    static core::Status distances(const Group& group, sql::Appender& to) {
        for (const auto& pair : group.pairs) {
            const auto& a = group.graphs[pair.a];
            const auto& b = group.graphs[pair.b];
            if (a.graph_kind != b.graph_kind) { continue; }
            to.set(0, group.run_key);
            to.set(1, group.theorem);
            to.set(2, group.artifact_kind);
            to.set(3, a.graph_kind);
            to.set(4, a.variant);
            to.set(5, b.variant);
            if (pair.distance) {
                to.set(6, pair.distance->value);
                to.set(7, metrics::rounded(metrics::normalized_edit_distance(pair.distance->value, a.graph, b.graph)));
                to.set(8, metrics::rounded(pair.distance->lower_bound));
            }
            to.set(9, pair.distance && pair.distance->is_exact);
            RL_TRY(to.end_row());
        }
        return core::ok();
    }

    static core::Status clusters(const Group& group, sql::Appender& to) {
        const std::size_t count = group.graphs.size();
        std::vector<std::vector<double>> matrix(count, std::vector<double>(count, 0.0));
        bool is_exact = true;
        for (const auto& pair : group.pairs) {
            if (!pair.distance) { return core::ok(); }  // without all distances there are no clusters
            is_exact = is_exact && pair.distance->is_exact;
            matrix[pair.a][pair.b] = matrix[pair.b][pair.a] = metrics::normalized_edit_distance(pair.distance->value, group.graphs[pair.a].graph, group.graphs[pair.b].graph);
        }
        for (const double cut : k_cuts) {
            RL_ASSIGN(const auto found, metrics::average_linkage(matrix, cut));
            for (std::size_t at = 0; at < found.clusters.size(); ++at) {
                const auto& cluster = found.clusters[at];
                std::optional<double> nearest;
                for (std::size_t other = 0; other < found.clusters.size(); ++other) {
                    if (other != at) { nearest = std::min(nearest.value_or(found.distances[at][other]), found.distances[at][other]); }
                }
                for (const std::size_t member : cluster.members) {
                    to.set(0, group.run_key);
                    to.set(1, group.theorem);
                    to.set(2, group.artifact_kind);
                    to.set(3, group.graphs[member].graph_kind);
                    to.set(4, cut);
                    to.set(5, static_cast<std::int64_t>(at));
                    to.set(6, group.graphs[member].variant);
                    to.set(7, static_cast<std::int64_t>(cluster.members.size()));
                    to.set(8, member == cluster.representative);
                    if (nearest) { to.set(9, metrics::rounded(*nearest)); }
                    to.set(10, is_exact);
                    RL_TRY(to.end_row());
                }
            }
        }
        return core::ok();
    }

    ExportSession& session_;
    std::vector<const Computed*> wanted_;
    unsigned threads_;
};

}  // namespace

core::Status add_graph_tables(ExportSession& session, std::span<const JobDataset> datasets) {
    std::vector<const Computed*> wanted;
    for (const auto* table : k_computed) {
        const bool is_named = std::ranges::any_of(datasets, [&](const JobDataset& dataset) { return core::lower_ascii(dataset.query).find(table->name) != std::string::npos; });
        // A table of the project's own goes first.
        if (is_named && session.find(table->name) == nullptr) { wanted.push_back(table); }
    }
    return wanted.empty() ? core::ok() : GraphTables(session, std::move(wanted), static_cast<unsigned>(std::max(1, os::usable_processors()))).run();
}

}  // namespace runlake::lake
