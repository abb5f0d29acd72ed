// SPDX-License-Identifier: Apache-2.0
#include "ops/job_show.hpp"

#include <utility>

#include "core/text.hpp"
#include "os/files.hpp"

namespace runlake::ops {
namespace {

using core::cat;
using core::Json;

// What the document tells of its last failure: our own members, else aexp's.
void tell_error(JobShowResponse& response) {
    response.error = response.own.error;
    response.stderr_tail = response.own.stderr_tail;
    const Json* queue = response.job.job.document.find(jobs::key::queue);
    const Json* last = queue == nullptr ? nullptr : queue->find(jobs::key::last_error);
    if (last == nullptr || !last->is_object()) { return; }
    if (!response.error) {
        const auto code = last->integer_at("returncode");
        const auto cause = last->string_at("cause");
        response.error = cat(cause ? cat(*cause, ", ") : "", code ? cat("return code ", *code) : "it failed", last->string_at("failed_at") ? cat(" at ", *last->string_at("failed_at")) : "");
    }
    if (!response.stderr_tail) { response.stderr_tail = last->string_at("stderr_tail"); }
}

}  // namespace

std::string_view life_name(jobs::Life life) {
    switch (life) {
        case jobs::Life::idle: return "idle";
        case jobs::Life::held: return "held";
        case jobs::Life::unwatched: return "unwatched";
        case jobs::Life::abandoned: return "abandoned";
        case jobs::Life::unknown: return "unknown";
    }
    return "";
}

core::Result<JobShowResponse> job_show(const record::Store& store, const std::string& id) {
    RL_ASSIGN(const jobs::RunStore run_store, jobs::RunStore::find(store));
    RL_ASSIGN(const core::JobId found, run_store.resolve(id));
    RL_ASSIGN(jobs::Job job, run_store.read(found));
    std::string status = shown_status(run_store, job);
    JobShowResponse response{.job = {std::move(job), std::move(status), run_store.shown_folder(found)}};
    response.life = jobs::life_of(run_store, response.job.job);
    response.own = jobs::own_of(response.job.job.document);
    if (response.own.run) {
        for (const std::string_view name : {"stdout.log", "stderr.log"}) {
            const std::string path = cat(store.output(response.own.run->str()), '/', name);
            if (os::exists(path)) { response.logs.push_back(os::relative_inside(path, store.root).value_or(path)); }
        }
    }
    tell_error(response);
    return response;
}

Json to_json(const JobShowResponse& response) {
    Json logs = Json::array();
    for (const std::string& path : response.logs) { logs.push(path); }
    Json all = to_json(response.job);
    return all.set("life", life_name(response.life))
        .set("run_id", response.own.run ? Json(response.own.run->str()) : Json())
        .set("exit_status", Json(response.own.exit_status))
        .set("signal", Json(response.own.signal))
        .set("error", Json(response.error))
        .set("stderr_tail", Json(response.stderr_tail))
        .set("logs", std::move(logs));
}

}  // namespace runlake::ops
