// SPDX-License-Identifier: Apache-2.0
// Extractors "mlflow_meta", "mlflow_values" and "mlflow_metrics": the files of MLflow's file store. Names of tables and columns follow those of its SQL store.
#include <array>

#include "core/text.hpp"
#include "lake/extractors/cells.hpp"
#include "lake/extractors/extractor.hpp"
#include "lake/extractors/mlflow_files.hpp"

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
    {"user_value", ColumnType::text, "the same of a tag that MLflow did not set itself: its key does not begin with mlflow."},
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

struct Status {
    std::int64_t number;
    std::string_view name;
    std::string_view state;
};
constexpr auto k_statuses = std::to_array<Status>({
    {1, "RUNNING", "running"}, {2, "SCHEDULED", "queued"}, {3, "FINISHED", "completed"}, {4, "FAILED", "failed"}, {5, "KILLED", "stopped"},
});
constexpr auto k_source_types = std::to_array<std::pair<std::int64_t, std::string_view>>({{1, "NOTEBOOK"}, {2, "JOB"}, {3, "PROJECT"}, {4, "LOCAL"}, {1000, "UNKNOWN"}});

core::Result<const Status*> status_of(const MlflowMeta& meta) {
    const auto* value = meta.find("status");
    for (const auto& one : k_statuses) {
        if (integer_cell(value) == one.number || text_cell(value) == one.name) { return &one; }
    }
    return Error(Errc::corrupt, cat("status is none of MLflow's: ", value != nullptr ? core::to_json(*value) : "it is missing"));
}

std::optional<std::string> source_type_of(const MlflowMeta& meta) {
    const auto* value = meta.find("source_type");
    for (const auto& [number, name] : k_source_types) {
        if (integer_cell(value) == number) { return std::string(name); }
    }
    return meta.word("source_type");
}

core::Status extract_meta(const SourceFile& file, FileInput& input, Extraction& out) {
    RL_ASSIGN(const auto meta, MlflowMeta::read(input));
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
    const std::string key = key_of(file);
    if (is_below(file, "params/")) {
        out.rows.row(k_params, file.run_key, key, text, file.rel_path);
    } else {
        out.rows.row(k_tags, file.run_key, key, text, key.starts_with("mlflow.") ? std::optional<std::string_view>() : text, file.rel_path);
    }
    return core::ok();
}

core::Status extract_metric(const SourceFile& file, FileInput& input, Extraction& out) {
    const std::string key = key_of(file);
    return each_mlflow_value(input, 0, [&](std::int64_t position, const MlflowValue& one) {
        out.rows.row(k_metrics, file.run_key, key, position, one.value, one.timestamp, one.step, one.is_nan, file.rel_path);
    });
}

}  // namespace

extern const Extractor k_mlflow_meta_extractor = {.name = "mlflow_meta", .stage = "read_mlflow_meta", .done_word = "", .error_word = "", .tables = k_meta_tables,
                                                  .reading = Reading::each, .takes = [](const SourceFile& file) { return file.rel_path == "meta.yaml"; }, .extract = extract_meta};
extern const Extractor k_mlflow_values_extractor = {.name = "mlflow_values", .stage = "read_mlflow_values", .done_word = "", .error_word = "", .tables = k_value_tables,
                                                    .reading = Reading::each,
                                                    .takes = [](const SourceFile& file) { return mlflow_folder(file) == MlflowFolder::run && (is_below(file, "params/") || is_below(file, "tags/")); },
                                                    .extract = extract_value};
extern const Extractor k_mlflow_metrics_extractor = {.name = "mlflow_metrics", .stage = "read_mlflow_metrics", .done_word = "", .error_word = "", .tables = k_metric_tables,
                                                     .reading = Reading::each, .takes = [](const SourceFile& file) { return mlflow_folder(file) == MlflowFolder::run && is_below(file, "metrics/"); },
                                                     .extract = extract_metric};

}  // namespace runlake::lake
