// SPDX-License-Identifier: Apache-2.0
#include "lake/job/config.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "core/hex.hpp"
#include "core/text.hpp"
#include "lake/source.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Json;

// Columns that a selection may name.
constexpr auto k_filter_columns = std::to_array<std::string_view>(
    {"run_id", "name", "state", "run_dir", "rel_run_dir", "provider", "backend", "mode", "corpus", "goal_sig_scheme", "config_whitelist_hash", "config_full_hash", "run_uid"});
constexpr auto k_selection_keys = std::to_array<std::string_view>(
    {"source", "run_id", "name", "state", "root_id", "run_dir_prefix", "run_dir", "rel_run_dir", "provider", "backend", "mode", "corpus", "goal_sig_scheme", "config_whitelist_hash", "config_full_hash", "run_uid", "same_method_as",
     "require_completed", "exclude_partial_results", "require_capabilities", "order_by", "dedupe_run_id", "max_runs"});
constexpr auto k_top_keys = std::to_array<std::string_view>({"schema_version", "name", "selection", "reference", "datasets"});
constexpr auto k_reference_keys = std::to_array<std::string_view>({"ref_id", "build_outcomes", "selection", "score_k"});
constexpr auto k_build_keys = std::to_array<std::string_view>({"alpha", "meta"});
constexpr auto k_anchor_keys = std::to_array<std::string_view>({"run_key", "run_id"});
constexpr auto k_dataset_keys = std::to_array<std::string_view>({"name", "query", "generator", "format", "file"});
constexpr auto k_order_names = std::to_array<std::string_view>({"run_key_asc", "created_at_asc", "created_at_desc"});
constexpr auto k_job_formats = std::to_array<std::string_view>({"jsonl", "parquet", "dir"});
constexpr auto k_generators = std::to_array<std::string_view>({"wonton_dashboard_v2"});
// Files that a job writes beside its datasets.
constexpr auto k_own_files = std::to_array<std::string_view>({"manifest.json", "inputs.json", "job_config.json", "job_run.json", "provenance.json"});
constexpr std::size_t k_name_bytes = 100;

Error wrong(std::string_view place, std::string_view why) { return {Errc::usage, place.empty() ? std::string(why) : cat(place, ": ", why)}; }

std::string nearest_words(std::string_view word, std::span<const std::string_view> known) {
    const std::vector<std::string> words(known.begin(), known.end());
    if (const auto near = core::nearest(word, words)) { return cat(" (nearest: \"", *near, "\")"); }
    return cat("; known: ", core::join(words, ", "));
}

std::string below(std::string_view place, std::string_view key) { return place.empty() ? std::string(key) : cat(place, '.', key); }

// An object of which every key is known.
core::Status check_object(const Json& value, std::string_view place, std::span<const std::string_view> known) {
    const auto* members = value.as_object();
    if (members == nullptr) { return wrong(place, "it must be an object"); }
    for (const auto& [key, unused] : *members) {
        if (std::ranges::find(known, key) == known.end()) { return wrong(place, cat("unknown key \"", key, "\"", nearest_words(key, known))); }
    }
    return core::ok();
}

// Which of the words a text is.
core::Result<std::size_t> word_of(const Json& value, const std::string& place, std::span<const std::string_view> words) {
    const auto* text = value.as_string();
    if (text == nullptr) { return wrong(place, "it must be a text"); }
    const auto found = std::ranges::find(words, *text);
    if (found == words.end()) { return wrong(place, cat("unknown value \"", *text, "\"", nearest_words(*text, words))); }
    return static_cast<std::size_t>(found - words.begin());
}

core::Result<std::string> text_of(const Json& value, const std::string& place) {
    const auto* text = value.as_string();
    if (text == nullptr || core::trim(*text).empty()) { return wrong(place, "it must be a text that is not empty"); }
    return *text;
}

core::Result<bool> truth_of(const Json& value, const std::string& place) {
    const auto* truth = value.as_bool();
    if (truth == nullptr) { return wrong(place, "it must be true or false"); }
    return *truth;
}

