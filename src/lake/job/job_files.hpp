// SPDX-License-Identifier: Apache-2.0
// Jobs that were run, as files below lake/jobs: the facts from which the table lake_job_runs is made. Format: docs/formats/lake-dataset.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "sql/database.hpp"

namespace runlake::lake {

inline constexpr std::string_view k_job_run_file = "job_run.json";

// A row of lake_job_runs.
struct JobRun {
    std::string job_run_id;
    std::string job_name;
    core::Timestamp created_at;
    std::string status;       // "completed", "failed"
    std::string out_dir;      // absolute; not in the file: it is where the file is found
    std::string logs_root;    // "" where no folder was named
    core::Json selection;
    core::Json reference;
    core::Json datasets;
    core::Json inputs;
    std::string error;        // "" when there was none
};
core::Json to_json(const JobRun& run);
core::Result<JobRun> parse_job_run(std::string_view text, std::string_view what);

struct JobRunProblem {
    std::string rel_path;  // below the jobs' folder
    std::string problem;
};
struct JobRunsRead {
    std::vector<JobRun> runs;             // by job_run_id, each once
    std::vector<JobRunProblem> problems;  // by rel_path
};
// <jobs_dir>/<name>/<job_run_id>/job_run.json of every job. No folder: none.
core::Result<JobRunsRead> read_job_runs(const std::string& jobs_dir);

// Makes the table lake_job_runs say what the files say, in a transaction of its own. The connection is that of a held lake.
core::Result<JobRunsRead> index_job_runs(sql::Connection& connection, const std::string& jobs_dir);

}  // namespace runlake::lake
