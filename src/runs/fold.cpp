// SPDX-License-Identifier: Apache-2.0
// The folding: records of a batch are merged in memory, joined with the rows of runs that are known already, and appended.
#include "runs/fold.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/text.hpp"
#include "os/system.hpp"
#include "runs/merge.hpp"
#include "runs/read_ahead.hpp"
#include "runs/run_rows.hpp"
#include "runs/schema.hpp"
#include "sql/appender.hpp"

namespace runlake::runs {

using core::cat;

namespace {

constexpr std::size_t k_batch_runs = 16384;
constexpr std::size_t k_batch_bytes = std::size_t{64} << 20U;
constexpr std::uint64_t k_threaded_from = std::uint64_t{512} << 10U;  // bytes: below, threads cost more than they bring
constexpr std::size_t k_most_held_back = k_batch_runs / 4;
constexpr std::size_t k_few_runs = 64;                                // looked up by key instead of by a join
constexpr std::size_t k_most_notes = 20;

using Batch = std::unordered_map<core::RunId, Gathered*, core::RunIdHash>;

class Folder {
  public:
    Folder(sql::Connection& connection, const record::Store& store, const record::JournalListing& listing, std::vector<ReadTask> tasks, Cursor& cursor,
           const FoldTarget& target)
        : connection_(connection), cursor_(cursor), target_(target), writer_(connection, target.catalog), reader_(store, tasks, workers_for(tasks)) {
        for (const record::Segment& segment : listing.segments) { listed_.insert(segment.id); }
    }

    core::Result<FoldReport> run() {
        if (target_.one_transaction) { RL_TRY(begin()); }
        while (std::unique_ptr<Block> block = reader_.next()) {
            take(std::move(block));
            if (batch_.size() >= k_batch_runs || batch_bytes_ >= k_batch_bytes) {
                hold_back();
                RL_TRY(finish_batch());
            }
        }
        RL_TRY(finish_batch());
        if (target_.one_transaction) { RL_TRY(commit()); }
        return std::move(report_);
    }

  private:
    static unsigned workers_for(const std::vector<ReadTask>& tasks) {
        if (unfolded_bytes(tasks) < k_threaded_from) { return 0; }
        return static_cast<unsigned>(std::clamp(os::usable_processors(), 2, 8));
    }

    core::Status begin() {
        RL_ASSIGN(auto begun, sql::Transaction::begin(connection_));
        transaction_.emplace(std::move(begun));
        return core::ok();
    }
    core::Status commit() {
        RL_TRY(write_cursor(connection_, cursor_, target_.catalog));
        auto status = transaction_->commit();
        transaction_.reset();
        return status;
    }

    void take(std::unique_ptr<Block> block) {
        for (Gathered& run : block->runs) {
            const auto [at, is_new] = batch_.try_emplace(run.id, &run);
            if (!is_new) { join(*at->second, std::move(run)); }
        }
        report_.records += block->records;
        report_.newer_lines += block->unknown;
        report_.bytes += block->bytes;
        for (const Progress& progress : block->progress) { note_progress(progress); }
        for (const std::size_t task : block->unreadable) { ++cursor_[reader_.tasks()[task].segment.id].corrupt_lines; }
        report_.corrupt_lines += block->unreadable.size();
        for (std::string& note : block->notes) {
            if (report_.notes.size() < k_most_notes) { report_.notes.push_back(std::move(note)); }
        }
        batch_bytes_ += block->bytes;
        gathered_.push_back(std::move(block->runs));
    }

    static void join(Gathered& run, Gathered&& more) {
        merge(run.parts, std::move(more.parts));
        if (run.parts.start) {
            run.payloads.clear();
        } else {
            for (std::string& payload : more.payloads) { run.payloads.push_back(std::move(payload)); }
        }
    }

    // Keeps runs that have begun and not ended for the next batch, so that a run whose records lie on both sides of the border is written once. Each waits once, and only
    // while all is one transaction: rows and cursor are committed together.
    void hold_back() {
        if (!target_.one_transaction) { return; }
        for (auto at = batch_.begin(); at != batch_.end() && held_back_.size() < k_most_held_back;) {
            Gathered& run = *at->second;
            const RunParts& parts = run.parts;
            if (run.held_back || !parts.start || parts.end || !parts.metrics.empty() || !parts.notes.empty() || !parts.errors.empty()) {
                ++at;
                continue;
            }
            run.held_back = true;
            held_back_.push_back(std::move(run));
            at = batch_.erase(at);
        }
    }