// A text or a list of texts.
core::Result<std::vector<std::string>> texts_of(const Json& value, const std::string& place) {
    std::vector<std::string> texts;
    if (const auto* items = value.as_array()) {
        if (items->empty()) { return wrong(place, "the list is empty, so that no run could be selected: leave the key out, or name something"); }
        for (const auto& item : *items) {
            RL_ASSIGN(auto text, text_of(item, place));
            texts.push_back(std::move(text));
        }
        return texts;
    }
    if (!value.is_string()) { return wrong(place, "it must be a text or a list of texts"); }
    RL_ASSIGN(auto text, text_of(value, place));
    texts.push_back(std::move(text));
    return texts;
}

core::Result<MethodAnchor> anchor_of(const Json& value, const std::string& place) {
    RL_TRY(check_object(value, place, k_anchor_keys));
    if (value.as_object()->size() != 1) { return wrong(place, "it must have exactly one of run_key and run_id"); }
    const auto& [key, member] = value.as_object()->front();
    RL_ASSIGN(auto text, text_of(member, below(place, key)));
    MethodAnchor anchor;
    (key == "run_key" ? anchor.run_key : anchor.run_id) = std::move(text);
    return anchor;
}

// Names of sources that have runs; each once, in the order of all_sources().
core::Result<std::vector<std::string>> sources_of(const Json& value, const std::string& place) {
    RL_ASSIGN(const auto texts, texts_of(value, place));
    std::vector<std::string_view> known;
    for (const auto* source : all_sources()) {
        if (!source->all_runs.empty()) { known.push_back(source->name); }
    }
    for (const auto& text : texts) {
        if (std::ranges::find(known, text) == known.end()) { return wrong(place, cat("unknown source \"", text, "\"", nearest_words(text, known))); }
    }
    std::vector<std::string> sources;
    for (const auto name : known) {
        if (std::ranges::find(texts, name) != texts.end()) { sources.emplace_back(name); }
    }
    return sources;
}

core::Result<JobSelection> selection_of(const Json& value, const std::string& place) {
    RL_TRY(check_object(value, place, k_selection_keys));
    JobSelection selection;
    const auto at = [&](std::string_view key) { return below(place, key); };
    selection.sources = {std::string(k_default_source)};
    if (const auto* names = value.find("source")) { RL_ASSIGN(selection.sources, sources_of(*names, at("source"))); }
    if (const auto* id = value.find("root_id")) { RL_ASSIGN(selection.root_id, text_of(*id, at("root_id"))); }
    if (const auto* prefix = value.find("run_dir_prefix")) { RL_ASSIGN(selection.run_dir_prefix, text_of(*prefix, at("run_dir_prefix"))); }
    for (const auto column : k_filter_columns) {
        const auto* filter = value.find(column);
        if (filter == nullptr) { continue; }
        RL_ASSIGN(auto texts, texts_of(*filter, at(column)));
        selection.filters.push_back({std::string(column), std::move(texts)});
    }
    if (const auto* anchor = value.find("same_method_as")) {
        RL_ASSIGN(selection.same_method_as, anchor_of(*anchor, at("same_method_as")));
        if (selection.root_id || selection.run_dir_prefix || !selection.filters.empty() || !selection.is_of_proof_searches()) {
            return wrong(at("same_method_as"), "it stands instead of filters on columns: leave those out");
        }
    }
    if (const auto* flag = value.find("require_completed")) { RL_ASSIGN(selection.require_completed, truth_of(*flag, at("require_completed"))); }
    if (const auto* flag = value.find("exclude_partial_results")) { RL_ASSIGN(selection.exclude_partial_results, truth_of(*flag, at("exclude_partial_results"))); }
    if (const auto* names = value.find("require_capabilities")) { RL_ASSIGN(selection.require_capabilities, texts_of(*names, at("require_capabilities"))); }
    if (const auto* order = value.find("order_by")) {
        RL_ASSIGN(const auto index, word_of(*order, at("order_by"), k_order_names));
        selection.order_by = static_cast<RunOrder>(index);
    }
    if (const auto* flag = value.find("dedupe_run_id")) { RL_ASSIGN(selection.dedupe_run_id, truth_of(*flag, at("dedupe_run_id"))); }
    if (const auto* limit = value.find("max_runs")) {
        const auto* number = limit->as_integer();
        if (number == nullptr || *number <= 0) { return wrong(at("max_runs"), "it must be a whole number above 0"); }
        selection.max_runs = *number;
    }
    return selection;
}

