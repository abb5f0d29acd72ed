// SPDX-License-Identifier: Apache-2.0
// `runlake queue run`
#include "ops/queue_run.hpp"

#include <array>

#include "cli/command.hpp"
#include "cli/commands/queue_shared.hpp"
#include "cli/commands/runs_shared.hpp"
#include "core/text.hpp"
#include "ops/queue_shared.hpp"

namespace runlake::cli {
namespace {

using core::cat;

constexpr std::array k_options = {
    k_experiment_filter,
    k_queue_tag_filter,
    Option{.names = "--index", .value = "N", .help = "only the job of this index, as `queue list` shows it"},
    Option{.names = "--jobs", .value = "N", .help = "so many at once (1; with Slurm: as many as it starts)"},
    Option{.names = "--gpus", .value = "LIST", .help = "GPUs to hand out, each to one job at a time, by CUDA_VISIBLE_DEVICES: 0,1,2,3"},
    Option{.names = "--continue-on-failure", .value = "", .help = "begin others after one has failed"},
    Option{.names = "--dry-run", .value = "", .help = "show the commands, and run nothing"},
    Option{.names = "--executor", .value = "WHERE", .help = "where they run (local)", .choices = "local|slurm"},
    k_slurm_option,
};

std::string line_of(const ops::QueueEvent& event) {
    const jobs::QueuedJob& job = event.job.job;
    const std::string id(job.job.id.brief());
    switch (event.kind) {
        case ops::QueueEvent::Kind::started:
            return cat("started ", id, event.job.gpus.empty() ? "" : cat(" on GPU ", core::join(event.job.gpus, ",")));
        case ops::QueueEvent::Kind::again: return cat("again ", id, ": an attempt has failed");
        case ops::QueueEvent::Kind::ended: break;
    }
    if (event.job.could_not_begin) { return cat("not run ", id); }
    const std::optional<core::RunId> run = ops::last_run(job);
    return cat(jobs::status_name(job.status), ' ', id, " after ", duration_text(event.job.seconds), run ? cat(" (run ", run->brief(), ')') : "");
}

core::Result<int> run(Invocation& inv) {
    ops::QueueRunRequest request;
    RL_ASSIGN(request.store, inv.store(record::OpenStore::planned));
    request.filter = queue_filter(inv);
    RL_ASSIGN(request.index, inv.integer("--index"));
    RL_ASSIGN(const auto jobs, inv.integer("--jobs"));
    if (jobs && (*jobs < 1 || *jobs > 4096)) { return core::Error(core::Errc::usage, "--jobs is between 1 and 4096"); }
    if (jobs) { request.jobs = static_cast<int>(*jobs); }
    request.gpus = inv.value("--gpus");
    request.continue_on_failure = inv.flag("--continue-on-failure");
    request.dry_run = inv.flag("--dry-run");
    request.slurm = inv.values("--slurm");
    request.say = say_to(inv);
    request.tell = [&](const ops::QueueEvent& event) {
        if (inv.json()) { return; }
        inv.out(cat(render::harmless_line(line_of(event)), '\n'));
        inv.flush();
    };
    const bool is_slurm = inv.value("--executor") == "slurm";
    RL_ASSIGN(const ops::QueueRunResponse response, is_slurm ? ops::queue_run_slurm(request) : ops::queue_run(request));
    for (const ops::LeftJob& one : response.left) { inv.say(cat("left ", one.id.brief(), ": ", render::harmless_line(one.why))); }
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return response.exit_status();
    }
    if (response.dry_run) {
        for (std::size_t i = 0; i < response.planned.size(); ++i) {
            inv.out(cat(response.planned[i].job.job.id.brief(), "  ", render::harmless_line(response.commands[i]), '\n'));
        }
    } else if (response.outcomes.empty()) {
        inv.out(response.left.empty() ? "Nothing is queued.\n" : "Nothing was run.\n");
    } else {
        inv.out(cat("ran ", response.completed(), '/', response.outcomes.size(), " job(s) successfully\n"));
    }
    return response.exit_status();
}

}  // namespace

extern const Command k_queue_run = {
    .name = "queue run", .summary = "Run what is queued, here or on Slurm", .options = k_options, .arguments = {}, .run = run};

}  // namespace runlake::cli