    void note_progress(const Progress& progress) {
        const ReadTask& task = reader_.tasks()[progress.task];
        SegmentCursor& at = cursor_[task.segment.id];
        at.machine = task.segment.machine_dir;
        at.consumed = progress.consumed;
        // Until the part is read to its end the segment counts as seen no further than it was read.
        at.seen = progress.finished ? std::max(task.segment.size, progress.consumed) : progress.consumed;
        Progress& before = counted_[progress.task];
        at.corrupt_lines += progress.corrupt_lines - before.corrupt_lines;
        at.newer_lines += progress.newer_lines - before.newer_lines;
        report_.corrupt_lines += progress.corrupt_lines - before.corrupt_lines;
        report_.newer_lines += progress.newer_lines - before.newer_lines;
        before = progress;
    }

    // Writes what the batch knows; rows and cursor are committed together.
    core::Status finish_batch() {
        if (!target_.one_transaction) { RL_TRY(begin()); }
        if (!batch_.empty()) {
            RL_TRY(select_batch());
            RL_TRY(join_pending());
            std::vector<core::RunId> changed;
            RL_TRY(narrow_to_known());
            if (!condition_.empty()) { RL_TRY(join_known(changed)); }
            RL_TRY(write_batch());
            report_.runs_changed += changed.size();
        }
        batch_.clear();
        gathered_.clear();
        gathered_.push_back(std::exchange(held_back_, {}));
        for (Gathered& run : gathered_.back()) { batch_.emplace(run.id, &run); }
        known_.clear();
        batch_bytes_ = 0;
        return target_.one_transaction ? core::ok() : commit();
    }

    // Sets `condition_`, which selects the rows of the batch's runs.
    core::Status select_batch() {
        if (batch_.size() <= k_few_runs) {
            condition_ = is_one_of(batch_, [](const auto& entry) { return entry.first; });
            return core::ok();
        }
        RL_TRY(fill_ids("fold_batch", batch_, [](const auto& entry) { return entry.first; }));
        condition_ = "run_id IN (SELECT run_id FROM temp.fold_batch)";
        return core::ok();
    }

    // Runs that are known already are few as a rule: their ids are asked for first, from the one column, and all else is asked for those alone. Without any, the
    // condition is empty.
    core::Status narrow_to_known() {
        if (batch_.size() <= k_few_runs) { return core::ok(); }
        std::vector<core::RunId> ids;
        for (const std::string& catalog : catalogs()) {
            RL_ASSIGN(auto rows, connection_.query(cat("SELECT run_id FROM ", in_catalog(catalog, "runs"), " WHERE ", condition_)));
            while (true) {
                RL_ASSIGN(const bool more, rows.next());
                if (!more) { break; }
                ids.push_back(rows.run_id(0));
            }
        }
        const auto itself = [](const core::RunId& id) { return id; };
        if (ids.size() <= k_few_runs) {
            condition_ = ids.empty() ? "" : is_one_of(ids, itself);
            return core::ok();
        }
        condition_ = "run_id IN (SELECT run_id FROM temp.fold_known)";
        return fill_ids("fold_known", ids, itself);
    }

    template <class Range, class Id>
    static std::string is_one_of(const Range& range, const Id& id) {
        std::string condition = "run_id IN (";
        for (const auto& entry : range) { condition += cat(condition.back() == '(' ? "" : ", ", '\'', id(entry).str(), '\''); }
        return condition += ')';
    }

    template <class Range, class Id>
    core::Status fill_ids(const std::string& table, const Range& range, const Id& id) {
        RL_TRY(connection_.run(cat("CREATE OR REPLACE TEMP TABLE ", table, "(run_id UUID)")));
        RL_ASSIGN(auto out, sql::Appender::open(connection_, table, "temp"));
        for (const auto& entry : range) {
            out.set(0, id(entry));
            RL_TRY(out.end_row());
        }
        return out.close();
    }

    std::vector<std::string> catalogs() const {
        return target_.base_catalog.empty() ? std::vector{target_.catalog} : std::vector{target_.catalog, target_.base_catalog};
    }

    // Records that came before their run's start, in earlier batches.
    core::Status join_pending() {
        for (const std::string& catalog : catalogs()) {
            if (catalog == target_.catalog && pending_ == 0) { continue; }
            const std::string table = in_catalog(catalog, "fold_pending");
            RL_ASSIGN(auto rows, connection_.query(cat("SELECT run_id, payload FROM ", table, " WHERE ", condition_)));
            bool found = false;
            while (true) {
                RL_ASSIGN(const bool more, rows.next());
                if (!more) { break; }
                found = true;
                RL_ASSIGN(auto record, record::parse_payload(rows.text(1)));
                Gathered& run = *batch_.find(rows.run_id(0))->second;
                if (auto* log = std::get_if<record::LogRecord>(&record)) { merge(run.parts, std::move(*log)); }
                if (auto* end = std::get_if<record::EndRecord>(&record)) { merge(run.parts, std::move(*end), Place{}); }
                if (!run.parts.start) { run.payloads.emplace_back(rows.text(1)); }
            }
            if (found && catalog == target_.catalog) { RL_TRY(connection_.run(cat("DELETE FROM ", table, " WHERE ", condition_))); }
        }
        return core::ok();
    }

