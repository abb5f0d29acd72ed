// SPDX-License-Identifier: Apache-2.0
// `runlake job mark`
#include "ops/job_mark.hpp"

#include <array>

#include "cli/command.hpp"
#include "cli/commands/job_shared.hpp"
#include "core/text.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = {Option{.names = "--force", .value = "", .help = "although it has ended otherwise, or is being run"}};
constexpr std::array k_arguments = {k_job_argument, Argument{.name = "STATUS", .help = "how it ended", .choices = "complete|failed|abandoned|stopped"}};

core::Result<int> run(Invocation& inv) {
    ops::JobMarkRequest request;
    request.id = inv.value("ID").value_or("");
    const auto status = jobs::parse_status(inv.value("STATUS").value_or(""));
    if (!status) { return core::Error(core::Errc::usage, "STATUS is complete, failed, abandoned or stopped"); }
    request.status = *status;
    request.force = inv.flag("--force");
    request.say = [&](std::string_view line) { inv.say(line); };
    RL_ASSIGN(request.store, inv.store(record::OpenStore::planned));
    RL_ASSIGN(const ops::JobMarkResponse response, ops::job_mark(request));
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return 0;
    }
    inv.out(core::cat(response.id.brief(), ": ", response.changed ? core::cat(render::harmless_line(response.before), " -> ") : "already ", jobs::status_name(response.status), '\n'));
    return 0;
}

}  // namespace

extern const Command k_job_mark = {.name = "job mark", .summary = "Say how a job ended that was run by other means", .options = k_options, .arguments = k_arguments, .run = run};

}  // namespace runlake::cli
