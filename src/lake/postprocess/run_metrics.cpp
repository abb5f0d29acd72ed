// SPDX-License-Identifier: Apache-2.0
#include "lake/postprocess/run_metrics.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "core/digest.hpp"
#include "core/gzip.hpp"
#include "core/json_lists.hpp"
#include "core/python_json.hpp"
#include "core/text.hpp"
#include "lake/discovery.hpp"
#include "lake/file_input.hpp"
#include "lake/goal_cache.hpp"
#include "lake/postprocess/json_text.hpp"
#include "lake/postprocess/theorem_metrics.hpp"
#include "lake/regular_file.hpp"
#include "lake/run_files.hpp"
#include "os/files.hpp"
#include "os/parallel.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Json;

constexpr std::string_view k_wild = "wild_type";
const Json k_no_config;  // which root goals don't need
constexpr std::string_view k_efficiency = "k_search_efficiency";
constexpr std::string_view k_soft = "ged_search_graph_soft";

core::Result<JsonText> read_text(const std::string& path, bool is_packed) {
    RL_ASSIGN(auto text, FileInput(path, is_packed).document());
    return JsonText::parse(std::move(text), path);
}

// With the mode that the file has; nothing where nothing changed.
core::Status write_text(const std::string& path, bool is_packed, const JsonText& text) {
    if (!text.is_changed()) { return core::ok(); }
    const auto stat = os::stat_path(path);
    const mode_t mode = stat ? stat->st_mode & 0777U : mode_t{0644};
    const std::string changed = text.changed();
    return os::publish_file(path, is_packed ? core::gzip(changed) : changed, mode, os::Existing::replace, os::Durability::power, os::point::postprocess_write);
}

// One entry of the summary that gets metrics: the wild type's, or an intervention's.
struct Entry {
    std::string variant;
    const Json* value = nullptr;
    const JsonPart* part = nullptr;
    std::map<std::string_view, Json> metrics;  // computed or kept
    std::uint64_t computed = 0;
};
struct Theorem {
    std::string name;
    std::vector<Entry> entries;
    std::map<std::string, MetricCount> counts;
    std::vector<Json> searches;
    std::vector<std::string> errors;
    std::string unwritten;
};

struct Comparison {
    std::string path;
    bool is_packed = false;
    JsonText text;
};

class RunWriter {
  public:
    explicit RunWriter(const RunWork& work) : work_(work) {}

    core::Result<RunMetrics> run() {
        const std::string path = os::join_path(work_.dir, "summary.json.gz");
        if (!is_regular_file(path)) { return core::Error(core::Errc::not_found, cat(work_.dir, ": there is no summary.json.gz")); }
        RL_ASSIGN(auto summary, read_text(path, true));
        read_names(summary.value());
        read_cache();
        std::vector<Theorem> theorems = theorems_of(summary);
        os::for_each_index(theorems.size(), 1, work_.threads, [&](std::size_t i) { theorem(theorems[i]); });
        for (const auto& one : theorems) {
            for (const auto& entry : one.entries) { set_in_summary(summary, entry); }
            for (const auto& [metric, count] : one.counts) {
                out_.metrics[metric].computed += count.computed;
                out_.metrics[metric].skipped += count.skipped;
            }
            for (const auto& error : one.errors) { out_.errors.push_back(cat(one.name, ": ", error)); }
            if (!one.unwritten.empty() && out_.unwritten.empty()) { out_.unwritten = one.unwritten; }
        }
        if (wants(k_soft)) { count_validity(summary, theorems); }
        if (wants(k_root_goal_similarity)) {
            RL_TRY(write_root_goal_similarity({.run_dir = work_.dir,
                                               .config = k_no_config,
                                               .summary = summary.value(),
                                               .goal_cache = cache_.document,
                                               .no_trees = cache_.no_trees,
                                               .params = work_.params.root_goals,
                                               .recompute = work_.recompute,
                                               .threads = work_.threads}));
        }
        if (wants(k_search_metrics)) { RL_TRY(write_searches(theorems)); }
        RL_TRY(write_text(path, true, summary));
        return std::move(out_);
    }

