// SPDX-License-Identifier: Apache-2.0
#include "lake/postprocess/similarity.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/digest.hpp"
#include "core/text.hpp"
#include "lake/ordered_work.hpp"
#include "lake/postprocess/run_metrics.hpp"
#include "metrics/clusters.hpp"
#include "metrics/goal_tree.hpp"
#include "metrics/numbers.hpp"
#include "metrics/statement_tree.hpp"
#include "os/files.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Json;

constexpr std::array<double, 6> k_cuts = {0, 0.05, 0.1, 0.2, 0.3, 0.5};
constexpr std::uint64_t k_max_statement_bytes = 16U << 20U;

Json to_json(const SimilarityParams& params) {
    Json out = Json::object();
    out.set("max_full", std::uint64_t{params.max_full}).set("max_knn", std::uint64_t{params.max_knn}).set("knn_k", std::uint64_t{params.knn_k});
    return out.set("knn_sample", std::uint64_t{params.knn_sample}).set("sample_size", std::uint64_t{params.sample_size}).set("mode", "auto");
}

// A theorem and its tree, or why it has none.
struct Item {
    std::string name;
    std::string digest;  // of what its tree is made of
    std::unique_ptr<const metrics::Tree> tree;
    std::string problem;
};

struct Compared {
    std::string_view kind;
    std::vector<Item> items;       // by name
    std::vector<std::string> notes;  // why nothing is compared at all
};

class Comparison {
  public:
    Comparison(Compared&& compared, const SimilarityWork& work) : compared_(std::move(compared)), work_(work) {
        for (std::size_t i = 0; i < compared_.items.size(); ++i) {
            if (compared_.items[i].tree) { chosen_.push_back(i); }
        }
    }

    std::string inputs() const {
        core::FieldHash hash("runlake.similarity/1");
        hash.field("kind", compared_.kind).field("params", core::to_json(to_json(work_.params)));
        for (const auto& note : compared_.notes) { hash.field("note", note); }
        for (const auto& item : compared_.items) {
            hash.field("theorem", item.name);
            item.tree ? hash.field("tree", item.digest) : hash.field("problem", item.problem);
        }
        return hash.finish().hex();
    }

    core::Result<Json> run() {
        const std::size_t count = chosen_.size();
        const std::string_view mode = count <= work_.params.max_full ? "full" : count <= work_.params.max_knn ? "knn" : "sample";
        if (mode == "sample") { take_sample(); }
        Json out = Json::object();
        Json notes = Json::array();
        for (const auto& note : compared_.notes) { notes.push(note); }
        if (compared_.notes.empty() && count == 0) { notes.push("no theorem has a tree"); }
        const bool is_valid = notes.as_array()->empty();
        out.set("schema_version", 1).set("kind", compared_.kind).set("valid", is_valid).set("validity_notes", std::move(notes));
        out.set("mode", is_valid ? Json(mode) : Json()).set("params", to_json(work_.params));
        out.set("theorem_count", std::uint64_t{compared_.items.size()}).set("compared_count", std::uint64_t{chosen_.size()}).set("excluded", excluded());
        Json names = Json::array();
        for (const std::size_t i : chosen_) { names.push(compared_.items[i].name); }
        out.set("theorems", std::move(names));
        Json matrix;
        Json neighbours;
        Json clusters;
        if (is_valid && mode == "knn") {
            RL_ASSIGN(neighbours, nearest());
        } else if (is_valid) {
            RL_ASSIGN(const auto distances, all());
            matrix = matrix_json(distances);
            RL_ASSIGN(clusters, clusters_json(distances));
        }
        return out.set("matrix", std::move(matrix)).set("neighbours", std::move(neighbours)).set("clusters", std::move(clusters)).set("inputs_sha256", inputs());
    }

  private:
    using Matrix = std::vector<std::vector<double>>;

