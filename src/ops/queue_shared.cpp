// SPDX-License-Identifier: Apache-2.0
#include "ops/queue_shared.hpp"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "core/text.hpp"
#include "jobs/document.hpp"
#include "os/files.hpp"
#include "os/system.hpp"

namespace runlake::ops {
namespace {

using core::Json;

constexpr std::chrono::seconds k_patience{30};
constexpr std::chrono::milliseconds k_longest_pause{50};

}  // namespace

core::Result<std::unique_ptr<os::Lease>> hold_queue(const jobs::RunStore& runs, std::string_view purpose) {
    const std::string path = runs.own_folder() + "/queue.lease";
    RL_TRY(runs.make_own_folder(path));
    os::LeaseOptions options;
    options.purpose = purpose;
    const std::int64_t give_up = os::system_clock().monotonic_ns() + std::chrono::nanoseconds(k_patience).count();
    std::chrono::milliseconds pause{1};
    for (;;) {
        core::Result<std::unique_ptr<os::Lease>> taken = os::Lease::take(path, options);
        if (taken.ok() || taken.error().code() != core::Errc::busy || os::system_clock().monotonic_ns() > give_up) { return taken; }
        std::this_thread::sleep_for(pause);
        pause = std::min(pause * 2, k_longest_pause);
    }
}

std::vector<std::string> runlake_words(const record::Store& store) {
    std::vector<std::string> words = {os::executable_path()};
    if (store.root.empty() || store.dir != os::join_path(store.root, ".runlake")) {
        words.emplace_back("--store");
        words.push_back(store.dir);
    }
    return words;
}

Json brief_state_point(const Json& state_point) {
    Json brief = Json::object();
    for (const auto& [name, value] : *state_point.as_object()) {
        if (name != "experiment_id" && name != "code_commit" && name != "code_dirty") { brief.set(name, value); }
    }
    return brief;
}

std::string state_point_text(const Json& state_point) {
    std::string text;
    const Json brief = brief_state_point(state_point);
    for (const auto& [name, value] : *brief.as_object()) {
        if (!text.empty()) { text += ' '; }
        text += core::cat(name, '=', value.is_string() ? *value.as_string() : core::to_json(value));
    }
    return text;
}

std::optional<core::RunId> last_run(const jobs::QueuedJob& job) { return jobs::own_of(job.job.document).run; }

Json to_json(const jobs::QueuedJob& one) {
    Json after = Json::array();
    for (const core::JobId& id : one.entry.after) { after.push(id.str()); }
    Json argv = Json::array();
    for (const std::string& word : one.entry.argv) { argv.push(word); }
    Json slurm;
    if (one.entry.slurm) { slurm = Json::object().set("array", one.entry.slurm->array).set("name", one.entry.slurm->name).set("task", one.entry.slurm->task); }
    const Json* queue = one.job.document.find(jobs::key::queue);
    const Json* last_error = queue == nullptr ? nullptr : queue->find(jobs::key::last_error);
    return Json::object()
        .set("after", std::move(after))
        .set("command", one.entry.command)
        .set("experiment", one.experiment)
        .set("failures", one.entry.failures)
        .set("gpus", one.entry.gpus)
        .set("index", one.entry.index)
        .set("job_id", one.job.id.str())
        .set("last_error", last_error == nullptr ? Json() : *last_error)
        .set("lost", one.entry.lost)
        .set("priority", one.entry.priority)
        .set("program", std::move(argv))
        .set("queued_at", one.entry.queued_at)
        .set("retries", one.entry.retries)
        .set("slurm", std::move(slurm))
        .set("state_point", one.job.state_point)
        .set("status", jobs::status_name(one.status))
        .set("tag", one.entry.tag)
        .set("time_limit_s", one.entry.time_limit_s);
}

}  // namespace runlake::ops