  private:
    bool wants(std::string_view metric) const { return std::ranges::find(work_.metrics, metric) != work_.metrics.end(); }

    void read_names(const Json& summary) {
        const auto config = read_either(work_.dir, "run_config.json");
        const auto text = [&](std::string_view key) { return config.ok() ? config.value().string_at(key).value_or("") : std::string(); };
        out_.goal_sig_scheme = summary.string_at("goal_sig_scheme").value_or(text("goal_sig_scheme"));
        out_.provider = provider_of(work_.dir).value_or(text("provider"));
    }

    void read_cache() {
        auto cache = read_either(work_.dir, "goal_cache.json");
        if (!cache.ok()) {
            const bool is_missing = cache.error().code() == core::Errc::not_found;
            cache_.no_cache = is_missing ? std::string("there is no goal_cache.json.gz") : std::string("the goal cache can't be read");
            cache_.no_trees = cache_.no_cache;
            if (!is_missing) { out_.errors.push_back(cache.error().message()); }
            return;
        }
        cache_.document = std::move(cache).take();
        if (const auto* map = cache_.document.find("mvar_to_sig"); map != nullptr && map->is_object()) {
            for (const auto& [mvar, sig] : *map->as_object()) {
                if (const auto* text = sig.as_string()) { cache_.sigs.emplace(mvar, *text); }
            }
        }
        cache_.outcomes = outcome_table(cache_.document);
        const std::string scheme = cache_.document.string_at("sig_scheme").value_or(out_.goal_sig_scheme);
        const auto* entries = cache_.document.find("entries");
        if (out_.goal_sig_scheme != "ast" || scheme != "ast") {
            cache_.no_trees = cat("goals are signed by the scheme \"", out_.goal_sig_scheme == "ast" ? scheme : out_.goal_sig_scheme, "\", and only \"ast\" has trees");
        } else if (entries == nullptr || !entries->is_object()) {
            cache_.no_trees = "the goal cache has no entries";
        } else {
            cache_.distances = std::make_unique<metrics::GoalDistances>(*entries);
        }
    }

    std::vector<Theorem> theorems_of(const JsonText& summary) {
        std::vector<Theorem> out;
        const auto& values = core::list_at(summary.value(), "theorems");
        const auto* parts = summary.root().find("theorems");
        for (std::size_t i = 0; i < values.size(); ++i) {
            const Json& value = values[i];
            const auto name = value.string_at("name");
            if (!name || !is_folder_name(*name)) {
                out_.errors.push_back(cat("theorem ", i, " of the summary has no name that a folder can have"));
                continue;
            }
            Theorem theorem{.name = *name, .entries = {}, .counts = {}, .searches = {}, .errors = {}, .unwritten = ""};
            const auto add = [&](std::string variant, const Json* entry, const JsonPart* part) {
                if (entry != nullptr && entry->is_object() && part != nullptr) { theorem.entries.push_back({.variant = std::move(variant), .value = entry, .part = part, .metrics = {}}); }
            };
            add(std::string(k_wild), value.find("wild_type"), parts->items[i].find("wild_type"));
            const auto& list = core::list_at(value, "interventions");
            const auto* list_part = parts->items[i].find("interventions");
            for (std::size_t k = 0; k < list.size(); ++k) {
                const Json& entry = list[k];
                const auto variant = entry.string_at("name");
                if (!variant || !is_folder_name(*variant) || *variant == k_wild) {
                    theorem.errors.push_back(cat("intervention ", k, " of the summary has no name that a file can have"));
                    continue;
                }
                add(*variant, &entry, &list_part->items[k]);
            }
            out.push_back(std::move(theorem));
        }
        return out;
    }

