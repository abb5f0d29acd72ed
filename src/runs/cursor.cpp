// SPDX-License-Identifier: Apache-2.0
// The cursor's table and hint file. The hint: a first line "runlake-fold-cursor 1", then a line a segment: id, bytes seen.
#include "runs/cursor.hpp"

#include "core/text.hpp"
#include "os/files.hpp"
#include "runs/schema.hpp"
#include "sql/appender.hpp"

namespace runlake::runs {

using core::cat;

namespace {
constexpr std::string_view k_hint_head = "runlake-fold-cursor 1\n";
constexpr std::uint64_t k_hint_limit = 64U << 20U;
}  // namespace

std::vector<ReadTask> unfolded(const record::JournalListing& listing, const Cursor& cursor) {
    std::vector<ReadTask> tasks;
    for (const record::Segment& segment : listing.segments) {
        const auto known = cursor.find(segment.id);
        if (known == cursor.end()) {
            if (segment.size != 0) { tasks.push_back({segment, 0}); }
        } else if (segment.size > known->second.seen) {
            tasks.push_back({segment, known->second.consumed});
        }
    }
    return tasks;
}

std::uint64_t unfolded_bytes(const std::vector<ReadTask>& tasks) {
    std::uint64_t bytes = 0;
    for (const ReadTask& task : tasks) { bytes += task.segment.size > task.from ? task.segment.size - task.from : 0; }
    return bytes;
}

core::Result<Cursor> read_cursor(sql::Connection& connection, std::string_view catalog) {
    RL_ASSIGN(auto rows, connection.query(cat("SELECT segment, machine, consumed, seen, corrupt_lines, newer_lines FROM ", in_catalog(catalog, "fold_cursor"))));
    Cursor cursor;
    const auto count = [&](std::size_t column) { return static_cast<std::uint64_t>(rows.integer(column)); };
    while (true) {
        RL_ASSIGN(const bool more, rows.next());
        if (!more) { return cursor; }
        cursor.emplace(rows.text(0), SegmentCursor{std::string(rows.text(1)), count(2), count(3), count(4), count(5)});
    }
}

core::Status write_cursor(sql::Connection& connection, const Cursor& cursor, std::string_view catalog) {
    RL_TRY(connection.run(cat("DELETE FROM ", in_catalog(catalog, "fold_cursor"))));
    RL_ASSIGN(auto out, sql::Appender::open(connection, "fold_cursor", std::string(catalog)));
    for (const auto& [id, at] : cursor) {
        out.set(0, id);
        out.set(1, at.machine);
        out.set(2, static_cast<std::int64_t>(at.consumed));
        out.set(3, static_cast<std::int64_t>(at.seen));
        out.set(4, static_cast<std::int64_t>(at.corrupt_lines));
        out.set(5, static_cast<std::int64_t>(at.newer_lines));
        RL_TRY(out.end_row());
    }
    return out.close();
}

std::string hint_path(const std::string& database) { return database + ".cursor"; }

std::optional<Cursor> read_hint(const std::string& database) {
    auto read = os::read_file(hint_path(database), k_hint_limit);
    if (!read.ok()) { return std::nullopt; }
    std::string_view text = read.value();
    if (!text.starts_with(k_hint_head) || !text.ends_with('\n')) { return std::nullopt; }
    text.remove_prefix(k_hint_head.size());
    Cursor cursor;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(line.size() + 1);
        const std::size_t space = line.find(' ');
        if (space == std::string_view::npos) { return std::nullopt; }
        const auto seen = core::parse_integer(line.substr(space + 1));
        if (!seen || *seen < 0) { return std::nullopt; }
        SegmentCursor at;
        at.seen = static_cast<std::uint64_t>(*seen);
        cursor.emplace(line.substr(0, space), std::move(at));
    }
    return cursor;
}

core::Status write_hint(const std::string& database, const Cursor& cursor) {
    std::string text(k_hint_head);
    for (const auto& [id, at] : cursor) { text += cat(id, ' ', at.seen, '\n'); }
    return os::publish_file(hint_path(database), text, 0644, os::Existing::replace, os::Durability::process, os::point::fold_cursor_write);
}

}  // namespace runlake::runs
