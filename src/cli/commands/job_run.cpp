// SPDX-License-Identifier: Apache-2.0
// `runlake job run`
#include "ops/job_run.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>

#include "cli/command.hpp"
#include "cli/commands/job_shared.hpp"
#include "cli/output.hpp"
#include "core/text.hpp"
#include "os/files.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = {
    Option{.names = "--force", .value = "", .help = "run it again although it has ended"},
    Option{.names = "--time-limit", .value = "TIME", .help = "end it after 30m, 2h, ...: it has failed then"},
    Option{.names = "--log-only", .value = "", .help = "keep the program's output in its log only"},
};
constexpr std::array k_arguments = {k_job_argument};

core::Result<int> run(Invocation& inv) {
    ops::JobRunRequest request;
    // The program runs in the project's root, and so is recorded to.
    RL_ASSIGN(const record::Store planned, inv.store(record::OpenStore::planned));
    if (!planned.root.empty() && ::chdir(planned.root.c_str()) != 0) { return os::system_error(errno, "changing to folder", planned.root); }
    request.store = planned.dir;
    request.id = inv.value("ID").value_or("");
    request.program = inv.program();
    request.force = inv.flag("--force");
    request.log_only = inv.flag("--log-only");
    if (const auto limit = inv.value("--time-limit")) {
        core::Result<std::int64_t> seconds = core::parse_duration_s(*limit);
        if (!seconds.ok()) { return std::move(seconds).take_error().context("--time-limit"); }
        if (seconds.value() <= 0) { return core::Error(core::Errc::usage, "--time-limit: it must be longer than nothing"); }
        request.time_limit = std::chrono::seconds(seconds.value());
    }
    request.say = [&](std::string_view line) { inv.say(line); };
    RL_ASSIGN(const ops::JobRunResponse response, ops::job_run(request));
    if (response.skipped) {
        inv.say(core::cat("runlake: skipping job ", response.job_id.substr(0, 8), ": already complete (--force runs it again)"));
    } else if (response.problem) {
        write_stderr(core::cat("runlake job run: job ", response.job_id.substr(0, 8), " is ", response.status, ": ", render::harmless_line(*response.problem), '\n'));
    }
    // Not by return: threads that looked at the tree may still be at it, and nobody is to wait for them.
    ::_exit(response.exit_status);
}

}  // namespace

extern const Command k_job_run = {.name = "job run",
                                  .summary = "Run a job and record it",
                                  .options = k_options,
                                  .arguments = k_arguments,
                                  .takes_program = true,
                                  .run = run};

}  // namespace runlake::cli