    // On any thread.
    void theorem(Theorem& theorem) const {
        const std::string dir = os::join_path(work_.dir, theorem.name);
        TheoremMetrics metrics(dir, cache_, work_.params);
        for (auto& entry : theorem.entries) {
            auto comparisons = entry.variant == k_wild ? std::vector<Comparison>() : comparisons_of(dir, entry.variant, theorem.errors);
            for (const std::string_view metric : k_owned_metrics) {
                if (!wants(metric) || (entry.variant == k_wild && metric != k_efficiency)) { continue; }
                const Json* before = entry.value->find(metric);
                if (is_placeholder(before) && !comparisons.empty()) { before = comparisons.front().text.value().find(metric); }
                auto& count = theorem.counts[std::string(metric)];
                if (work_.keeps && metric != k_efficiency && !is_placeholder(before)) {
                    entry.metrics.emplace(metric, *before);
                    ++count.skipped;
                } else {
                    entry.metrics.emplace(metric, metrics.compute(metric, entry.variant, before));
                    ++count.computed;
                    ++entry.computed;
                }
            }
            for (auto& comparison : comparisons) {
                for (const auto& [metric, value] : entry.metrics) { comparison.text.set(comparison.text.root(), metric, value); }
                if (const auto written = write_text(comparison.path, comparison.is_packed, comparison.text); !written.ok()) { theorem.unwritten = written.error().message(); }
            }
        }
        for (const auto& entry : theorem.entries) {
            if (!wants(k_search_metrics)) { break; }
            if (auto search = metrics.search(entry.variant)) { theorem.searches.push_back(std::move(*search)); }
        }
        theorem.errors.insert(theorem.errors.end(), metrics.errors().begin(), metrics.errors().end());
    }

    // Both forms where both are there, that no reader sees another value than the other.
    static std::vector<Comparison> comparisons_of(const std::string& dir, const std::string& variant, std::vector<std::string>& errors) {
        std::vector<Comparison> out;
        for (const bool is_packed : {true, false}) {
            std::string path = os::join_path(dir, cat(variant, "_comparison.json", is_packed ? ".gz" : ""));
            if (!is_regular_file(path)) { continue; }
            auto text = read_text(path, is_packed);
            if (text.ok() && !text.value().root().is_object) { text = core::Error(core::Errc::corrupt, cat(path, ": is no object")); }
            if (text.ok()) {
                out.push_back({.path = std::move(path), .is_packed = is_packed, .text = std::move(text).take()});
            } else {
                errors.push_back(text.error().message());
            }
        }
        return out;
    }

    void set_in_summary(JsonText& summary, const Entry& entry) {
        for (const auto& [metric, value] : entry.metrics) { summary.set(*entry.part, metric, metric == k_efficiency ? metrics::compact_k(value) : value); }
        if (entry.variant == k_wild) { return; }
        ++(entry.computed > 0 ? out_.updated_interventions : out_.skipped_interventions);
    }

    // By theorem and variant, of what the summary names twice the first; written only where it says something else than what is there.
    core::Status write_searches(std::vector<Theorem>& theorems) const {
        std::map<std::pair<std::string, std::string>, Json> sorted;
        for (auto& theorem : theorems) {
            for (auto& search : theorem.searches) { sorted.try_emplace({theorem.name, search.string_at("variant").value_or("")}, std::move(search)); }
        }
        Json list = Json::array();
        for (auto& [key, search] : sorted) { list.push(std::move(search)); }
        const std::string text = cat(core::to_json(Json::object().set("schema_version", 1).set("kind", k_search_metrics).set("searches", std::move(list))), "\n");
        const std::string path = os::join_path(work_.dir, cat(k_search_metrics, ".json"));
        const auto there = read_regular_file(path, text.size());
        if (there.ok() && there.value() == text) { return core::ok(); }
        return os::publish_file(path, text, 0644, os::Existing::replace, os::Durability::power, os::point::postprocess_write);
    }

