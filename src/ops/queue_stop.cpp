// SPDX-License-Identifier: Apache-2.0
#include "ops/queue_stop.hpp"

#include <utility>

#include "core/text.hpp"

namespace runlake::ops {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::JobId;
using core::Json;
using jobs::JobStatus;

core::Result<std::vector<JobId>> resolve_all(const jobs::RunStore& runs, const std::vector<std::string>& words) {
    std::vector<JobId> ids;
    for (const std::string& word : words) {
        RL_ASSIGN(JobId id, runs.resolve(word));
        ids.push_back(std::move(id));
    }
    return ids;
}

void end_one(const EndQueued& request, QueueEndResponse& response) {
    core::Result<EndedQueued> ended = end_queued(request);
    if (ended.ok()) {
        response.ended.push_back(std::move(ended).take());
    } else {
        response.refused.push_back(std::move(ended).take_error());
    }
}

std::string_view name_of(HowEnded how) {
    switch (how) {
        case HowEnded::had_ended: return "had_ended";
        case HowEnded::taken_off: return "taken_off";
        case HowEnded::was_running: return "was_running";
        case HowEnded::was_lost: return "was_lost";
    }
    return "";
}

}  // namespace

core::Result<QueueEndResponse> queue_stop(const QueueStopRequest& request) {
    RL_ASSIGN(const jobs::RunStore runs, jobs::RunStore::find(request.store));
    RL_ASSIGN(const std::vector<JobId> ids, resolve_all(runs, request.jobs));
    QueueEndResponse response;
    for (const JobId& id : ids) {
        end_one({.store = request.store, .runs = runs, .id = id, .status = JobStatus::stopped, .force = request.force, .grace = request.grace, .say = request.say}, response);
    }
    return response;
}

core::Result<QueueEndResponse> queue_remove(const QueueRemoveRequest& request) {
    RL_ASSIGN(const jobs::RunStore runs, jobs::RunStore::find(request.store));
    RL_ASSIGN(const std::vector<JobId> ids, resolve_all(runs, request.jobs));
    QueueEndResponse response;
    for (const JobId& id : ids) {
        RL_ASSIGN(const jobs::Job job, runs.read(id));
        if (jobs::status_of(job.document) == JobStatus::running) {
            response.refused.emplace_back(Errc::conflict, cat("taking job ", id.brief(), " off the queue: it runs; `runlake queue stop ", id.brief(), "` ends it"));
            continue;
        }
        end_one({.store = request.store, .runs = runs, .id = id, .status = JobStatus::abandoned, .force = false, .grace = std::nullopt, .say = request.say}, response);
    }
    return response;
}

core::Result<QueueClearResponse> queue_clear(const QueueClearRequest& request) {
    RL_ASSIGN(const jobs::RunStore runs, jobs::RunStore::find(request.store));
    RL_ASSIGN(jobs::Jobs all, runs.read_all());
    jobs::QueueFilter filter = request.filter;
    filter.terminal = false;
    const std::vector<jobs::QueuedJob> queue = jobs::queue_of(std::move(all.jobs), filter);
    std::vector<JobId> running;
    std::vector<JobId> queued;
    for (const jobs::QueuedJob& one : queue) { (one.status == JobStatus::running ? running : queued).push_back(one.job.id); }
    QueueClearResponse response;
    if (!queue.empty() && request.confirm && !request.confirm(queued.size(), running.size())) {
        response.declined = true;
        return response;
    }
    // What is queued first, so that nothing of it begins in the place of what is ended.
    for (const std::vector<JobId>* ids : {&queued, &running}) {
        for (const JobId& id : *ids) {
            end_one({.store = request.store, .runs = runs, .id = id, .status = JobStatus::abandoned, .force = request.force, .grace = request.grace, .say = request.say}, response.done);
        }
    }
    return response;
}

Json to_json(const QueueEndResponse& response) {
    Json list = Json::array();
    for (const EndedQueued& one : response.ended) {
        const JobStatus status = jobs::status_of(one.job.document).value_or(JobStatus::created);
        list.push(Json::object().set("how", name_of(one.how)).set("job_id", one.job.id.str()).set("note", one.note).set("status", status_name(status)));
    }
    Json refused = Json::array();
    for (const Error& error : response.refused) { refused.push(Json::object().set("error", error.message()).set("kind", core::errc_name(error.code()))); }
    return Json::object().set("jobs", std::move(list)).set("refused", std::move(refused));
}

}  // namespace runlake::ops
