// SPDX-License-Identifier: Apache-2.0
#include "lake/reconcile.hpp"

#include <algorithm>
#include <future>
#include <memory>
#include <optional>
#include <unordered_set>
#include <utility>

#include "core/text.hpp"
#include "lake/database.hpp"
#include "lake/job/job_files.hpp"
#include "lake/known.hpp"
#include "lake/ordered_work.hpp"
#include "lake/reference/index.hpp"
#include "lake/registry_tables.hpp"
#include "lake/stale.hpp"
#include "lake/surfaces.hpp"
#include "lake/unit_work.hpp"
#include "lake/writer.hpp"
#include "os/files.hpp"
#include "os/parallel.hpp"
#include "os/system.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Result;
using core::Status;

constexpr std::size_t k_listed_units = 256;         // listed in one go
constexpr std::size_t k_pending_files = 30'000;     // of changed units that are planned in one go: what they need stays in memory meanwhile
constexpr std::size_t k_pending_units = 8192;
constexpr std::size_t k_batch_units = 4096;
constexpr std::uint64_t k_task_bytes = 1U << 20U;   // of files, to a task
constexpr std::size_t k_task_steps = 64;
constexpr std::uint64_t k_small_task_bytes = 256U << 10U;  // of a task whose rows may wait whole
constexpr std::string_view k_memory = "256MB";      // for DuckDB; what is more goes to disk

// A unit whose files are not as the lake knows them.
struct Changed {
    Unit unit;
    UnitFiles files;
    std::string digest;
    bool is_known = false;
};

class Reconcile {
  public:
    explicit Reconcile(const ReconcileRequest& request) : request_(request) {}

    Result<ReconcileReport> run() {
        RL_TRY(open());
        RL_TRY(discover());
        if (held_) { RL_TRY(begin_writing()); }
        RL_TRY(look_at_units());
        RL_TRY(wait_until_made());
        RL_TRY(look_for_stale());
        if (!request_.dry_run) { RL_TRY(finish()); }
        return std::move(report_);
    }

  private:
    sql::Connection& connection() { return held_ ? held_->connection : *reading_; }
    bool is_stopped() const { return request_.is_stopped && request_.is_stopped(); }
    Status check_stop() const { return is_stopped() ? Status(Error(Errc::interrupted, "reconciling was interrupted")) : core::ok(); }

    Status open() {
        std::vector<std::string> roots = request_.roots;
        if (request_.dry_run) {
            auto opened = open_lake(request_.database);
            // Of a lake that is to be made, or made again, nothing is known.
            if (opened.ok()) {
                reading_ = std::move(opened).take();
            } else if (opened.error().code() != Errc::not_found) {
                return std::move(opened).take_error();
            }
        } else {
            for (const auto& root : request_.roots) {
                if (!os::is_dir(root)) { return Error(Errc::not_found, cat("looking for runs: ", root, " is no folder")); }
            }
            if (!os::exists(request_.database)) {
                // Of a lake that isn't there nothing is known: runs can be looked for, and read, while it is made. Where no thread can be had, it is made when it is needed.
                making_ = std::async(std::launch::async | std::launch::deferred, hold_lake, request_.database);
            } else {
                RL_TRY(hold(hold_lake(request_.database)));
                for (const auto& root : held_->earlier_roots) {
                    if (os::is_dir(root)) { roots.push_back(root); }
                }
            }
        }
        wanted_roots_ = std::move(roots);
        if (!held_ && !reading_) { return core::ok(); }
        RL_ASSIGN(known_, known_units(connection()));
        return core::ok();
    }

    Status hold(Result<HeldLake> lake) {
        RL_ASSIGN(auto held, std::move(lake));
        held_.emplace(std::move(held));
        report_.notes = held_->notes;
        // Files are read by threads of our own, beside which DuckDB's would wait for one another.
        return held_->connection.run(cat("SET memory_limit = '", k_memory, "'; SET threads = 1"));
    }

    Status begin_writing() {
        writer_.emplace(held_->connection);
        RL_ASSIGN(report_.moved, writer_->register_roots(units_.roots, known_));
        return core::ok();
    }

    // What kept it from being made is said each time that it is asked for.
    Status wait_until_made() {
        if (making_.valid()) { made_ = hold_made(making_.get()); }
        return made_;
    }

