// SPDX-License-Identifier: Apache-2.0
// The generator wonton_dashboard_v2: a folder with one JSON document a run, and a list of them. Format: docs/formats/lake-dataset.md.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "lake/export/session.hpp"
#include "lake/export/staged_folder.hpp"
#include "lake/job/selection.hpp"

namespace runlake::lake {

// A run of which no dashboard can be made.
struct Offender {
    std::string run_key;
    std::string run_id;
    std::string rel_run_dir;
    std::string reason;
};
inline constexpr std::size_t k_most_offenders = 20;  // told; all are counted

// Those among selected_runs. After select(), before show().
core::Result<std::vector<Offender>> find_offenders(ExportSession& session);
// The selection that leaves exactly them out: {"rel_run_dir": [...]} of the others.
core::Json selection_without(const std::vector<Offender>& offenders, const std::vector<SelectedRun>& selected);
// "3 of 10 selected runs ...", a line for each of the first, and what to write into the selection to leave them out. Errc::conflict.
core::Error offenders_error(const std::vector<Offender>& offenders, std::int64_t selected, const core::Json& without);

struct DashboardFile {
    std::string file;  // below the job's folder
    std::uint64_t bytes = 0;
    std::string sha256;
};
// Writes <folder>/<run>/dashboard_v2.json of each run and <folder>/manifest.json. After show(). All runs were looked at by find_offenders() before.
core::Result<std::vector<DashboardFile>> write_dashboard(ExportSession& session, const std::vector<SelectedRun>& runs, StagedFolder& staged, const std::string& folder);

}  // namespace runlake::lake
