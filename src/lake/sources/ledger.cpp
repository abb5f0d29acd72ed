// SPDX-License-Identifier: Apache-2.0
// Source "ledger": jobs and runs of other machines, as the ledger in git tells of them: the folders .aexp/ledger, .runlake/ledger and .runlake/ledger-extra of a project.
#include <array>

#include "lake/source.hpp"
#include "lake/sources/listing.hpp"
#include "os/files.hpp"

namespace runlake::lake {

extern const Extractor k_ledger_entry_extractor, k_ledger_pack_extractor, k_ledger_extra_extractor;

namespace {

constexpr std::array<const Extractor*, 3> k_extractors = {&k_ledger_entry_extractor, &k_ledger_pack_extractor, &k_ledger_extra_extractor};

bool is_home(std::string_view name) { return name == ".aexp" || name == ".runlake"; }

// Below a project, and where such a folder was named itself.
Detection detect(const FolderNames& folder) {
    Detection out;
    const auto look = [&](std::string path) {
        if (os::is_dir(path)) { out.units.push_back(std::move(path)); }
    };
    if (folder.has_folder(".aexp")) { look(os::join_path(folder.path, ".aexp/ledger")); }
    for (const auto* name : {"ledger", "ledger-extra"}) {
        if (folder.has_folder(".runlake")) { look(os::join_path(os::join_path(folder.path, ".runlake"), name)); }
        if (is_home(folder.name()) && folder.has_folder(name)) { look(os::join_path(folder.path, name)); }
        if (folder.name() == name && is_home(os::base_name(os::parent_path(folder.path)))) { out.units.push_back(folder.path); }
    }
    return out;
}

core::Result<UnitFiles> list(const Unit& unit) {
    RL_ASSIGN(auto files, Listing::of(unit));
    files.folder("", [](std::string_view name) { return name.ends_with(".json") && !name.starts_with('.'); });
    files.folder("packs", [](std::string_view name) { return name.ends_with(".jsonl.gz") && !name.starts_with('.'); });
    return std::move(files).finish();
}

// What this machine has itself is told by its own source. Of several entries with one id, the one that was promoted last stands; where that says nothing, what they say decides before where they lie.
constexpr std::string_view k_all_runs = R"(SELECT 'ledger' AS source, e.ledger_key AS unit_key, e.run_key, e.id AS run_id, coalesce(e.stage, e.experiment_id, e.id) AS name, e.state, e.started_at, e.ended_at AS finished_at,
  e.params, coalesce(x.metrics, '{}')::JSON AS metrics
FROM (SELECT DISTINCT ON (id) * FROM ledger_entries ORDER BY id, promoted_at DESC NULLS LAST, ended_at DESC NULLS LAST, state, started_at, stage, experiment_id, params::VARCHAR, ledger_key, rel_path) e
LEFT JOIN (SELECT DISTINCT ON (id) id, metrics FROM ledger_extras ORDER BY id, metrics::VARCHAR, ledger_key, rel_path) x USING (id)
WHERE e.id NOT IN (SELECT job_id FROM signac_jobs) AND e.id NOT IN (SELECT run_id FROM runlake_runs))";

}  // namespace

extern const Source k_ledger_source = {.name = "ledger",
                                       .help = "Jobs and runs that machines promoted to the ledger of a project.",
                                       .detect = detect,
                                       .list = list,
                                       .extractors = k_extractors,
                                       .unit_tables = {},
                                       .all_runs = k_all_runs,
                                       .run_column = "id",
                                       .has_own_ids = true};

}  // namespace runlake::lake
