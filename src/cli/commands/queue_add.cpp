// SPDX-License-Identifier: Apache-2.0
// `runlake queue add`
#include "ops/queue_add.hpp"

#include <array>

#include "cli/command.hpp"
#include "cli/commands/job_shared.hpp"
#include "core/text.hpp"
#include "ops/queue_shared.hpp"

namespace runlake::cli {
namespace {

using core::cat;

constexpr std::array k_options = {
    Option{.names = "--experiment", .value = "E###", .help = "make jobs of this experiment, and queue them"},
    Option{.names = "--hypothesis", .value = "H###", .help = "the hypothesis that they are for"},
    Option{.names = "--sub-hypothesis", .value = "H###", .help = "and its part"},
    Option{.names = "--sp", .value = "NAME=VALUE", .help = "a member of their state points, typed as in YAML; quoted it is text", .repeats = true},
    Option{.names = "--sweep", .value = "SWEEP", .help = "every combination of: seed=0..3,lr=0.1|0.01,name='a, b'", .repeats = true},
    Option{.names = "--tag", .value = "TEXT", .help = "a name for these jobs, to be chosen by"},
    Option{.names = "--priority", .value = "N", .help = "higher goes first (0)"},
    Option{.names = "--after", .value = "ID", .help = "run only once this job is complete", .repeats = true},
    Option{.names = "--retries", .value = "N", .help = "try again so often after a failure (0)"},
    Option{.names = "--time-limit", .value = "TIME", .help = "end an attempt after 30m, 2h, ...: it has failed then"},
    Option{.names = "--gpus", .value = "N", .help = "GPUs that each job gets (one, where `queue run` has any)"},
    Option{.names = "--again", .value = "", .help = "also jobs that have failed, were stopped or abandoned"},
    Option{.names = "--no-commit", .value = "", .help = "leave the commit out of the state points"},
    Option{.names = "--no-resolve", .value = "", .help = "leave a condition as it is named"},
    Option{.names = "--allow-dup-on-recommit", .value = "", .help = "also what is queued already at another commit"},
};
constexpr std::array k_arguments = {Argument{.name = "ID", .help = "jobs that are there, instead of --experiment", .required = false, .repeats = true}};

std::string why_not(const ops::QueuedOne& one) {
    const std::string id(one.job.job.id.brief());
    switch (one.what) {
        case ops::Queued::is_queued: return cat("skipped ", id, ": already queued", one.at_other_code ? " at another commit (--allow-dup-on-recommit queues it once more)" : "");
        case ops::Queued::is_running: return cat("skipped ", id, ": it is running");
        case ops::Queued::has_ended:
            return cat("skipped ", id, ": already ", jobs::status_name(one.job.status), one.job.status == jobs::JobStatus::complete ? "" : " (--again queues it once more)");
        case ops::Queued::queued: break;
    }
    return "";
}

core::Result<int> run(Invocation& inv) {
    ops::QueueAddRequest request;
    request.experiment = inv.value("--experiment");
    request.hypothesis = inv.value("--hypothesis");
    request.sub_hypothesis = inv.value("--sub-hypothesis");
    request.words = inv.values("--sp");
    request.sweeps = inv.values("--sweep");
    request.commit = !inv.flag("--no-commit");
    request.resolve = !inv.flag("--no-resolve");
    request.allow_recommit = inv.flag("--allow-dup-on-recommit");
    request.jobs = inv.values("ID");
    request.tag = inv.value("--tag");
    request.after = inv.values("--after");
    request.program = inv.program();
    request.again = inv.flag("--again");
    RL_ASSIGN(const auto priority, inv.integer("--priority"));
    RL_ASSIGN(const auto retries, inv.integer("--retries"));
    RL_ASSIGN(request.gpus, inv.integer("--gpus"));
    request.priority = priority.value_or(0);
    request.retries = retries.value_or(0);
    if (const auto limit = inv.value("--time-limit")) {
        core::Result<std::int64_t> seconds = core::parse_duration_s(*limit);
        if (!seconds.ok()) { return std::move(seconds).take_error().context("--time-limit"); }
        request.time_limit_s = seconds.value();
    }
    RL_ASSIGN(request.store, inv.store(request.experiment ? record::OpenStore::create : record::OpenStore::planned));
    RL_ASSIGN(const ops::QueueAddResponse response, ops::queue_add(request));
    for (const std::string& note : response.notes) { inv.say(render::harmless_line(note)); }
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return 0;
    }
    const std::string tag = request.tag ? cat(" under tag=", render::harmless_line(*request.tag)) : "";
    const std::size_t queued = response.count(ops::Queued::queued);
    if (response.jobs.size() > 1 || response.is_sweep) { inv.out(cat("queued ", queued, queued == 1 ? " job" : " jobs", tag, '\n')); }
    for (const ops::QueuedOne& one : response.jobs) {
        if (one.what != ops::Queued::queued) {
            inv.out(cat(why_not(one), '\n'));
        } else if (response.jobs.size() > 1 || response.is_sweep) {
            inv.out(cat("  ", one.job.job.id.brief(), "  ", render::harmless_line(ops::state_point_text(one.job.job.state_point)), '\n'));
        } else {
            inv.out(cat("queued ", one.job.job.id.str(), tag, "\n  workspace: ", render::harmless_line(one.job.job.folder), '\n'));
        }
    }
    return 0;
}

}  // namespace

extern const Command k_queue_add = {.name = "queue add",
                                    .summary = "Queue jobs: one, every combination of a sweep, or such as are there",
                                    .options = k_options,
                                    .arguments = k_arguments,
                                    .takes_program = true,
                                    .run = run};

}  // namespace runlake::cli
