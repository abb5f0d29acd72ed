// SPDX-License-Identifier: Apache-2.0
#include "lake/postprocess/similarity.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "core/digest.hpp"
#include "core/json_lists.hpp"
#include "core/json_texts.hpp"
#include "core/text.hpp"
#include "lake/postprocess/run_metrics.hpp"
#include "lake/regular_file.hpp"
#include "metrics/clusters.hpp"
#include "metrics/goal_tree.hpp"
#include "metrics/numbers.hpp"
#include "metrics/statement_tree.hpp"
#include "os/files.hpp"
#include "os/parallel.hpp"

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
    std::vector<Item> items;         // by name
    std::vector<std::string> notes;  // why nothing is compared at all
    std::size_t theorems = 0;        // of the summary
    bool is_sample = false;          // the items are a part of them
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
        const std::string_view mode = compared_.is_sample ? "sample" : chosen_.size() <= work_.params.max_full ? "full" : "knn";
        auto notes = compared_.notes;
        if (notes.empty() && chosen_.empty()) { notes.emplace_back("no theorem has a tree"); }
        const bool is_valid = notes.empty();
        Json out = Json::object();
        out.set("schema_version", 1).set("kind", compared_.kind).set("valid", is_valid).set("validity_notes", core::text_list(notes));
        out.set("mode", is_valid ? Json(mode) : Json()).set("params", to_json(work_.params));
        out.set("theorem_count", std::uint64_t{compared_.theorems}).set("compared_count", std::uint64_t{chosen_.size()}).set("excluded", excluded());
        Json names = Json::array();
        for (std::size_t i = 0; i < chosen_.size(); ++i) { names.push(item(i).name); }
        out.set("theorems", std::move(names));
        Json matrix;
        Json neighbours;
        Json clusters;
        if (is_valid && mode == "knn") {
            neighbours = nearest();
        } else if (is_valid) {
            const auto distances = all();
            matrix = matrix_json(distances);
            RL_ASSIGN(clusters, clusters_json(distances));
        }
        return out.set("matrix", std::move(matrix)).set("neighbours", std::move(neighbours)).set("clusters", std::move(clusters)).set("inputs_sha256", inputs());
    }

  private:
    using Matrix = std::vector<std::vector<double>>;

    const Item& item(std::size_t i) const { return compared_.items[chosen_[i]]; }
    Json excluded() const {
        Json out = Json::array();
        for (const auto& item : compared_.items) {
            if (!item.tree) { out.push(Json::object().set("theorem", item.name).set("reason", item.problem)); }
        }
        return out;
    }
    double distance(std::size_t i, std::size_t j) const {
        return item(i).digest == item(j).digest ? 0.0 : metrics::normalized_tree_edit_distance(*item(i).tree, *item(j).tree);
    }
    Matrix all() const {
        Matrix out(chosen_.size(), std::vector<double>(chosen_.size(), 0.0));
        os::for_each_index(chosen_.size(), 1, work_.threads, [&](std::size_t i) {
            for (std::size_t j = i + 1; j < chosen_.size(); ++j) { out[i][j] = distance(i, j); }
        });
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
                for (const std::size_t member : cluster.members) { members.push(item(member).name); }
                list.push(Json::object().set("representative", item(cluster.representative).name).set("members", std::move(members)));
            }
            out.push(Json::object().set("cut", cut).set("clusters", std::move(list)));
        }
        return out;
    }
    // Each is compared with those whose trees have about as many nodes: the difference of both is what their distance is at least.
    Json nearest() const {
        std::vector<std::size_t> by_size(chosen_.size());
        std::iota(by_size.begin(), by_size.end(), std::size_t{0});
        const auto size_of = [&](std::size_t i) { return item(i).tree->size(); };
        std::ranges::stable_sort(by_size, {}, size_of);
        std::vector<std::size_t> place(chosen_.size());
        for (std::size_t at = 0; at < by_size.size(); ++at) { place[by_size[at]] = at; }
        std::vector<std::vector<std::pair<double, std::size_t>>> found(chosen_.size());
        os::for_each_index(chosen_.size(), 1, work_.threads, [&](std::size_t i) {
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
        });
        Json out = Json::array();
        for (std::size_t i = 0; i < found.size(); ++i) {
            Json list = Json::array();
            for (const auto& [value, other] : found[i]) { list.push(Json::object().set("theorem", item(other).name).set("distance", metrics::rounded(value))); }
            out.push(Json::object().set("theorem", item(i).name).set("nearest", std::move(list)));
        }
        return out;
    }

    Compared compared_;
    const SimilarityWork& work_;
    std::vector<std::size_t> chosen_;
};

