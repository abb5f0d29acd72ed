// SPDX-License-Identifier: Apache-2.0
// Source "mlflow": a file store of MLflow (a folder mlruns): experiments and runs are folders with a meta.yaml.
#include <algorithm>
#include <array>

#include "core/hex.hpp"
#include "lake/source.hpp"
#include "lake/sources/listing.hpp"
#include "os/files.hpp"

namespace runlake::lake {

extern const Extractor k_mlflow_meta_extractor, k_mlflow_values_extractor, k_mlflow_metrics_extractor;

namespace {

constexpr std::array<const Extractor*, 3> k_extractors = {&k_mlflow_meta_extractor, &k_mlflow_values_extractor, &k_mlflow_metrics_extractor};

bool is_run_id(std::string_view name) { return name.size() == 32 && core::is_hex(name); }
bool is_number(std::string_view name) { return !name.empty() && name.find_first_not_of("0123456789") == std::string_view::npos; }

Detection detect(const FolderNames& folder) {
    Detection out;
    // Where experiments lie that were deleted.
    if (folder.has_folder(".trash")) { out.hidden.push_back(".trash"); }
    if (!folder.has_file("meta.yaml")) { return out; }
    // A folder of a run has the run's id for a name, that of an experiment a number (or, by hand, any word) and runs in it.
    const bool is_run = is_run_id(folder.name()) && (folder.has_folder("metrics") || folder.has_folder("params") || folder.has_folder("tags") || folder.has_folder("artifacts"));
    const bool is_bare_run = is_run_id(folder.name()) && folder.folders.empty();
    const bool is_experiment = is_number(folder.name()) || std::any_of(folder.folders.begin(), folder.folders.end(), is_run_id);
    out.is_whole = is_run || is_bare_run;
    if (out.is_whole || is_experiment) { out.units.push_back(folder.path); }
    return out;
}

core::Result<UnitFiles> list(const Unit& unit) {
    RL_ASSIGN(auto files, Listing::of(unit));
    files.file("meta.yaml");
    if (is_run_id(os::base_name(unit.dir))) {
        for (const char* folder : {"params", "tags", "metrics"}) { files.tree(folder); }
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
