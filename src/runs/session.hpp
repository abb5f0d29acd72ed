// SPDX-License-Identifier: Apache-2.0
// A connection in which every recorded run can be queried now, however the database is: fresh, behind, locked, missing, damaged or of another version.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "record/store.hpp"
#include "sql/database.hpp"

namespace runlake::runs {

// Where the rows of a session come from.
enum class Source : std::uint8_t {
    database,           // runs.duckdb, open read-only, with everything folded into it
    database_and_tail,  // runs.duckdb, read-only, and beside it in memory what could not be folded into it
    journal,            // the journal alone, folded into memory
};
std::string_view source_name(Source source);  // "database", "database+tail", "journal"

enum class Folding : std::uint8_t {
    if_free,  // fold into runs.duckdb first when nobody holds it; never wait
    never,    // leave runs.duckdb as it is: what it lacks is folded into memory
};

// A reader's view of all runs. In connection() the names runs, run_details, run_params, run_tags, run_metrics, run_inputs, run_notes and run_errors
// (docs/formats/runs-duckdb.md) are tables or views with the same columns, whatever source() is; they can be read only. Other tables that are there (fold_*) are
// nobody's business. The session sees one moment: open a new one for each poll, and drop it before waiting, so that others can write.
// A session never writes to the journal, but for the one time it migrates a database of the original tool, whose rows go there. Not thread-safe.
class Session {
  public:
    // Fails only when the journal itself can't be read (Errc::io) or DuckDB can't be loaded (Errc::unsupported). A store in which nothing was recorded yet gives empty tables.
    static core::Result<Session> open(const record::Store& store, Folding folding = Folding::if_free);

    sql::Connection& connection() { return connection_; }
    Source source() const { return source_; }
    // What the user should be told, a line each, without a prefix: why the answer does not come from the database alone, that a damaged file was set aside,
    // how many journal lines are damaged. Empty when all is well.
    std::span<const std::string> notes() const { return notes_; }

  private:
    Session(sql::Connection connection, Source source, std::vector<std::string> notes)
        : connection_(std::move(connection)), source_(source), notes_(std::move(notes)) {}
    sql::Connection connection_;
    Source source_;
    std::vector<std::string> notes_;
};

}  // namespace runlake::runs
