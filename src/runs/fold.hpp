// SPDX-License-Identifier: Apache-2.0
// Folds parts of the journal into the tables of a connection: the rows of a run are the merge of its records, whatever their order and division.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "record/journal.hpp"
#include "record/store.hpp"
#include "runs/cursor.hpp"
#include "sql/database.hpp"

namespace runlake::runs {

// What a fold met and did.
struct FoldReport {
    std::uint64_t records = 0;
    std::uint64_t runs_added = 0;
    std::uint64_t runs_changed = 0;
    std::uint64_t bytes = 0;          // of payloads
    std::uint64_t corrupt_lines = 0;  // skipped
    std::uint64_t newer_lines = 0;    // skipped: of a later version
    bool starts_moved = false;        // an earlier start was met of runs known already: rows in the base may have the later one as run_started_at
    std::vector<std::string> notes;   // where damage was met; at most 20
};

struct FoldTarget {
    std::string catalog;       // where rows are written: "" is the connection's own database
    std::string base_catalog;  // where rows of runs known already are read from besides, and never written: "" for none
    bool one_transaction = false;  // commit at the end only: for a database that nobody can see yet
};

// Folds `tasks` and moves `cursor` on, in the database too: rows and cursor are committed together, batch by batch, so that a fold that is killed goes on where it was.
// `listing` is the journal as it is now: a start whose recorded place is not in it any more gets its new place. Memory is bounded by the size of a batch.
core::Result<FoldReport> fold(sql::Connection& connection, const record::Store& store, const record::JournalListing& listing, std::vector<ReadTask> tasks,
                              Cursor& cursor, const FoldTarget& target);

// Folds what the listing holds beyond the cursor that stands in the connection's own database, and forgets segments that have gone. The connection must not be
// in a transaction.
core::Result<FoldReport> fold_new(sql::Connection& connection, const record::Store& store, const record::JournalListing& listing, Cursor& cursor);

}  // namespace runlake::runs
