// SPDX-License-Identifier: Apache-2.0
// Which runs a job is about.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "lake/export/session.hpp"
#include "lake/job/config.hpp"

namespace runlake::lake {

struct SelectedRun {
    std::string run_key;
    std::string run_uid;
    std::string run_id;  // "" where it has none
    std::string rel_run_dir;
};

struct Selected {
    std::vector<SelectedRun> runs;  // in order
    std::int64_t in_lake = 0;       // runs there are
    std::int64_t matched = 0;       // by columns, or by method
    std::int64_t fit = 0;           // of those, by what their status says
    std::int64_t distinct = 0;      // of those, after dedupe_run_id
    std::optional<std::string> method;  // the config_whitelist_hash of same_method_as
};
core::Json stats_json(const Selected& selected);

// `logs_dir` (resolved) restricts to the runs in it, unless the selection has root_id, run_dir or run_dir_prefix. With RunNames::uid whatever would be ordered by run_key is ordered by run_uid,
// so that max_runs takes the same runs on every machine. Errc::usage: same_method_as names no run, or several. That nothing is selected is no error.
// Runs of the sources that the selection names.
core::Result<Selected> select_runs(ExportSession& session, const JobSelection& selection, const std::optional<std::string>& logs_dir, RunNames names);

// The error of who needs a run: with the numbers, what came of it ("nothing was made"), and the sources that have others. Before show().
core::Error nothing_selected(ExportSession& session, const JobSelection& selection, const Selected& selected, std::string_view outcome);

}  // namespace runlake::lake
