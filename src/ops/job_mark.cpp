// SPDX-License-Identifier: Apache-2.0
#include "ops/job_mark.hpp"

#include <utility>

#include "core/text.hpp"
#include "jobs/document.hpp"
#include "jobs/execution.hpp"
#include "jobs/experiment.hpp"
#include "ops/job_list.hpp"
#include "ops/job_state_point.hpp"

namespace runlake::ops {

using core::cat;
using core::Errc;
using core::Error;
using core::Json;

core::Result<JobMarkResponse> job_mark(const JobMarkRequest& request) {
    RL_ASSIGN(const jobs::RunStore store, jobs::RunStore::find(request.store));
    RL_ASSIGN(const core::JobId id, store.resolve(request.id));
    RL_ASSIGN(const jobs::Job job, store.read(id));
    const std::string doing = cat("marking job ", id.brief(), " as ", jobs::status_name(request.status));
    const jobs::Life life = jobs::life_of(store, job);
    if (!request.force && (life == jobs::Life::held || life == jobs::Life::unwatched)) {
        return Error(Errc::busy, cat(doing, ": it is being run; `runlake queue stop ", id.brief(), "` stops it, --force marks it all the same"));
    }
    JobMarkResponse response{.id = id, .before = shown_status(store, job), .status = request.status, .changed = false};
    jobs::Ending ending;
    ending.status = request.status;
    ending.change = request.force ? jobs::Change::by_force : jobs::Change::by_other;
    if (jobs::status_of(job.document) == request.status) { return response; }
    RL_ASSIGN(const jobs::Finished finished, end_job(request.store, store, id, ending, request.say));
    response.changed = finished.changed;
    const auto now = jobs::status_of(finished.job.document);
    if (!finished.changed && now != request.status) {
        return Error(Errc::conflict, cat(doing, ": it has ended: ", now ? jobs::status_name(*now) : "", "; --force marks it all the same"));
    }
    return response;
}

Json to_json(const JobMarkResponse& response) {
    return Json::object().set("job_id", response.id.str()).set("before", response.before).set("status", jobs::status_name(response.status)).set("changed", response.changed);
}

core::Result<LinkResponse> link(const LinkRequest& request) {
    RL_ASSIGN(const jobs::JobLink wanted, make_link(request.experiment, request.hypothesis, request.sub_hypothesis));
    RL_ASSIGN(const jobs::RunStore store, jobs::RunStore::find(request.store));
    RL_ASSIGN(const core::JobId id, store.resolve(request.id));
    const auto change = [&](Json& document) {
        jobs::set_link(document, wanted);
        return core::ok();
    };
    RL_ASSIGN(const jobs::Job before, store.read(id));
    RL_ASSIGN(jobs::Job job, store.update(id, change));
    LinkResponse response{.job = std::move(job), .changed = false, .note = std::nullopt};
    response.changed = response.job.document != before.document;
    const core::Result<jobs::Experiment> experiment = jobs::find_experiment(request.store.root, request.experiment);
    if (!experiment.ok()) { response.note = experiment.error().message(); }
    const auto status = jobs::status_of(response.job.document);
    if (status && jobs::is_terminal(*status)) { promote_end(request.store, response.job, request.say); }
    return response;
}

Json to_json(const LinkResponse& response) {
    return Json::object().set("job_id", response.job.id.str()).set("changed", response.changed).set("document", response.job.document);
}

}  // namespace runlake::ops
