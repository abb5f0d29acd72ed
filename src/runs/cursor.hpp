// SPDX-License-Identifier: Apache-2.0
// How far each segment of the journal has been folded: kept in the database beside the rows, and as a hint in a file next to it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "record/journal.hpp"
#include "sql/database.hpp"

namespace runlake::runs {

struct SegmentCursor {
    std::string machine;            // folder of the segment
    std::uint64_t consumed = 0;     // offset after the last whole line
    std::uint64_t seen = 0;         // size when it was read: a torn last line is not met again until the segment grows
    std::uint64_t corrupt_lines = 0;
    std::uint64_t newer_lines = 0;
    bool operator==(const SegmentCursor&) const = default;
};
using Cursor = std::map<std::string, SegmentCursor>;  // by segment id

// A part of a segment that is to be folded.
struct ReadTask {
    record::Segment segment;
    std::uint64_t from = 0;
};
// What the listing holds beyond the cursor.
std::vector<ReadTask> unfolded(const record::JournalListing& listing, const Cursor& cursor);
std::uint64_t unfolded_bytes(const std::vector<ReadTask>& tasks);

core::Result<Cursor> read_cursor(sql::Connection& connection, std::string_view catalog = "");
core::Status write_cursor(sql::Connection& connection, const Cursor& cursor, std::string_view catalog = "");

// The hint says without opening the database how far it was folded when it was last closed. It may be stale in both directions: what counts is the database.
std::optional<Cursor> read_hint(const std::string& database);
core::Status write_hint(const std::string& database, const Cursor& cursor);
std::string hint_path(const std::string& database);

}  // namespace runlake::runs
