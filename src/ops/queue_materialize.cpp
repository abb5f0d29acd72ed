// SPDX-License-Identifier: Apache-2.0
#include "ops/queue_materialize.hpp"

#include <map>
#include <utility>

#include "core/text.hpp"
#include "jobs/document.hpp"
#include "jobs/slurm.hpp"
#include "ops/queue_shared.hpp"
#include "os/files.hpp"
#include "os/system.hpp"

namespace runlake::ops {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using jobs::JobStatus;
using jobs::QueuedJob;
using jobs::Readiness;

// A text of the user's is not written over.
core::Status check_place(const std::string& path) {
    core::Result<std::string> old = os::read_file(path, 1U << 20U);
    if (!old.ok()) { return old.error().code() == Errc::not_found ? core::ok() : core::Status(std::move(old).take_error()); }
    if (old.value().empty() || old.value().find("# Made by runlake at ") != std::string::npos) { return core::ok(); }
    return Error(Errc::conflict, cat("writing ", path, ": there is a file that `queue materialize` did not make; name another with --output"));
}

}  // namespace

core::Result<QueueMaterializeResponse> queue_materialize(const QueueMaterializeRequest& request) {
    QueueMaterializeResponse response;
    RL_ASSIGN(const std::string here, os::current_dir());
    response.path = os::lexically_normal(os::join_path(here, request.output));
    RL_TRY(check_place(response.path));
    RL_ASSIGN(const jobs::RunStore runs, jobs::RunStore::find(request.store));
    RL_ASSIGN(jobs::Jobs all, runs.read_all());
    std::map<core::JobId, JobStatus> statuses;
    for (const jobs::Job& job : all.jobs) {
        if (const auto status = jobs::status_of(job.document)) { statuses.emplace(job.id, *status); }
    }
    std::vector<QueuedJob> queue = jobs::queue_of(std::move(all.jobs), request.filter);
    std::erase_if(queue, [](const QueuedJob& one) { return one.status != JobStatus::queued; });
    // In a shell what comes later may follow what comes before; the tasks of an array run at once.
    std::map<core::JobId, JobStatus> then = statuses;
    for (const QueuedJob& one : jobs::in_order_of_dependence(std::move(queue))) {
        const auto status_of = [&](const core::JobId& id) {
            const auto found = then.find(id);
            return found == then.end() ? std::nullopt : std::optional(found->second);
        };
        const jobs::Ready ready = jobs::readiness(one.entry, status_of);
        if (ready.what != Readiness::ready) {
            response.left.push_back(cat("job ", one.job.id.brief(), " is left out: it has to follow ", ready.on->brief()));
            continue;
        }
        response.jobs.push_back(one.job.id);
        if (request.kind != jobs::ScriptKind::slurm) { then.insert_or_assign(one.job.id, JobStatus::complete); }
    }
    jobs::ScriptRequest script;
    script.kind = request.kind;
    script.jobs = response.jobs;
    script.made_at = jobs::format_time(os::system_clock().now());
    script.root = request.store.root.empty() ? here : request.store.root;
    script.program = runlake_words(request.store);
    if (request.filter.tag) { script.name = cat("runlake-queue-", *request.filter.tag); }
    script.output = cat(os::parent_path(response.path), "/runlake-%A_%a.out");
    RL_ASSIGN(script.options, jobs::slurm_options(request.slurm));
    if (!script.options.empty() && request.kind != jobs::ScriptKind::slurm) { return Error(Errc::usage, "--slurm is for --runner slurm"); }
    if (request.kind == jobs::ScriptKind::slurm && response.jobs.size() > jobs::k_most_tasks) {
        response.notes.push_back(cat("Slurm takes no array of ", response.jobs.size(), " tasks unless its MaxArraySize was raised (1001): choose fewer with --tag"));
    }
    RL_ASSIGN(const std::string text, jobs::queue_script(script));
    const mode_t mode = request.kind == jobs::ScriptKind::manual ? 0644 : 0755;
    RL_TRY(os::publish_file(response.path, text, mode, os::Existing::replace, os::Durability::process, os::point::queue_script_write));
    return response;
}

core::Json to_json(const QueueMaterializeResponse& response) {
    core::Json ids = core::Json::array();
    for (const core::JobId& id : response.jobs) { ids.push(id.str()); }
    core::Json left = core::Json::array();
    for (const std::string& why : response.left) { left.push(why); }
    return core::Json::object().set("jobs", std::move(ids)).set("left_out", std::move(left)).set("path", response.path);
}

}  // namespace runlake::ops
