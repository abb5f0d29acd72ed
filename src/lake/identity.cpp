// SPDX-License-Identifier: Apache-2.0
#include "lake/identity.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "core/digest.hpp"

namespace runlake::lake {
namespace {

using core::Errc;
using core::Error;
using core::Json;
using core::Result;

// What decides how a run behaves; anything else (its id, its folder, its time, its process) does not.
constexpr auto k_method_keys = std::to_array<std::string_view>({
    "format_version", "backend",     "mode",        "corpus",           "corpus_spec",   "corpus_artifact", "goal_sig_scheme", "trace_mcts",    "analysis",     "workers",
    "allow_easy",     "sampling",    "basin_seeds", "mcts_mode",        "distributed_mcts", "mode_defaults", "guidance",       "mcts",          "interventions", "problem_space",
});
constexpr auto k_provider_keys = std::to_array<std::string_view>({"names", "primary", "label", "config"});
constexpr std::string_view k_postprocess_report = "postprocess_metrics.json";
// Less ".gz", as the two below.
constexpr auto k_written_afterwards = std::to_array<std::string_view>({"summary.json", k_postprocess_report, "root_goal_similarity.json", "external_statement_similarity.json", "search_metrics.json"});
constexpr std::string_view k_comparison_suffix = "_comparison.json";

// The members of those names that are there.
template <std::size_t N>
Json picked(const Json& object, const std::array<std::string_view, N>& keys) {
    Json view = Json::object();
    for (const auto key : keys) {
        if (const Json* value = object.find(key)) { view.set(key, *value); }
    }
    return view;
}

// Canonical JSON without the blanks after "," and ":" that stand outside of strings.
Result<std::string> compact_canonical(const Json& value) {
    RL_ASSIGN(const auto spaced, core::canonical_json(value));
    std::string out;
    out.reserve(spaced.size());
    bool in_string = false;
    for (std::size_t i = 0; i < spaced.size(); ++i) {
        const char c = spaced[i];
        if (!in_string && c == ' ') { continue; }
        out += c;
        if (in_string && c == '\\') {
            out += spaced[++i];
        } else if (c == '"') {
            in_string = !in_string;
        }
    }
    return out;
}

Result<std::string> hash_of(const Json& value) {
    RL_ASSIGN(const auto text, compact_canonical(value));
    return core::sha256(text).hex();
}

bool is_of_the_search(std::string_view rel_path) {
    if (rel_path.ends_with(".gz")) { rel_path.remove_suffix(3); }
    return !rel_path.ends_with(k_comparison_suffix) && std::find(k_written_afterwards.begin(), k_written_afterwards.end(), rel_path) == k_written_afterwards.end();
}

std::string content_hash(std::string_view recipe, std::span<const FileContent> files, bool (*counts)(std::string_view rel_path)) {
    std::vector<const FileContent*> sorted;
    for (const auto& file : files) {
        if (counts(file.rel_path)) { sorted.push_back(&file); }
    }
    std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->rel_path < b->rel_path; });
    core::FieldHash hash(recipe);
    for (const auto* file : sorted) { hash.field(file->rel_path, file->sha256); }
    return hash.finish().hex();
}

}  // namespace

std::string stable_id(std::initializer_list<std::string_view> parts, std::size_t digits) {
    core::Sha256 hash;
    for (const auto part : parts) { hash.update(part).update(std::string_view("\0", 1)); }
    return hash.finish().hex().substr(0, digits);
}

std::string root_id(std::string_view root_path) { return stable_id({root_path}); }
std::string run_key(std::string_view run_dir) { return stable_id({run_dir}); }
std::string run_key_seed(std::string_view root_id, std::string_view rel_run_dir) { return stable_id({root_id, rel_run_dir}); }

Result<ConfigHashes> config_hashes(const Json& run_config) {
    if (!run_config.is_object()) { return Error(Errc::corrupt, "hashing a run's configuration: it is no object"); }
    Json method = picked(run_config, k_method_keys);
    if (const Json* providers = run_config.find("providers_meta"); providers != nullptr && providers->is_object()) {
        method.set("providers_meta", picked(*providers, k_provider_keys));
    }
    ConfigHashes hashes;
    RL_ASSIGN(hashes.whitelist, hash_of(method));
    const Json* selection = run_config.find("theorem_selection");
    Json full = Json::object();
    full.set("method", std::move(method)).set("theorem_selection", selection != nullptr ? *selection : Json());
    RL_ASSIGN(hashes.full, hash_of(full));
    return hashes;
}

std::string run_uid(std::span<const FileContent> files) {
    return content_hash("lake_run_uid/1", files, [](std::string_view rel_path) { return rel_path != k_postprocess_report; });
}

std::string search_uid(std::span<const FileContent> files) { return content_hash("lake_search_uid/1", files, is_of_the_search); }

}  // namespace runlake::lake