    Status hold_made(Result<HeldLake> lake) {
        RL_TRY(hold(std::move(lake)));
        if (!held_->is_new) { return Error(Errc::busy, cat("changing the lake ", request_.database, ": another process has made it meanwhile; try again")); }
        return begin_writing();
    }

    Status discover() {
        DiscoverRequest request;
        request.roots = wanted_roots_;
        request.beside = request_.beside;
        if (held_ || reading_) {
            RL_ASSIGN(request.known, known_roots(connection()));
        }
        RL_ASSIGN(units_, discover_units(request));
        report_.roots = units_.roots;
        report_.passed_over = units_.passed_over;
        report_.units = units_.units.size();
        for (const auto& unit : units_.units) { ++report_.sources[std::string(unit.source->name)]; }
        progress_.units_found = report_.units;
        tell();
        return core::ok();
    }

    // Lists units, many at a time, and has those that changed read when enough of them are known.
    Status look_at_units() {
        for (std::size_t begin = 0; begin < units_.units.size(); begin += k_listed_units) {
            RL_TRY(check_stop());
            const std::size_t count = std::min(k_listed_units, units_.units.size() - begin);
            std::vector<std::optional<Result<UnitFiles>>> listed(count);
            std::vector<std::string> digests(count);
            os::for_each_index(count, 16, [&](std::size_t i) {
                const Unit& unit = units_.units[begin + i];
                listed[i].emplace(unit.source->list(unit));
                if (listed[i]->ok()) { digests[i] = stamps_digest(listed[i]->value()); }
            });
            for (std::size_t i = 0; i < count; ++i) {
                look_at(units_.units[begin + i], *listed[i], std::move(digests[i]));
                if (pending_files_ >= k_pending_files || pending_.size() >= k_pending_units) { RL_TRY(read_pending()); }
            }
            progress_.units_looked_at = begin + count;
            tell();
        }
        RL_TRY(read_pending());
        return commit();
    }

    void look_at(const Unit& unit, Result<UnitFiles>& listed, std::string digest) {
        seen_.insert(unit.key);
        if (!listed.ok()) {
            report_.passed_over.push_back({unit.dir, listed.error().message()});
            return;
        }
        for (const auto& offer : listed.value().offers) { report_.files += offer.forms.size(); }
        const auto known = known_.find(unit.key);
        const bool is_known = known != known_.end();
        if (is_known && !request_.full && known->second.is_settled && known->second.stamps_digest == digest) {
            ++report_.unchanged;
            return;
        }
        ++(is_known ? report_.changed : report_.added);
        Changed changed{unit, std::move(listed).take(), std::move(digest), is_known};
        for (const auto& offer : changed.files.offers) { pending_files_ += offer.forms.size(); }
        pending_.push_back(std::move(changed));
    }

    Status read_pending() {
        if (pending_.empty()) { return core::ok(); }
        std::vector<std::string> keys;
        for (const auto& changed : pending_) {
            if (changed.is_known) { keys.push_back(changed.unit.key); }
        }
        std::unordered_map<std::string, KnownContent> contents;
        if (held_ || reading_) {
            RL_ASSIGN(contents, known_content(connection(), keys));
        }
        const WorkOptions options{.limits = request_.limits, .now = os::system_clock().now(), .full = request_.full};
        std::vector<std::unique_ptr<UnitWork>> works(pending_.size());
        os::for_each_index(pending_.size(), 16, [&](std::size_t i) {
            auto& changed = pending_[i];
            std::optional<KnownContent> known;
            if (changed.is_known) {
                const auto found = contents.find(changed.unit.key);
                known = found != contents.end() ? std::move(found->second) : KnownContent();
            }
            works[i] = std::make_unique<UnitWork>(std::move(changed.unit), std::move(changed.files), std::move(changed.digest), std::move(known), options);
        });
        pending_.clear();
        pending_files_ = 0;
        if (request_.dry_run) {
            for (const auto& work : works) { count(*work); }
            return core::ok();
        }
        return read(works);
    }

    struct Task {
        std::size_t work;
        std::size_t first_step;
        std::size_t end_step;
        std::uint64_t bytes;
        bool begins_batch = false;  // a transaction of its own from here on
        bool begins_unit = false;
        bool ends_unit = false;
    };