    // Which ones follows from their names alone.
    void take_sample() {
        std::vector<std::pair<std::string, std::size_t>> by_digest;
        for (const std::size_t i : chosen_) { by_digest.emplace_back(core::sha256(compared_.items[i].name).hex(), i); }
        std::ranges::sort(by_digest);
        chosen_.clear();
        for (const auto& [digest, i] : by_digest) {
            if (chosen_.size() < work_.params.sample_size) { chosen_.push_back(i); }
        }
        std::ranges::sort(chosen_);
    }
    Json excluded() const {
        Json out = Json::array();
        for (const auto& item : compared_.items) {
            if (!item.tree) { out.push(Json::object().set("theorem", item.name).set("reason", item.problem)); }
        }
        return out;
    }
    double distance(std::size_t i, std::size_t j) const {
        const auto& a = compared_.items[chosen_[i]];
        const auto& b = compared_.items[chosen_[j]];
        return i == j || a.digest == b.digest ? 0.0 : metrics::normalized_tree_edit_distance(*a.tree, *b.tree);
    }
    core::Status each(const std::function<void(std::size_t)>& call) const {
        OrderedWork ordered;
        ordered.tasks = chosen_.size();
        ordered.workers = work_.threads > 1 ? work_.threads : 0;
        ordered.work = [&](std::size_t task, const RowSink&) {
            call(task);
            return core::ok();
        };
        ordered.take = [](std::size_t, FileRows&&) { return core::ok(); };
        ordered.done = [](std::size_t) { return core::ok(); };
        ordered.is_stopped = [] { return false; };
        return run_ordered(ordered);
    }
    core::Result<Matrix> all() const {
        Matrix out(chosen_.size(), std::vector<double>(chosen_.size(), 0.0));
        RL_TRY(each([&](std::size_t i) {
            for (std::size_t j = i + 1; j < chosen_.size(); ++j) { out[i][j] = distance(i, j); }
        }));
        for (std::size_t i = 0; i < out.size(); ++i) {
            for (std::size_t j = 0; j < i; ++j) { out[i][j] = out[j][i]; }
        }
        return out;
    }
    static Json matrix_json(const Matrix& distances) {
        Json out = Json::array();
        for (const auto& row : distances) {
            Json line = Json::array();
            for (const double value : row) { line.push(metrics::rounded(value)); }
            out.push(std::move(line));
        }
        return out;
    }
    core::Result<Json> clusters_json(const Matrix& distances) const {
        Json out = Json::array();
        for (const double cut : k_cuts) {
            RL_ASSIGN(const auto found, metrics::average_linkage(distances, cut));
            Json list = Json::array();
            for (const auto& cluster : found.clusters) {
                Json members = Json::array();
                for (const std::size_t member : cluster.members) { members.push(compared_.items[chosen_[member]].name); }
                list.push(Json::object().set("representative", compared_.items[chosen_[cluster.representative]].name).set("members", std::move(members)));
            }
            out.push(Json::object().set("cut", cut).set("clusters", std::move(list)));
        }
        return out;
    }
    // Each is compared with those whose trees have about as many nodes: the difference of both is what their distance is at least.
    core::Result<Json> nearest() const {
        std::vector<std::size_t> by_size(chosen_.size());
        for (std::size_t i = 0; i < by_size.size(); ++i) { by_size[i] = i; }
        const auto size_of = [&](std::size_t i) { return compared_.items[chosen_[i]].tree->size(); };
        std::ranges::stable_sort(by_size, {}, size_of);
        std::vector<std::size_t> place(chosen_.size());
        for (std::size_t at = 0; at < by_size.size(); ++at) { place[by_size[at]] = at; }
        std::vector<std::vector<std::pair<double, std::size_t>>> found(chosen_.size());
        RL_TRY(each([&](std::size_t i) {
            std::size_t low = place[i];
            std::size_t high = place[i] + 1;
            while (found[i].size() < work_.params.knn_sample && (low > 0 || high < by_size.size())) {
                const auto away = [&](std::size_t at) { return std::max(size_of(i), size_of(by_size[at])) - std::min(size_of(i), size_of(by_size[at])); };
                const bool is_low = low > 0 && (high == by_size.size() || away(low - 1) <= away(high));
                const std::size_t other = by_size[is_low ? --low : high++];
                found[i].emplace_back(distance(i, other), other);
            }
            std::ranges::sort(found[i]);
            if (found[i].size() > work_.params.knn_k) { found[i].resize(work_.params.knn_k); }
        }));
        Json out = Json::array();
        for (std::size_t i = 0; i < found.size(); ++i) {
            Json list = Json::array();
            for (const auto& [value, other] : found[i]) { list.push(Json::object().set("theorem", compared_.items[chosen_[other]].name).set("distance", metrics::rounded(value))); }
            out.push(Json::object().set("theorem", compared_.items[chosen_[i]].name).set("nearest", std::move(list)));
        }
        return out;
    }

