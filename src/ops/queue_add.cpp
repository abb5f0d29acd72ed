// SPDX-License-Identifier: Apache-2.0
#include "ops/queue_add.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "core/text.hpp"
#include "jobs/batch.hpp"
#include "jobs/document.hpp"
#include "jobs/queue_sweep.hpp"
#include "ops/job_state_point.hpp"
#include "ops/queue_shared.hpp"
#include "os/system.hpp"

namespace runlake::ops {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::JobId;
using core::Json;
using jobs::JobStatus;
using jobs::QueuedJob;

core::Status check(const QueueAddRequest& request) {
    if (request.experiment.has_value() == !request.jobs.empty()) {
        return Error(Errc::usage, request.experiment ? "queueing jobs: either --experiment or the ids of jobs, not both" : "queueing jobs: of which experiment (--experiment E###), or which jobs?");
    }
    if (!request.experiment && (request.hypothesis || request.sub_hypothesis || !request.words.empty() || !request.sweeps.empty())) {
        return Error(Errc::usage, "queueing jobs by their ids: --hypothesis, --sub-hypothesis, --sp and --sweep make new ones, and want --experiment");
    }
    if (request.retries < 0 || request.retries > 1000) { return Error(Errc::usage, "--retries is between 0 and 1000"); }
    if (request.priority < -1'000'000 || request.priority > 1'000'000) { return Error(Errc::usage, "--priority is between -1000000 and 1000000"); }
    if (request.gpus && (*request.gpus < 0 || *request.gpus > 1024)) { return Error(Errc::usage, "--gpus is between 0 and 1024"); }
    if (request.time_limit_s && *request.time_limit_s < 1) { return Error(Errc::usage, "--time-limit is a second at least"); }
    if (!request.program.empty() && request.program[0].empty()) { return Error(Errc::usage, "queueing jobs: the program after -- has no name"); }
    if (request.tag && (request.tag->empty() || core::valid_utf8(*request.tag) != *request.tag)) { return Error(Errc::usage, "--tag is a text that is not empty"); }
    return core::ok();
}

// What is to be queued: the state points of new jobs.
struct Wanted {
    std::vector<Json> state_points;
    std::optional<jobs::JobLink> link;
    std::vector<std::string> notes;
};

core::Result<Wanted> wanted_of(const QueueAddRequest& request) {
    RL_ASSIGN(const Json fixed, state_point_words(request.words, "--sp"));
    const std::string sweep = core::join(request.sweeps, ",");
    std::vector<jobs::SweepAxis> axes;
    if (!request.sweeps.empty()) {
        RL_ASSIGN(axes, jobs::parse_sweep(sweep, [](std::string_view piece) { return state_point_value(piece, "--sweep"); }));
    }
    for (const jobs::SweepAxis& axis : axes) {
        if (fixed.find(axis.key) != nullptr) { return Error(Errc::usage, cat("queueing jobs: ", axis.key, " is in --sp and in --sweep")); }
    }
    RL_ASSIGN(const StatePointMaker maker, StatePointMaker::open(request.store, {.experiment = *request.experiment,
                                                                                .hypothesis = request.hypothesis,
                                                                                .sub_hypothesis = request.sub_hypothesis,
                                                                                .commit = request.commit,
                                                                                .resolve = request.resolve}));
    Wanted wanted;
    wanted.link = maker.link();
    wanted.notes = maker.notes();
    std::set<std::string> warned;
    for (const Json& combination : jobs::combinations(axes)) {
        Json own = fixed;
        for (const auto& [name, value] : *combination.as_object()) { own.set(name, value); }
        RL_ASSIGN(Json state_point, maker.make(own));
        for (std::string& warning : state_point_warnings(state_point)) {
            if (warned.insert(warning).second) { wanted.notes.push_back(std::move(warning)); }
        }
        wanted.state_points.push_back(std::move(state_point));
    }
    const bool has_command = !request.program.empty() || (maker.experiment() && maker.experiment()->runner_command);
    if (!has_command) {
        wanted.notes.push_back(cat("nothing says what these jobs run: put runner_command into the note of ", *request.experiment, ", or queue them with -- PROGRAM [ARGUMENT...]"));
    }
    return wanted;
}

class Adding {
  public:
    Adding(const QueueAddRequest& request, const jobs::RunStore& runs) : request_(request), runs_(runs) {}

