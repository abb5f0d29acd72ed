// SPDX-License-Identifier: Apache-2.0
// Extractors "mlflow_meta", "mlflow_values" and "mlflow_metrics": the files of MLflow's file store. Names of tables and columns follow those of its SQL store.
#include <algorithm>
#include <array>
#include <charconv>

#include "core/text.hpp"
#include "lake/extractors/cells.hpp"
#include "lake/extractors/extractor.hpp"
#include "lake/extractors/flat.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Json;

constexpr auto k_experiment_columns = std::to_array<Column>({
    {"experiment_key", ColumnType::text, "the experiment's folder", true, ColumnUse::place},
    {"experiment_id", ColumnType::text, ""},
    {"name", ColumnType::text, ""},
    {"lifecycle_stage", ColumnType::text, "active or deleted"},
    {"creation_time", ColumnType::time, ""},
    {"last_update_time", ColumnType::time, ""},
    {"artifact_location", ColumnType::text, "", false, ColumnUse::place},
    k_rel_path_column,
});
constexpr auto k_run_columns = std::to_array<Column>({
    k_run_key_column,
    {"run_id", ColumnType::text, "MLflow's"},
    {"run_name", ColumnType::text, ""},
    {"experiment_id", ColumnType::text, ""},
    {"status", ColumnType::text, "RUNNING, SCHEDULED, FINISHED, FAILED or KILLED"},
    {"state", ColumnType::text, "the same in the words of all_runs; deleted for a deleted run"},
    {"lifecycle_stage", ColumnType::text, "active or deleted"},
    {"start_time", ColumnType::time, ""},
    {"end_time", ColumnType::time, ""},
    {"deleted_time", ColumnType::time, ""},
    {"user_id", ColumnType::text, ""},
    {"source_name", ColumnType::text, "", false, ColumnUse::place},
    {"source_type", ColumnType::text, ""},
    {"source_version", ColumnType::text, "the commit"},
    {"entry_point_name", ColumnType::text, ""},
    {"artifact_uri", ColumnType::text, "", false, ColumnUse::place},
    k_rel_path_column,
});
constexpr auto k_value_columns = std::to_array<Column>({
    k_run_key_column,
    {"key", ColumnType::text, "", true},
    {"value", ColumnType::text, ""},
    k_rel_path_column,
});
constexpr auto k_tag_columns = std::to_array<Column>({
    k_run_key_column,
    {"key", ColumnType::text, "", true},
    {"value", ColumnType::text, "that of mlflow.source.name and others may be a path", false, ColumnUse::place},
    k_rel_path_column,
});
constexpr auto k_metric_columns = std::to_array<Column>({
    k_run_key_column,
    {"key", ColumnType::text, "", true},
    {"position", ColumnType::integer, "in the order in which they were logged, from 0", true},
    {"value", ColumnType::real, ""},
    {"timestamp", ColumnType::time, ""},
    {"step", ColumnType::integer, ""},
    {"is_nan", ColumnType::boolean, ""},
    k_rel_path_column,
});
constexpr Table k_experiments = {"mlflow_experiments", "Experiments, deleted ones too.", k_experiment_columns};
constexpr Table k_runs = {"mlflow_runs", "Runs, deleted ones too.", k_run_columns};
constexpr Table k_params = {"mlflow_params", "Parameters of runs.", k_value_columns, KeyCheck::certain};
constexpr Table k_tags = {"mlflow_tags", "Tags of runs.", k_tag_columns, KeyCheck::certain};
constexpr Table k_metrics = {"mlflow_metrics", "Every value that was logged of a metric.", k_metric_columns, KeyCheck::certain};
constexpr std::array<const Table*, 2> k_meta_tables = {&k_experiments, &k_runs};
constexpr std::array<const Table*, 2> k_value_tables = {&k_params, &k_tags};
constexpr std::array<const Table*, 1> k_metric_tables = {&k_metrics};

