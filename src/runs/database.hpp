// SPDX-License-Identifier: Apache-2.0
// The life of runs.duckdb: making, folding into, migrating, setting aside, rebuilding, shrinking. One process at a time, by a lease beside the file; DuckDB's own lock
// guards against other programs.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "os/lease.hpp"
#include "record/store.hpp"
#include "runs/fold.hpp"
#include "sql/database.hpp"

namespace runlake::runs {

// What an update did, and what the user should be told of it.
struct UpdateReport {
    FoldReport fold;
    std::vector<std::string> notes;
};

// Brings runs.duckdb up to date: makes it when it is missing, migrates an older schema (rows of the original tool are written to the journal first, so that nothing stands
// in the database alone), sets a damaged file aside and rebuilds it, and folds what is new. Never waits: Errc::busy when another process has it.
// Errc::unsupported: written by a newer version; nothing is touched. Errc::io: it can't be written.
core::Result<UpdateReport> update_database(const record::Store& store);

// Makes the database again from the journal, beside the old one, and puts it in its place at once. Errors as above, less corrupt and unsupported: whatever is there is replaced. When
// the old one holds runs that the journal does not tell of, it is kept under another name.
struct RebuildReport {
    FoldReport fold;
    std::uint64_t runs = 0;
    std::uint64_t missing = 0;      // runs of the old database that the journal does not tell of
    std::string kept_as;            // where the old file is then
    std::vector<std::string> notes;
};
core::Result<RebuildReport> rebuild_database(const record::Store& store);

// Rewrites the database without the room that deleted rows left. Errc::not_found when there is none.
struct VacuumReport {
    std::uint64_t bytes_before = 0;
    std::uint64_t bytes_after = 0;
};
core::Result<VacuumReport> vacuum_database(const record::Store& store);

// An open database for a change that folding does not make (prune): up to date, held by the lease; closing is dropping it.
struct HeldDatabase {
    std::unique_ptr<os::Lease> lease;
    sql::Connection connection;
    UpdateReport report;
};
core::Result<HeldDatabase> hold_database(const record::Store& store);

// How people are told which file it is and why it could not be used.
std::string lease_path(const std::string& database);

}  // namespace runlake::runs