    // Merges the rows of runs that are known already, and takes away from the target what will be written anew.
    core::Status join_known(std::vector<core::RunId>& changed) {
        for (const std::string& catalog : catalogs()) {
            RL_TRY(read_runs(connection_, catalog, condition_, [&](const core::RunId& id, RunParts&& stored) -> core::Status {
                if (known_.contains(id)) { return core::ok(); }  // the tail's rows stand in the place of the base's
                join_one(id, batch_.find(id)->second->parts, std::move(stored), changed);
                return core::ok();
            }));
        }
        if (changed.empty()) { return core::ok(); }
        RL_TRY(move_said());
        RL_TRY(fill_ids("fold_changed", changed, [](const core::RunId& id) { return id; }));
        for (const Table& table : tables()) {
            if (table.overlay == Overlay::replaces || table.name == "fold_state") {
                RL_TRY(connection_.run(cat("DELETE FROM ", in_catalog(target_.catalog, table.name), " WHERE run_id IN (SELECT run_id FROM temp.fold_changed)")));
            }
        }
        return core::ok();
    }

    // An earlier start was met of runs that are there: rows of theirs that stay are given its time. Those of the base can't be changed: the report says so.
    core::Status move_said() {
        if (moved_.empty()) { return core::ok(); }
        report_.starts_moved = true;
        for (const core::RunId& id : moved_) {
            for (const Table& table : tables()) {
                if (table.overlay != Overlay::adds) { continue; }
                RL_TRY(connection_.run(cat("UPDATE ", in_catalog(target_.catalog, table.name), " SET run_started_at = make_timestamp(",
                                           batch_.find(id)->second->parts.start->stamp.at.micros, ") WHERE run_id = '", id.str(), '\'')));
            }
        }
        moved_.clear();
        return core::ok();
    }

    void join_one(const core::RunId& id, RunParts& run, RunParts&& stored, std::vector<core::RunId>& changed) {
        // A place in a segment that has gone means nothing: compaction wrote the record elsewhere, and it was met there.
        if (stored.place && !listed_.contains(stored.place->segment)) { stored.place.reset(); }
        const RunParts before = stored;
        std::set<MetricPart> metrics = std::move(run.metrics);
        std::set<TextPart> notes = std::move(run.notes);
        std::set<TextPart> errors = std::move(run.errors);
        run.metrics.clear();
        run.notes.clear();
        run.errors.clear();
        merge(run, std::move(stored));
        const bool differs = run != before;
        run.metrics = std::move(metrics);
        run.notes = std::move(notes);
        run.errors = std::move(errors);
        known_.emplace(id, differs);
        if (differs) { changed.push_back(id); }
        if (run.start->stamp.at != before.start->stamp.at) { moved_.push_back(id); }
    }

    core::Status write_batch() {
        struct Entry {
            Stamp stamp;
            core::RunId id;
            Gathered* run;
        };
        std::vector<Entry> order;
        order.reserve(batch_.size());
        for (const auto& [id, run] : batch_) { order.push_back({run->parts.start ? run->parts.start->stamp : Stamp{}, id, run}); }
        // By time, so that DuckDB's summaries of row groups let a query for the newest skip the rest.
        std::sort(order.begin(), order.end(), [](const Entry& a, const Entry& b) { return a.stamp != b.stamp ? a.stamp < b.stamp : a.id < b.id; });
        bool staged = false;
        for (const auto& [stamp, id, gathered] : order) {
            const RunParts& run = gathered->parts;
            const auto known = known_.find(id);
            if (known == known_.end() && !run.start) {
                RL_TRY(write_pending(id, *gathered));
                continue;
            }
            if (known == known_.end()) {
                ++report_.runs_added;
                RL_TRY(writer_.write_run(id, run));
                RL_TRY(writer_.write_said(id, run));
                continue;
            }
            if (known->second) { RL_TRY(writer_.write_run(id, run)); }
            if (run.metrics.empty() && run.notes.empty() && run.errors.empty()) { continue; }
            if (!staged) { RL_TRY(make_staging()); }
            staged = true;
            RL_TRY(said_writer_->write_said(id, run));
        }
        RL_TRY(writer_.flush());
        return staged ? unstage() : core::ok();
    }