    core::Result<QueueAddResponse> go(const Wanted& wanted) {
        RL_ASSIGN(const std::unique_ptr<os::Lease> held, hold_queue(runs_, "queue jobs"));
        RL_ASSIGN(jobs::Jobs all, runs_.read_all());
        if (!all.left_out.empty()) { response_.notes.push_back(cat(all.left_out.size(), " damaged jobs were not looked at; the first: ", all.left_out[0].why.message())); }
        std::vector<QueuedJob> queue = jobs::queue_of(all.jobs, {.experiment = {}, .tag = {}, .terminal = true});
        for (const QueuedJob& one : queue) { next_index_ = std::max(next_index_, one.entry.index.value_or(-1) + 1); }
        for (const QueuedJob& one : queue) { after_of_.emplace(one.job.id, one.entry.after); }
        RL_TRY(find_after());
        response_.is_sweep = !request_.sweeps.empty();
        const jobs::QueuedAlready already(queue);
        for (const Json& state_point : wanted.state_points) { RL_TRY(add_new(state_point, wanted, already)); }
        for (const std::string& text : request_.jobs) {
            RL_ASSIGN(const JobId id, runs_.resolve(text));
            RL_TRY(put(id, std::nullopt));
        }
        response_.notes.insert(response_.notes.begin(), wanted.notes.begin(), wanted.notes.end());
        return std::move(response_);
    }

  private:
    core::Status find_after() {
        for (const std::string& text : request_.after) {
            core::Result<JobId> id = runs_.resolve(text);
            if (!id.ok()) { return std::move(id).take_error().context("--after"); }
            if (std::ranges::find(after_, id.value()) != after_.end()) { continue; }
            RL_ASSIGN(const jobs::Job job, runs_.read(id.value()));
            const std::optional<JobStatus> status = jobs::status_of(job.document);
            if (status && is_terminal(*status) && *status != JobStatus::complete) {
                response_.notes.push_back(cat("--after ", id.value().brief(), ": that job has ended: ", status_name(*status), "; what waits for it does not run before it is complete"));
            }
            after_.push_back(std::move(id).take());
        }
        return core::ok();
    }

    jobs::QueueEntry place() {
        jobs::QueueEntry entry;
        entry.queued_at = jobs::format_time(os::system_clock().now());
        entry.tag = request_.tag;
        entry.argv = request_.program;
        entry.index = next_index_;
        entry.priority = request_.priority;
        entry.after = after_;
        entry.retries = request_.retries;
        entry.time_limit_s = request_.time_limit_s;
        entry.gpus = request_.gpus;
        return entry;
    }

    core::Status add_new(const Json& state_point, const Wanted& wanted, const jobs::QueuedAlready& already) {
        RL_ASSIGN(const JobId id, JobId::of(state_point));
        if (!request_.allow_recommit) {
            const QueuedJob* found = already.find(state_point, request_.experiment, request_.tag);
            if (found != nullptr) {
                response_.jobs.push_back({*found, Queued::is_queued, found->job.id != id});
                return core::ok();
            }
        }
        RL_TRY(check_cycle(id));
        const jobs::QueueEntry entry = place();
        const auto begin = [&](Json& document) {
            if (wanted.link) { jobs::set_link(document, *wanted.link); }
            document.set(jobs::key::status, status_name(JobStatus::queued)).set(jobs::key::created_at, entry.queued_at);
            jobs::set_entry(document, entry);
        };
        RL_ASSIGN(jobs::RunStore::Created created, runs_.make(state_point, begin));
        if (!created.is_new) { return put(id, wanted.link); }
        ++next_index_;
        note(std::move(created.job), Queued::queued);
        return core::ok();
    }

