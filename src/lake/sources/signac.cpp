// SPDX-License-Identifier: Apache-2.0
// Source "signac": jobs of a signac workspace, those of aexp and of Runlake among them: folders with a signac_statepoint.json.
#include <array>

#include "lake/source.hpp"
#include "lake/sources/file_metrics.hpp"
#include "lake/sources/listing.hpp"

namespace runlake::lake {

extern const Extractor k_signac_statepoint_extractor, k_signac_document_extractor;

namespace {

constexpr std::array<const Extractor*, 3> k_extractors = {&k_signac_statepoint_extractor, &k_signac_document_extractor, &k_file_metrics_extractor};

Detection detect(const FolderNames& folder) {
    Detection out;
    if (folder.has_folder(".runs")) { out.hidden.push_back(".runs"); }
    if (folder.has_file("signac_statepoint.json")) { out.units.push_back(folder.path); }
    return out;
}

core::Result<UnitFiles> list(const Unit& unit) {
    RL_ASSIGN(auto files, Listing::of(unit));
    files.file("signac_statepoint.json");
    files.file("signac_job_document.json");
    files.folder("", is_metrics_file);
    return std::move(files).finish();
}

// Of a document, metrics are the numbers that neither aexp nor Runlake keeps there.
constexpr std::string_view k_all_runs = R"(SELECT 'signac' AS source, j.run_key AS unit_key, j.run_key, j.job_id AS run_id, coalesce(d.experiment_id, j.job_id) AS name, d.state, d.started_at, d.ended_at AS finished_at,
  coalesce(p.params, '{}')::JSON AS params, coalesce(m.metrics, '{}')::JSON AS metrics
FROM signac_jobs j
LEFT JOIN signac_documents d USING (run_key)
LEFT JOIN (SELECT run_key, @object(name, "value"::VARCHAR) AS params FROM signac_statepoints GROUP BY run_key) p USING (run_key)
LEFT JOIN (SELECT run_key, @object(name, "value"::VARCHAR) AS metrics FROM (
    SELECT run_key, name, "value" FROM signac_document_values
    WHERE number IS NOT NULL AND split_part(name, '.', 1) NOT IN ('aexp', 'limina', 'status', 'created_at', 'started_at', 'ended_at', 'heartbeat_at', 'wallclock_s', 'tracker', 'queue', 'runlake')
    UNION ALL SELECT v.run_key, v.name, v."value" FROM file_metrics_last v ANTI JOIN signac_document_values d USING (run_key, name))
  GROUP BY run_key) m USING (run_key))";

}  // namespace

extern const Source k_signac_source = {.name = "signac",
                                       .help = "Jobs of signac workspaces, and so of aexp and of Runlake's own run store.",
                                       .detect = detect,
                                       .list = list,
                                       .extractors = k_extractors,
                                       .unit_tables = {},
                                       .all_runs = k_all_runs};

}  // namespace runlake::lake
