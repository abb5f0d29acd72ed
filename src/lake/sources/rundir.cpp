// SPDX-License-Identifier: Apache-2.0
// Source "rundir": run directories of pipelines, and the results that their stages published.
#include <array>

#include "lake/source.hpp"
#include "lake/sources/listing.hpp"
#include "os/files.hpp"

namespace runlake::lake {

extern const Extractor k_rundir_info_extractor, k_rundir_done_extractor;

namespace {

constexpr std::array<const Extractor*, 2> k_extractors = {&k_rundir_info_extractor, &k_rundir_done_extractor};

Detection detect(const FolderNames& folder) {
    Detection out;
    if (!folder.has_file("run.json") || !folder.has_folder(".stages")) { return out; }
    out.units.push_back(folder.path);
    out.is_whole = true;  // the rest is the view of what is in .stages
    return out;
}

core::Result<UnitFiles> list(const Unit& unit) {
    RL_ASSIGN(auto files, Listing::of(unit));
    files.file("run.json");
    files.each_folder(".stages", [&](const std::string& stage) {
        files.each_folder(stage, [&](const std::string& instance) { files.each_folder(instance, [&](const std::string& key) { files.file(os::join_path(key, "DONE.json")); }); });
    });
    return std::move(files).finish();
}

// Results of runs that no journal here tells of, such as those in a run directory that was copied from another machine.
constexpr std::string_view k_all_runs = R"(SELECT 'rundir' AS source, d.run_key AS unit_key, left(sha256('rundir' || chr(0) || d.run_id || chr(0)), 16) AS run_key, d.run_id, CASE WHEN d.instance = '-' THEN d.stage ELSE d.stage || '[' || d.instance || ']' END AS name,
  'completed' AS state, d.started_at, d.finished_at, '{}'::JSON AS params, '{}'::JSON AS metrics
FROM (SELECT DISTINCT ON (run_id) * FROM rundir_results ORDER BY run_id, cached_from IS NOT NULL, stage, instance, stage_key, finished_at, run_key) d
WHERE d.run_id NOT IN (SELECT run_id FROM runlake_runs))";

}  // namespace

extern const Source k_rundir_source = {.name = "rundir",
                                       .help = "Run directories of pipelines, and the results that were published in them.",
                                       .detect = detect,
                                       .list = list,
                                       .extractors = k_extractors,
                                       .unit_tables = {},
                                       .all_runs = k_all_runs,
                                       .run_column = "run_id",
                                       .has_own_ids = true};

}  // namespace runlake::lake