core::Result<ReferenceBuild> build_of(const Json& reference, const std::string& place) {
    const std::string build_place = below(place, "build_outcomes");
    const Json& outcomes = *reference.find("build_outcomes");
    RL_TRY(check_object(outcomes, build_place, k_build_keys));
    ReferenceBuild build;
    if (const auto* alpha = outcomes.find("alpha")) {
        const auto number = alpha->number();
        if (!number || !std::isfinite(*number) || *number <= 0) { return wrong(below(build_place, "alpha"), "it must be a number above 0"); }
        build.alpha = *number;
    }
    if (const auto* meta = outcomes.find("meta"); meta != nullptr && !meta->is_null()) {
        if (!meta->is_object()) { return wrong(below(build_place, "meta"), "it must be an object or null"); }
        build.meta = *meta;
    }
    const auto* selection = reference.find("selection");
    // The guardrail: never the job's own selection by default, which would leak what is evaluated into what it is evaluated against.
    if (selection == nullptr || !selection->is_object() || selection->as_object()->empty()) {
        return wrong(below(place, "selection"), "build_outcomes needs a selection of its own that is not empty: a reference is never taken from the job's selection");
    }
    build.selection_json = *selection;
    RL_ASSIGN(build.selection, parse_selection(*selection, below(place, "selection"), true));
    return build;
}

core::Result<JobReference> reference_of(const Json& value) {
    const std::string place = "reference";
    RL_TRY(check_object(value, place, k_reference_keys));
    JobReference reference;
    const auto* id = value.find("ref_id");
    const auto* build = value.find("build_outcomes");
    if (const auto* flag = value.find("score_k")) { RL_ASSIGN(reference.score_k, truth_of(*flag, below(place, "score_k"))); }
    if (id != nullptr && build != nullptr) { return wrong(place, "it has ref_id and build_outcomes: attach a reference or build one"); }
    if (id == nullptr && build == nullptr) {
        return wrong(place, reference.score_k ? "score_k needs a reference: ref_id or build_outcomes" : "it must have ref_id or build_outcomes");
    }
    if (id != nullptr) {
        if (value.find("selection") != nullptr) { return wrong(below(place, "selection"), "a selection belongs to build_outcomes: a reference that is attached has its members"); }
        RL_ASSIGN(reference.ref_id, text_of(*id, below(place, "ref_id")));
        if (!core::is_hex(*reference.ref_id)) { return wrong(below(place, "ref_id"), cat("\"", *reference.ref_id, "\" is no id: hex digits")); }
        return reference;
    }
    RL_ASSIGN(reference.build, build_of(value, place));
    return reference;
}

// A word that can be the name of a folder or file anywhere.
core::Status check_base_name(const std::string& name, const std::string& place) {
    const bool is_plain = std::ranges::all_of(name, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F && c != '/' && c != '\\'; });
    if (!is_plain || name.starts_with('.') || name.size() > k_name_bytes) {
        return wrong(place, cat("\"", core::valid_utf8(name), "\" can't be the name of a file: no separators, no leading dot, at most ", k_name_bytes, " bytes"));
    }
    return core::ok();
}

core::Result<JobDataset> dataset_of(const Json& value, const std::string& place) {
    RL_TRY(check_object(value, place, k_dataset_keys));
    JobDataset dataset;
    const auto* name = value.find("name");
    if (name == nullptr) { return wrong(place, "it has no name"); }
    RL_ASSIGN(dataset.name, text_of(*name, below(place, "name")));
    RL_TRY(check_base_name(dataset.name, below(place, "name")));
    const auto* query = value.find("query");
    const auto* generator = value.find("generator");
    if ((query == nullptr) == (generator == nullptr)) { return wrong(place, "it must have exactly one of query and generator"); }
    if (const auto* format = value.find("format")) {
        RL_ASSIGN(const auto index, word_of(*format, below(place, "format"), k_job_formats));
        dataset.format = static_cast<JobFormat>(index);
    }
    if (query != nullptr) {
        RL_ASSIGN(dataset.query, text_of(*query, below(place, "query")));
        if (dataset.format == JobFormat::dir) { return wrong(below(place, "format"), "a query gives one file: jsonl or parquet"); }
    } else {
        RL_ASSIGN(const auto index, word_of(*generator, below(place, "generator"), k_generators));
        dataset.generator = k_generators[index];
        if (dataset.format != JobFormat::dir) { return wrong(below(place, "format"), cat("the generator ", dataset.generator, " makes a folder: \"format\": \"dir\"")); }
    }
    dataset.file = dataset.format == JobFormat::dir ? dataset.name : cat(dataset.name, '.', k_job_formats[static_cast<std::size_t>(dataset.format)]);
    if (const auto* file = value.find("file")) {
        RL_ASSIGN(dataset.file, text_of(*file, below(place, "file")));
        RL_TRY(check_base_name(dataset.file, below(place, "file")));
    }
    if (std::ranges::find(k_own_files, dataset.file) != k_own_files.end()) { return wrong(below(place, "file"), cat("a job writes its own ", dataset.file)); }
    return dataset;
}

