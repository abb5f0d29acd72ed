// SPDX-License-Identifier: Apache-2.0
// Planning and carrying out a prune.
#include "runs/prune.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "core/text.hpp"
#include "os/files.hpp"
#include "os/system.hpp"
#include "record/journal.hpp"
#include "record/model.hpp"
#include "runs/cursor.hpp"
#include "runs/database.hpp"
#include "runs/fold.hpp"
#include "runs/schema.hpp"
#include "runs/session.hpp"
#include "sql/appender.hpp"

namespace runlake::runs {

using core::cat;

namespace {

using RunSet = std::unordered_set<core::RunId, core::RunIdHash>;

struct Candidates {
    std::unordered_map<core::RunId, std::string, core::RunIdHash> states;
};

constexpr std::string_view k_dirty = "+dirty.";
constexpr std::uint64_t k_line_frame = 12;  // format, checksum, spaces and newline around a payload

std::optional<core::RunId> run_of(std::string_view payload) {
    const auto record = record::parse_payload(payload);
    if (!record.ok()) { return std::nullopt; }
    if (const auto* start = std::get_if<record::StartRecord>(&record.value())) { return start->header.run; }
    if (const auto* log = std::get_if<record::LogRecord>(&record.value())) { return log->header.run; }
    if (const auto* end = std::get_if<record::EndRecord>(&record.value())) { return end->header.run; }
    return std::nullopt;
}

enum class Ours : std::uint8_t { yes, held, elsewhere };
Ours whose(const record::Segment& segment) {
    if (!segment.machine_dir.starts_with(os::machine_id())) { return Ours::elsewhere; }
    return os::base_name(segment.path).find(".open-") == std::string::npos ? Ours::yes : Ours::held;
}

std::optional<std::string> patch_of(std::string_view code_ref) {
    const std::size_t at = code_ref.find(k_dirty);
    if (at == std::string_view::npos) { return std::nullopt; }
    return std::string(code_ref.substr(at + k_dirty.size()));
}

core::Result<Candidates> find_candidates(Session& session, core::Timestamp cutoff, PrunePlan& plan) {
    RL_ASSIGN(auto statement, session.connection().prepare("SELECT run_id, status FROM runs WHERE started_at < ?"));
    RL_TRY(statement.bind(1, cutoff));
    RL_ASSIGN(auto rows, statement.execute());
    Candidates found;
    while (true) {
        RL_ASSIGN(const bool more, rows.next());
        if (!more) { return found; }
        if (rows.text(1) == record::state_name(record::RunState::running)) {
            ++plan.running;
            continue;
        }
        found.states.emplace(rows.run_id(0), rows.text(1));
    }
}

// Reads the whole journal: counts what would go, and takes out runs that have records where they can't be rewritten.
core::Status look_at_journal(const record::Store& store, Candidates& candidates, PrunePlan& plan) {
    RL_ASSIGN(const auto listing, record::list_segments(store));
    for (const std::string& note : listing.unreadable) { plan.notes.push_back(note); }
    struct Lines {
        std::uint64_t count = 0;
        std::uint64_t bytes = 0;
    };
    std::unordered_map<core::RunId, Lines, core::RunIdHash> lines;
    RunSet held;
    RunSet elsewhere;
    for (const record::Segment& segment : listing.segments) {
        const Ours ours = whose(segment);
        record::ReadReport ignored;
        auto end = record::read_segment(store, segment, 0, ignored, [&](const record::RawRecord& raw) {
            const auto run = run_of(raw.payload);
            if (!run || !candidates.states.contains(*run)) { return; }
            if (ours == Ours::yes) {
                Lines& of_run = lines[*run];
                ++of_run.count;
                of_run.bytes += raw.payload.size() + k_line_frame;
            } else {
                (ours == Ours::held ? held : elsewhere).insert(*run);
            }
        });
        if (!end.ok() && end.error().code() != core::Errc::not_found) { return std::move(end).take_error(); }
    }
    for (const core::RunId& run : elsewhere) {
        plan.elsewhere += candidates.states.erase(run);
        lines.erase(run);
    }
    for (const core::RunId& run : held) {
        plan.held += candidates.states.erase(run);
        lines.erase(run);
    }
    for (const auto& [run, of_run] : lines) {
        plan.records += of_run.count;
        plan.journal_bytes += of_run.bytes;
    }
    return core::ok();
}

std::uint64_t tree_bytes(const std::string& path) {
    const auto info = os::stat_link(path);
    if (!info) { return 0; }
    std::uint64_t bytes = static_cast<std::uint64_t>(info->st_blocks) * 512;
    if (!S_ISDIR(info->st_mode)) { return bytes; }
    const auto entries = os::list_dir(path);
    if (!entries.ok()) { return bytes; }
    for (const os::DirEntry& entry : entries.value()) { bytes += tree_bytes(cat(path, '/', entry.name)); }
    return bytes;
}

// Patches that no run which stays refers to. Young ones are left: the run that a patch was kept for may not have said so yet.
core::Status find_patches(const record::Store& store, Session& session, const Candidates& candidates, core::Timestamp cutoff, PrunePlan& plan) {
    auto entries = os::list_dir(store.patches());
    if (!entries.ok()) { return entries.error().code() == core::Errc::not_found ? core::ok() : core::Status(std::move(entries).take_error()); }
    std::set<std::string> needed;
    RL_ASSIGN(auto rows, session.connection().query("SELECT run_id, code_ref FROM runs WHERE code_ref LIKE '%+dirty.%'"));
    while (true) {
        RL_ASSIGN(const bool more, rows.next());
        if (!more) { break; }
        if (candidates.states.contains(rows.run_id(0))) { continue; }
        if (auto patch = patch_of(rows.text(1))) { needed.insert(std::move(*patch)); }
    }
    for (const os::DirEntry& entry : entries.value()) {
        std::string path = cat(store.patches(), '/', entry.name);
        const auto info = os::stat_link(path);
        if (needed.contains(entry.name) || !info || !S_ISREG(info->st_mode) || info->st_mtim.tv_sec >= cutoff.micros / 1'000'000) { continue; }
        plan.file_bytes += tree_bytes(path);
        plan.patches.push_back(std::move(path));
    }
    return core::ok();
}

core::Status delete_rows(sql::Connection& connection, const std::vector<core::RunId>& runs) {
    RL_ASSIGN(auto transaction, sql::Transaction::begin(connection));
    RL_TRY(connection.run("CREATE OR REPLACE TEMP TABLE pruned(run_id UUID)"));
    {
        RL_ASSIGN(auto out, sql::Appender::open(connection, "pruned", "temp"));
        for (const core::RunId& run : runs) {
            out.set(0, run);
            RL_TRY(out.end_row());
        }
        RL_TRY(out.close());
    }
    for (const Table& table : tables()) {
        if (table.name == "fold_cursor" || table.name == "fold_schema") { continue; }
        RL_TRY(connection.run(cat("DELETE FROM ", table.name, " WHERE run_id IN (SELECT run_id FROM temp.pruned)")));
    }
    return transaction.commit();
}

// Records that the rewriting had to leave because their segment was taken by a process meanwhile: their runs stay for the next prune.
core::Result<RunSet> left_over(const record::Store& store, const RunSet& runs) {
    RunSet left;
    RL_ASSIGN(const auto listing, record::list_segments(store));
    for (const record::Segment& segment : listing.segments) {
        if (whose(segment) != Ours::held) { continue; }
        record::ReadReport ignored;
        auto end = record::read_segment(store, segment, 0, ignored, [&](const record::RawRecord& raw) {
            const auto run = run_of(raw.payload);
            if (run && runs.contains(*run)) { left.insert(*run); }
        });
        if (!end.ok() && end.error().code() != core::Errc::not_found) { return std::move(end).take_error(); }
    }
    return left;
}

}  // namespace

core::Result<PrunePlan> plan_prune(const record::Store& store, core::Timestamp cutoff) {
    PrunePlan plan;
    RL_ASSIGN(auto session, Session::open(store));
    plan.notes.assign(session.notes().begin(), session.notes().end());
    RL_ASSIGN(Candidates candidates, find_candidates(session, cutoff, plan));
    if (candidates.states.empty()) { return plan; }
    RL_TRY(look_at_journal(store, candidates, plan));
    RL_TRY(find_patches(store, session, candidates, cutoff, plan));
    for (const auto& [run, state] : candidates.states) {
        plan.runs.push_back(run);
        ++plan.by_state[state];
        std::string output = store.output(run.str());
        if (os::exists(output)) {
            plan.file_bytes += tree_bytes(output);
            plan.outputs.push_back(std::move(output));
        }
    }
    std::sort(plan.runs.begin(), plan.runs.end());
    std::sort(plan.outputs.begin(), plan.outputs.end());
    return plan;
}

core::Result<PruneReport> prune(const record::Store& store, const PrunePlan& plan) {
    PruneReport report;
    if (plan.runs.empty()) { return report; }
    // The database is held from the beginning: nothing is touched when it can't be changed.
    RL_ASSIGN(auto held, hold_database(store));
    report.notes = std::move(held.report.notes);
    RunSet runs(plan.runs.begin(), plan.runs.end());
    RL_ASSIGN(const auto rewritten, record::rewrite_segments(store, [&](std::string_view payload) {
        const auto run = run_of(payload);
        return run && runs.contains(*run);
    }));
    report.records = rewritten.dropped;
    if (rewritten.skipped_segments != 0) {
        RL_ASSIGN(const RunSet left, left_over(store, runs));
        for (const core::RunId& run : left) { runs.erase(run); }
        if (!left.empty()) { report.notes.push_back(cat(left.size(), " runs have records in a segment that a process took meanwhile: prune again later")); }
    }
    for (const std::string& path : plan.outputs) {
        const auto id = core::RunId::parse(os::base_name(path));
        if (id.ok() && runs.contains(id.value())) { RL_TRY(os::remove_tree(path, os::point::prune_remove)); }
    }
    for (const std::string& path : plan.patches) { RL_TRY(os::remove_file(path, os::point::prune_remove)); }
    RL_TRY(delete_rows(held.connection, {runs.begin(), runs.end()}));
    report.runs = runs.size();
    RL_ASSIGN(const auto listing, record::list_segments(store));
    Cursor cursor;
    RL_ASSIGN(const FoldReport folded, fold_new(held.connection, store, listing, cursor));
    static_cast<void>(folded);
    RL_TRY(held.connection.run("CHECKPOINT"));
    static_cast<void>(write_hint(store.runs_database(), cursor).ok());  // a hint only
    return report;
}

}  // namespace runlake::runs
