// SPDX-License-Identifier: Apache-2.0
// lake.duckdb as a file: opening it to ask, holding it to change. What stands in it is derived, so an older or damaged one is made again, never migrated.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "os/lease.hpp"
#include "sql/database.hpp"

namespace runlake::lake {

struct LakeReading {
    // One thread in DuckDB: what it then gives comes in one order. For exports.
    bool single_threaded = false;
};

// Opens the lake to ask. Any number of readers may, none while it is being changed. Errc::not_found: there is none (the message says `runlake lake reconcile`). Errc::busy: it is being
// changed. Errc::unsupported: another version wrote it; an older one is made again by `lake reconcile`. Errc::corrupt: it is damaged, or is no lake.
core::Result<sql::Connection> open_lake(const std::string& path, const LakeReading& reading = {});

// A lake that nobody else changes meanwhile. Dropping it gives it back.
struct HeldLake {
    std::unique_ptr<os::Lease> lease;
    sql::Connection connection;
    std::vector<std::string> notes;          // what the user should be told, a line each: that it was made again, and why
    std::vector<std::string> earlier_roots;  // log roots of a lake that was made again: they are to be reconciled anew
    bool is_new = false;                     // every table is empty
};

// Opens the lake to change it; makes it where there is none. One of an older version is emptied; a damaged one is kept as "<path>.corrupt-<stamp>" beside the new one.
// Errc::busy: another process reads or changes it. Errc::unsupported: a newer version wrote it, and nothing is touched. Errc::io: it can't be written.
core::Result<HeldLake> hold_lake(const std::string& path);

// What the tables are declared as, in 16 hex digits: a lake of other tables is an older one, whatever its version says.
std::string declared_digest();

}  // namespace runlake::lake