    // What goes into one transaction, and what into one task. A transaction may go on from what was read before.
    std::vector<Task> tasks_of(const std::vector<std::unique_ptr<UnitWork>>& works) {
        std::vector<Task> tasks;
        for (std::size_t w = 0; w < works.size(); ++w) {
            const UnitWork& work = *works[w];
            // One that is read whole may fail when half of it has been written: nobody else may be in its transaction.
            const bool alone = work.is_read_whole();
            const bool begins = alone || batch_.units == 0 || batch_.is_closed || batch_.bytes >= request_.batch_bytes || batch_.units >= k_batch_units;
            if (begins) { batch_ = {}; }
            batch_.is_closed = alone;
            ++batch_.units;
            std::uint64_t bytes = 0;
            std::size_t first = 0;
            const std::size_t first_task = tasks.size();
            for (std::size_t step = 0; step <= work.steps(); ++step) {
                const bool at_end = step == work.steps();
                if (!at_end) { bytes += work.step_bytes(step); }
                const std::size_t end = at_end ? step : step + 1;
                if (!at_end && bytes < k_task_bytes && end - first < k_task_steps) { continue; }
                if (at_end && first == end && tasks.size() > first_task) { break; }
                tasks.push_back({w, first, end, bytes});
                batch_.bytes += bytes;
                first = end;
                bytes = 0;
            }
            tasks[first_task].begins_batch = begins;
            tasks[first_task].begins_unit = true;
            tasks.back().ends_unit = true;
        }
        return tasks;
    }

    Status read(const std::vector<std::unique_ptr<UnitWork>>& works) {
        const auto tasks = tasks_of(works);
        OrderedWork ordered;
        ordered.tasks = tasks.size();
        ordered.workers = request_.threads > 0 ? request_.threads : static_cast<unsigned>(os::usable_processors());
        --ordered.workers;  // this thread is one of them
        ordered.is_small = [&](std::size_t t) { return tasks[t].bytes <= k_small_task_bytes; };
        ordered.is_stopped = [this] { return is_stopped(); };
        ordered.work = [&](std::size_t t, const RowSink& sink) -> Status {
            const Task& task = tasks[t];
            UnitWork& work = *works[task.work];
            if (work.steps() == 0) { return work.finish(sink); }
            bool is_last = false;
            for (std::size_t step = task.first_step; step < task.end_step; ++step) {
                RL_TRY(work.run_step(step, sink));
                is_last = work.step_done();
            }
            return is_last ? work.finish(sink) : core::ok();
        };
        std::size_t begun = SIZE_MAX;  // the task that has come last
        const auto begin = [&](std::size_t t) -> Status {
            if (begun == t) { return core::ok(); }
            RL_TRY(wait_until_made());
            if (tasks[t].begins_batch) {
                RL_TRY(commit());
                RL_TRY(writer_->begin());
            }
            // Rows that go: of all units of this transaction that are at hand.
            if (tasks[t].begins_batch || t == 0) { RL_TRY(forget(works, tasks, t)); }
            begun = t;
            return core::ok();
        };
        ordered.take = [&](std::size_t t, FileRows&& rows) -> Status {
            RL_TRY(begin(t));
            return writer_->append(std::move(rows));
        };
        ordered.done = [&](std::size_t t) -> Status {
            RL_TRY(begin(t));
            return tasks[t].ends_unit ? end_unit(*works[tasks[t].work]) : core::ok();
        };
        auto status = run_ordered(ordered);
        if (!status.ok() && writer_) { writer_->roll_back(); }
        return status;
    }

    Status forget(const std::vector<std::unique_ptr<UnitWork>>& works, const std::vector<Task>& tasks, std::size_t t) {
        std::vector<const Doomed*> doomed;
        for (std::size_t i = t; i < tasks.size() && (i == t || !tasks[i].begins_batch); ++i) {
            if (tasks[i].begins_unit) { doomed.push_back(&works[tasks[i].work]->doomed()); }
        }
        return writer_->forget(doomed);
    }

    Status end_unit(const UnitWork& work) {
        if (work.failure()) {
            writer_->roll_back();
            ++report_.errors;
            return writer_->replace_failure(work);
        }
        count(work);
        ++units_to_commit_;
        return work.is_read_whole() ? commit() : core::ok();
    }

    // What was appended so far; nothing where no transaction is open.
    Status commit() {
        if (!writer_ || !writer_->is_open()) { return core::ok(); }
        RL_TRY(writer_->commit());
        progress_.units_written += std::exchange(units_to_commit_, 0);
        progress_.rows_written = 0;
        for (const auto& [table, rows] : writer_->rows_written()) { progress_.rows_written += rows; }
        tell();
        return core::ok();
    }

