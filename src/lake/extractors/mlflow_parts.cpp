// SPDX-License-Identifier: Apache-2.0
// Extractors of what MLflow's file store holds beside experiments and runs: links of runs to data sets and models, tags and data sets of experiments, logged models, traces with their
// assessments, registered models with their versions. Spans of traces: mlflow_spans.cpp.
#include <array>

#include "core/text.hpp"
#include "lake/extractors/cells.hpp"
#include "lake/extractors/mlflow_files.hpp"

namespace runlake::lake {
namespace {

using Parts = std::vector<std::string_view>;

constexpr Column k_experiment_key = {"experiment_key", ColumnType::text, "the experiment's folder", true, ColumnUse::place};
constexpr Column k_model_id = {"model_id", ColumnType::text, "", true};
constexpr Column k_trace_id = {"trace_id", ColumnType::text, "", true};
constexpr Column k_models_key = {"models_key", ColumnType::text, "the folder of registered models", true, ColumnUse::place};
constexpr Column k_name = {"name", ColumnType::text, "of the registered model", true};
constexpr Column k_key = {"key", ColumnType::text, "", true};
constexpr Column k_value = {"value", ColumnType::text, ""};
constexpr Column k_tag_value = {"value", ColumnType::text, "it may be a path", false, ColumnUse::place};

constexpr auto k_link_columns = std::to_array<Column>({
    k_run_key_column,
    {"direction", ColumnType::text, "inputs or outputs", true},
    {"link_id", ColumnType::text, "", true},
    {"source_type", ColumnType::text, "DATASET, MODEL, ..."},
    {"source_id", ColumnType::text, "dataset_id or model_id"},
    {"destination_type", ColumnType::text, ""},
    {"destination_id", ColumnType::text, ""},
    {"step", ColumnType::integer, ""},
    {"tags", ColumnType::json, "such as the context of a data set"},
    k_rel_path_column,
});
constexpr auto k_experiment_tag_columns = std::to_array<Column>({k_experiment_key, k_key, k_tag_value, k_rel_path_column});
constexpr auto k_dataset_columns = std::to_array<Column>({
    k_experiment_key,
    {"dataset_id", ColumnType::text, "", true},
    {"name", ColumnType::text, ""},
    {"digest", ColumnType::text, ""},
    {"source_type", ColumnType::text, ""},
    {"source", ColumnType::text, "", false, ColumnUse::place},
    {"schema", ColumnType::text, "as MLflow writes it"},
    {"profile", ColumnType::text, "as MLflow writes it"},
    k_rel_path_column,
});
constexpr auto k_logged_columns = std::to_array<Column>({
    k_experiment_key,
    k_model_id,
    {"name", ColumnType::text, ""},
    {"model_type", ColumnType::text, ""},
    {"status", ColumnType::text, "PENDING, READY or FAILED"},
    {"status_message", ColumnType::text, "", false, ColumnUse::place},
    {"source_run_id", ColumnType::text, "the run that logged it"},
    {"experiment_id", ColumnType::text, ""},
    {"lifecycle_stage", ColumnType::text, "active or deleted"},
    {"creation_time", ColumnType::time, ""},
    {"last_update_time", ColumnType::time, ""},
    {"artifact_location", ColumnType::text, "", false, ColumnUse::place},
    k_rel_path_column,
});
constexpr auto k_logged_param_columns = std::to_array<Column>({k_experiment_key, k_model_id, k_key, k_value, k_rel_path_column});
constexpr auto k_logged_tag_columns = std::to_array<Column>({k_experiment_key, k_model_id, k_key, k_tag_value, k_rel_path_column});
constexpr auto k_logged_metric_columns = std::to_array<Column>({
    k_experiment_key,
    k_model_id,
    k_key,
    {"position", ColumnType::integer, "in the order in which they were logged, from 0", true},
    {"value", ColumnType::real, ""},
    {"timestamp", ColumnType::time, ""},
    {"step", ColumnType::integer, ""},
    {"is_nan", ColumnType::boolean, ""},
    {"run_id", ColumnType::text, "the run in which it was logged"},
    k_rel_path_column,
});
constexpr auto k_trace_columns = std::to_array<Column>({
    k_experiment_key,
    k_trace_id,
    {"state", ColumnType::text, "OK, ERROR, IN_PROGRESS"},
    {"request_time", ColumnType::time, ""},
    {"duration_ms", ColumnType::integer, ""},
    {"client_request_id", ColumnType::text, ""},
    {"request_preview", ColumnType::text, ""},
    {"response_preview", ColumnType::text, ""},
    k_rel_path_column,
});
constexpr auto k_trace_value_columns = std::to_array<Column>({
    k_experiment_key,
    k_trace_id,
    {"kind", ColumnType::text, "metadata (mlflow.sourceRun is the run) or tag", true},
    k_key,
    k_tag_value,
    k_rel_path_column,
});
constexpr auto k_assessment_columns = std::to_array<Column>({
    k_experiment_key,
    k_trace_id,
    {"assessment_id", ColumnType::text, "", true},
    {"name", ColumnType::text, ""},
    {"kind", ColumnType::text, "feedback, expectation or issue"},
    {"value", ColumnType::json, ""},
    {"rationale", ColumnType::text, ""},
    {"source_type", ColumnType::text, "HUMAN, CODE, LLM_JUDGE"},
    {"source_id", ColumnType::text, ""},
    {"run_id", ColumnType::text, ""},
    {"span_id", ColumnType::text, ""},
    {"valid", ColumnType::boolean, "false: another overrides it"},
    {"create_time", ColumnType::time, ""},
    {"last_update_time", ColumnType::time, ""},
    k_rel_path_column,
});
constexpr auto k_registered_columns = std::to_array<Column>({
    k_models_key,
    k_name,
    {"description", ColumnType::text, ""},
    {"aliases", ColumnType::json, "versions by alias"},
    {"creation_time", ColumnType::time, ""},
    {"last_update_time", ColumnType::time, ""},
    k_rel_path_column,
});
constexpr auto k_version_columns = std::to_array<Column>({
    k_models_key,
    k_name,
    {"version", ColumnType::text, "", true},
    {"status", ColumnType::text, ""},
    {"current_stage", ColumnType::text, ""},
    {"run_id", ColumnType::text, "the run that made it"},
    {"model_id", ColumnType::text, "of a logged model"},
    {"description", ColumnType::text, ""},
    {"user_id", ColumnType::text, ""},
    {"source", ColumnType::text, "", false, ColumnUse::place},
    {"creation_time", ColumnType::time, ""},
    {"last_update_time", ColumnType::time, ""},
    k_rel_path_column,
});
constexpr auto k_registered_tag_columns = std::to_array<Column>({
    k_models_key,
    k_name,
    {"version", ColumnType::text, "empty for a tag of the registered model", true},
    k_key,
    k_tag_value,
    k_rel_path_column,
});

constexpr Table k_links = {"mlflow_inputs", "Data sets and models that runs read, and models that they made.", k_link_columns, KeyCheck::certain};
constexpr Table k_experiment_tags = {"mlflow_experiment_tags", "Tags of experiments.", k_experiment_tag_columns, KeyCheck::certain};
constexpr Table k_datasets = {"mlflow_datasets", "Data sets that runs of an experiment read.", k_dataset_columns, KeyCheck::certain};
constexpr Table k_logged = {"mlflow_logged_models", "Logged models (MLflow 3).", k_logged_columns, KeyCheck::certain};
constexpr Table k_logged_params = {"mlflow_logged_model_params", "Parameters of logged models.", k_logged_param_columns, KeyCheck::certain};
constexpr Table k_logged_tags = {"mlflow_logged_model_tags", "Tags of logged models.", k_logged_tag_columns, KeyCheck::certain};
constexpr Table k_logged_metrics = {"mlflow_logged_model_metrics", "Every value that was logged of a metric of a logged model.", k_logged_metric_columns, KeyCheck::certain};
constexpr Table k_traces = {"mlflow_traces", "Traces.", k_trace_columns, KeyCheck::certain};
constexpr Table k_trace_values = {"mlflow_trace_values", "Metadata and tags of traces.", k_trace_value_columns, KeyCheck::certain};
constexpr Table k_assessments = {"mlflow_assessments", "Feedback on traces, and what was expected of them.", k_assessment_columns, KeyCheck::certain};
constexpr Table k_registered = {"mlflow_registered_models", "Registered models, and prompts.", k_registered_columns, KeyCheck::certain};
constexpr Table k_versions = {"mlflow_model_versions", "Versions of registered models.", k_version_columns, KeyCheck::certain};
constexpr Table k_registered_tags = {"mlflow_registered_tags", "Tags of registered models and of their versions.", k_registered_tag_columns, KeyCheck::certain};
constexpr std::array<const Table*, 1> k_link_tables = {&k_links};
constexpr std::array<const Table*, 2> k_experiment_tables = {&k_experiment_tags, &k_datasets};
constexpr std::array<const Table*, 4> k_logged_tables = {&k_logged, &k_logged_params, &k_logged_tags, &k_logged_metrics};
constexpr std::array<const Table*, 3> k_trace_tables = {&k_traces, &k_trace_values, &k_assessments};
constexpr std::array<const Table*, 3> k_registered_tables = {&k_registered, &k_versions, &k_registered_tags};

Parts parts_of(const SourceFile& file) { return core::split(file.rel_path, '/'); }
// What stands behind the first `count` parts: a key, which may hold slashes itself.
std::string behind(const SourceFile& file, std::size_t count) {
    std::size_t at = 0;
    for (std::size_t i = 0; i < count; ++i) { at = file.rel_path.find('/', at) + 1; }
    return file.rel_path.substr(at);
}
bool is_below(const SourceFile& file, std::string_view folder) { return file.rel_path.starts_with(folder); }
bool in_experiment(const SourceFile& file, std::string_view folder) { return mlflow_folder(file) == MlflowFolder::experiment && is_below(file, folder); }

// A file that is the value of a tag or parameter: a row of the unit's key, the ids and the text.
template <class... Ids>
core::Status add_text(const Table& table, const SourceFile& file, FileInput& input, Extraction& out, const Ids&... ids) {
    RL_ASSIGN(const auto text, input.document());
    out.rows.row(table, file.run_key, ids..., text, file.rel_path);
    return core::ok();
}

core::Status extract_link(const SourceFile& file, FileInput& input, Extraction& out) {
    RL_ASSIGN(const auto meta, MlflowMeta::read(input));
    const auto parts = parts_of(file);
    out.rows.row(k_links, file.run_key, parts[0], parts[1], meta.word("source_type"), meta.word("source_id"), meta.word("destination_type"), meta.word("destination_id"),
                 integer_cell(meta.find("step")), json_cell(meta.find("tags")), file.rel_path);
    return core::ok();
}

core::Status extract_of_experiment(const SourceFile& file, FileInput& input, Extraction& out) {
    if (is_below(file, "tags/")) { return add_text(k_experiment_tags, file, input, out, behind(file, 1)); }
    RL_ASSIGN(const auto meta, MlflowMeta::read(input));
    out.rows.row(k_datasets, file.run_key, parts_of(file)[1], meta.word("name"), meta.word("digest"), meta.word("source_type"), meta.word("source"), meta.word("schema"), meta.word("profile"),
                 file.rel_path);
    return core::ok();
}

std::optional<std::string> model_status(const MlflowMeta& meta) {
    constexpr auto k_words = std::to_array<std::string_view>({"UNSPECIFIED", "PENDING", "READY", "FAILED"});
    const auto number = integer_cell(meta.find("status"));
    if (number && *number >= 0 && *number < static_cast<std::int64_t>(k_words.size())) { return std::string(k_words[static_cast<std::size_t>(*number)]); }
    return meta.word("status");
}

core::Status extract_logged(const SourceFile& file, FileInput& input, Extraction& out) {
    const auto parts = parts_of(file);
    const auto model = parts[1];
    if (parts[2] == "metrics") {
        const auto key = behind(file, 3);
        return each_mlflow_value(input, 1, [&](std::int64_t position, const MlflowValue& one) {
            out.rows.row(k_logged_metrics, file.run_key, model, key, position, one.value, one.timestamp, one.step, one.is_nan, one.id, file.rel_path);
        });
    }
    if (parts[2] != "meta.yaml") { return add_text(parts[2] == "params" ? k_logged_params : k_logged_tags, file, input, out, model, behind(file, 3)); }
    RL_ASSIGN(const auto meta, MlflowMeta::read(input));
    out.rows.row(k_logged, file.run_key, model, meta.word("name"), meta.word("model_type"), model_status(meta), meta.word("status_message"), meta.word("source_run_id"), meta.word("experiment_id"),
                 meta.word("lifecycle_stage").value_or("active"), meta.time("creation_timestamp"), meta.time("last_updated_timestamp"), meta.word("artifact_location"), file.rel_path);
    return core::ok();
}

// The value of an assessment; a text that says it is JSON is that JSON.
std::optional<std::string> value_of(const core::Json& content) {
    if (const auto* packed = member(&content, "serialized_value")) {
        const auto text = packed->string_at("value");
        if (!text) { return std::nullopt; }
        const auto parsed = core::parse_json(*text, "value");
        return core::to_json(parsed.ok() ? parsed.value() : core::Json(*text));
    }
    return json_cell(member(&content, "value"));
}

core::Status extract_assessment(const SourceFile& file, FileInput& input, Extraction& out) {
    RL_ASSIGN(const auto meta, MlflowMeta::read(input));
    const auto parts = parts_of(file);
    const std::string id(parts[3].substr(0, parts[3].rfind('.')));
    std::string_view kind;
    for (const std::string_view one : {"feedback", "expectation", "issue"}) {
        if (meta.find(one) != nullptr) { kind = one; }
    }
    const auto* content = kind.empty() ? nullptr : meta.find(kind);
    const auto* source = meta.find("source");
    out.rows.row(k_assessments, file.run_key, parts[1], id, meta.word("assessment_name"), kind.empty() ? std::optional<std::string_view>() : kind, content == nullptr ? std::nullopt : value_of(*content), meta.word("rationale"),
                 text_cell(member(source, "source_type")), text_cell(member(source, "source_id")), meta.word("run_id"), meta.word("span_id"), bool_cell(meta.find("valid")).value_or(true),
                 meta.time("create_time"), meta.time("last_update_time"), file.rel_path);
    return core::ok();
}

core::Status extract_trace(const SourceFile& file, FileInput& input, Extraction& out) {
    const auto parts = parts_of(file);
    if (parts[2] == "assessments") { return extract_assessment(file, input, out); }
    if (parts[2] != "trace_info.yaml") { return add_text(k_trace_values, file, input, out, parts[1], std::string_view(parts[2] == "tags" ? "tag" : "metadata"), behind(file, 3)); }
    RL_ASSIGN(const auto meta, MlflowMeta::read(input));
    // MLflow 2 wrote other names.
    const auto either = [&](std::string_view name, std::string_view earlier) { return meta.find(name) != nullptr ? name : earlier; };
    out.rows.row(k_traces, file.run_key, parts[1], meta.word(either("state", "status")), meta.time(either("request_time", "timestamp_ms")),
                 integer_cell(meta.find(either("execution_duration_ms", "execution_time_ms"))), meta.word("client_request_id"), meta.word("request_preview"), meta.word("response_preview"),
                 file.rel_path);
    return core::ok();
}

core::Status extract_registered(const SourceFile& file, FileInput& input, Extraction& out) {
    constexpr std::string_view k_version = "version-";
    const auto parts = parts_of(file);
    const bool of_version = parts[1].starts_with(k_version);
    const std::string_view version = of_version ? parts[1].substr(k_version.size()) : "";
    const std::size_t depth = of_version ? 2 : 1;
    if (parts[depth] == "tags") { return add_text(k_registered_tags, file, input, out, parts[0], version, behind(file, depth + 1)); }
    RL_ASSIGN(const auto meta, MlflowMeta::read(input));
    if (!of_version) {
        out.rows.row(k_registered, file.run_key, parts[0], meta.word("description"), json_cell(meta.find("aliases")), meta.time("creation_timestamp"), meta.time("last_updated_timestamp"),
                     file.rel_path);
        return core::ok();
    }
    out.rows.row(k_versions, file.run_key, parts[0], version, meta.word("status"), meta.word("current_stage"), meta.word("run_id"), meta.word("model_id"), meta.word("description"),
                 meta.word("user_id"), meta.word("source"), meta.time("creation_timestamp"), meta.time("last_updated_timestamp"), file.rel_path);
    return core::ok();
}

// inputs/<id>/meta.yaml, outputs/<id>/meta.yaml
bool is_link(const SourceFile& file) {
    const auto parts = parts_of(file);
    return mlflow_folder(file) == MlflowFolder::run && parts.size() > 2 && parts[2] == "meta.yaml";
}

}  // namespace

extern const Extractor k_mlflow_links_extractor = {.name = "mlflow_links", .stage = "read_mlflow_links", .done_word = "", .error_word = "", .tables = k_link_tables, .reading = Reading::each,
                                                   .takes = is_link, .extract = extract_link};
extern const Extractor k_mlflow_experiment_extractor = {.name = "mlflow_experiment", .stage = "read_mlflow_experiment", .done_word = "", .error_word = "", .tables = k_experiment_tables,
                                                        .reading = Reading::each,
                                                        .takes = [](const SourceFile& file) { return in_experiment(file, "tags/") || in_experiment(file, "datasets/"); },
                                                        .extract = extract_of_experiment};
extern const Extractor k_mlflow_models_extractor = {.name = "mlflow_models", .stage = "read_mlflow_models", .done_word = "", .error_word = "", .tables = k_logged_tables, .reading = Reading::each,
                                                    .takes = [](const SourceFile& file) { return in_experiment(file, "models/"); },
                                                    .extract = extract_logged};
extern const Extractor k_mlflow_traces_extractor = {.name = "mlflow_traces", .stage = "read_mlflow_traces", .done_word = "", .error_word = "", .tables = k_trace_tables, .reading = Reading::each,
                                                    .takes = [](const SourceFile& file) { return in_experiment(file, "traces/") && !file.rel_path.ends_with(k_mlflow_spans_file); },
                                                    .extract = extract_trace};
extern const Extractor k_mlflow_registered_extractor = {.name = "mlflow_registered", .stage = "read_mlflow_registered", .done_word = "", .error_word = "", .tables = k_registered_tables,
                                                        .reading = Reading::each, .takes = [](const SourceFile& file) { return mlflow_folder(file) == MlflowFolder::registered; },
                                                        .extract = extract_registered};

}  // namespace runlake::lake
