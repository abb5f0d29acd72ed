// SPDX-License-Identifier: Apache-2.0
#include "jobs/queue_order.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "jobs/batch.hpp"

namespace runlake::jobs {
namespace {

using core::JobId;
using core::Json;

constexpr std::string_view k_code_commit = "code_commit";
constexpr std::string_view k_code_dirty = "code_dirty";

Json without_code(const Json& state_point) {
    Json rest = Json::object();
    if (const core::JsonObject* members = state_point.as_object()) {
        for (const auto& [name, value] : *members) {
            if (name != k_code_commit && name != k_code_dirty) { rest.set(name, value); }
        }
    }
    return rest;
}

// One text for jobs that are the same but for their code.
std::string what(const Json& state_point, const std::optional<std::string>& experiment, const std::optional<std::string>& tag) {
    const core::Result<JobId> id = JobId::of(without_code(state_point));
    Json names = Json::array();
    names.push(id.ok() ? Json(id.value().str()) : Json()).push(Json(experiment)).push(Json(tag));
    return core::to_json(names);
}

auto list_key(const QueuedJob& one) { return std::tuple(std::string_view(one.entry.queued_at), one.entry.index.value_or(-1), std::string_view(one.job.id.str())); }

}  // namespace

std::vector<QueuedJob> queue_of(std::vector<Job> jobs, const QueueFilter& filter) {
    std::vector<QueuedJob> queue;
    for (Job& job : jobs) {
        std::optional<QueueEntry> entry = entry_of(job.document);
        const std::optional<JobStatus> status = status_of(job.document);
        if (!entry || !status || (is_terminal(*status) && !filter.terminal)) { continue; }
        if (filter.tag && entry->tag != filter.tag) { continue; }
        std::optional<std::string> experiment = experiment_of(job);
        if (filter.experiment && experiment != filter.experiment) { continue; }
        queue.push_back({std::move(job), *std::move(entry), *status, std::move(experiment)});
    }
    std::sort(queue.begin(), queue.end(), list_before);
    return queue;
}

bool list_before(const QueuedJob& a, const QueuedJob& b) { return list_key(a) < list_key(b); }

bool run_before(const QueuedJob& a, const QueuedJob& b) {
    return a.entry.priority != b.entry.priority ? a.entry.priority > b.entry.priority : list_before(a, b);
}

Ready readiness(const QueueEntry& entry, const StatusOf& status_of_job) {
    Ready found;
    for (const JobId& id : entry.after) {
        const std::optional<JobStatus> status = status_of_job(id);
        if (status == JobStatus::complete) { continue; }
        if (!status || is_terminal(*status)) { return {Readiness::blocked, id, status}; }
        if (found.what == Readiness::ready) { found = {Readiness::waiting, id, status}; }
    }
    return found;
}

std::vector<QueuedJob> in_order_of_dependence(std::vector<QueuedJob> jobs) {
    std::sort(jobs.begin(), jobs.end(), run_before);
    std::map<JobId, std::size_t> place;
    for (std::size_t i = 0; i < jobs.size(); ++i) { place.emplace(jobs[i].job.id, i); }
    std::vector<std::size_t> missing(jobs.size(), 0);
    std::vector<std::vector<std::size_t>> needed_by(jobs.size());
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        for (const JobId& id : jobs[i].entry.after) {
            const auto found = place.find(id);
            if (found == place.end()) { continue; }
            ++missing[i];
            needed_by[found->second].push_back(i);
        }
    }
    std::set<std::size_t> ready;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        if (missing[i] == 0) { ready.insert(i); }
    }
    std::vector<QueuedJob> ordered;
    std::vector<bool> is_taken(jobs.size(), false);
    while (!ready.empty()) {
        const std::size_t i = *ready.begin();
        ready.erase(ready.begin());
        is_taken[i] = true;
        for (const std::size_t next : needed_by[i]) {
            if (--missing[next] == 0) { ready.insert(next); }
        }
        ordered.push_back(std::move(jobs[i]));
    }
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        if (!is_taken[i]) { ordered.push_back(std::move(jobs[i])); }
    }
    return ordered;
}

bool would_wait_for_itself(const JobId& id, const std::vector<JobId>& after, const std::function<std::vector<JobId>(const JobId&)>& after_of) {
    std::set<JobId> seen;
    std::vector<JobId> open(after.begin(), after.end());
    while (!open.empty()) {
        const JobId one = open.back();
        open.pop_back();
        if (one == id) { return true; }
        if (!seen.insert(one).second) { continue; }
        for (JobId& next : after_of(one)) { open.push_back(std::move(next)); }
    }
    return false;
}

QueuedAlready::QueuedAlready(const std::vector<QueuedJob>& queue) {
    for (const QueuedJob& one : queue) {
        if (one.status == JobStatus::queued) { by_what_.emplace(what(one.job.state_point, one.experiment, one.entry.tag), &one); }
    }
}

const QueuedJob* QueuedAlready::find(const Json& state_point, const std::optional<std::string>& experiment, const std::optional<std::string>& tag) const {
    const auto found = by_what_.find(what(state_point, experiment, tag));
    return found == by_what_.end() ? nullptr : found->second;
}

}  // namespace runlake::jobs