    static void count_validity(JsonText& summary, const std::vector<Theorem>& theorems) {
        std::uint64_t valid = 0;
        std::uint64_t invalid = 0;
        for (const auto& theorem : theorems) {
            for (const auto& entry : theorem.entries) {
                const auto found = entry.metrics.find(k_soft);
                if (found == entry.metrics.end()) { continue; }
                ++(found->second.bool_at("valid").value_or(false) ? valid : invalid);
            }
        }
        const Json count = Json::object().set("valid", valid).set("invalid", invalid);
        const auto* aggregates = summary.root().find("aggregates");
        if (aggregates == nullptr || !aggregates->is_object) { return; }
        const auto* validity = aggregates->find("ged_validity");
        if (validity != nullptr && validity->is_object) {
            summary.set(*validity, k_soft, count);
        } else {
            summary.set(*aggregates, "ged_validity", Json::object().set(k_soft, count));
        }
    }

    const RunWork& work_;
    GoalCache cache_;
    RunMetrics out_;
};

core::Json digest_of(const std::string& path) {
    FileInput input(path, false);
    return input.digest_only().ok() ? Json(input.sha256()) : Json();
}

}  // namespace

bool is_folder_name(std::string_view name) { return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos && name.find('\0') == std::string_view::npos; }

core::Result<Json> read_either(const std::string& dir, const std::string& plain_name) {
    std::optional<core::Error> failed;
    for (const bool is_packed : {true, false}) {
        const std::string path = os::join_path(dir, is_packed ? cat(plain_name, ".gz") : plain_name);
        if (!is_regular_file(path)) { continue; }
        auto text = FileInput(path, is_packed).document();
        auto json = text.ok() ? core::parse_python_json(text.value(), path) : core::Result<Json>(std::move(text).take_error());
        if (json.ok()) { return json; }
        if (!failed) { failed = std::move(json).take_error(); }
    }
    if (failed) { return std::move(*failed); }
    return core::Error(core::Errc::not_found, cat(os::join_path(dir, plain_name), ": there is none"));
}

core::Result<RunMetrics> write_run_metrics(const RunWork& work) { return RunWriter(work).run(); }

core::Result<RunDigests> run_digests(const std::string& run_dir) {
    RL_ASSIGN(const auto files, list_run_files(run_dir, provider_of(run_dir).has_value()));
    core::FieldHash inputs("runlake.postprocess.inputs/1");
    core::FieldHash outputs("runlake.postprocess.outputs/1");
    RunDigests out;
    const auto add = [](core::FieldHash& hash, const RunFile& file) {
        FileInput input(file.path, file.is_packed);
        if (input.digest_only().ok()) {
            hash.field(file.rel_path, input.sha256());
        } else {
            hash.absent(file.rel_path);
        }
        return input.sha256();
    };
    for (const auto& file : files.registered) {
        const std::string_view name = file.rel_path;
        if (name == "goal_cache.json.gz" || name == "goal_cache.json" || name == "run_config.json") { add(inputs, file); }
        if (name == "summary.json.gz" || name == "root_goal_similarity.json" || name == "search_metrics.json") { add(outputs, file); }
    }
    for (const auto& artifact : files.artifacts) {
        switch (artifact.kind) {
        case ArtifactKind::graph:
        case ArtifactKind::mcts_trace:
        case ArtifactKind::mcts_tree:
        case ArtifactKind::history: add(inputs, artifact.file); break;
        case ArtifactKind::comparison: add(outputs, artifact.file); break;
        case ArtifactKind::metrics:
            // It names the root goal: no input of the metrics, but of the similarity of root goals.
            if (artifact.variant == k_wild) { add(outputs, artifact.file); }
            break;
        default: break;
        }
    }
    out.inputs = inputs.finish().hex();
    out.outputs = outputs.finish().hex();
    out.summary_sha256 = digest_of(os::join_path(run_dir, "summary.json.gz"));
    const std::string cache = os::join_path(run_dir, "goal_cache.json");
    out.goal_cache_sha256 = digest_of(os::exists(cat(cache, ".gz")) ? cat(cache, ".gz") : cache);
    return out;
}

}  // namespace runlake::lake
