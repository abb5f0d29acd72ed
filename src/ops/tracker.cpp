// SPDX-License-Identifier: Apache-2.0
#include "ops/tracker.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <utility>

#include "core/redact.hpp"
#include "core/text.hpp"
#include "jobs/batch.hpp"
#include "jobs/document.hpp"
#include "jobs/status.hpp"
#include "os/child.hpp"
#include "os/files.hpp"
#include "os/system.hpp"
#include "record/store.hpp"

namespace runlake::ops {
namespace {

constexpr int k_limit_ms = 600'000;
constexpr int k_deepest = 12;

core::Result<kb::TrackerPointer> pointer_of(const TrackerBindRequest& request, const jobs::Job& job) {
    kb::TrackerPointer pointer{.backend = request.backend, .run_id = request.run.value_or(""), .url = request.url, .project = request.project, .group = request.group};
    if (!pointer.group) { pointer.group = jobs::batch_slug(job); }
    if (request.from && request.backend != kb::Backend::mlflow) { return core::Error(core::Errc::usage, "--from names a file store of MLflow: it goes with --backend mlflow"); }
    switch (request.backend) {
        case kb::Backend::noop:
            if (request.run || request.url) { return core::Error(core::Errc::usage, "--backend noop makes its own run, which has no address: leave --run and --url away"); }
            pointer.run_id = os::random_hex(12);
            break;
        case kb::Backend::wandb:
            if (!request.run || !request.project) { return core::Error(core::Errc::usage, "--backend wandb needs --project and --run, the id that W&B gave the run"); }
            break;
        case kb::Backend::mlflow:
            if (!request.run) { return core::Error(core::Errc::usage, "--backend mlflow needs --run, the run's id (with --from also its name or the beginning of its id)"); }
            if (request.from) {
                RL_ASSIGN(const kb::MlflowRun found, kb::find_mlflow_run(*request.from, *request.run));
                pointer.run_id = found.run_id;
                if (!pointer.project) { pointer.project = found.experiment; }
            }
            break;
    }
    RL_TRY(kb::check_pointer(pointer));
    return pointer;
}

core::Result<std::string> begin_events(const jobs::Job& job, const kb::TrackerPointer& pointer, const std::string& root, core::Timestamp now) {
    const std::string inside = core::cat("tracker_log/", pointer.run_id, "/events.jsonl");
    const std::string path = os::join_path(job.folder, inside);
    RL_TRY(os::make_dirs(os::parent_path(path), 0755, os::point::tracker_log_write));
    const std::string line = kb::init_event(job, pointer, kb::read_graph(root), now);
    RL_TRY(os::publish_file(path, line, 0644, os::Existing::keep, os::Durability::process, os::point::tracker_log_write));
    return inside;
}

// Folders named offline-run-*, none inside another; links are not followed.
void find_offline(const std::string& folder, int depth, std::vector<std::string>& found) {
    const auto entries = os::list_dir(folder);
    if (!entries.ok()) { return; }
    for (const os::DirEntry& entry : entries.value()) {
        const std::string path = os::join_path(folder, entry.name);
        const auto kind = os::stat_link(path);
        if (!kind || !S_ISDIR(kind->st_mode)) { continue; }
        if (entry.name.starts_with("offline-run-")) {
            found.push_back(path);
        } else if (depth < k_deepest) {
            find_offline(path, depth + 1, found);
        }
    }
}

std::string last_line(std::string_view text) {
    text = core::trim(text);
    const std::size_t at = text.rfind('\n');
    return core::redact_text(core::cut_utf8(at == std::string_view::npos ? text : text.substr(at + 1), 300));
}

SyncedRun send(const std::string& folder, std::string shown) {
    SyncedRun run{.path = std::move(shown), .status = 127, .message = "python3 was not found"};
    const auto done = os::run_program({"python3", "-m", "wandb", "sync", folder}, k_limit_ms);
    if (!done.ok()) {
        if (done.error().code() != core::Errc::not_found) { run.message = done.error().message(); }
        return run;
    }
    const os::Output& output = done.value();
    if (output.timed_out) {
        run.status = 124;
        run.message = "it was not done within 600 seconds";
        return run;
    }
    run.status = WIFEXITED(output.status) ? WEXITSTATUS(output.status) : 128 + WTERMSIG(output.status);
    run.message = last_line(output.err.empty() ? output.out : output.err);
    if (run.status != 0 && output.err.find("No module named wandb") != std::string::npos) {
        run.status = 127;
        run.message = "python3 has no module wandb: install it (pip install wandb), or run this where it is installed";
    }
    return run;
}

}  // namespace

core::Result<TrackerBindResponse> tracker_bind(const TrackerBindRequest& request, const core::Clock& clock, const Say& say) {
    RL_ASSIGN(const record::Store store, record::open_store(request.store, record::OpenStore::planned));
    RL_ASSIGN(const jobs::RunStore run_store, jobs::RunStore::find(store));
    RL_ASSIGN(const core::JobId id, run_store.resolve(request.job));
    RL_ASSIGN(const jobs::Job job, run_store.read(id));
    RL_ASSIGN(kb::TrackerPointer pointer, pointer_of(request, job));
    TrackerBindResponse response{.job = id, .pointer = pointer, .events = std::nullopt};
    if (request.backend == kb::Backend::noop) { RL_ASSIGN(response.events, begin_events(job, pointer, store.root, clock.now())); }
    RL_ASSIGN(const jobs::Job changed, run_store.update(id, [&](core::Json& document) -> core::Status {
        document.set(jobs::key::tracker, kb::to_json(pointer));
        return core::ok();
    }));
    const auto status = jobs::status_of(changed.document);
    if (status && jobs::is_terminal(*status)) { promote_end(store, changed, say); }
    return response;
}

core::Json to_json(const TrackerBindResponse& response) {
    core::Json json = core::Json::object();
    json.set("job_id", response.job.str()).set("tracker", kb::to_json(response.pointer));
    return json.set("events", response.events ? core::Json(*response.events) : core::Json());
}

bool TrackerSyncResponse::all_done() const {
    return std::ranges::all_of(runs, [](const SyncedRun& run) { return run.status.value_or(0) == 0; });
}

core::Result<TrackerSyncResponse> tracker_sync(const TrackerSyncRequest& request) {
    RL_ASSIGN(const record::Store store, record::open_store(request.store, record::OpenStore::planned));
    RL_ASSIGN(const jobs::RunStore run_store, jobs::RunStore::find(store));
    std::vector<std::string> folders;
    find_offline(run_store.path(), 0, folders);
    std::ranges::sort(folders);
    TrackerSyncResponse response;
    for (const std::string& folder : folders) {
        std::string shown = os::relative_inside(folder, run_store.path()).value_or(folder);
        response.runs.push_back(request.dry_run ? SyncedRun{.path = std::move(shown), .status = std::nullopt, .message = ""} : send(folder, std::move(shown)));
    }
    return response;
}

core::Json to_json(const TrackerSyncResponse& response) {
    core::Json list = core::Json::array();
    for (const SyncedRun& run : response.runs) {
        core::Json one = core::Json::object();
        list.push(one.set("path", core::valid_utf8(run.path)).set("status", run.status ? core::Json(*run.status) : core::Json()).set("message", core::valid_utf8(run.message)));
    }
    return core::Json::object().set("runs", std::move(list)).set("ok", response.all_done());
}

}  // namespace runlake::ops