    // A job that is there. Looked at and changed under the lock of its document: whoever runs it meanwhile keeps it.
    core::Status put(const JobId& id, const std::optional<jobs::JobLink>& link) {
        RL_TRY(check_cycle(id));
        Queued what = Queued::queued;
        const jobs::QueueEntry entry = place();
        const auto change = [&](Json& document) {
            const JobStatus status = jobs::status_of(document).value_or(JobStatus::created);
            const bool may_again = request_.again && is_terminal(status) && status != JobStatus::complete;
            what = status == JobStatus::queued    ? Queued::is_queued
                   : status == JobStatus::running ? Queued::is_running
                   : is_terminal(status) && !may_again ? Queued::has_ended
                                                       : Queued::queued;
            if (what != Queued::queued) { return core::ok(); }
            if (link) { jobs::set_link(document, *link); }
            std::optional<std::string> command;
            if (const auto before = jobs::entry_of(document); before && entry.argv.empty()) { command = before->command; }
            jobs::QueueEntry own = entry;
            own.command = command;
            document.set(jobs::key::status, status_name(JobStatus::queued));
            // Of the end that is taken back.
            jobs::erase(document, jobs::key::ended_at);
            jobs::erase(document, jobs::key::wallclock_s);
            if (document.find(jobs::key::created_at) == nullptr) { document.set(jobs::key::created_at, entry.queued_at); }
            jobs::set_entry(document, own);
            return core::ok();
        };
        RL_ASSIGN(jobs::Job job, runs_.update(id, change));
        if (what == Queued::queued) { ++next_index_; }
        note(std::move(job), what);
        return core::ok();
    }

    core::Status check_cycle(const JobId& id) const {
        const auto after_of = [&](const JobId& one) {
            const auto found = after_of_.find(one);
            return found == after_of_.end() ? std::vector<JobId>() : found->second;
        };
        if (!jobs::would_wait_for_itself(id, after_, after_of)) { return core::ok(); }
        return Error(Errc::conflict, cat("queueing job ", id.brief(), " --after others: it would wait for itself"));
    }

    void note(jobs::Job job, Queued what) {
        QueuedJob one{std::move(job), {}, JobStatus::created, {}};
        one.entry = jobs::entry_of(one.job.document).value_or(jobs::QueueEntry());
        one.status = jobs::status_of(one.job.document).value_or(JobStatus::created);
        one.experiment = jobs::experiment_of(one.job);
        response_.jobs.push_back({std::move(one), what, false});
    }

    const QueueAddRequest& request_;
    const jobs::RunStore& runs_;
    QueueAddResponse response_;
    std::vector<JobId> after_;
    std::map<JobId, std::vector<JobId>> after_of_;
    std::int64_t next_index_ = 0;
};

}  // namespace

std::string_view queued_name(Queued what) {
    switch (what) {
        case Queued::queued: return "queued";
        case Queued::is_queued: return "is_queued";
        case Queued::is_running: return "is_running";
        case Queued::has_ended: return "has_ended";
    }
    return "";
}

std::size_t QueueAddResponse::count(Queued what) const {
    return static_cast<std::size_t>(std::ranges::count_if(jobs, [&](const QueuedOne& one) { return one.what == what; }));
}

core::Result<QueueAddResponse> queue_add(const QueueAddRequest& request) {
    RL_TRY(check(request));
    Wanted wanted;
    if (request.experiment) { RL_ASSIGN(wanted, wanted_of(request)); }
    RL_ASSIGN(const jobs::RunStore runs, request.experiment ? jobs::RunStore::create(request.store) : jobs::RunStore::find(request.store));
    return Adding(request, runs).go(wanted);
}

core::Json to_json(const QueueAddResponse& response) {
    Json list = Json::array();
    for (const QueuedOne& one : response.jobs) { list.push(to_json(one.job).set("at_other_code", one.at_other_code).set("result", queued_name(one.what))); }
    return Json::object().set("jobs", std::move(list)).set("queued", std::uint64_t{response.count(Queued::queued)});
}

}  // namespace runlake::ops