    core::Status write_pending(const core::RunId& id, Gathered& gathered) {
        std::sort(gathered.payloads.begin(), gathered.payloads.end());
        const auto end = std::unique(gathered.payloads.begin(), gathered.payloads.end());
        for (auto at = gathered.payloads.begin(); at != end; ++at) {
            RL_TRY(writer_.write_pending(id, *at));
            ++pending_;
        }
        return core::ok();
    }

    // What known runs said goes through a table of its own, so that what is there already (met again after a compaction) is not written twice.
    core::Status make_staging() {
        said_writer_.emplace(connection_, "temp", "new_");
        for (const Table& table : tables()) {
            if (table.overlay == Overlay::adds) { RL_TRY(connection_.run(cat("CREATE OR REPLACE TEMP TABLE new_", table.name, '(', table.columns, ')'))); }
        }
        return core::ok();
    }
    core::Status unstage() {
        RL_TRY(said_writer_->flush());
        said_writer_.reset();
        for (const Table& table : tables()) {
            if (table.overlay != Overlay::adds) { continue; }
            std::string known;
            for (const std::string& catalog : catalogs()) {
                const bool may_have_moved = report_.starts_moved && catalog == target_.base_catalog;
                known += cat(" EXCEPT (SELECT s.*",
                             may_have_moved ? cat(" REPLACE (coalesce((SELECT n.run_started_at FROM temp.new_", table.name,
                                                  " n WHERE n.run_id = s.run_id LIMIT 1), s.run_started_at) AS run_started_at)")
                                            : "",
                             " FROM ", in_catalog(catalog, table.name), " s WHERE ", condition_, ')');
            }
            RL_TRY(connection_.run(cat("INSERT INTO ", in_catalog(target_.catalog, table.name), " SELECT * FROM temp.new_", table.name, known)));
        }
        return core::ok();
    }

  public:
    core::Status count_pending() {
        RL_ASSIGN(pending_, connection_.integer(cat("SELECT count(*) FROM ", in_catalog(target_.catalog, "fold_pending"))));
        return core::ok();
    }

  private:
    sql::Connection& connection_;
    Cursor& cursor_;
    const FoldTarget& target_;
    RowWriter writer_;
    std::optional<RowWriter> said_writer_;
    ReadAhead reader_;
    std::set<std::string, std::less<>> listed_;
    std::unordered_map<std::size_t, Progress> counted_;
    std::optional<sql::Transaction> transaction_;
    FoldReport report_;

    Batch batch_;
    std::vector<std::vector<Gathered>> gathered_;  // what the batch points to
    std::vector<Gathered> held_back_;              // for the next batch
    std::size_t batch_bytes_ = 0;
    std::string condition_;
    std::unordered_map<core::RunId, bool, core::RunIdHash> known_;  // whether its rows are written anew
    std::vector<core::RunId> moved_;  // known runs of which an earlier start was met
    std::int64_t pending_ = 0;
};

}  // namespace

core::Result<FoldReport> fold(sql::Connection& connection, const record::Store& store, const record::JournalListing& listing, std::vector<ReadTask> tasks,
                              Cursor& cursor, const FoldTarget& target) {
    Folder folder(connection, store, listing, std::move(tasks), cursor, target);
    RL_TRY(folder.count_pending());
    return folder.run();
}

core::Result<FoldReport> fold_new(sql::Connection& connection, const record::Store& store, const record::JournalListing& listing, Cursor& cursor) {
    RL_ASSIGN(cursor, read_cursor(connection));
    const FoldTarget target;
    bool vanished = false;
    if (listing.unreadable.empty()) {
        std::set<std::string_view> listed;
        for (const record::Segment& segment : listing.segments) { listed.insert(segment.id); }
        vanished = std::erase_if(cursor, [&](const auto& entry) { return !listed.contains(entry.first); }) != 0;
    }
    auto tasks = unfolded(listing, cursor);
    if (tasks.empty() && !vanished) { return FoldReport{}; }
    RL_ASSIGN(FoldReport report, fold(connection, store, listing, std::move(tasks), cursor, target));
    if (!vanished) { return report; }
    // A compaction that was killed leaves a record in two segments; when the one that was taken for its place goes later, the other has been read
    // already. Reading all again finds it, and changes nothing else.
    RL_ASSIGN(const std::int64_t lost_places,
              connection.integer("SELECT count(*) FROM run_details WHERE started_segment IS NOT NULL AND started_segment NOT IN (SELECT segment FROM fold_cursor)"));
    if (lost_places == 0) { return report; }
    cursor.clear();
    RL_ASSIGN(const FoldReport again, fold(connection, store, listing, unfolded(listing, cursor), cursor, target));
    report.runs_changed += again.runs_changed;
    return report;
}

}  // namespace runlake::runs
