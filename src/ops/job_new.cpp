// SPDX-License-Identifier: Apache-2.0
#include "ops/job_new.hpp"

#include <utility>

#include "core/text.hpp"
#include "jobs/document.hpp"
#include "jobs/status.hpp"
#include "ops/job_state_point.hpp"
#include "os/files.hpp"
#include "os/system.hpp"
#include "record/store.hpp"

namespace runlake::ops {
namespace {

using core::Errc;
using core::Error;
using core::Json;

struct Wanted {
    Json state_point;
    std::optional<jobs::JobLink> link;
    std::vector<std::string> notes;
};

core::Result<Wanted> wanted_as_it_is(const JobNewRequest& request) {
    if (!request.words.empty()) { return Error(Errc::usage, "--state-point gives the whole state point: --sp can't add to it"); }
    Wanted wanted;
    core::Result<Json> read = core::parse_json(*request.state_point, "the state point");
    if (!read.ok()) { return Error(Errc::usage, read.error().message()); }
    wanted.state_point = std::move(read).take();
    RL_TRY(jobs::check_state_point(wanted.state_point));
    if (request.experiment) { RL_ASSIGN(wanted.link, make_link(*request.experiment, request.hypothesis, request.sub_hypothesis)); }
    return wanted;
}

// Where the project is or will be: outside of any it is the current folder. Nothing is made before it is known what is wanted.
core::Result<record::Store> planned_store(const JobNewRequest& request) {
    core::Result<record::Store> planned = record::open_store(request.store, record::OpenStore::planned);
    if (planned.ok() || planned.error().code() != Errc::not_found) { return planned; }
    record::Store store;
    RL_ASSIGN(store.root, os::current_dir());
    store.dir = os::join_path(store.root, ".runlake");
    return store;
}

core::Result<Wanted> wanted_of_words(const JobNewRequest& request) {
    if (!request.experiment) { return Error(Errc::usage, "of which experiment? --experiment E###, or --state-point for a whole state point"); }
    RL_ASSIGN(const Json own, state_point_words(request.words, "--sp"));
    RL_ASSIGN(const record::Store planned, planned_store(request));
    RL_ASSIGN(const StatePointMaker maker, StatePointMaker::open(planned, {.experiment = *request.experiment,
                                                                                .hypothesis = request.hypothesis,
                                                                                .sub_hypothesis = request.sub_hypothesis,
                                                                                .commit = request.commit,
                                                                                .resolve = true}));
    RL_ASSIGN(Json state_point, maker.make(own));
    return Wanted{std::move(state_point), maker.link(), maker.notes()};
}

}  // namespace

core::Result<JobNewResponse> job_new(const JobNewRequest& request) {
    if (!request.experiment && (request.hypothesis || request.sub_hypothesis)) { return Error(Errc::usage, "--hypothesis and --sub-hypothesis want --experiment"); }
    RL_ASSIGN(Wanted wanted, request.state_point ? wanted_as_it_is(request) : wanted_of_words(request));
    for (std::string& warning : state_point_warnings(wanted.state_point)) { wanted.notes.push_back(std::move(warning)); }
    RL_ASSIGN(const record::Store project, record::open_store(request.store, record::OpenStore::create));
    if (project.problem) { return *project.problem; }
    if (project.created_now && !os::exists(project.root + "/.git")) { wanted.notes.push_back(core::cat("created the store ", project.dir)); }
    RL_ASSIGN(const jobs::RunStore store, jobs::RunStore::create(project));
    const std::string now = jobs::format_time(os::system_clock().now());
    // As aexp writes it: the link first.
    const auto begin = [&](Json& document) {
        if (wanted.link) { jobs::set_link(document, *wanted.link); }
        if (document.find(jobs::key::status) == nullptr) { document.set(jobs::key::status, jobs::status_name(jobs::JobStatus::created)); }
        if (document.find(jobs::key::created_at) == nullptr) { document.set(jobs::key::created_at, now); }
    };
    RL_ASSIGN(jobs::RunStore::Created created, store.make(wanted.state_point, begin));
    if (!created.is_new) {
        // There already: linked anew, everything else only where it is missing.
        const auto again = [&](Json& document) {
            begin(document);
            return core::ok();
        };
        RL_ASSIGN(created.job, store.update(created.job.id, again));
    }
    std::string folder = store.shown_folder(created.job.id);
    return JobNewResponse{std::move(created.job), created.is_new, std::move(folder), std::move(wanted.notes)};
}

Json to_json(const JobNewResponse& response) {
    return Json::object()
        .set("job_id", response.job.id.str())
        .set("created", response.is_new)
        .set("folder", response.shown_folder)
        .set("state_point", response.job.state_point)
        .set("document", response.job.document);
}

}  // namespace runlake::ops
