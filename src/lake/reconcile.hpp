// SPDX-License-Identifier: Apache-2.0
// Makes the lake say what the files of all runs say: finds units, reads again what has changed, forgets what has gone. Knows no source by name.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "lake/discovery.hpp"
#include "lake/file_input.hpp"

namespace runlake::lake {

struct ReconcileProgress {
    std::uint64_t units_found = 0;
    std::uint64_t units_looked_at = 0;
    std::uint64_t units_written = 0;
    std::uint64_t bytes_read = 0;
    std::uint64_t rows_written = 0;
};

struct ReconcileRequest {
    std::string database;
    std::vector<std::string> roots;
    std::vector<std::string> beside;   // DiscoverRequest::beside
    std::string jobs;                  // folder of jobs that were run: their files are indexed; "" for none
    std::string references;            // folder of references and their scores: indexed too; "" for none
    std::string surfaces;              // folder of .sql files; "" for none
    bool prune = false;                // forget units that have gone
    bool dry_run = false;              // say what would be done
    bool full = false;                 // read everything again
    unsigned threads = 0;              // that read files; 0: as many as there are processors
    std::uint64_t batch_bytes = std::uint64_t{256} << 20U;  // of files, to a transaction; a unit is whole in one, however large
    InputLimits limits;
    std::function<void(const ReconcileProgress&)> progress;  // on the caller's thread, often
    std::function<bool()> is_stopped;                        // asked often
};

// A unit that the lake knows and that is not there any more.
struct StaleUnit {
    std::string key;
    std::string source;
    std::string dir;
};

struct ReconcileReport {
    std::vector<LogRoot> roots;                        // that were looked below
    std::map<std::string, std::uint64_t> sources;      // units found, by source
    std::uint64_t units = 0;
    std::uint64_t added = 0;                           // with a dry run: would be
    std::uint64_t changed = 0;
    std::uint64_t unchanged = 0;
    std::uint64_t moved = 0;                           // told by another root than before
    std::uint64_t files = 0;                           // of all units
    std::uint64_t files_read = 0;
    std::uint64_t bytes_read = 0;
    std::uint64_t errors = 0;                          // of what was read now
    std::uint64_t warnings = 0;
    std::uint64_t standing_errors = 0;                 // in the lake when it was done
    std::map<std::string, std::uint64_t> rows;         // written, by table
    std::uint64_t surfaces = 0;                        // of the project's own
    std::uint64_t surface_files_read = 0;
    std::uint64_t surface_rows = 0;                    // written
    std::uint64_t references = 0;                      // in the lake when it was done
    std::vector<StaleUnit> stale;                      // by dir
    bool pruned = false;
    std::vector<PassedOver> passed_over;               // by dir
    std::vector<std::string> notes;
};

// Errc::not_found: a root is no folder. Errc::busy: another process has the lake. Errc::interrupted: is_stopped() said so. Whatever ends it: each unit is in the lake as it was before or
// as it is now, never between.
core::Result<ReconcileReport> reconcile(const ReconcileRequest& request);

}  // namespace runlake::lake
