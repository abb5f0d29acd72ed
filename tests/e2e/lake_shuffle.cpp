// SPDX-License-Identifier: Apache-2.0
// Puts the rows of every table of a lake into another order on the disk, in several transactions, with rows that were deleted in between, the last ones in the log alone: what the lake says stays the same.
//
//     lake_shuffle DATABASE SEED
#include <unistd.h>

#include <iostream>
#include <string>
#include <vector>

#include "core/text.hpp"
#include "sql/database.hpp"

namespace {

using runlake::core::cat;
using runlake::sql::quote_identifier;

// Each row stands up to 40 times among the others at first, and all but one of them are deleted: the sizes that DuckDB plans by are off, for each table in another way.
runlake::core::Status shuffle(runlake::sql::Connection& connection, const std::string& table, const std::string& seed) {
    const auto name = quote_identifier(table);
    RL_TRY(connection.run(cat("CREATE OR REPLACE TEMP TABLE shuffled AS SELECT row_number() OVER (ORDER BY hash(t.rowid, copy, ", seed, ")) AS shuffled_place, copy > 0 AS is_shuffled_copy, t.* FROM ", name,
                              " t, range(1 + (hash(", runlake::sql::quote_literal(table), ", ", seed, ") % 40)::BIGINT) AS copies(copy)")));
    RL_TRY(connection.run(cat("DELETE FROM ", name)));
    for (int part = 0; part < 3; ++part) {
        RL_TRY(connection.run(cat("INSERT INTO ", name, " SELECT * EXCLUDE (shuffled_place, is_shuffled_copy) FROM temp.shuffled WHERE shuffled_place * 3 // (SELECT 1 + count(*) FROM temp.shuffled) = ", part,
                                  " ORDER BY shuffled_place")));
        if (part == 1) { RL_TRY(connection.run("CHECKPOINT")); }
    }
    return connection.run(cat("DELETE FROM ", name, " WHERE rowid IN (SELECT shuffled_id FROM (SELECT rowid AS shuffled_id, row_number() OVER (ORDER BY rowid) AS shuffled_place FROM ", name,
                              ") JOIN temp.shuffled USING (shuffled_place) WHERE is_shuffled_copy)"));
}

runlake::core::Status shuffle_all(const std::string& database, const std::string& seed) {
    RL_ASSIGN(const auto opened, runlake::sql::Database::open(database, runlake::sql::Access::read_write));
    RL_ASSIGN(auto connection, opened.connect());
    std::vector<std::string> tables;
    {
        RL_ASSIGN(auto rows, connection.query("SELECT table_name FROM duckdb_tables() WHERE NOT temporary AND database_name = current_database() ORDER BY 1"));
        for (;;) {
            RL_ASSIGN(const bool found, rows.next());
            if (!found) { break; }
            tables.emplace_back(rows.text(0));
        }
    }
    RL_TRY(connection.run("SET wal_autocheckpoint = '1GB'"));
    for (const auto& table : tables) { RL_TRY(shuffle(connection, table, seed)); }
    // Closed, DuckDB would tidy up.
    _exit(0);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::cerr << "lake_shuffle DATABASE SEED\n";
        return 2;
    }
    const auto status = shuffle_all(argv[1], argv[2]);
    if (!status.ok()) { std::cerr << status.error().message() << '\n'; }
    return status.ok() ? 0 : 1;
}