    Compared compared_;
    const SimilarityWork& work_;
    std::vector<std::size_t> chosen_;
};

std::vector<std::string> theorem_names(const SimilarityWork& work) {
    std::vector<std::string> out;
    const auto* theorems = work.summary.find("theorems");
    if (theorems != nullptr && theorems->is_array()) {
        for (const auto& theorem : *theorems->as_array()) {
            auto name = theorem.string_at("name");
            if (name && !name->empty() && *name != "." && *name != ".." && name->find_first_of(std::string_view("/\0", 2)) == std::string::npos) { out.push_back(std::move(*name)); }
        }
    }
    std::ranges::sort(out);
    const auto rest = std::ranges::unique(out);
    out.erase(rest.begin(), rest.end());
    return out;
}

core::Status write(Compared&& compared, const SimilarityWork& work) {
    const std::string path = os::join_path(work.run_dir, cat(compared.kind, ".json"));
    Comparison comparison(std::move(compared), work);
    if (!work.recompute) {
        const auto there = os::read_file(path, 1U << 30U);
        const auto parsed = there.ok() ? core::parse_json(there.value(), path) : core::Result<Json>(Json());
        if (parsed.ok() && parsed.value().string_at("inputs_sha256") == comparison.inputs()) { return core::ok(); }
    }
    RL_ASSIGN(const auto payload, comparison.run());
    return os::publish_file(path, cat(core::to_json(payload), "\n"), 0644, os::Existing::replace, os::Durability::power, os::point::postprocess_write);
}

// Where a search says which goal it began with: its metrics, its tree, its graph.
std::string root_signature(const SimilarityWork& work, const std::string& theorem) {
    const std::string dir = os::join_path(work.run_dir, theorem);
    if (const auto metrics = read_either(dir, "wild_type_metrics.json"); metrics.ok()) {
        const auto* sigs = metrics.value().find("root_goal_sigs");
        if (sigs != nullptr && sigs->is_array() && !sigs->as_array()->empty()) {
            if (const auto* sig = sigs->as_array()->front().as_string(); sig != nullptr && !sig->empty()) { return *sig; }
        }
    }
    if (const auto tree = read_either(dir, "wild_type_mcts_tree.json"); tree.ok()) {
        const auto root = tree.value().string_at("root_mvar_id");
        const auto* nodes = tree.value().find("nodes");
        const auto* node = root && nodes != nullptr ? nodes->find(*root) : nullptr;
        if (auto sig = node == nullptr ? std::nullopt : node->string_at("goal_sig"); sig && !sig->empty()) { return *sig; }
        const auto* map = root ? work.goal_cache.find("mvar_to_sig") : nullptr;
        if (auto sig = map == nullptr ? std::nullopt : map->string_at(*root); sig && !sig->empty()) { return *sig; }
    }
    if (const auto graph = read_either(dir, "wild_type_graph.json"); graph.ok()) {
        const auto root = graph.value().string_at("root");
        const auto* nodes = graph.value().find("nodes");
        if (root && nodes != nullptr && nodes->is_array()) {
            for (const auto& node : *nodes->as_array()) {
                const auto* pair = node.as_array();
                const Json& attributes = pair != nullptr && pair->size() == 2 ? (*pair)[1] : node;
                const auto id = pair != nullptr && pair->size() == 2 && (*pair)[0].is_string() ? std::optional(*(*pair)[0].as_string()) : node.string_at("id");
                if (id == root) { return attributes.string_at("goal_sig").value_or(""); }
            }
        }
    }
    return "";
}