core::Result<std::vector<JobDataset>> datasets_of(const Json& value) {
    const auto* items = value.as_array();
    if (items == nullptr || items->empty()) { return wrong("datasets", "it must be a list that is not empty"); }
    std::vector<JobDataset> datasets;
    for (std::size_t i = 0; i < items->size(); ++i) {
        const std::string place = cat("datasets[", i, "]");
        RL_ASSIGN(auto dataset, dataset_of((*items)[i], place));
        for (const auto& other : datasets) {
            if (other.name == dataset.name) { return wrong(place, cat("two datasets are called \"", dataset.name, "\"")); }
            if (other.file == dataset.file) { return wrong(place, cat("two datasets have the file \"", dataset.file, "\"")); }
        }
        datasets.push_back(std::move(dataset));
    }
    return datasets;
}

core::Result<JobConfig> config_of(const Json& value) {
    RL_TRY(check_object(value, "", k_top_keys));
    const auto* schema = value.find("schema_version");
    if (schema == nullptr || !schema->is_integer()) { return wrong("schema_version", cat("it must be ", k_job_config_schema)); }
    if (*schema->as_integer() != k_job_config_schema) { return wrong("schema_version", cat("it is ", *schema->as_integer(), ", this program reads ", k_job_config_schema)); }
    JobConfig config{.json = value};
    const auto* name = value.find("name");
    if (name == nullptr) { return wrong("name", "it is missing"); }
    RL_ASSIGN(config.name, text_of(*name, "name"));
    RL_TRY(check_base_name(config.name, "name"));
    config.selection_json = Json::object();
    config.selection.sources = {std::string(k_default_source)};
    if (const auto* selection = value.find("selection")) {
        RL_ASSIGN(config.selection, selection_of(*selection, "selection"));
        config.selection_json = *selection;
    }
    if (const auto* reference = value.find("reference"); reference != nullptr && !reference->is_null()) {
        RL_ASSIGN(config.reference, reference_of(*reference));
        config.reference_json = *reference;
    }
    const auto* datasets = value.find("datasets");
    if (datasets == nullptr) { return wrong("datasets", "it is missing"); }
    RL_ASSIGN(config.datasets, datasets_of(*datasets));
    for (std::size_t i = 0; i < config.datasets.size(); ++i) {
        const auto& dataset = config.datasets[i];
        if (dataset.generator.empty() || config.selection.is_of_proof_searches()) { continue; }
        return wrong(cat("datasets[", i, "].generator"), cat(dataset.generator, " is about proof searches: leave selection.source out"));
    }
    return config;
}

}  // namespace

bool JobConfig::asks_for_all_runs() const {
    return std::ranges::any_of(datasets, [](const JobDataset& dataset) { return core::lower_ascii(dataset.query).find("all_runs") != std::string::npos; });
}

core::Result<JobSelection> parse_selection(const Json& selection, const std::string& place, bool of_reference) {
    RL_ASSIGN(auto parsed, selection_of(selection, place));
    if (!of_reference) { return parsed; }
    if (selection.as_object()->empty()) { return wrong(place, "it must not be empty: what a reference is made of is said outright"); }
    if (!parsed.is_of_proof_searches()) { return wrong(below(place, "source"), "references are made of proof searches: leave it out"); }
    return parsed;
}

core::Result<JobConfig> parse_job_config(std::string_view text, std::string_view what) {
    auto value = core::parse_json(text, what);
    if (!value.ok()) { return Error(Errc::usage, value.error().message()); }
    auto config = config_of(value.value());
    if (!config.ok()) { return std::move(config).take_error().context(what); }
    return config;
}

}  // namespace runlake::lake
