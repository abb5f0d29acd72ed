// SPDX-License-Identifier: Apache-2.0
#include "ops/job_list.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "ops/job_state_point.hpp"

namespace runlake::ops {
namespace {

using core::cat;
using core::Json;
using jobs::Job;

// A filter may name what no state point can hold a key of: members of members, with dots between.
core::Result<Json> selector_of(const JobFilter& filter) { return state_point_words(filter.words, "--sp"); }

core::Status check_statuses(const JobFilter& filter) {
    std::vector<std::string> known;
    for (const jobs::JobStatus status : jobs::all_statuses()) { known.emplace_back(jobs::status_name(status)); }
    for (const std::string& word : filter.statuses) {
        if (std::ranges::find(known, word) != known.end()) { continue; }
        const auto near = core::nearest(word, known);
        return core::Error(core::Errc::usage, cat("--status ", word, ": there is no such status", near ? cat("; did you mean ", *near, '?') : cat(": ", core::join(known, ", "))));
    }
    return core::ok();
}

Json left_out_json(const std::vector<jobs::LeftOut>& left_out) {
    Json all = Json::array();
    for (const jobs::LeftOut& job : left_out) { all.push(Json::object().set("job_id", job.id.str()).set("error", job.why.message())); }
    return all;
}

}  // namespace

std::string shown_status(const jobs::RunStore& store, const Job& job) {
    const auto status = jobs::status_of(job.document);
    if (!status) {
        const Json* word = job.document.find(jobs::key::status);
        return word->is_string() ? *word->as_string() : core::to_json(*word);
    }
    if (*status == jobs::JobStatus::running && jobs::life_of(store, job) == jobs::Life::abandoned) { return std::string(jobs::status_name(jobs::JobStatus::abandoned)); }
    return std::string(jobs::status_name(*status));
}

core::Result<JobListResponse> job_list(const JobListRequest& request) {
    const JobFilter& filter = request.filter;
    RL_TRY(check_statuses(filter));
    RL_ASSIGN(const Json selector, selector_of(filter));
    RL_ASSIGN(const jobs::RunStore store, jobs::RunStore::find(request.store));
    RL_ASSIGN(jobs::Jobs all, store.read_all());
    JobListResponse response{.jobs = {}, .left_out = std::move(all.left_out)};
    for (Job& job : all.jobs) {
        if (filter.experiment && jobs::experiment_of(job) != filter.experiment) { continue; }
        if (filter.hypothesis && jobs::hypothesis_of(job) != filter.hypothesis) { continue; }
        if (!jobs::matches(job.state_point, selector)) { continue; }
        std::string status = shown_status(store, job);
        if (!filter.statuses.empty() && std::ranges::find(filter.statuses, status) == filter.statuses.end()) { continue; }
        std::string folder = store.shown_folder(job.id);
        response.jobs.push_back({std::move(job), std::move(status), std::move(folder)});
    }
    return response;
}

Json to_json(const ListedJob& listed) {
    const Job& job = listed.job;
    return Json::object()
        .set("job_id", job.id.str())
        .set("status", listed.status)
        .set("experiment", Json(jobs::experiment_of(job)))
        .set("hypothesis", Json(jobs::hypothesis_of(job)))
        .set("batch", jobs::batch_slug(job))
        .set("folder", listed.folder)
        .set("state_point", job.state_point)
        .set("document", job.document);
}

Json to_json(const JobListResponse& response) {
    Json all = Json::array();
    for (const ListedJob& job : response.jobs) { all.push(to_json(job)); }
    return Json::object().set("jobs", std::move(all)).set("left_out", left_out_json(response.left_out));
}

core::Result<JobBatchesResponse> job_batches(const record::Store& store, const std::optional<std::string>& experiment) {
    JobFilter filter;
    filter.experiment = experiment;
    RL_ASSIGN(JobListResponse listed, job_list({store, filter}));
    std::vector<Job> all;
    for (ListedJob& job : listed.jobs) {
        job.job.document.set(jobs::key::status, job.status);
        all.push_back(std::move(job.job));
    }
    return JobBatchesResponse{jobs::batches(all), std::move(listed.left_out)};
}

Json to_json(const JobBatchesResponse& response) {
    Json all = Json::array();
    for (const jobs::Batch& batch : response.batches) {
        Json ids = Json::array();
        for (const core::JobId& id : batch.jobs) { ids.push(id.str()); }
        Json statuses = Json::object();
        for (const auto& [word, count] : batch.statuses) { statuses.set(word, std::uint64_t{count}); }
        all.push(Json::object()
                     .set("experiment", batch.experiment)
                     .set("selector", batch.selector)
                     .set("batch", batch.slug.empty() ? Json() : Json(batch.slug))
                     .set("statuses", std::move(statuses))
                     .set("jobs", std::move(ids)));
    }
    return Json::object().set("batches", std::move(all)).set("left_out", left_out_json(response.left_out));
}

}  // namespace runlake::ops