    void count(const UnitWork& work) {
        const auto& counts = work.counts();
        report_.files_read += counts.files_read;
        report_.bytes_read += counts.bytes_read;
        report_.errors += counts.errors;
        report_.warnings += counts.warnings;
        progress_.bytes_read = report_.bytes_read;
    }

    Status look_for_stale() {
        RL_TRY(check_stop());
        if (known_.empty()) { return core::ok(); }
        RL_ASSIGN(const auto registered, known_roots(connection()));
        report_.stale = stale_units(known_, seen_, units_, request_.beside, registered);
        if (report_.stale.empty() || !request_.prune || request_.dry_run) { return core::ok(); }
        std::vector<std::string> keys;
        for (const auto& unit : report_.stale) { keys.push_back(unit.key); }
        RL_TRY(writer_->prune(keys));
        report_.pruned = true;
        return core::ok();
    }

    Status update_surfaces() {
        if (request_.surfaces.empty()) { return core::ok(); }
        RL_ASSIGN(const auto surfaces, reconcile_surfaces(held_->connection, {.folder = request_.surfaces,
                                                                              .roots = units_.roots,
                                                                              .scratch = os::parent_path(request_.database),
                                                                              .now = os::system_clock().now(),
                                                                              .full = request_.full,
                                                                              .is_stopped = request_.is_stopped}));
        report_.notes.insert(report_.notes.end(), surfaces.notes.begin(), surfaces.notes.end());
        report_.surfaces = surfaces.surfaces;
        report_.surface_files_read = surfaces.files_read;
        report_.surface_rows = surfaces.rows;
        for (const auto& problem : surfaces.problems) { ++(problem.is_warning ? report_.warnings : report_.errors); }
        return core::ok();
    }

    // After the units: which runs a reference is made of, and which of its scores are about runs of this lake, follows from what the lake holds now.
    Result<bool> update_references() {
        if (request_.references.empty()) { return false; }
        RL_ASSIGN(const auto indexed, index_references(held_->connection, request_.references));
        report_.references = indexed.references;
        for (const auto& problem : indexed.problems) { report_.notes.push_back(cat("a reference: ", problem.rel_path, ": ", problem.problem)); }
        return indexed.has_changed;
    }

    Status finish() {
        RL_TRY(check_stop());
        RL_TRY(update_surfaces());
        if (!request_.jobs.empty()) {
            RL_ASSIGN(const auto jobs, index_job_runs(held_->connection, request_.jobs));
            for (const auto& problem : jobs.problems) { report_.notes.push_back(cat("a job that was run: ", problem.rel_path, ": ", problem.problem)); }
        }
        RL_ASSIGN(const bool has_new_references, update_references());
        const bool has_changed = !writer_->rows_written().empty() || report_.pruned || report_.surface_rows > 0 || has_new_references;
        if (has_changed && !held_->connection.run("CHECKPOINT").ok()) { report_.notes.emplace_back("the lake's log could not be taken in; it stands beside the lake until it is"); }
        for (const auto& [table, rows] : writer_->rows_written()) { report_.rows[std::string(table)] = rows; }
        RL_ASSIGN(const auto errors, held_->connection.integer("SELECT (SELECT count(*) FROM extract_errors WHERE severity = 'error') + (SELECT count(*) FROM graph_extract_errors)"));
        report_.standing_errors = static_cast<std::uint64_t>(errors);
        return core::ok();
    }

    void tell() {
        if (request_.progress) { request_.progress(progress_); }
    }

    const ReconcileRequest& request_;
    ReconcileReport report_;
    ReconcileProgress progress_;
    std::future<Result<HeldLake>> making_;  // a lake that was not there
    Status made_ = core::ok();
    std::optional<HeldLake> held_;
    std::optional<sql::Connection> reading_;
    std::vector<std::string> wanted_roots_;
    KnownUnits known_;
    Units units_;
    std::unordered_set<std::string> seen_;
    std::vector<Changed> pending_;
    std::size_t pending_files_ = 0;
    struct Batch {  // the transaction that takes what is planned next
        std::uint64_t bytes = 0;
        std::size_t units = 0;
        bool is_closed = false;
    };
    Batch batch_;
    std::uint64_t units_to_commit_ = 0;
    std::optional<LakeWriter> writer_;  // after held_: it goes first
};

}  // namespace

Result<ReconcileReport> reconcile(const ReconcileRequest& request) { return Reconcile(request).run(); }

}  // namespace runlake::lake
