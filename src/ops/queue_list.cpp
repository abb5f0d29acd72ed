// SPDX-License-Identifier: Apache-2.0
#include "ops/queue_list.hpp"

#include <map>
#include <utility>

#include "core/text.hpp"
#include "ops/queue_shared.hpp"

namespace runlake::ops {

using core::cat;
using jobs::JobStatus;
using jobs::Life;
using jobs::Readiness;

core::Result<QueueListResponse> queue_list(const QueueListRequest& request) {
    QueueListResponse response;
    RL_ASSIGN(const jobs::RunStore runs, jobs::RunStore::find(request.store));
    RL_ASSIGN(jobs::Jobs all, runs.read_all());
    for (const jobs::LeftOut& one : all.left_out) { response.notes.push_back(one.why.message()); }
    std::map<core::JobId, JobStatus> statuses;
    for (const jobs::Job& job : all.jobs) {
        if (const auto status = jobs::status_of(job.document)) { statuses.emplace(job.id, *status); }
    }
    const auto status_of = [&](const core::JobId& id) {
        const auto found = statuses.find(id);
        return found == statuses.end() ? std::nullopt : std::optional(found->second);
    };
    for (jobs::QueuedJob& one : jobs::queue_of(std::move(all.jobs), request.filter)) {
        QueueRow listed{std::move(one), {}, Life::idle};
        if (listed.job.status == JobStatus::queued) { listed.ready = jobs::readiness(listed.job.entry, status_of); }
        if (listed.job.status == JobStatus::running) { listed.life = jobs::life_of(runs, listed.job.job); }
        response.jobs.push_back(std::move(listed));
    }
    return response;
}

std::string remark(const QueueRow& one) {
    if (one.job.status == JobStatus::running) {
        if (one.life == Life::unwatched || one.life == Life::abandoned) { return "its runner has gone"; }
        return one.life == Life::unknown ? "by another tool" : "";
    }
    if (one.job.status != JobStatus::queued) { return ""; }
    if (one.ready.what != Readiness::ready) {
        const std::string_view how = one.ready.on_status ? jobs::status_name(*one.ready.on_status) : "not there";
        return cat(one.ready.what == Readiness::waiting ? "waits for " : "blocked by ", one.ready.on->brief(), " (", how, ')');
    }
    if (one.job.entry.slurm) { return one.job.entry.slurm->array.empty() ? "is being given to Slurm" : cat("with Slurm: ", one.job.entry.slurm->str()); }
    if (one.job.entry.failures > 0) { return cat("failed ", one.job.entry.failures, one.job.entry.failures == 1 ? " time" : " times"); }
    return "";
}

core::Json to_json(const QueueListResponse& response) {
    core::Json list = core::Json::array();
    for (const QueueRow& one : response.jobs) { list.push(to_json(one.job).set("remark", remark(one))); }
    return core::Json::object().set("jobs", std::move(list));
}

}  // namespace runlake::ops
