// SPDX-License-Identifier: Apache-2.0
// Opening a session: the database when it can be had, what it lacks in memory, or the journal alone.
#include "runs/session.hpp"

#include <chrono>
#include <optional>
#include <set>
#include <thread>

#include "core/text.hpp"
#include "os/files.hpp"
#include "os/lease.hpp"
#include "os/system.hpp"
#include "record/journal.hpp"
#include "runs/cursor.hpp"
#include "runs/database.hpp"
#include "runs/fold.hpp"
#include "runs/original.hpp"
#include "runs/run_rows.hpp"
#include "runs/schema.hpp"

namespace runlake::runs {

using core::cat;
using core::Errc;
using core::Error;

namespace {

// How long a session waits for another of our processes that is folding: reading the whole journal instead would take longer.
constexpr std::chrono::milliseconds k_patience{2000};
constexpr std::chrono::milliseconds k_pause{20};

// Folding ends with DuckDB storing the last row group of each table and the indexes anew, which in a large database takes longer than reading a few records beside it.
constexpr std::uint64_t k_few_bytes = 64U << 10U;         // of the journal
constexpr std::uint64_t k_large_database = 8U << 20U;

struct Opening {
    const record::Store& store;
    std::string path;
    record::JournalListing listing;   // the moment this session shows
    std::vector<std::string> notes;
};

// Parts of the journal that the database lacks. A segment that a compaction removed meanwhile counts as read.
core::Result<std::vector<ReadTask>> still_unfolded(const Opening& opening, const Cursor& cursor) {
    auto tasks = unfolded(opening.listing, cursor);
    if (tasks.empty()) { return tasks; }
    RL_ASSIGN(const auto now, record::list_segments(opening.store));
    std::set<std::string_view> listed;
    for (const record::Segment& segment : now.segments) { listed.insert(segment.id); }
    std::erase_if(tasks, [&](const ReadTask& task) { return !listed.contains(task.segment.id); });
    return tasks;
}

bool is_quicker_beside(const std::string& database, const std::vector<ReadTask>& tasks) {
    const auto file = os::stat_path(database);
    return file && static_cast<std::uint64_t>(file->st_size) >= k_large_database && unfolded_bytes(tasks) <= k_few_bytes;
}

bool ours_is_at_work(const std::string& path) {
    const auto holder = os::lease_holder(lease_path(path));
    return holder.ok() && holder.value() && os::liveness(holder.value()->process) == os::Liveness::alive;
}

core::Result<sql::Connection> open_read_only(const std::string& path) {
    const auto give_up = std::chrono::steady_clock::now() + k_patience;
    while (true) {
        auto database = sql::Database::open(path, sql::Access::read_only);
        if (database.ok()) { return database.value().connect(); }
        if (database.error().code() != Errc::busy || !ours_is_at_work(path) || std::chrono::steady_clock::now() >= give_up) {
            return std::move(database).take_error();
        }
        std::this_thread::sleep_for(k_pause);
    }
}

core::Result<sql::Connection> open_memory() {
    RL_ASSIGN(const auto database, sql::Database::open("", sql::Access::in_memory, {{"temp_directory", ""}}));
    return database.connect();
}

void tell_damage(std::uint64_t corrupt_lines, std::uint64_t newer_lines, std::vector<std::string>& notes) {
    if (corrupt_lines != 0) { notes.push_back(cat(corrupt_lines, corrupt_lines == 1 ? " line" : " lines", " of the journal can't be read and ", corrupt_lines == 1 ? "was" : "were", " left out (see runlake doctor)")); }
    if (newer_lines != 0) { notes.push_back(cat(newer_lines, newer_lines == 1 ? " record" : " records", " of a later version of runlake ", newer_lines == 1 ? "was" : "were", " left out")); }
}

void tell_damage(const Cursor& cursor, std::vector<std::string>& notes) {
    std::uint64_t corrupt = 0;
    std::uint64_t newer = 0;
    for (const auto& [id, at] : cursor) {
        corrupt += at.corrupt_lines;
        newer += at.newer_lines;
    }
    tell_damage(corrupt, newer, notes);
}

// The stored tables and the tail, as views under the tables' names.
core::Status make_views(sql::Connection& connection, bool starts_moved) {
    for (const Table& table : tables()) {
        if (table.overlay == Overlay::internal) { continue; }
        const std::string keep = table.overlay == Overlay::replaces ? " WHERE run_id NOT IN (SELECT run_id FROM tail.runs)" : "";
        const std::string_view columns = table.overlay == Overlay::adds && starts_moved
                                             ? "s.* REPLACE (coalesce((SELECT t.started_at FROM tail.runs t WHERE t.run_id = s.run_id), s.run_started_at) AS run_started_at)"
                                             : "s.*";
        RL_TRY(connection.run(
            cat("CREATE VIEW ", table.name, " AS SELECT ", columns, " FROM stored.", table.name, " s", keep, " UNION ALL SELECT * FROM tail.", table.name)));
    }
    return core::ok();
}

core::Result<sql::Connection> with_tail(const Opening& opening, std::vector<ReadTask> tasks, Cursor cursor, std::vector<std::string>& notes) {
    RL_ASSIGN(auto connection, open_memory());
    RL_TRY(connection.run(cat("ATTACH ", sql::quote_literal(opening.path), " AS stored (READ_ONLY)")));
    RL_TRY(connection.run("ATTACH ':memory:' AS tail"));
    RL_TRY(create_schema(connection, Indexes::never, "tail"));
    FoldTarget target;
    target.catalog = "tail";
    target.base_catalog = "stored";
    target.one_transaction = true;
    RL_ASSIGN(const FoldReport report, fold(connection, opening.store, opening.listing, std::move(tasks), cursor, target));
    RL_TRY(make_views(connection, report.starts_moved));
    tell_damage(cursor, notes);
    return connection;
}

// Rows of the original tool that are in a database which can't be migrated: merged in memory as if the journal held them.
core::Status add_original(sql::Connection& memory, sql::Connection& original) {
    RL_ASSIGN(auto transaction, sql::Transaction::begin(memory));
    RowWriter writer(memory, "");
    const auto add = [&](const record::StartRecord& start, const record::EndRecord* end) -> core::Status {
        RL_ASSIGN(const std::int64_t known, memory.integer(cat("SELECT count(*) FROM runs WHERE run_id = '", start.header.run.str(), '\'')));
        if (known != 0) { return core::ok(); }
        RunParts run;
        merge(run, record::StartRecord(start), Place{});
        run.place.reset();
        if (end != nullptr) { merge(run, record::EndRecord(*end), Place{}); }
        return writer.write_run(start.header.run, run);
    };
    RL_TRY(read_original(original, "", add));
    RL_TRY(writer.flush());
    return transaction.commit();
}

core::Result<sql::Connection> from_journal(const Opening& opening, std::optional<sql::Connection> original, std::vector<std::string>& notes) {
    RL_ASSIGN(auto connection, open_memory());
    RL_TRY(create_schema(connection, Indexes::never));
    FoldTarget target;
    target.one_transaction = true;
    Cursor cursor;
    RL_ASSIGN(const FoldReport report, fold(connection, opening.store, opening.listing, unfolded(opening.listing, cursor), cursor, target));
    if (original) {
        auto added = add_original(connection, *original);
        if (!added.ok()) { notes.push_back(cat("the rows of the older database are left out: ", added.error().message())); }
    }
    tell_damage(report.corrupt_lines, report.newer_lines, notes);
    return connection;
}

}  // namespace

std::string_view source_name(Source source) {
    switch (source) {
        case Source::database: return "database";
        case Source::database_and_tail: return "database+tail";
        case Source::journal: return "journal";
    }
    return "journal";
}

core::Result<Session> Session::open(const record::Store& store, Folding folding) {
    Opening opening{store, store.runs_database(), {}, {}};
    RL_ASSIGN(opening.listing, record::list_segments(store));
    std::vector<std::string>& notes = opening.notes;
    for (const std::string& note : opening.listing.unreadable) { notes.push_back(note); }

    std::optional<Error> not_folded;
    bool tried = folding == Folding::never;
    const auto try_fold = [&] {
        tried = true;
        auto updated = update_database(store);
        if (updated.ok()) {
            for (const std::string& note : updated.value().notes) { notes.push_back(note); }
            not_folded.reset();
        } else {
            not_folded = std::move(updated).take_error();
        }
    };
    const bool nothing_recorded = opening.listing.segments.empty() && !os::exists(opening.path);
    if (nothing_recorded) { tried = true; }
    const auto hint = read_hint(opening.path);
    if (!tried) {
        const auto tasks = hint ? unfolded(opening.listing, *hint) : std::vector<ReadTask>();
        if (!hint || !os::exists(opening.path) || (!tasks.empty() && !is_quicker_beside(opening.path, tasks))) { try_fold(); }
    }

    std::optional<sql::Connection> original;
    while (os::exists(opening.path)) {
        auto connection = open_read_only(opening.path);
        if (!connection.ok()) {
            if (connection.error().code() == Errc::corrupt && !tried) {
                try_fold();  // sets it aside and rebuilds
                continue;
            }
            notes.push_back(cat("answering from the journal alone: ", connection.error().message()));
            break;
        }
        auto found = find_schema(connection.value());
        if (!found.ok()) {
            notes.push_back(cat("answering from the journal alone: ", found.error().message()));
            break;
        }
        if (found.value().kind != SchemaFound::Kind::ours) {
            if (!tried) {
                { const sql::Connection closed = std::move(connection).take(); }
                try_fold();
                continue;
            }
            if (found.value().kind == SchemaFound::Kind::original) { original = std::move(connection).take(); }
            notes.push_back(cat("answering from the journal: ", opening.path, " is of an older schema and was not migrated",
                                not_folded ? cat(" (", not_folded->message(), ')') : ""));
            break;
        }
        if (found.value().version > k_schema_version) {
            notes.push_back(cat("answering from the journal alone: ", opening.path, " has schema version ", found.value().version,
                                ", this program knows versions up to ", k_schema_version));
            break;
        }
        if (found.value().version < k_schema_version) {
            if (!tried) {
                { const sql::Connection closed = std::move(connection).take(); }
                try_fold();
                continue;
            }
            notes.push_back(cat("answering from the journal alone: ", opening.path, " has schema version ", found.value().version, " and was not migrated",
                                not_folded ? cat(" (", not_folded->message(), ')') : ""));
            break;
        }
        auto cursor = read_cursor(connection.value());
        if (!cursor.ok()) {
            notes.push_back(cat("answering from the journal alone: ", cursor.error().message()));
            break;
        }
        RL_ASSIGN(auto tasks, still_unfolded(opening, cursor.value()));
        if (tasks.empty()) {
            tell_damage(cursor.value(), notes);
            return Session(std::move(connection).take(), Source::database, std::move(notes));
        }
        { const sql::Connection closed = std::move(connection).take(); }
        if (!tried && !is_quicker_beside(opening.path, tasks)) {
            try_fold();
            continue;
        }
        std::vector<std::string> tail_notes;
        auto joined = with_tail(opening, std::move(tasks), std::move(cursor).take(), tail_notes);
        if (!joined.ok() && !tried) {
            try_fold();
            continue;
        }
        if (joined.ok()) {
            if (not_folded) { notes.push_back(cat("the newest records are read from the journal, not from the database: ", not_folded->message())); }
            notes.insert(notes.end(), tail_notes.begin(), tail_notes.end());
            return Session(std::move(joined).take(), Source::database_and_tail, std::move(notes));
        }
        notes.push_back(cat("answering from the journal alone: ", joined.error().message()));
        break;
    }
    if (!os::exists(opening.path) && not_folded) { notes.push_back(cat("answering from the journal alone: ", not_folded->message())); }
    RL_ASSIGN(auto memory, from_journal(opening, std::move(original), notes));
    return Session(std::move(memory), Source::journal, std::move(notes));
}

}  // namespace runlake::runs
