// SPDX-License-Identifier: Apache-2.0
// Making a release of selected runs for a site: every run looked at first, the tables of the dashboard and the job's own datasets, the page, one folder named by what is in it, one switch.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "lake/job/config.hpp"
#include "lake/job/dashboard.hpp"

namespace runlake::lake {

struct ReleaseOrder {
    JobConfig config;
    std::string database;
    std::string references_dir;
    std::string logs_dir;                 // resolved; "" for every run of the lake
    std::string site_dir;                 // absolute: holds releases/
    bool promote = true;
    core::Timestamp now;
    std::string program;
};

struct ReleaseDone {
    std::vector<Offender> offenders;      // any: nothing was written, and the rest is empty
    core::Json selection_without;         // what leaves exactly them out; null without offenders
    std::string release_id;
    std::string dir;                      // <site_dir>/releases/<release_id>
    std::int64_t selected_runs = 0;
    std::int64_t datasets = 0;
    std::int64_t rows = 0;
    bool was_there = false;               // a whole release of that id was there and stays
    bool promoted = false;                // the switch shows it
};

// Where the configuration selects by place, the release has the run_uids of what it selected instead. Errc::usage: a dataset is a generator's, or called as a table of the dashboard. Errc::not_found: no run is selected. Errc::conflict: a value holds a path of this
// machine.
core::Result<ReleaseDone> make_release(const ReleaseOrder& order);

}  // namespace runlake::lake