std::vector<std::string> theorem_names(const SimilarityWork& work) {
    std::vector<std::string> out;
    for (const auto& theorem : core::list_at(work.summary, "theorems")) {
        auto name = theorem.string_at("name");
        if (name && is_folder_name(*name)) { out.push_back(std::move(*name)); }
    }
    std::ranges::sort(out);
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

// The theorems with their trees. Of more than can be compared a sample, in the order of their names' digests: only so many are read, and which ones does not depend on the others' files.
Compared compared_items(std::string_view kind, const SimilarityWork& work, const std::function<void(Item& item)>& read) {
    Compared out{.kind = kind, .items = {}, .notes = {}};
    auto names = theorem_names(work);
    out.theorems = names.size();
    out.is_sample = names.size() > work.params.max_knn;
    if (out.is_sample) {
        std::vector<std::pair<std::string, std::string>> by_digest;
        for (auto& name : names) { by_digest.emplace_back(core::sha256(name).hex(), std::move(name)); }
        std::ranges::sort(by_digest);
        for (std::size_t i = 0; i < names.size(); ++i) { names[i] = std::move(by_digest[i].second); }
    }
    std::size_t with_tree = 0;
    for (auto& name : names) {
        if (out.is_sample && with_tree == work.params.sample_size) { break; }
        auto& item = out.items.emplace_back(Item{.name = std::move(name), .digest = "", .tree = nullptr, .problem = ""});
        read(item);
        with_tree += item.tree ? 1 : 0;
    }
    std::ranges::sort(out.items, {}, &Item::name);
    return out;
}

core::Status write(Compared&& compared, const SimilarityWork& work) {
    const std::string path = os::join_path(work.run_dir, cat(compared.kind, ".json"));
    Comparison comparison(std::move(compared), work);
    if (!work.recompute) {
        const auto there = read_regular_file(path, 1U << 30U);
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
        const auto& sigs = core::list_at(metrics.value(), "root_goal_sigs");
        const auto* sig = sigs.empty() ? nullptr : sigs.front().as_string();
        if (sig != nullptr && !sig->empty()) { return *sig; }
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

// The files of a run's problems: those that it selected, then those that are called so in the corpus; never outside the corpus by their names.
class StatementFiles {
  public:
    StatementFiles(const SimilarityWork& work, std::string_view ending) : ending_(ending) {
        const auto* meta = work.config.find("corpus_meta");
        root_ = meta == nullptr ? "" : meta->string_at("root").value_or("");
        if (root_.empty()) { return; }
        if (!root_.starts_with('/')) { root_ = os::join_path(work.run_dir, root_); }
        const auto* selection = work.config.find("problem_selection");
        if (selection == nullptr) { return; }
        for (const auto& entry : core::list_at(*selection, "selected_problems")) {
            const auto* text = entry.as_string();
            select(text != nullptr ? *text : entry.string_at("path").value_or(""));
        }
    }

    std::optional<std::string> find(const std::string& theorem) const {
        if (root_.empty()) { return std::nullopt; }
        const std::string file = theorem.ends_with(ending_) ? theorem : cat(theorem, ending_);
        std::vector<std::string> candidates;
        for (const auto& name : {theorem, file}) {
            const auto [first, last] = selected_.equal_range(name);
            for (auto at = first; at != last; ++at) { candidates.push_back(at->second); }
        }
        candidates.push_back(file);
        candidates.push_back(theorem);
        // As the TPTP library is laid out.
        if (theorem.size() > 3) { candidates.push_back(cat("Problems/", theorem.substr(0, 3), "/", file)); }
        for (const auto& candidate : candidates) {
            auto path = os::join_path(root_, candidate);
            const auto stat = os::stat_path(path);
            if (stat && S_ISREG(stat->st_mode)) { return path; }
        }
        return std::nullopt;
    }

  private:
    void select(std::string path) {
        if (path.starts_with(cat(root_, "/"))) { path.erase(0, root_.size() + 1); }
        const auto parts = core::split(path, '/');
        if (path.empty() || path.starts_with('/') || std::ranges::find(parts, std::string_view("..")) != parts.end()) { return; }
        std::string name = os::base_name(path);
        selected_.emplace(std::move(name), std::move(path));
    }

    std::string_view ending_;
    std::string root_;  // "": the run does not say where its corpus is
    std::multimap<std::string, std::string, std::less<>> selected_;
};

void read_root_goal(const SimilarityWork& work, metrics::Labels& labels, Item& item) {
    const auto* entries = work.goal_cache.find("entries");
    const std::string sig = root_signature(work, item.name);
    const auto* entry = sig.empty() || entries == nullptr ? nullptr : entries->find(sig);
    if (entry == nullptr) {
        item.problem = sig.empty() ? "its files name no root goal" : "its root goal is not in the goal cache";
        return;
    }
    auto tree = metrics::goal_tree(*entry, labels);
    if (!tree.ok()) {
        item.problem = tree.error().message();
        return;
    }
    const auto text_of = [&](std::string_view key) {
        const auto* member = entry->find(key);
        return member == nullptr ? std::string() : core::to_json(*member);
    };
    item.digest = core::sha256(cat(text_of("type_expr"), "\n", text_of("hyp_exprs"))).hex();
    item.tree = std::make_unique<const metrics::Tree>(std::move(tree).take());
}

void read_statement(const StatementFiles& files, metrics::StatementLanguage language, metrics::Labels& labels, Item& item) {
    const auto path = files.find(item.name);
    if (!path) {
        item.problem = "no file of the corpus (corpus_meta.root of run_config.json) is called so";
        return;
    }
    const auto text = os::read_file(*path, k_max_statement_bytes);
    if (!text.ok()) {
        item.problem = "its file can't be read";
        return;
    }
    auto tree = metrics::statement_tree(text.value(), language, labels);
    if (!tree.ok()) {
        item.problem = tree.error().message();
        return;
    }
    item.digest = core::sha256(text.value()).hex();
    item.tree = std::make_unique<const metrics::Tree>(std::move(tree).take());
}

Compared incomparable(std::string_view kind, std::string note) { return {.kind = kind, .items = {}, .notes = {std::move(note)}}; }

}  // namespace

core::Status write_root_goal_similarity(const SimilarityWork& work) {
    if (!work.no_trees.empty()) { return write(incomparable(k_root_goal_similarity, work.no_trees), work); }
    metrics::Labels labels;
    return write(compared_items(k_root_goal_similarity, work, [&](Item& item) { read_root_goal(work, labels, item); }), work);
}

core::Status write_external_similarity(const SimilarityWork& work) {
    const std::string corpus = work.config.string_at("corpus").value_or("");
    const bool is_tptp = corpus == "tptp" || corpus.starts_with("tptp-");
    const bool is_smtlib = corpus == "smtlib" || corpus.starts_with("smtlib-");
    if (corpus == "coq" || corpus == "coq-stdlib") {
        return write(incomparable(k_external_similarity, cat("statements of the corpus \"", corpus, "\" have no trees: Coq itself would have to print them")), work);
    }
    if (!is_tptp && !is_smtlib) {
        return write(incomparable(k_external_similarity, cat("the corpus \"", corpus, "\" is none whose statements can be read: tptp and smtlib are")), work);
    }
    const StatementFiles files(work, is_tptp ? ".p" : ".smt2");
    const auto language = is_tptp ? metrics::StatementLanguage::tptp : metrics::StatementLanguage::smtlib;
    metrics::Labels labels;
    return write(compared_items(k_external_similarity, work, [&](Item& item) { read_statement(files, language, labels, item); }), work);
}

}  // namespace runlake::lake