// Milliseconds since 1970, as MLflow writes times; what no clock shows (after year 9999) is none.
std::optional<core::Timestamp> time_of(std::optional<std::int64_t> millis) {
    constexpr std::int64_t k_earliest = -62135596800000;
    constexpr std::int64_t k_latest = 253402300799999;
    if (!millis || *millis < k_earliest || *millis > k_latest) { return std::nullopt; }
    return core::Timestamp{*millis * 1000};
}

// A meta.yaml. It was written by the rules of YAML 1.1, by which words such as 1e5 are no numbers and so stand without quotes: a word is taken from the text itself.
class Meta {
  public:
    Meta(core::YamlDocument document, std::string text) : document_(std::move(document)), text_(std::move(text)) {}

    const Json* find(std::string_view key) const { return document_.root.find(key); }
    std::optional<core::Timestamp> time(std::string_view key) const { return time_of(integer_cell(find(key))); }
    std::optional<std::string> word(std::string_view key) const {
        const auto* value = find(key);
        if (value == nullptr || value->is_null()) { return std::nullopt; }
        if (const auto* text = value->as_string()) { return *text; }
        const auto at = document_.positions.find(cat('/', key));
        if (!value->is_number() || at == document_.positions.end()) { return core::to_json(*value); }
        const auto lines = core::split(text_, '\n');
        const auto line = lines[std::min(lines.size(), static_cast<std::size_t>(at->second.line)) - 1];
        const auto colon = line.find(": ");
        return std::string(core::trim(line.substr(colon == std::string_view::npos ? 0 : colon + 2)));
    }

  private:
    core::YamlDocument document_;
    std::string text_;
};

struct Status {
    std::int64_t number;
    std::string_view name;
    std::string_view state;
};
constexpr auto k_statuses = std::to_array<Status>({
    {1, "RUNNING", "running"}, {2, "SCHEDULED", "queued"}, {3, "FINISHED", "completed"}, {4, "FAILED", "failed"}, {5, "KILLED", "stopped"},
});
constexpr auto k_source_types = std::to_array<std::pair<std::int64_t, std::string_view>>({{1, "NOTEBOOK"}, {2, "JOB"}, {3, "PROJECT"}, {4, "LOCAL"}, {1000, "UNKNOWN"}});

core::Result<const Status*> status_of(const Meta& meta) {
    const auto* value = meta.find("status");
    for (const auto& one : k_statuses) {
        if (integer_cell(value) == one.number || text_cell(value) == one.name) { return &one; }
    }
    return Error(Errc::corrupt, cat("status is none of MLflow's: ", value != nullptr ? core::to_json(*value) : "it is missing"));
}

std::optional<std::string> source_type_of(const Meta& meta) {
    const auto* value = meta.find("source_type");
    for (const auto& [number, name] : k_source_types) {
        if (integer_cell(value) == number) { return std::string(name); }
    }
    return meta.word("source_type");
}

core::Status extract_meta(const SourceFile& file, FileInput& input, Extraction& out) {
    RL_ASSIGN(auto text, input.document());
    RL_ASSIGN(auto document, parse_yaml_at(text, out));
    if (!document.root.is_object()) { return Error(Errc::corrupt, "it is no mapping"); }
    const Meta meta(std::move(document), std::move(text));
    const auto stage = text_cell(meta.find("lifecycle_stage")).value_or("active");
    const auto experiment = meta.word("experiment_id");
    auto run_id = meta.word("run_id");
    if (!run_id) { run_id = meta.word("run_uuid"); }
    if (!run_id) {
        if (!experiment) { return Error(Errc::corrupt, "it has neither a run_id nor an experiment_id"); }
        out.rows.row(k_experiments, file.run_key, experiment, meta.word("name"), stage, meta.time("creation_time"), meta.time("last_update_time"),
                     meta.word("artifact_location"), file.rel_path);
        return core::ok();
    }
    RL_ASSIGN(const Status* status, status_of(meta));
    out.rows.row(k_runs, file.run_key, run_id, meta.word("run_name"), experiment, status->name, stage == "deleted" ? "deleted" : status->state, stage,
                 meta.time("start_time"), meta.time("end_time"), meta.time("deleted_time"), meta.word("user_id"),
                 meta.word("source_name"), source_type_of(meta), meta.word("source_version"), meta.word("entry_point_name"),
                 meta.word("artifact_uri"), file.rel_path);
    return core::ok();
}

