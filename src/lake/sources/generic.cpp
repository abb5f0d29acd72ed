// SPDX-License-Identifier: Apache-2.0
// Source "metrics": any folder with a file of metrics that no other source took.
#include <algorithm>
#include <array>

#include "lake/source.hpp"
#include "lake/sources/file_metrics.hpp"
#include "lake/sources/listing.hpp"

namespace runlake::lake {
namespace {

constexpr std::array<const Extractor*, 1> k_extractors = {&k_file_metrics_extractor};

Detection detect(const FolderNames& folder) {
    Detection out;
    if (std::any_of(folder.files.begin(), folder.files.end(), is_metrics_file)) { out.units.push_back(folder.path); }
    return out;
}

core::Result<UnitFiles> list(const Unit& unit) {
    RL_ASSIGN(auto files, Listing::of(unit));
    files.folder("", is_metrics_file);
    return std::move(files).finish();
}

constexpr std::string_view k_all_runs = R"(SELECT 'metrics' AS source, u.unit_key, u.unit_key AS run_key, NULL::VARCHAR AS run_id, u.rel_dir AS name, NULL::VARCHAR AS state,
  NULL::TIMESTAMP AS started_at, NULL::TIMESTAMP AS finished_at, '{}'::JSON AS params, coalesce(m.metrics, '{}')::JSON AS metrics
FROM lake_units u LEFT JOIN file_metrics_of_runs m ON m.run_key = u.unit_key WHERE u.source = 'metrics')";

}  // namespace

extern const Source k_metrics_source = {.name = "metrics",
                                        .help = "Folders with a metrics.json, metrics.jsonl, metrics.csv or metrics.parquet that no other source took.",
                                        .detect = detect,
                                        .only_unclaimed = true,
                                        .list = list,
                                        .extractors = k_extractors,
                                        .unit_tables = {},
                                        .all_runs = k_all_runs};

}  // namespace runlake::lake
