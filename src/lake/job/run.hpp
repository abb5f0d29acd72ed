// SPDX-License-Identifier: Apache-2.0
// A job carried out: runs selected, datasets made, everything published as one folder. Documentation: docs/guide/lake-jobs.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "lake/job/config.hpp"

namespace runlake::lake {

struct JobOrder {
    JobConfig config;
    std::string database;
    std::string jobs_dir;
    std::string references_dir;
    std::optional<std::string> logs_dir;  // resolved
    core::Timestamp now;
    std::string program;
};

struct JobFile {
    std::string name;    // of the dataset
    std::string file;
    std::string format;
    std::int64_t rows = 0;
};

struct JobDone {
    std::string job_run_id;
    std::string out_dir;
    std::int64_t selected_runs = 0;
    core::Json selection_stats;
    core::Json reference;        // PreparedReference::to_json(), or null
    std::vector<JobFile> datasets;
    bool was_there = false;      // the same job over the same runs gave the same before: nothing was changed
};

// A job that fails once its runs are looked for leaves job_run.json, job_config.json and inputs.json in its folder, and the error. Errc::not_found: no run is selected, or there is no
// such reference. Errc::conflict: a run has no dashboard. Errc::busy: a reference that was built or scored can't be told to the lake, which
// another process has.
core::Result<JobDone> run_job(const JobOrder& order);

}  // namespace runlake::lake