// A name may hold slashes: the file is in folders then.
std::string key_of(const SourceFile& file) { return file.rel_path.substr(file.rel_path.find('/') + 1); }
bool is_below(const SourceFile& file, std::string_view folder) { return file.rel_path.starts_with(folder) && file.rel_path.size() > folder.size(); }

core::Status extract_value(const SourceFile& file, FileInput& input, Extraction& out) {
    RL_ASSIGN(const auto text, input.document());
    out.rows.row(is_below(file, "params/") ? k_params : k_tags, file.run_key, key_of(file), text, file.rel_path);
    return core::ok();
}

// "nan", "inf" and "Infinity" too, as Python reads them.
std::optional<double> metric_value(std::string_view text) {
    const std::string lower = core::lower_ascii(text);
    std::string_view rest = lower;
    const bool negative = rest.starts_with('-');
    if (negative || rest.starts_with('+')) { rest.remove_prefix(1); }
    double value = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    if (rest.empty() || rest.starts_with('-') || end != rest.data() + rest.size() || (error != std::errc() && error != std::errc::result_out_of_range)) { return std::nullopt; }
    return negative ? -value : value;
}

core::Status extract_metric(const SourceFile& file, FileInput& input, Extraction& out) {
    const std::string key = key_of(file);
    std::int64_t position = 0;
    RL_TRY(input.lines([&](const FileInput::Line& line) -> core::Status {
        const auto bad = [&](std::string_view why) -> core::Status {
            out.line = line.number;
            return Error(Errc::corrupt, cat("line ", line.number, ": ", why));
        };
        const auto text = core::trim(line.text);
        if (line.too_long) { return bad("it is too long"); }
        if (text.empty()) { return core::ok(); }
        // Time and value; then the step, then a data set's name and digest.
        const auto parts = core::split(text, ' ');
        if (parts.size() != 2 && parts.size() != 3 && parts.size() != 5) { return bad(cat("a value has 2, 3 or 5 fields, not ", parts.size())); }
        const auto millis = core::parse_integer(parts[0]);
        const auto value = metric_value(parts[1]);
        const auto step = parts.size() > 2 ? core::parse_integer(parts[2]) : std::optional<std::int64_t>(0);
        if (!millis) { return bad("the time is no whole number"); }
        if (!value) { return bad("the value is no number"); }
        if (!step) { return bad("the step is no whole number"); }
        out.rows.row(k_metrics, file.run_key, key, position++, *value != *value ? std::optional<double>() : value, time_of(*millis), *step, *value != *value,
                     file.rel_path);
        return core::ok();
    }));
    if (position == 0) { return Error(Errc::corrupt, "it holds no value"); }
    return core::ok();
}

}  // namespace

extern const Extractor k_mlflow_meta_extractor = {.name = "mlflow_meta", .stage = "read_mlflow_meta", .done_word = "", .error_word = "", .tables = k_meta_tables,
                                                  .reading = Reading::each, .takes = [](const SourceFile& file) { return file.rel_path == "meta.yaml"; }, .extract = extract_meta};
extern const Extractor k_mlflow_values_extractor = {.name = "mlflow_values", .stage = "read_mlflow_values", .done_word = "", .error_word = "", .tables = k_value_tables,
                                                    .reading = Reading::each,
                                                    .takes = [](const SourceFile& file) { return is_below(file, "params/") || is_below(file, "tags/"); },
                                                    .extract = extract_value};
extern const Extractor k_mlflow_metrics_extractor = {.name = "mlflow_metrics", .stage = "read_mlflow_metrics", .done_word = "", .error_word = "", .tables = k_metric_tables,
                                                     .reading = Reading::each, .takes = [](const SourceFile& file) { return is_below(file, "metrics/"); },
                                                     .extract = extract_metric};

}  // namespace runlake::lake
