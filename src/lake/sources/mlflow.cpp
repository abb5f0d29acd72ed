// SPDX-License-Identifier: Apache-2.0
// Source "mlflow": a file store of MLflow (a folder mlruns): experiments and runs are folders with a meta.yaml, registered models lie in a folder beside them.
#include <algorithm>
#include <array>

#include "lake/extractors/mlflow_files.hpp"
#include "lake/source.hpp"
#include "lake/sources/listing.hpp"
#include "os/files.hpp"

namespace runlake::lake {

extern const Extractor k_mlflow_meta_extractor, k_mlflow_values_extractor, k_mlflow_metrics_extractor, k_mlflow_links_extractor, k_mlflow_experiment_extractor, k_mlflow_models_extractor,
    k_mlflow_traces_extractor, k_mlflow_spans_extractor, k_mlflow_registered_extractor;

namespace {

constexpr std::array<const Extractor*, 9> k_extractors = {&k_mlflow_meta_extractor,   &k_mlflow_values_extractor, &k_mlflow_metrics_extractor, &k_mlflow_links_extractor,     &k_mlflow_experiment_extractor,
                                                          &k_mlflow_models_extractor, &k_mlflow_traces_extractor, &k_mlflow_spans_extractor,   &k_mlflow_registered_extractor};

bool is_number(std::string_view name) { return !name.empty() && name.find_first_not_of("0123456789") == std::string_view::npos; }

Detection detect(const FolderNames& folder) {
    Detection out;
    // Where experiments lie that were deleted.
    if (folder.has_folder(".trash")) { out.hidden.push_back(".trash"); }
    if (!folder.has_file("meta.yaml")) {
        const bool is_store = folder.has_folder(".trash") || std::any_of(folder.folders.begin(), folder.folders.end(), is_number);
        if (is_store && folder.has_folder(k_mlflow_models)) {
            out.units.push_back(os::join_path(folder.path, k_mlflow_models));
            out.kept.emplace_back(k_mlflow_models);
        }
        return out;
    }
    // A folder of a run has the run's id for a name, that of an experiment a number (or, by hand, any word) and runs in it.
    const bool is_run = is_mlflow_run_id(folder.name()) && (folder.has_folder("metrics") || folder.has_folder("params") || folder.has_folder("tags") || folder.has_folder("artifacts"));
    const bool is_bare_run = is_mlflow_run_id(folder.name()) && folder.folders.empty();
    const bool is_experiment = is_number(folder.name()) || std::any_of(folder.folders.begin(), folder.folders.end(), is_mlflow_run_id);
    out.is_whole = is_run || is_bare_run;
    if (out.is_whole || is_experiment) { out.units.push_back(folder.path); }
    // Artifacts of models and traces may be called as other tools call their results.
    if (is_experiment) { out.kept = {std::string(k_mlflow_models), "traces", "datasets", "tags"}; }
    return out;
}

// Artifacts are left out everywhere, but for the spans of traces.
void list_experiment(Listing& files) {
    files.tree("tags");
    files.each_folder("datasets", [&](const std::string& one) { files.file(os::join_path(one, "meta.yaml")); });
    files.each_folder("models", [&](const std::string& model) {
        files.file(os::join_path(model, "meta.yaml"));
        for (const char* folder : {"params", "tags", "metrics"}) { files.tree(os::join_path(model, folder)); }
    });
    files.each_folder("traces", [&](const std::string& trace) {
        files.file(os::join_path(trace, "trace_info.yaml"));
        files.file(os::join_path(trace, k_mlflow_spans_file));
        for (const char* folder : {"request_metadata", "tags"}) { files.tree(os::join_path(trace, folder)); }
        files.folder(os::join_path(trace, "assessments"), [](std::string_view name) { return name.ends_with(".yaml"); });
    });
}

void list_registered(Listing& files) {
    files.each_folder("", [&](const std::string& model) {
        files.file(os::join_path(model, "meta.yaml"));
        files.tree(os::join_path(model, "tags"));
        files.each_folder(model, [&](const std::string& version) {
            if (!os::base_name(version).starts_with("version-")) { return; }
            files.file(os::join_path(version, "meta.yaml"));
            files.tree(os::join_path(version, "tags"));
        });
    });
}

core::Result<UnitFiles> list(const Unit& unit) {
    RL_ASSIGN(auto files, Listing::of(unit));
    const auto folder = mlflow_folder(os::base_name(unit.dir));
    if (folder != MlflowFolder::registered) { files.file("meta.yaml"); }
    if (folder == MlflowFolder::run) {
        for (const char* name : {"params", "tags", "metrics"}) { files.tree(name); }
        for (const char* name : {"inputs", "outputs"}) {
            files.each_folder(name, [&](const std::string& one) { files.file(os::join_path(one, "meta.yaml")); });
        }
    } else if (folder == MlflowFolder::experiment) {
        list_experiment(files);
    } else {
        list_registered(files);
    }
    return std::move(files).finish();
}

constexpr std::string_view k_all_runs = R"(SELECT 'mlflow' AS source, r.run_key AS unit_key, r.run_key, r.run_id, r.run_name AS name, r.state, r.start_time AS started_at, r.end_time AS finished_at,
  coalesce(p.params, '{}')::JSON AS params, coalesce(m.metrics, '{}')::JSON AS metrics
FROM mlflow_runs r
LEFT JOIN (SELECT run_key, @object("key", to_json("value")::VARCHAR) AS params
  FROM mlflow_params GROUP BY run_key) p USING (run_key)
LEFT JOIN (SELECT run_key, @object("key", CASE WHEN isfinite("value") THEN to_json("value")::VARCHAR ELSE 'null' END) AS metrics
  FROM (SELECT DISTINCT ON (run_key, "key") run_key, "key", "value" FROM mlflow_metrics ORDER BY run_key, "key", step DESC, "timestamp" DESC, "value" DESC NULLS LAST, position DESC)
  GROUP BY run_key) m USING (run_key))";

}  // namespace

extern const Source k_mlflow_source = {.name = "mlflow",
                                       .help = "Experiments and runs of a file store of MLflow, deleted ones too.",
                                       .detect = detect,
                                       .list = list,
                                       .extractors = k_extractors,
                                       .unit_tables = {},
                                       .all_runs = k_all_runs};

}  // namespace runlake::lake
