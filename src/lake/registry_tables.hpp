// SPDX-License-Identifier: Apache-2.0
// Tables that no extractor fills: the registry of roots, runs and files, errors, references and jobs; and the list of all tables.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "lake/table.hpp"

namespace runlake::lake {

// Raised with each change of a declared table. A lake of a newer version is refused, one of an older version is made again from its sources.
inline constexpr std::int64_t k_schema_version = 11;

extern const Table k_schema_meta, k_log_roots, k_lake_units, k_lake_files, k_runs, k_run_files, k_extract_errors, k_graph_extract_errors, k_theorem_artifacts, k_artifact_extract_state, k_lake_references,
    k_lake_reference_members, k_reference_scores, k_lake_reference_files, k_lake_job_runs, k_lake_surfaces, k_lake_surface_files;

std::span<const Table* const> registry_tables();
// Those of the registry, then those of each extractor.
std::vector<const Table*> all_tables();
// docs/reference/lake-tables.md.
std::string tables_page();

}  // namespace runlake::lake
