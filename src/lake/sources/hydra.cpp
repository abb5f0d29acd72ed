// SPDX-License-Identifier: Apache-2.0
// Source "hydra": output folders of Hydra, those of a multirun each for itself: folders with a folder .hydra.
#include <array>

#include "lake/source.hpp"
#include "lake/sources/file_metrics.hpp"
#include "lake/sources/listing.hpp"

namespace runlake::lake {

extern const Extractor k_hydra_config_extractor, k_hydra_overrides_extractor, k_hydra_job_extractor;

namespace {

constexpr std::array<const Extractor*, 4> k_extractors = {&k_hydra_config_extractor, &k_hydra_overrides_extractor, &k_hydra_job_extractor, &k_file_metrics_extractor};

Detection detect(const FolderNames& folder) {
    Detection out;
    if (folder.has_folder(".hydra")) { out.units.push_back(folder.path); }
    return out;
}

core::Result<UnitFiles> list(const Unit& unit) {
    RL_ASSIGN(auto files, Listing::of(unit));
    for (const char* name : {".hydra/config.yaml", ".hydra/overrides.yaml", ".hydra/hydra.yaml"}) { files.file(name); }
    files.folder("", is_metrics_file);
    return std::move(files).finish();
}

constexpr std::string_view k_all_runs = R"(SELECT 'hydra' AS source, u.unit_key, u.unit_key AS run_key, NULL::VARCHAR AS run_id, coalesce(r.job_name, u.rel_dir) AS name, NULL::VARCHAR AS state,
  NULL::TIMESTAMP AS started_at, NULL::TIMESTAMP AS finished_at, coalesce(p.params, '{}')::JSON AS params, coalesce(m.metrics, '{}')::JSON AS metrics
FROM lake_units u
LEFT JOIN hydra_runs r ON r.run_key = u.unit_key
LEFT JOIN (SELECT run_key, @object(name, "value"::VARCHAR) AS params FROM hydra_config GROUP BY run_key) p ON p.run_key = u.unit_key
LEFT JOIN file_metrics_of_runs m ON m.run_key = u.unit_key
WHERE u.source = 'hydra')";

}  // namespace

extern const Source k_hydra_source = {.name = "hydra",
                                      .help = "Output folders of Hydra, and the files of metrics in them.",
                                      .detect = detect,
                                      .list = list,
                                      .extractors = k_extractors,
                                      .unit_tables = {},
                                      .all_runs = k_all_runs};

}  // namespace runlake::lake
