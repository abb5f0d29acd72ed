// SPDX-License-Identifier: Apache-2.0
// `runlake runs rerun`
#include "ops/runs_rerun.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>

#include "cli/command.hpp"
#include "cli/commands/runs_shared.hpp"
#include "cli/output.hpp"
#include "cli/render/style.hpp"
#include "core/text.hpp"
#include "os/files.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = {k_tenant_option};
constexpr std::array k_arguments = {k_run_argument};

core::Result<int> run(Invocation& inv) {
    ops::RunsRerunRequest request;
    request.id = inv.value("ID").value_or("");
    RL_TRY(core::RunIdPrefix::parse(request.id));
    RL_ASSIGN(request.scope, scope_of(inv));
    RL_ASSIGN(ops::RunsRerunResponse again, ops::runs_rerun(request));
    say_notes(inv, again.notes);
    inv.say(core::cat("runlake: running ", again.original.brief(), " again in ", again.working_dir));
    if (::chdir(again.working_dir.c_str()) != 0) { return os::system_error(errno, "changing to folder", again.working_dir); }
    again.run.say = [&](std::string_view line) { inv.say(line); };
    RL_ASSIGN(const ops::RunResponse response, ops::run(again.run));
    if (response.problem) { write_stderr(core::cat("runlake runs rerun: ", render::harmless_line(*response.problem), "\n")); }
    ::_exit(response.exit_status);  // as `runlake run`
}

}  // namespace

extern const Command k_runs_rerun = {
    .name = "runs rerun", .summary = "Run the program of a recorded run again", .options = k_options, .arguments = k_arguments, .run = run};

}  // namespace runlake::cli