// The problem's file: one that the run selected, or the one that is called so in the corpus; never outside the corpus.
std::optional<std::string> statement_path(const SimilarityWork& work, const std::string& theorem, std::string_view ending) {
    const auto* meta = work.config.find("corpus_meta");
    auto root = meta == nullptr ? std::nullopt : meta->string_at("root");
    if (!root || root->empty()) { return std::nullopt; }
    if (!root->starts_with('/')) { root = os::join_path(work.run_dir, *root); }
    std::vector<std::string> candidates;
    const auto is_inside = [](std::string_view path) {
        const auto parts = core::split(path, '/');
        return !path.empty() && !path.starts_with('/') && std::ranges::find(parts, std::string_view("..")) == parts.end();
    };
    const auto* selection = work.config.find("problem_selection");
    const auto* selected = selection == nullptr ? nullptr : selection->find("selected_problems");
    if (selected != nullptr && selected->is_array()) {
        for (const auto& entry : *selected->as_array()) {
            const auto* text = entry.as_string();
            std::string path = text != nullptr ? *text : entry.string_at("path").value_or("");
            if (path.starts_with(cat(*root, "/"))) { path.erase(0, root->size() + 1); }
            const std::string name = os::base_name(path);
            if (is_inside(path) && (name == theorem || name == cat(theorem, ending))) { candidates.push_back(std::move(path)); }
        }
    }
    const std::string file = theorem.ends_with(ending) ? theorem : cat(theorem, ending);
    candidates.push_back(file);
    candidates.push_back(theorem);
    // As the TPTP library is laid out.
    if (theorem.size() > 3) { candidates.push_back(cat("Problems/", theorem.substr(0, 3), "/", file)); }
    for (const auto& candidate : candidates) {
        auto path = os::join_path(*root, candidate);
        const auto stat = os::stat_path(path);
        if (stat && S_ISREG(stat->st_mode)) { return path; }
    }
    return std::nullopt;
}

}  // namespace

core::Status write_root_goal_similarity(const SimilarityWork& work) {
    Compared compared{.kind = k_root_goal_similarity, .items = {}, .notes = {}};
    const auto* entries = work.goal_cache.find("entries");
    if (!work.no_trees.empty()) {
        compared.notes.push_back(work.no_trees);
    } else {
        metrics::Labels labels;
        for (auto& theorem : theorem_names(work)) {
            Item item{.name = std::move(theorem), .digest = "", .tree = nullptr, .problem = ""};
            const std::string sig = root_signature(work, item.name);
            const auto* entry = sig.empty() || entries == nullptr ? nullptr : entries->find(sig);
            if (entry == nullptr) {
                item.problem = sig.empty() ? "its files name no root goal" : "its root goal is not in the goal cache";
            } else if (auto tree = metrics::goal_tree(*entry, labels); tree.ok()) {
                const auto* type = entry->find("type_expr");
                const auto* hypotheses = entry->find("hyp_exprs");
                item.digest = core::sha256(cat(type == nullptr ? "" : core::to_json(*type), "\n", hypotheses == nullptr ? "" : core::to_json(*hypotheses))).hex();
                item.tree = std::make_unique<const metrics::Tree>(std::move(tree).take());
            } else {
                item.problem = tree.error().message();
            }
            compared.items.push_back(std::move(item));
        }
    }
    return write(std::move(compared), work);
}

core::Status write_external_similarity(const SimilarityWork& work) {
    Compared compared{.kind = k_external_similarity, .items = {}, .notes = {}};
    const std::string corpus = work.config.string_at("corpus").value_or("");
    const bool is_tptp = corpus == "tptp" || corpus.starts_with("tptp-");
    const bool is_smtlib = corpus == "smtlib" || corpus.starts_with("smtlib-");
    if (corpus == "coq" || corpus == "coq-stdlib") {
        compared.notes.push_back(cat("statements of the corpus \"", corpus, "\" have no trees: Coq itself would have to print them"));
    } else if (!is_tptp && !is_smtlib) {
        compared.notes.push_back(cat("the corpus \"", corpus, "\" is none whose statements can be read: tptp and smtlib are"));
    } else {
        metrics::Labels labels;
        for (auto& theorem : theorem_names(work)) {
            Item item{.name = std::move(theorem), .digest = "", .tree = nullptr, .problem = ""};
            const auto path = statement_path(work, item.name, is_tptp ? ".p" : ".smt2");
            if (!path) {
                item.problem = "no file of the corpus (corpus_meta.root of run_config.json) is called so";
                compared.items.push_back(std::move(item));
                continue;
            }
            const auto text = os::read_file(*path, k_max_statement_bytes);
            auto tree = text.ok() ? metrics::statement_tree(text.value(), is_tptp ? metrics::StatementLanguage::tptp : metrics::StatementLanguage::smtlib, labels)
                                  : core::Result<metrics::Tree>(core::Error(core::Errc::io, "its file can't be read"));
            if (tree.ok()) {
                item.digest = core::sha256(text.value()).hex();
                item.tree = std::make_unique<const metrics::Tree>(std::move(tree).take());
            } else {
                item.problem = tree.error().message();
            }
            compared.items.push_back(std::move(item));
        }
    }
    return write(std::move(compared), work);
}

}  // namespace runlake::lake
